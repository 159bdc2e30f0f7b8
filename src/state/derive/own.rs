//! The host that noctop runs on: a device that describes itself, and that SNMP may describe too.
//!
//! Where both do, SNMP's description stands, and of the host's own only what is missing there is added: neighbours that its ports hear,
//! addresses, ports. Both are remembered apart, so that whichever comes again changes nothing by itself.

use super::Deriver;
use crate::model::{Device, DeviceId, IfIndex, Interface, NeighbourRow, Sightings};
use crate::state::State;
use std::sync::Arc;

/// The two descriptions of the host, as they were last read.
#[derive(Clone, Debug)]
pub(in crate::state) struct Own {
    /// The device that the host is.
    id: DeviceId,
    /// What it says itself.
    itself: Arc<Device>,
    /// What its SNMP agent says; `None` where it has none.
    agent: Option<Arc<Device>>,
}

impl Own {
    /// The device that the host is.
    pub(in crate::state) const fn id(&self) -> &DeviceId {
        &self.id
    }
}

impl State {
    /// Whether the device is the host that noctop runs on: it is up, whatever its SNMP agent does.
    pub(super) fn is_own_host(&self, id: &DeviceId) -> bool {
        self.own.as_ref().is_some_and(|own| own.id == *id)
    }
}

impl Deriver<'_> {
    /// A device as it is to be taken over: that of the host is put together out of both descriptions. `merged` are ids that it had.
    pub(super) fn with_own(&mut self, device: Device, sightings: &Sightings, merged: &[DeviceId]) -> (Device, Sightings) {
        let is_own = |own: &Own| own.id == device.id || merged.contains(&own.id);
        let own = self.state.own.clone().filter(is_own);
        // What SNMP reads has an access; what has none is the host's word about itself.
        if device.snmp.is_none() {
            let known = self.state.devices.get(&device.id).filter(|known| known.snmp.is_some()).cloned();
            let agent = own.and_then(|own| own.agent).or(known);
            let itself = Arc::new(device);
            let both = agent.as_deref().map(|agent| self.fresh(supplemented(agent.clone(), &itself), &itself));
            // SNMP's table, where it was read, is the same one at another moment.
            let has_arp = agent.is_some() && self.state.sightings.get(&itself.id).is_some_and(|seen| seen.arp.is_some());
            let sightings = if has_arp { Sightings::default() } else { sightings.clone() };
            let device = both.unwrap_or_else(|| Device::clone(&itself));
            self.state.own = Some(Own { id: device.id.clone(), itself, agent });
            return (device, sightings);
        }
        let Some(own) = own else { return (device, sightings.clone()) };
        let agent = Some(Arc::new(device.clone()));
        let both = supplemented(device, &own.itself);
        self.state.own = Some(Own { id: both.id.clone(), agent, ..own });
        (both, sightings.clone())
    }

    /// The states of ports as the host has them now: those that its agent told may be hours old.
    fn fresh(&self, mut device: Device, itself: &Device) -> Device {
        let condition = self.state.conditions.get(&device.id);
        for port in &mut device.interfaces {
            let own = counterpart(itself, port);
            let known = condition.and_then(|condition| condition.port(port.if_index));
            port.admin_status = own.and_then(|own| own.admin_status).or(known.and_then(|known| known.admin));
            port.oper_status = own.and_then(|own| own.oper_status).or(known.and_then(|known| known.oper));
        }
        device
    }
}

/// SNMP's description with what only the host itself says.
fn supplemented(mut agent: Device, itself: &Device) -> Device {
    let rows: Vec<NeighbourRow> = itself.neighbours.iter().map(|row| placed(row, &agent, itself)).collect();
    for row in rows {
        let is_same = |known: &&NeighbourRow| {
            (known.protocol, known.local_if_index, &known.chassis_id, &known.port_id)
                == (row.protocol, row.local_if_index, &row.chassis_id, &row.port_id)
        };
        if agent.neighbours.iter().find(is_same).is_none() {
            agent.neighbours.push(row);
        }
    }
    for own in &itself.interfaces {
        let is_taken = agent.interfaces.iter().any(|port| port.if_index == own.if_index);
        match agent.interfaces.iter_mut().find(|port| is_counterpart(port, own)) {
            Some(port) if port.addresses.is_empty() => port.addresses.clone_from(&own.addresses),
            Some(_) => {}
            None if is_taken => {}
            None => agent.interfaces.push(own.clone()),
        }
    }
    agent.addresses.extend(&itself.addresses);
    agent.os = agent.os.or_else(|| itself.os.clone());
    agent.sys_name = agent.sys_name.or_else(|| itself.sys_name.clone());
    agent
}

