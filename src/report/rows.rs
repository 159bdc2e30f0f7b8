//! The rows of the row commands (contract §5), of the rows that the screens are drawn from.

use super::equipment::Snmp;
use super::tabular::{Column, Row, Show, column, field};
use super::{millionths, thousandths};
use crate::model::{self, Timestamp};
use crate::state::view::rows as view;
use schemars::JsonSchema;
use serde::Serialize;

fn at(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

/// One device.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct DeviceRow {
    pub id: String,
    pub device: String,
    pub device_name: String,
    /// up, down, unreachable, unknown, maintenance
    pub status: &'static str,
    pub status_since: Option<String>,
    pub role: &'static str,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub os: Option<String>,
    pub os_version: Option<String>,
    pub serial: Option<String>,
    pub sys_descr: Option<String>,
    pub sys_object_id: Option<String>,
    pub sys_location: Option<String>,
    pub sys_contact: Option<String>,
    pub addresses: Vec<String>,
    pub snmp: Option<Snmp>,
    pub uptime_seconds: Option<u64>,
    /// How many interfaces it has.
    pub interfaces: usize,
    pub interfaces_up: usize,
    pub rtt_ms: Option<f64>,
    pub loss_percent: Option<f64>,
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    pub temperature_celsius: Option<f64>,
    /// Sum of the rates of its links, bit/s.
    pub traffic_bps: Option<f64>,
    /// Active alarms.
    pub alarms: usize,
    pub worst_alarm: Option<&'static str>,
    pub last_polled_at: Option<String>,
    /// Whether the figures are older than three polls.
    pub stale: bool,
}

impl From<&view::DeviceRow> for DeviceRow {
    fn from(row: &view::DeviceRow) -> Self {
        Self {
            id: row.id.to_string(),
            device: row.id.to_string(),
            device_name: row.name.clone(),
            status: row.status.word(),
            status_since: at(row.status_since),
            role: row.role.word(),
            vendor: row.vendor.clone(),
            model: row.model.clone(),
            os: row.os.clone(),
            os_version: row.os_version.clone(),
            serial: row.serial.clone(),
            sys_descr: row.sys_descr.clone(),
            sys_object_id: row.sys_object_id.clone(),
            sys_location: row.sys_location.clone(),
            sys_contact: row.sys_contact.clone(),
            addresses: row.addresses.iter().map(ToString::to_string).collect(),
            snmp: row.snmp.as_ref().map(Snmp::new),
            uptime_seconds: row.uptime_seconds,
            interfaces: row.interfaces,
            interfaces_up: row.interfaces_up,
            rtt_ms: row.rtt_ms.map(thousandths),
            loss_percent: row.loss_percent.map(thousandths),
            cpu_percent: row.cpu_percent.map(thousandths),
            memory_percent: row.memory_percent.map(thousandths),
            temperature_celsius: row.temperature_celsius.map(thousandths),
            traffic_bps: row.traffic_bps.map(thousandths),
            alarms: row.alarms,
            worst_alarm: row.worst_alarm.map(model::Severity::word),
            last_polled_at: at(row.last_polled_at),
            stale: row.stale,
        }
    }
}

