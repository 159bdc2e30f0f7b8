//! The rows of the row commands (contract §5), of the rows that the screens are drawn from.

mod device;
mod event;
mod interface;
mod link;
mod log;
mod sensor;
mod whereabouts;
mod wireless;

pub use device::DeviceRow;
pub use event::{AlarmRow, EventRow};
pub use interface::InterfaceRow;
pub use link::{LinkEnd, LinkRow};
pub use log::LogRow;
pub use sensor::SensorRow;
pub use whereabouts::WhereRow;
pub use wireless::{AccessPointRow, ChannelRow, ClientRow, RadioRow, SsidRow};

use crate::model::Timestamp;

fn at(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use crate::model::{Confirmed, DeviceId, DeviceStatus, Evidence, IfIndex, Role, Severity, SnmpAccess, SnmpVersion};
    use crate::report::tabular::Format;
    use crate::report::tabular::tests::{check_columns, written};
    use crate::state::view::rows as view;

    fn device() -> view::DeviceRow {
        view::DeviceRow {
            id: DeviceId::new("chassis:00:1b:54:aa:bb:cc"),
            name: "core\u{1b}[2J".to_owned(),
            status: DeviceStatus::Up,
            status_since: None,
            role: Role::Switch,
            vendor: None,
            model: None,
            os: None,
            os_version: None,
            serial: None,
            sys_descr: None,
            sys_object_id: None,
            sys_location: Some("회의실 3".to_owned()),
            sys_contact: None,
            addresses: vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()],
            snmp: Some(SnmpAccess {
                address: "10.0.0.1:161".parse().unwrap(),
                version: SnmpVersion::V2c,
                credential: "campus".to_owned(),
                partial: false,
            }),
            uptime_seconds: Some(18_230_400),
            interfaces: 52,
            interfaces_up: 40,
            rtt_ms: Some(0.412_345_6),
            loss_percent: None,
            cpu_percent: Some(12.0),
            memory_percent: None,
            temperature_celsius: None,
            bridge: None,
            parts: 0,
            traffic_bps: Some(6.1e9),
            over: vec![(model::Metric::CpuPercent, view::Extremes { max: 80.0, p95: 60.0 })],
            alarms: 0,
            worst_alarm: None,
            last_polled_at: Some(Timestamp::from_secs(1_795_348_800)),
            stale: false,
        }
    }

    fn link() -> LinkRow {
        let id = DeviceId::new("chassis:00:1b:54:aa:bb:cc");
        LinkRow::from(&view::LinkRow {
            a_device: id.clone(),
            a_name: "core-1".to_owned(),
            a_if_index: Some(IfIndex(3)),
            a_port: Some("Te1/1/1".to_owned()),
            b_device: id,
            b_name: "dist-1".to_owned(),
            b_if_index: None,
            b_port: None,
            evidence: vec![Evidence::Lldp, Evidence::Fdb],
            confirmed_by: Confirmed::One,
            confidence: 0.9,
            aggregate: None,
            stp_blocked: Some(true),
            speed_bps: Some(10_000_000_000),
            up: Some(true),
            forward_bps: Some(6.1e9),
            backward_bps: None,
            utilisation: Some(0.61),
            errors_per_second: Some(0.0),
            first_seen: Some(Timestamp::from_secs(0)),
            last_seen: None,
            spark: vec![],
        })
    }

    #[test]
    fn csv_has_every_field_that_json_has() {
        check_columns(&DeviceRow::from(&device()));
        check_columns(&link());
        let alarm = model::Alarm {
            id: "device-down@x".to_owned(),
            rule: "device-down".to_owned(),
            severity: Severity::Critical,
            object: "x".to_owned(),
            device: None,
            text: "down".to_owned(),
            raised_at: Timestamp::from_secs(0),
            cleared_at: None,
            count: 1,
            if_index: None,
            runbook: None,
            flap: None,
        };
        let handled = view::AlarmRow::of(alarm);
        check_columns(&AlarmRow::from(&handled));
        let event = view::EventRow {
            at: Timestamp::from_secs(0),
            kind: "link-gone".to_owned(),
            object: "x".to_owned(),
            device: None,
            text: String::new(),
            source: "lldp".to_owned(),
            severity: None,
        };
        check_columns(&EventRow::from(&event));
        let line = model::LogLine::new(Timestamp::from_secs(0), "10.0.0.1".parse().unwrap(), model::LogKind::Syslog);
        let row = crate::state::view::LogRow { number: 0, line, count: 1, first: Timestamp::from_secs(0) };
        check_columns(&LogRow::from(&row));
    }

    #[test]
    fn unknown_is_null_in_json_empty_in_csv_and_a_dash_in_a_table() {
        let json: serde_json::Value = serde_json::from_str(&written(Format::Ndjson, vec![DeviceRow::from(&device())])).unwrap();
        assert_eq!((&json["lossPercent"], &json["rttMs"]), (&serde_json::Value::Null, &serde_json::json!(0.412)));
        assert_eq!(json["deviceName"], "core\u{1b}[2J");
        insta::assert_snapshot!(written(Format::Csv, vec![DeviceRow::from(&device())]).replace('\r', ""));
        insta::assert_snapshot!(written(Format::Table, vec![DeviceRow::from(&device())]));
        insta::assert_snapshot!(written(Format::Table, vec![link()]));
    }
}