/// A row of the host's with the number that the agent gives the port.
fn placed(row: &NeighbourRow, agent: &Device, itself: &Device) -> NeighbourRow {
    let own = row.local_if_index.and_then(|if_index| itself.interface(if_index));
    let theirs = own.and_then(|own| counterpart(agent, own)).map(|port| port.if_index);
    NeighbourRow { local_if_index: theirs.or(row.local_if_index), ..row.clone() }
}

fn counterpart<'a>(of: &'a Device, port: &Interface) -> Option<&'a Interface> {
    of.interfaces.iter().find(|other| is_counterpart(other, port))
}

/// Agents of Linux hosts number ports as the kernel does; others are known by their names.
fn is_counterpart(a: &Interface, b: &Interface) -> bool {
    let named = |port: &Interface| port.if_name.clone().or_else(|| port.if_descr.clone());
    match (named(a), named(b)) {
        (Some(a), Some(b)) => a == b,
        _ => numbers(a) == numbers(b),
    }
}

const fn numbers(port: &Interface) -> IfIndex {
    port.if_index
}

#[cfg(test)]
mod tests {
    use crate::event::Body;
    use crate::model::{
        ArpRow, ChassisId, Device, DeviceId, DeviceStatus, Evidence, IfIndex, Interface, Inventory, MacAddr, NeighbourRow,
        OperStatus, PortId, SnmpAccess, SnmpVersion, Timestamp,
    };
    use crate::state::sample::{event, feed, silent};
    use crate::state::{Settings, State};

    fn port(number: u32, oper: OperStatus) -> Interface {
        let mut port = Interface::new(IfIndex(number));
        port.if_name = Some(format!("eth{number}"));
        port.mac = Some(MacAddr([2, 0, 0, 0, 0, u8::try_from(number).unwrap()]));
        port.oper_status = Some(oper);
        port
    }

    fn heard(chassis: &str) -> NeighbourRow {
        let mut row = NeighbourRow::new(Evidence::Lldp);
        row.local_if_index = Some(IfIndex(2));
        row.local_port = Some("eth2".to_owned());
        row.chassis_id = Some(ChassisId::Text(chassis.to_owned()));
        row.port_id = Some(PortId::Name("xe0".to_owned()));
        row
    }

    /// What the host says of itself.
    fn itself(rows: &[NeighbourRow]) -> Device {
        let mut device = Device::new(DeviceId::new("mac:02:00:00:00:00:02"), Timestamp(0));
        device.sys_name = Some("noc".to_owned());
        device.os = Some("Debian".to_owned());
        device.interfaces = vec![port(2, OperStatus::Up), port(3, OperStatus::Down)];
        device.addresses = vec!["10.0.0.5".parse().unwrap()];
        device.neighbours = rows.to_vec();
        device
    }

    /// What its agent says of it.
    fn agent() -> Device {
        let mut device = Device::new(DeviceId::new("engine:80001f88"), Timestamp(0));
        device.engine_id = Some("80001f88".to_owned());
        device.sys_name = Some("noc.example".to_owned());
        device.os = Some("Linux".to_owned());
        device.interfaces = vec![port(2, OperStatus::Up), port(3, OperStatus::Up)];
        device.addresses = vec!["10.0.0.5".parse().unwrap(), "10.0.9.5".parse().unwrap()];
        device.snmp = Some(SnmpAccess {
            address: "10.0.9.5:161".parse().unwrap(),
            version: SnmpVersion::V2c,
            credential: "public".to_owned(),
            partial: false,
        });
        device
    }

    fn take(state: &mut State, secs: i64, device: &Device) -> Vec<Body> {
        let address = device.snmp.as_ref().map_or("10.0.0.5:0".parse().unwrap(), |snmp| snmp.address);
        let at = Timestamp(secs * 1000);
        let read = event(secs, Body::Inventory(Box::new(Inventory::of(address, at, device.clone()))));
        feed(state, &read).derived.into_iter().map(|event| event.body).collect()
    }

    fn only(state: &State) -> &Device {
        assert_eq!(state.devices().len(), 1);
        state.devices().next().unwrap()
    }

    #[test]
    fn the_host_without_an_agent_is_a_device_that_is_up() {
        let mut state = State::new(Settings::default());
        take(&mut state, 1, &itself(&[heard("a")]));
        assert_eq!(only(&state).name(), "noc");
        assert_eq!(state.condition(&only(&state).id).unwrap().status, DeviceStatus::Up);
        take(&mut state, 2, &itself(&[]));
        assert_eq!(only(&state).neighbours, [], "who went is gone");
        assert_eq!(take(&mut state, 3, &itself(&[])), []);
    }

