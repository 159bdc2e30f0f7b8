//! Who talks most, as `top` prints it (contract §5): the keys that were asked for, then the figures.

use super::millionths;
use super::tabular::{Column, Show, column, field};
use super::thousandths;
use crate::model::flow::{KeyValue, TopAnswer, TopKey, services};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::net::IpAddr;

/// One row. Its first fields are the keys, by the words that they are asked for with (`src`, `dst`, `app`), and what they are called
/// (`srcName`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopRow {
    /// Values of the keys, null where the exporter does not tell, and their names where there are any.
    #[serde(flatten)]
    pub keys: Map<String, Value>,
    /// The device that it leads to.
    pub device: Option<String>,
    /// Scaled by the sampling rate.
    pub octets: u64,
    /// Scaled by the sampling rate.
    pub packets: u64,
    /// Flow records; never scaled.
    pub flows: u64,
    /// Bit/s over the time that was looked at.
    pub in_bps: f64,
    /// Of all octets that the filter lets through, as a fraction of 1.
    pub share: f64,
    /// Flow records whose sampling rate is not known: they stand in the sums as exported.
    pub unscaled_flows: u64,
    /// The largest sampling rate; null where none is known.
    pub sampling_interval: Option<u32>,
    /// Octets of the same time earlier; null where that was not asked for or is not kept.
    pub earlier_octets: Option<u64>,
    /// `records`, `1m`, `1h` or `1d`: of what the sums are made.
    pub resolution: String,
}

/// The rows of an answer.
pub fn rows(by: &[TopKey], answer: &TopAnswer) -> Vec<TopRow> {
    let row = |row: &crate::model::flow::TopRow| {
        let mut keys = Map::new();
        for ((key, value), name) in by.iter().zip(&row.keys).zip(&row.names) {
            put_key(&mut keys, *key, (value, name.as_deref()));
        }
        TopRow {
            keys,
            device: row.device.as_ref().map(ToString::to_string),
            octets: row.sum.octets,
            packets: row.sum.packets,
            flows: row.sum.flows,
            in_bps: thousandths(row.bps),
            share: millionths(row.share),
            unscaled_flows: row.sum.unscaled_flows,
            sampling_interval: Some(row.sum.sampling_interval).filter(|rate| *rate > 0),
            earlier_octets: row.earlier_octets,
            resolution: answer.resolution.clone(),
        }
    };
    answer.rows.iter().map(row).collect()
}

/// What a key's name is called.
fn name_field(key: TopKey) -> Option<&'static str> {
    Some(match key {
        TopKey::Address => "hostName",
        TopKey::Src => "srcName",
        TopKey::Dst => "dstName",
        TopKey::App => "appName",
        TopKey::Protocol => "protoName",
        TopKey::Exporter => "exporterName",
        TopKey::Interface => "ifName",
        TopKey::InIf => "inIfName",
        TopKey::OutIf => "outIfName",
        TopKey::Port => "portName",
        TopKey::SrcNet
        | TopKey::DstNet
        | TopKey::Net
        | TopKey::As
        | TopKey::SrcAs
        | TopKey::DstAs
        | TopKey::Vlan
        | TopKey::Dscp
        | TopKey::Mac
        | TopKey::SrcMac
        | TopKey::DstMac
        | TopKey::Country
        | TopKey::SrcCountry
        | TopKey::DstCountry
        | TopKey::Version => return None,
    })
}

fn put_key(keys: &mut Map<String, Value>, key: TopKey, (value, name): (&KeyValue, Option<&str>)) {
    if let KeyValue::Interface(exporter, _) = value {
        keys.insert("exporter".to_owned(), text(exporter));
    }
    keys.insert(key.name().to_owned(), shown(value));
    if let Some(field) = name_field(key) {
        let own = match value {
            KeyValue::Service(protocol, port) => services::service_name(*protocol, *port),
            KeyValue::Number(number) if key == TopKey::Protocol => u8::try_from(*number).ok().and_then(services::protocol_name),
            _ => None,
        };
        keys.insert(field.to_owned(), name.or(own).map_or(Value::Null, Value::from));
    }
}

fn text(address: &IpAddr) -> Value {
    Value::from(address.to_string())
}

fn shown(value: &KeyValue) -> Value {
    match value {
        KeyValue::Unknown => Value::Null,
        KeyValue::Address(address) | KeyValue::Exporter(address) => text(address),
        KeyValue::Net(address, len) => Value::from(format!("{address}/{len}")),
        KeyValue::Number(number) => Value::from(*number),
        KeyValue::Service(protocol, port) => {
            let protocol = services::protocol_name(*protocol).map_or_else(|| protocol.to_string(), str::to_owned);
            Value::from(if *port == 0 { protocol } else { format!("{protocol}/{port}") })
        }
        KeyValue::Interface(_, if_index) => Value::from(*if_index),
        KeyValue::Mac(mac) => Value::from(mac.to_string()),
        KeyValue::Word(word) => Value::from(word.clone()),
    }
}

