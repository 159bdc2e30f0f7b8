//! The columns of which a poll asks the rows: a set for each kind of counters that an interface has.

use crate::mib::Registry;
use crate::model::poll::IfCounter;
use crate::model::{Interface, SnmpVersion};
use crate::wire::snmp::list::Root;
use std::sync::OnceLock;

/// Which counters of an interface are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CounterSet {
    /// The 64-bit ones of ifXTable.
    High,
    /// ifTable's, and the 32-bit ones of ifXTable.
    Low,
    /// ifTable's alone: the agent has no ifXTable.
    IfTableOnly,
}

/// What an object of a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// ifName, ifDescr where there is none: whose row it is.
    Name,
    /// ifAdminStatus
    Admin,
    /// ifOperStatus
    Oper,
    /// ifCounterDiscontinuityTime
    Discontinuity,
    /// A counter.
    Count(IfCounter),
}

/// One column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) root: Root,
    pub(super) meaning: Meaning,
}

/// Columns in the order in which they are asked: the name first, and last what only Ethernet has.
pub(super) type Columns = Vec<Column>;

/// Names of the columns of each set. `None` is a counter that it does not have.
struct Names {
    counters: [Option<&'static str>; IfCounter::COUNT],
    discontinuity: bool,
    name: &'static str,
}

const HIGH: Names = Names {
    counters: [
        Some("ifHCInOctets"),
        Some("ifHCOutOctets"),
        Some("ifHCInUcastPkts"),
        Some("ifHCOutUcastPkts"),
        Some("ifHCInMulticastPkts"),
        Some("ifHCOutMulticastPkts"),
        Some("ifHCInBroadcastPkts"),
        Some("ifHCOutBroadcastPkts"),
        Some("ifInErrors"),
        Some("ifOutErrors"),
        Some("ifInDiscards"),
        Some("ifOutDiscards"),
        Some("dot3StatsFCSErrors"),
    ],
    discontinuity: true,
    name: "ifName",
};

const LOW: Names = Names {
    counters: [
        Some("ifInOctets"),
        Some("ifOutOctets"),
        Some("ifInUcastPkts"),
        Some("ifOutUcastPkts"),
        Some("ifInMulticastPkts"),
        Some("ifOutMulticastPkts"),
        Some("ifInBroadcastPkts"),
        Some("ifOutBroadcastPkts"),
        Some("ifInErrors"),
        Some("ifOutErrors"),
        Some("ifInDiscards"),
        Some("ifOutDiscards"),
        Some("dot3StatsFCSErrors"),
    ],
    discontinuity: true,
    name: "ifName",
};

const IF_TABLE_ONLY: Names = Names {
    counters: [
        Some("ifInOctets"),
        Some("ifOutOctets"),
        Some("ifInUcastPkts"),
        Some("ifOutUcastPkts"),
        None,
        None,
        None,
        None,
        Some("ifInErrors"),
        Some("ifOutErrors"),
        Some("ifInDiscards"),
        Some("ifOutDiscards"),
        Some("dot3StatsFCSErrors"),
    ],
    discontinuity: false,
    name: "ifDescr",
};

impl Names {
    fn columns(&self) -> Columns {
        let states = [(self.name, Meaning::Name), ("ifAdminStatus", Meaning::Admin), ("ifOperStatus", Meaning::Oper)];
        let discontinuity = self.discontinuity.then_some(("ifCounterDiscontinuityTime", Meaning::Discontinuity));
        let counters =
            self.counters.iter().zip(IfCounter::ALL).filter_map(|(name, which)| Some(((*name)?, Meaning::Count(which))));
        let named = states.into_iter().chain(discontinuity).chain(counters);
        named.filter_map(|(name, meaning)| Some(Column { root: Root::new(&Registry::builtin().oid(name)?), meaning })).collect()
    }
}

impl CounterSet {
    /// That of an interface.
    pub(super) const fn of(interface: &Interface, version: SnmpVersion) -> Self {
        match (interface.high_capacity_counters, &interface.if_name) {
            // SNMPv1 has no Counter64 (RFC 3584 §4.2.2.1).
            (Some(true), _) if !matches!(version, SnmpVersion::V1) => Self::High,
            (_, Some(_)) => Self::Low,
            (_, None) => Self::IfTableOnly,
        }
    }

    /// Its columns.
    pub(super) fn columns(self) -> &'static Columns {
        static SETS: OnceLock<[Columns; 3]> = OnceLock::new();
        let [high, low, if_table_only] = SETS.get_or_init(|| [HIGH.columns(), LOW.columns(), IF_TABLE_ONLY.columns()]);
        match self {
            Self::High => high,
            Self::Low => low,
            Self::IfTableOnly => if_table_only,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IfIndex;

    #[test]
    fn version_1_reads_no_64_bit_counters() {
        let mut port = Interface::new(IfIndex(1));
        (port.if_name, port.high_capacity_counters) = (Some("Gi1".to_owned()), Some(true));
        assert_eq!(CounterSet::of(&port, SnmpVersion::V1), CounterSet::Low);
        assert_eq!(CounterSet::of(&port, SnmpVersion::V2c), CounterSet::High);
        let lengths = [CounterSet::High, CounterSet::Low, CounterSet::IfTableOnly].map(|set| set.columns().len());
        assert_eq!(lengths, [17, 17, 12]);
    }

    #[test]
    fn what_only_ethernet_has_is_asked_last() {
        for set in [CounterSet::High, CounterSet::Low, CounterSet::IfTableOnly] {
            assert_eq!(set.columns().last().map(|column| column.meaning), Some(Meaning::Count(IfCounter::InFcsErrors)));
        }
    }
}
