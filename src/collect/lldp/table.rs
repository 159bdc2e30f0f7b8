//! Who was heard on which port, for as long as it holds (IEEE 802.1AB-2016 §9.2.7.7.5). No clock: times are since the listener began.

use crate::model::{ChassisId, Evidence, IfIndex, NeighbourRow, PortId, limit};
use crate::wire::announcement::Announcement;
use std::collections::BTreeMap;
use std::time::Duration;

/// The identity of a neighbour: the protocol, the port here, and its own two ids (the standard's MSAP identifier).
type Key = (IfIndex, Evidence, Option<ChassisId>, Option<PortId>);

#[derive(Debug)]
struct Entry {
    row: NeighbourRow,
    until: Duration,
}

/// What an announcement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Somebody new, gone, or with another description.
    Changed,
    /// Known already.
    Same,
    /// There are too many neighbours.
    TooMany,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<Key, Entry>);

impl Table {
    /// Takes an announcement that came in by this port.
    pub(super) fn hear(&mut self, (if_index, name): (IfIndex, &str), said: Announcement, now: Duration) -> Came {
        let Announcement { mut row, ttl_seconds, .. } = said;
        row.local_if_index = Some(if_index);
        row.local_port = Some(name.to_owned());
        let key = (if_index, row.protocol, row.chassis_id.clone(), row.port_id.clone());
        if ttl_seconds == 0 {
            return if self.0.remove(&key).is_some() { Came::Changed } else { Came::Same };
        }
        let until = now + Duration::from_secs(u64::from(ttl_seconds));
        if let Some(known) = self.0.get_mut(&key) {
            known.until = until;
            let is_same = known.row == row;
            known.row = row;
            return if is_same { Came::Same } else { Came::Changed };
        }
        if self.is_full(if_index) {
            return Came::TooMany;
        }
        self.0.insert(key, Entry { row, until });
        Came::Changed
    }

    fn is_full(&self, if_index: IfIndex) -> bool {
        let of_port = self.0.keys().filter(|(port, ..)| *port == if_index).count();
        !limit::LLDP_HEARD.has_room(self.0.len()) || !limit::LLDP_OF_PORT.has_room(of_port)
    }

    /// Forgets whose time is over, and who was heard on ports that are no longer there. Whether there was any.
    pub(super) fn forget(&mut self, now: Duration, is_port: impl Fn(IfIndex) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(if_index, ..), entry| entry.until > now && is_port(*if_index));
        self.0.len() != before
    }

    /// When the next one's time is over.
    pub(super) fn next_end(&self) -> Option<Duration> {
        self.0.values().map(|entry| entry.until).min()
    }

    /// The neighbours, by port.
    pub(super) fn rows(&self) -> Vec<NeighbourRow> {
        self.0.values().map(|entry| entry.row.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETH0: (IfIndex, &str) = (IfIndex(2), "eth0");

    fn said(chassis: &str, ttl_seconds: u16) -> Announcement {
        let mut row = NeighbourRow::new(Evidence::Lldp);
        row.chassis_id = Some(ChassisId::Text(chassis.to_owned()));
        row.port_id = Some(PortId::Name("xe0".to_owned()));
        Announcement { row, ttl_seconds, passed_over: 0 }
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn names(table: &Table) -> Vec<String> {
        table
            .rows()
            .iter()
            .map(|row| format!("{} {}", row.chassis_id.as_ref().unwrap(), row.local_port.as_ref().unwrap()))
            .collect()
    }

    #[test]
    fn a_neighbour_holds_for_its_time_to_live_and_no_longer() {
        let mut table = Table::default();
        assert_eq!(table.hear(ETH0, said("a", 120), at(0)), Came::Changed);
        assert_eq!(table.hear(ETH0, said("a", 120), at(30)), Came::Same, "and holds from then on");
        assert_eq!(table.next_end(), Some(at(150)));
        assert!(!table.forget(at(149), |_| true));
        assert_eq!(names(&table), ["a eth0"]);
        assert!(table.forget(at(150), |_| true));
        assert_eq!(names(&table), Vec::<String>::new());
    }

    #[test]
    fn a_shutdown_takes_its_own_entry_back_at_once() {
        let mut table = Table::default();
        table.hear(ETH0, said("a", 120), at(0));
        table.hear(ETH0, said("b", 120), at(0));
        assert_eq!(table.hear(ETH0, said("a", 0), at(1)), Came::Changed);
        assert_eq!(table.hear(ETH0, said("a", 0), at(2)), Came::Same);
        assert_eq!(names(&table), ["b eth0"]);
    }

    #[test]
    fn another_description_is_a_change_and_another_port_another_neighbour() {
        let mut table = Table::default();
        table.hear(ETH0, said("a", 120), at(0));
        let mut renamed = said("a", 120);
        renamed.row.sys_name = Some("core-1".to_owned());
        assert_eq!(table.hear(ETH0, renamed, at(1)), Came::Changed);
        table.hear((IfIndex(3), "eth1"), said("a", 120), at(1));
        assert_eq!(names(&table), ["a eth0", "a eth1"]);
        assert!(table.forget(at(2), |port| port == IfIndex(3)), "a port that is gone has no neighbours");
        assert_eq!(names(&table), ["a eth1"]);
    }

    #[test]
    fn made_up_neighbours_take_bounded_room() {
        let mut table = Table::default();
        let mut many =
            || (0..limit::LLDP_OF_PORT.most() + 9).map(|number| table.hear(ETH0, said(&number.to_string(), 9), at(0))).collect();
        let (came, beyond): (Vec<Came>, u64) = limit::LLDP_OF_PORT.during(&mut many);
        assert!(beyond >= 9);
        assert_eq!(came.iter().filter(|came| **came == Came::TooMany).count(), 9);
        assert_eq!(table.hear(ETH0, said("0", 9), at(1)), Came::Same, "those that are known go on");
        let ((), beyond) = limit::LLDP_HEARD.during(|| {
            for port in 0..1000 {
                for number in 0..4 {
                    table.hear((IfIndex(100 + port), "x"), said(&number.to_string(), 9), at(0));
                }
            }
        });
        assert_eq!(table.rows().len(), limit::LLDP_HEARD.most());
        assert!(beyond >= 3000 - 64, "{beyond}");
    }
}