/// The columns of rows by these keys.
pub fn columns(by: &[TopKey]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for key in by {
        let ports = matches!(key, TopKey::Interface | TopKey::InIf | TopKey::OutIf);
        if ports && !columns.iter().any(|known| known.path == "exporter") {
            columns.push(column("exporter", "EXPORTER", Show::Text));
        }
        if !columns.iter().any(|known| known.path == key.name()) {
            columns.push(column(key.name(), header(*key), Show::Text));
        }
        if let Some(name) = name_field(*key) {
            columns.push(column(name, "NAME", Show::Text));
        }
    }
    columns.extend([
        field("device"),
        column("octets", "OCTETS", Show::Figure),
        column("packets", "PACKETS", Show::Figure),
        column("flows", "FLOWS", Show::Figure),
        column("inBps", "BIT/S", Show::Figure),
        column("share", "SHARE", Show::Fraction),
        field("unscaledFlows"),
        field("samplingInterval"),
        field("earlierOctets"),
        field("resolution"),
    ]);
    columns
}

/// The table's header of a key.
const fn header(key: TopKey) -> &'static str {
    match key {
        TopKey::Address => "HOST",
        TopKey::Src => "SOURCE",
        TopKey::Dst => "DESTINATION",
        TopKey::SrcNet => "SOURCE NET",
        TopKey::DstNet => "DESTINATION NET",
        TopKey::Net => "NET",
        TopKey::App => "SERVICE",
        TopKey::Port => "PORT",
        TopKey::Protocol => "PROTOCOL",
        TopKey::As => "AS",
        TopKey::SrcAs => "SOURCE AS",
        TopKey::DstAs => "DESTINATION AS",
        TopKey::Exporter => "EXPORTER",
        TopKey::Interface => "IF",
        TopKey::InIf => "IN IF",
        TopKey::OutIf => "OUT IF",
        TopKey::Vlan => "VLAN",
        TopKey::Dscp => "DSCP",
        TopKey::Mac => "MAC",
        TopKey::SrcMac => "SOURCE MAC",
        TopKey::DstMac => "DESTINATION MAC",
        TopKey::Country => "COUNTRY",
        TopKey::SrcCountry => "SOURCE COUNTRY",
        TopKey::DstCountry => "DESTINATION COUNTRY",
        TopKey::Version => "VERSION",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::TalkSum;
    use crate::report::Format;
    use crate::report::tabular::write_rows_by;

    fn written(format: Format, by: &[TopKey], values: Vec<KeyValue>) -> String {
        let sum = TalkSum { octets: 1500, packets: 3, flows: 1, sampling_interval: 10, ..TalkSum::default() };
        let row = crate::model::flow::TopRow {
            names: vec![None; values.len()],
            keys: values,
            device: None,
            sum,
            bps: 40.0,
            share: 0.25,
            curve: Vec::new(),
            earlier_octets: Some(7),
        };
        let answer = TopAnswer { rows: vec![row], resolution: "1m".into(), ..TopAnswer::default() };
        let mut out = Vec::new();
        write_rows_by((format, &columns(by)), rows(by, &answer), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_row_has_its_keys_first_and_csv_has_the_same_fields() {
        let by = [TopKey::Src, TopKey::App];
        let values = || vec![KeyValue::Address([10, 0, 0, 1].into()), KeyValue::Service(6, 443)];
        let json = r#"{"src":"10.0.0.1","srcName":null,"app":"tcp/443","appName":"https","device":null,"octets":1500,"packets":3,"flows":1,"inBps":40.0,"share":0.25,"unscaledFlows":0,"samplingInterval":10,"earlierOctets":7,"resolution":"1m"}"#;
        assert_eq!(written(Format::Ndjson, &by, values()), format!("{json}\n"));
        let csv = written(Format::Csv, &by, values());
        let fields: Value = serde_json::from_str(json).unwrap();
        assert_eq!(csv.lines().next().unwrap(), fields.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(","));
    }

    #[test]
    fn ports_stand_with_their_exporter_and_the_unknown_is_null() {
        let by = [TopKey::InIf, TopKey::Vlan];
        let line = written(Format::Ndjson, &by, vec![KeyValue::Interface([192, 0, 2, 1].into(), 7), KeyValue::Unknown]);
        assert!(line.starts_with(r#"{"exporter":"192.0.2.1","inif":7,"inIfName":null,"vlan":null,"#), "{line}");
        for (key, _) in TopKey::NAMES {
            assert!(columns(&[*key]).iter().any(|column| column.path == key.name() && !column.header.is_empty()));
        }
    }
}