impl Row for DeviceRow {
    const COLUMNS: &'static [Column] = &[
        field("id"),
        field("device"),
        column("deviceName", "DEVICE", Show::Text),
        column("status", "STATUS", Show::Text),
        field("statusSince"),
        column("role", "ROLE", Show::Text),
        column("vendor", "VENDOR", Show::Text),
        column("model", "MODEL", Show::Text),
        field("os"),
        column("osVersion", "VERSION", Show::Text),
        field("serial"),
        field("sysDescr"),
        field("sysObjectId"),
        column("sysLocation", "SITE", Show::Text),
        field("sysContact"),
        field("addresses"),
        column("snmp.address", "ADDRESS", Show::Text),
        field("snmp.version"),
        field("snmp.credential"),
        field("snmp.partial"),
        column("uptimeSeconds", "UPTIME", Show::Age),
        column("interfaces", "PORTS", Show::Number),
        column("interfacesUp", "UP", Show::Number),
        column("rttMs", "RTT MS", Show::Number),
        column("lossPercent", "LOSS", Show::Percent),
        column("cpuPercent", "CPU", Show::Percent),
        column("memoryPercent", "MEM", Show::Percent),
        field("temperatureCelsius"),
        column("trafficBps", "TRAFFIC", Show::Figure),
        column("alarms", "ALARMS", Show::Number),
        field("worstAlarm"),
        field("lastPolledAt"),
        field("stale"),
    ];
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct InterfaceRow {
    pub device: String,
    pub device_name: String,
    pub if_index: u32,
    /// ifName, else ifDescr, else `if` and the ifIndex: the INTERFACE of a series.
    pub name: String,
    pub if_name: Option<String>,
    pub if_descr: Option<String>,
    pub if_alias: Option<String>,
    pub if_type: Option<u32>,
    pub mac: Option<String>,
    pub mtu: Option<u32>,
    pub speed_bps: Option<u64>,
    /// up, down, testing
    pub admin_status: Option<&'static str>,
    /// up, down, testing, unknown, dormant, notPresent, lowerLayerDown
    pub oper_status: Option<&'static str>,
    pub status_since: Option<String>,
    pub addresses: Vec<String>,
    pub pvid: Option<u16>,
    pub vlans: Vec<u16>,
    /// Name of the device at the other end of its link.
    pub peer: Option<String>,
    pub peer_port: Option<String>,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    /// Fraction of 1.
    pub in_utilisation: Option<f64>,
    /// Fraction of 1.
    pub out_utilisation: Option<f64>,
    pub in_pps: Option<f64>,
    pub out_pps: Option<f64>,
    pub in_errors_per_second: Option<f64>,
    pub out_errors_per_second: Option<f64>,
    pub in_discards_per_second: Option<f64>,
    pub out_discards_per_second: Option<f64>,
    pub p95_in_bps: Option<f64>,
    pub p95_out_bps: Option<f64>,
    pub sampled_at: Option<String>,
    /// Whether the rates are older than three polls.
    pub stale: bool,
    /// Worst active alarm of the interface.
    pub alarm: Option<&'static str>,
}

impl From<&view::InterfaceRow> for InterfaceRow {
    fn from(row: &view::InterfaceRow) -> Self {
        Self {
            device: row.device.to_string(),
            device_name: row.device_name.clone(),
            if_index: row.if_index.0,
            name: row.name.clone(),
            if_name: row.if_name.clone(),
            if_descr: row.if_descr.clone(),
            if_alias: row.if_alias.clone(),
            if_type: row.if_type,
            mac: row.mac.map(|mac| mac.to_string()),
            mtu: row.mtu,
            speed_bps: row.speed_bps,
            admin_status: row.admin_status.map(model::AdminStatus::word),
            oper_status: row.oper_status.map(model::OperStatus::word),
            status_since: at(row.status_since),
            addresses: row.addresses.clone(),
            pvid: row.pvid,
            vlans: row.vlans.clone(),
            peer: row.peer.clone(),
            peer_port: row.peer_port.clone(),
            in_bps: row.in_bps.map(thousandths),
            out_bps: row.out_bps.map(thousandths),
            in_utilisation: row.in_utilisation.map(millionths),
            out_utilisation: row.out_utilisation.map(millionths),
            in_pps: row.in_pps.map(thousandths),
            out_pps: row.out_pps.map(thousandths),
            in_errors_per_second: row.in_errors_per_second.map(millionths),
            out_errors_per_second: row.out_errors_per_second.map(millionths),
            in_discards_per_second: row.in_discards_per_second.map(millionths),
            out_discards_per_second: row.out_discards_per_second.map(millionths),
            p95_in_bps: row.p95_in_bps.map(thousandths),
            p95_out_bps: row.p95_out_bps.map(thousandths),
            sampled_at: at(row.sampled_at),
            stale: row.stale,
            alarm: row.alarm.map(model::Severity::word),
        }
    }
}