    #[test]
    fn both_descriptions_are_one_device_in_either_order_and_neither_again_changes_anything() {
        for first_itself in [true, false] {
            let mut state = State::new(Settings::default());
            let (one, two) = if first_itself { (itself(&[heard("a")]), agent()) } else { (agent(), itself(&[heard("a")])) };
            take(&mut state, 1, &one);
            take(&mut state, 2, &two);
            let device = only(&state).clone();
            assert_eq!((device.name().as_str(), device.os.as_deref()), ("noc.example", Some("Linux")), "the agent's word stands");
            assert_eq!(device.neighbours, [heard("a")]);
            assert_eq!(device.addresses.len(), 2);
            assert!(device.snmp.is_some());
            for secs in 3..9 {
                let again = if secs % 2 == 0 { itself(&[heard("a")]) } else { agent() };
                let changes: Vec<Body> = take(&mut state, secs, &again);
                let seen = changes.iter().filter(|body| matches!(body, Body::DeviceSeen(_) | Body::DeviceMerged(..))).count();
                assert_eq!(seen, 0, "{changes:?}");
            }
        }
    }

    #[test]
    fn who_goes_from_the_hosts_ports_goes_from_the_merged_device_too() {
        let mut state = State::new(Settings::default());
        take(&mut state, 1, &agent());
        take(&mut state, 2, &itself(&[heard("a"), heard("b")]));
        take(&mut state, 3, &itself(&[heard("b")]));
        assert_eq!(only(&state).neighbours, [heard("b")]);
        let mut with_lldpd = agent();
        with_lldpd.neighbours = vec![heard("b")];
        take(&mut state, 4, &with_lldpd);
        assert_eq!(only(&state).neighbours, [heard("b")], "heard by both is one row");
    }

    #[test]
    fn the_states_of_ports_are_the_kernels_of_now_not_what_the_agent_once_said() {
        let mut state = State::new(Settings::default());
        take(&mut state, 1, &agent());
        let changes = take(&mut state, 2, &itself(&[]));
        let ports: Vec<(u32, Option<OperStatus>)> = changes
            .iter()
            .filter_map(|body| match body {
                Body::InterfaceStatus(change) => Some((change.if_index.0, change.to)),
                _ => None,
            })
            .collect();
        assert_eq!(ports, [(3, Some(OperStatus::Down))]);
        assert_eq!(take(&mut state, 3, &itself(&[])), []);
    }

    #[test]
    fn an_agent_of_the_host_that_is_silent_does_not_make_it_down() {
        let mut state = State::new(Settings::default());
        take(&mut state, 1, &agent());
        take(&mut state, 2, &itself(&[]));
        let device = only(&state).clone();
        for secs in 3..9 {
            feed(&mut state, &silent(secs, &device));
        }
        assert_eq!(state.condition(&device.id).unwrap().status, DeviceStatus::Up);
    }

    #[test]
    fn another_device_in_between_does_not_part_the_two() {
        let mut state = State::new(Settings::default());
        take(&mut state, 1, &itself(&[heard("a")]));
        let mut other = agent();
        other.id = DeviceId::new("engine:99");
        other.engine_id = Some("99".to_owned());
        other.sys_name = Some("other".to_owned());
        other.interfaces = vec![port(9, OperStatus::Up)];
        other.addresses = vec!["10.7.7.7".parse().unwrap()];
        take(&mut state, 2, &other);
        take(&mut state, 3, &agent());
        assert_eq!(state.devices().len(), 2);
        let host = state.find("noc.example").unwrap();
        assert_eq!(host.neighbours, [heard("a")]);
    }

    #[test]
    fn the_agents_table_of_neighbour_addresses_stays() {
        let mut state = State::new(Settings::default());
        let row = |last: u8| ArpRow { address: [10, 0, 0, last].into(), mac: MacAddr([0, 1, 2, 3, 4, last]), if_index: None };
        let read = |device: Device, arp: Vec<ArpRow>| {
            let mut inventory = Inventory::of("10.0.0.5:0".parse().unwrap(), Timestamp(0), device);
            inventory.sightings.arp = Some(arp);
            event(1, Body::Inventory(Box::new(inventory)))
        };
        feed(&mut state, &read(itself(&[]), vec![row(1)]));
        let id = only(&state).id.clone();
        assert_eq!(state.sightings(&id).unwrap().arp, Some(vec![row(1)]));
        feed(&mut state, &read(agent(), vec![row(2)]));
        feed(&mut state, &read(itself(&[]), vec![row(3)]));
        assert_eq!(state.sightings(&id).unwrap().arp, Some(vec![row(2)]));
    }
}
