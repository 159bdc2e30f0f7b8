//! A router that exports flows and a printer that only talks, for tests of what is made of flows.

use super::flow_ledger::Ledger;
use crate::event::{Body, Event};
use crate::model::flow::{ExporterCounts, ExporterKey, FlowBatch, FlowName, FlowVersion, PortLoad};
use crate::model::{ChassisId, Device, DeviceId, IfIndex, Interface, Inventory, MacAddr, Timestamp};
use crate::state::{self, Settings, State};

pub(super) const START: i64 = 1_700_000_040;

pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

fn device(number: u8, name: &str, address: [u8; 4]) -> Device {
    let mut device = Device::new(DeviceId::new(&format!("chassis:00:00:00:00:00:{number:02x}")), at(0));
    device.sys_name = Some(name.to_owned());
    device.chassis_id = Some(ChassisId::Mac(MacAddr([0, 0, 0, 0, 0, number])));
    device.addresses = vec![address.into()];
    device.interfaces = (1..=2)
        .map(|index| {
            let mut port = Interface::new(IfIndex(index));
            port.if_name = Some(format!("Gi0/{index}"));
            port
        })
        .collect();
    device
}

/// `wan-1` at 10.0.0.1 and `printer.example.net` at 10.0.9.9.
pub(super) fn state() -> State {
    let mut state = State::new(Settings::default());
    for device in [device(1, "wan-1", [10, 0, 0, 1]), device(2, "printer.example.net", [10, 0, 9, 9])] {
        let address = (device.addresses[0], 161).into();
        let inventory = Inventory::of(address, at(0), device);
        state::apply(&mut state, &Event { at: at(0), body: Body::Inventory(Box::new(inventory)) });
    }
    state
}

pub(super) fn exporter() -> ExporterKey {
    ExporterKey { address: [10, 0, 0, 1].into(), version: FlowVersion::Ipfix, domain: 0 }
}

/// `wan-1` exports, samples one packet of 100, lost 3 records, names two ports, and carried 60 kB a minute into Gi0/1.
pub(super) fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    for secs in 0..=60 {
        let counts = ExporterCounts {
            datagrams: 10 + secs,
            flow_records: 100 * secs,
            lost: 3,
            sampling_interval: 100,
            unknown_template_sets: 2,
            ..ExporterCounts::default()
        };
        let names = vec![(0, FlowName::Interface(77, "uplink".to_owned())), (0, FlowName::Interface(1, "Port One".to_owned()))];
        ledger.hear(
            at(i64::try_from(secs).unwrap()),
            &FlowBatch { exporters: vec![exporter()], counts: vec![counts], names, ..FlowBatch::default() },
        );
    }
    let load =
        |minute: i64| PortLoad { exporter: 0, if_index: 1, inward: true, minute: at(minute * 60), octets: 60_000, packets: 60 };
    ledger.load(&[exporter()], &(-10..0).map(load).collect::<Vec<_>>());
    ledger
}