impl Row for InterfaceRow {
    const COLUMNS: &'static [Column] = &[
        field("device"),
        column("deviceName", "DEVICE", Show::Text),
        field("ifIndex"),
        column("name", "PORT", Show::Text),
        field("ifName"),
        field("ifDescr"),
        column("ifAlias", "ALIAS", Show::Text),
        field("ifType"),
        field("mac"),
        field("mtu"),
        column("speedBps", "SPEED", Show::Speed),
        column("adminStatus", "ADMIN", Show::Text),
        column("operStatus", "OPER", Show::Text),
        field("statusSince"),
        field("addresses"),
        field("pvid"),
        field("vlans"),
        column("peer", "PEER", Show::Text),
        column("peerPort", "PEER PORT", Show::Text),
        column("inBps", "IN", Show::Figure),
        column("outBps", "OUT", Show::Figure),
        column("inUtilisation", "IN%", Show::Fraction),
        column("outUtilisation", "OUT%", Show::Fraction),
        field("inPps"),
        field("outPps"),
        column("inErrorsPerSecond", "IN ERR/S", Show::Figure),
        column("outErrorsPerSecond", "OUT ERR/S", Show::Figure),
        field("inDiscardsPerSecond"),
        field("outDiscardsPerSecond"),
        field("p95InBps"),
        field("p95OutBps"),
        field("sampledAt"),
        field("stale"),
        field("alarm"),
    ];
}

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct LinkEnd {
    pub device: String,
    pub device_name: String,
    pub if_index: Option<u32>,
    pub port: Option<String>,
}

/// One link.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct LinkRow {
    pub a: LinkEnd,
    pub b: LinkEnd,
    /// lldp, cdp, fdp, edp, fdb, arp, stp, lacp, ospf, bgp, isis, manual
    pub evidence: Vec<&'static str>,
    /// both, one
    pub confirmed_by: &'static str,
    /// 0 to 1
    pub confidence: f64,
    pub aggregate: Option<String>,
    pub stp_blocked: Option<bool>,
    pub speed_bps: Option<u64>,
    /// Whether both ends are up.
    pub up: Option<bool>,
    /// From a to b.
    pub forward_bps: Option<f64>,
    /// From b to a.
    pub backward_bps: Option<f64>,
    /// The larger direction's fraction of 1.
    pub utilisation: Option<f64>,
    pub errors_per_second: Option<f64>,
}

impl From<&view::LinkRow> for LinkRow {
    fn from(row: &view::LinkRow) -> Self {
        Self {
            a: LinkEnd {
                device: row.a_device.to_string(),
                device_name: row.a_name.clone(),
                if_index: row.a_if_index.map(|index| index.0),
                port: row.a_port.clone(),
            },
            b: LinkEnd {
                device: row.b_device.to_string(),
                device_name: row.b_name.clone(),
                if_index: row.b_if_index.map(|index| index.0),
                port: row.b_port.clone(),
            },
            evidence: row.evidence.iter().map(|evidence| evidence.word()).collect(),
            confirmed_by: super::topology::confirmed(row.confirmed_by),
            confidence: thousandths(f64::from(row.confidence)),
            aggregate: row.aggregate.clone(),
            stp_blocked: row.stp_blocked,
            speed_bps: row.speed_bps,
            up: row.up,
            forward_bps: row.forward_bps.map(thousandths),
            backward_bps: row.backward_bps.map(thousandths),
            utilisation: row.utilisation.map(millionths),
            errors_per_second: row.errors_per_second.map(millionths),
        }
    }
}

impl Row for LinkRow {
    const COLUMNS: &'static [Column] = &[
        field("a.device"),
        column("a.deviceName", "A", Show::Text),
        field("a.ifIndex"),
        column("a.port", "PORT", Show::Text),
        field("b.device"),
        column("b.deviceName", "B", Show::Text),
        field("b.ifIndex"),
        column("b.port", "PORT", Show::Text),
        column("evidence", "EVIDENCE", Show::Text),
        column("confirmedBy", "ENDS", Show::Text),
        field("confidence"),
        column("aggregate", "AGGREGATE", Show::Text),
        field("stpBlocked"),
        column("speedBps", "SPEED", Show::Speed),
        column("up", "UP", Show::Text),
        column("forwardBps", "A>B", Show::Figure),
        column("backwardBps", "B>A", Show::Figure),
        column("utilisation", "UTIL", Show::Fraction),
        column("errorsPerSecond", "ERR/S", Show::Figure),
    ];
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct EventRow {
    pub at: String,
    pub kind: String,
    pub object: String,
    pub device: Option<String>,
    pub text: String,
    pub source: String,
    pub severity: Option<&'static str>,
}

impl From<&view::EventRow> for EventRow {
    fn from(row: &view::EventRow) -> Self {
        Self {
            at: row.at.rfc3339(),
            kind: row.kind.clone(),
            object: row.object.clone(),
            device: row.device.as_ref().map(ToString::to_string),
            text: row.text.clone(),
            source: row.source.clone(),
            severity: row.severity.map(model::Severity::word),
        }
    }
}

impl Row for EventRow {
    const COLUMNS: &'static [Column] = &[
        column("at", "AT", Show::Text),
        column("kind", "KIND", Show::Text),
        column("object", "OBJECT", Show::Text),
        field("device"),
        column("text", "TEXT", Show::Text),
        column("source", "SOURCE", Show::Text),
        field("severity"),
    ];
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct AlarmRow {
    pub id: String,
    pub rule: String,
    /// critical, major, minor, warning, indeterminate, cleared
    pub severity: &'static str,
    pub object: String,
    pub device: Option<String>,
    pub device_name: Option<String>,
    pub raised_at: String,
    pub cleared_at: Option<String>,
    pub acknowledged_by: Option<String>,
    pub note: Option<String>,
    /// Id of the alarm that explains it.
    pub root: Option<String>,
    /// How many alarms it explains.
    pub children: Option<usize>,
    pub count: u32,
    pub text: String,
}

impl AlarmRow {
    /// Of an alarm; `device_name` is that of its device, where it is known.
    pub fn new(alarm: &model::Alarm, device_name: Option<String>) -> Self {
        Self {
            id: alarm.id.clone(),
            rule: alarm.rule.clone(),
            severity: alarm.severity.word(),
            object: alarm.object.clone(),
            device: alarm.device.as_ref().map(ToString::to_string),
            device_name,
            raised_at: alarm.raised_at.rfc3339(),
            cleared_at: at(alarm.cleared_at),
            acknowledged_by: None,
            note: None,
            root: None,
            children: None,
            count: alarm.count,
            text: alarm.text.clone(),
        }
    }
}

impl Row for AlarmRow {
    const COLUMNS: &'static [Column] = &[
        field("id"),
        field("rule"),
        column("severity", "SEVERITY", Show::Text),
        column("object", "OBJECT", Show::Text),
        field("device"),
        field("deviceName"),
        column("raisedAt", "RAISED", Show::Text),
        column("clearedAt", "CLEARED", Show::Text),
        field("acknowledgedBy"),
        field("note"),
        field("root"),
        field("children"),
        column("count", "COUNT", Show::Number),
        column("text", "TEXT", Show::Text),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Confirmed, DeviceId, DeviceStatus, Evidence, IfIndex, Role, Severity, SnmpAccess, SnmpVersion};
    use crate::report::tabular::Format;
    use crate::report::tabular::tests::{check_columns, written};

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
            traffic_bps: Some(6.1e9),
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
        };
        check_columns(&AlarmRow::new(&alarm, None));
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
