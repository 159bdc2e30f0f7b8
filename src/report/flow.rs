//! A flow record (contract §4), and what was counted of exporters (`flows --format summary`).

use super::tabular::{Column, Row, Show, column, field};
use crate::model::MacAddr;
use crate::model::flow::{ExporterCounts, ExporterKey, FieldValue, FlowOrigin, FlowRecord, FlowVersion, Known};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A flow record. Names are those of RFC 7012 where it has one; unknown is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct FlowRow {
    pub exporter: Option<IpAddr>,
    /// netflow1, netflow5, netflow7, netflow9, ipfix, sflow5, capture
    pub version: &'static str,
    pub observation_domain_id: u32,
    pub template_id: Option<u16>,
    /// RFC 3339
    pub export_time: Option<String>,
    pub sequence: Option<u32>,
    /// RFC 3339
    pub start: Option<String>,
    /// RFC 3339
    pub end: Option<String>,
    pub src: Option<IpAddr>,
    pub dst: Option<IpAddr>,
    pub src_port: Option<u16>,
    pub dst_port: Option<u16>,
    pub protocol: Option<u8>,
    pub tcp_flags: Option<u16>,
    pub tos: Option<u8>,
    /// As exported.
    pub octets: Option<u64>,
    /// As exported.
    pub packets: Option<u64>,
    /// By what octets and packets are to be multiplied.
    pub sampling_interval: Option<u32>,
    pub in_if: Option<u32>,
    pub out_if: Option<u32>,
    pub src_as: Option<u32>,
    pub dst_as: Option<u32>,
    pub next_hop: Option<IpAddr>,
    pub src_mask: Option<u8>,
    pub dst_mask: Option<u8>,
    pub vlan: Option<u16>,
    #[schemars(with = "Option<String>")]
    pub src_mac: Option<MacAddr>,
    #[schemars(with = "Option<String>")]
    pub dst_mac: Option<MacAddr>,
    /// ingress, egress
    pub direction: Option<&'static str>,
    /// Everything else that the template carried, by its IANA or enterprise name.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub fields: FlowFields,
    /// The record waited for its template.
    #[serde(skip_serializing_if = "is_false")]
    pub replayed: bool,
    /// The way back of a biflow, told as a record of its own.
    #[serde(skip_serializing_if = "is_false")]
    pub reverse: bool,
    /// Its times are more than a day old or in the future.
    #[serde(skip_serializing_if = "is_false")]
    pub implausible_time: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Names and values in the template's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowFields(pub Vec<(String, FieldValue)>);

impl Serialize for FlowFields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl FlowFields {
    /// Adds a field. A template may carry an element more than once (RFC 7011 §8): then its values are a list.
    pub fn push(&mut self, name: String, value: FieldValue) {
        let Some((_, earlier)) = self.0.iter_mut().find(|(known, _)| *known == name) else {
            self.0.push((name, value));
            return;
        };
        match earlier {
            FieldValue::List(values) => values.push(value),
            single => *single = FieldValue::List(vec![single.clone(), value]),
        }
    }
}

impl FlowRow {
    /// A record of an exporter, and what else its template carried.
    pub fn new(key: &ExporterKey, origin: &FlowOrigin, record: &FlowRecord, fields: FlowFields) -> Self {
        let has = |known| record.known.has(known);
        Self {
            exporter: exporter(key),
            version: key.version.word(),
            observation_domain_id: key.domain,
            template_id: origin.template_id,
            export_time: origin.export_time.map(|at| at.rfc3339()),
            sequence: origin.sequence,
            start: has(Known::START).then(|| record.start.rfc3339()),
            end: has(Known::END).then(|| record.end.rfc3339()),
            src: record.src.ip(),
            dst: record.dst.ip(),
            src_port: has(Known::SRC_PORT).then_some(record.src_port),
            dst_port: has(Known::DST_PORT).then_some(record.dst_port),
            protocol: has(Known::PROTOCOL).then_some(record.protocol),
            tcp_flags: has(Known::TCP_FLAGS).then_some(record.tcp_flags),
            tos: has(Known::TOS).then_some(record.tos),
            octets: has(Known::OCTETS).then_some(record.octets),
            packets: has(Known::PACKETS).then_some(record.packets),
            sampling_interval: Some(record.sampling_interval).filter(|interval| *interval > 0),
            in_if: has(Known::IN_IF).then_some(record.in_if),
            out_if: has(Known::OUT_IF).then_some(record.out_if),
            src_as: has(Known::SRC_AS).then_some(record.src_as),
            dst_as: has(Known::DST_AS).then_some(record.dst_as),
            next_hop: record.next_hop.ip(),
            src_mask: has(Known::SRC_MASK).then_some(record.src_mask),
            dst_mask: has(Known::DST_MASK).then_some(record.dst_mask),
            vlan: has(Known::VLAN).then_some(record.vlan),
            src_mac: has(Known::SRC_MAC).then_some(record.src_mac),
            dst_mac: has(Known::DST_MAC).then_some(record.dst_mac),
            direction: record.direction.word(),
            fields,
            replayed: has(Known::REPLAYED),
            reverse: has(Known::REVERSE),
            implausible_time: has(Known::IMPLAUSIBLE_TIME),
        }
    }
}

/// The address of an exporter; none is known of a datagram that was kept without its head.
fn exporter(key: &ExporterKey) -> Option<IpAddr> {
    Some(key.address).filter(|address| !address.is_unspecified())
}

impl Row for FlowRow {
    const COLUMNS: &'static [Column] = &[
        column("exporter", "EXPORTER", Show::Text),
        field("version"),
        field("observationDomainId"),
        field("templateId"),
        field("exportTime"),
        field("sequence"),
        column("start", "START", Show::Text),
        field("end"),
        column("src", "SRC", Show::Text),
        column("dst", "DST", Show::Text),
        column("srcPort", "SPORT", Show::Number),
        column("dstPort", "DPORT", Show::Number),
        column("protocol", "PROTO", Show::Number),
        field("tcpFlags"),
        field("tos"),
        column("octets", "OCTETS", Show::Number),
        column("packets", "PACKETS", Show::Number),
        column("samplingInterval", "SAMPLED", Show::Number),
        column("inIf", "IN", Show::Number),
        column("outIf", "OUT", Show::Number),
        field("srcAs"),
        field("dstAs"),
        field("nextHop"),
        field("srcMask"),
        field("dstMask"),
        field("vlan"),
        field("srcMac"),
        field("dstMac"),
        field("direction"),
        field("fields"),
        field("replayed"),
        field("reverse"),
        field("implausibleTime"),
    ];
}

/// What was counted of all datagrams.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct FlowsSummary {
    /// Those that were refused included.
    pub datagrams: u64,
    #[serde(flatten)]
    pub counts: FlowCounts,
    /// By reason.
    pub refused: BTreeMap<String, u64>,
    /// Packets of the files that hold no datagram: of other protocols, or of a kind that can't be read.
    pub other_packets: u64,
    /// Later pieces of datagrams that came in several: they are not put together.
    pub fragments: u64,
    pub exporters: Vec<ExporterSummary>,
}

/// Counters that are told of each exporter and of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct FlowCounts {
    pub flow_records: u64,
    pub options_records: u64,
    pub templates: u64,
    pub unknown_template_sets: u64,
    pub replayed_records: u64,
    pub octets: u64,
    pub packets: u64,
    pub scaled_octets: u64,
    pub scaled_packets: u64,
    /// Ways back of biflows, where they are told as records of their own; in no other count.
    pub reverse_flows: u64,
    pub reverse_octets: u64,
    pub reverse_packets: u64,
    pub implausible_times: u64,
}

/// One exporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct ExporterSummary {
    pub exporter: Option<IpAddr>,
    pub version: &'static str,
    pub observation_domain_id: u32,
    pub datagrams: u64,
    #[serde(flatten)]
    pub counts: FlowCounts,
    /// By reason.
    pub refused: BTreeMap<String, u64>,
    /// Units: flows (v5, v7), datagrams (v9, sFlow), data records (IPFIX). Null where nothing can be said of it.
    pub lost: Option<u64>,
    pub restarts: u64,
    /// Data sets that wait for their template.
    pub waiting: u64,
    /// Whether more may be lost than is told: templates are missing, or the numbers follow no rule.
    pub loss_unknown: bool,
}

impl FlowCounts {
    fn of(counts: &ExporterCounts) -> Self {
        Self {
            flow_records: counts.flow_records,
            options_records: counts.options_records,
            templates: counts.templates,
            unknown_template_sets: counts.unknown_template_sets,
            replayed_records: counts.replayed_records,
            octets: counts.octets,
            packets: counts.packets,
            scaled_octets: counts.scaled_octets,
            scaled_packets: counts.scaled_packets,
            reverse_flows: counts.reverse_flows,
            reverse_octets: counts.reverse_octets,
            reverse_packets: counts.reverse_packets,
            implausible_times: counts.implausible_times,
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.flow_records, other.flow_records),
            (&mut self.options_records, other.options_records),
            (&mut self.templates, other.templates),
            (&mut self.unknown_template_sets, other.unknown_template_sets),
            (&mut self.replayed_records, other.replayed_records),
            (&mut self.octets, other.octets),
            (&mut self.packets, other.packets),
            (&mut self.scaled_octets, other.scaled_octets),
            (&mut self.scaled_packets, other.scaled_packets),
            (&mut self.reverse_flows, other.reverse_flows),
            (&mut self.reverse_octets, other.reverse_octets),
            (&mut self.reverse_packets, other.reverse_packets),
            (&mut self.implausible_times, other.implausible_times),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

impl FlowsSummary {
    /// Adds an exporter.
    pub fn add(&mut self, key: &ExporterKey, counts: &ExporterCounts) {
        let told = FlowCounts::of(counts);
        self.counts.add(&told);
        self.refuse(counts.refused.iter().map(|(reason, count)| (reason.as_str(), *count)));
        // v1 has no numbers, and of a rule that is not known nothing follows.
        let is_countable = key.version != FlowVersion::NetFlow1 && (!counts.loss_unknown || counts.lost > 0);
        self.exporters.push(ExporterSummary {
            exporter: exporter(key),
            version: key.version.word(),
            observation_domain_id: key.domain,
            datagrams: counts.datagrams,
            counts: told,
            refused: counts.refused.clone(),
            lost: is_countable.then_some(counts.lost),
            restarts: counts.restarts,
            waiting: counts.waiting,
            loss_unknown: counts.loss_unknown,
        });
    }

    /// Adds refusals.
    pub fn refuse<'a>(&mut self, reasons: impl Iterator<Item = (&'a str, u64)>) {
        for (reason, count) in reasons {
            *self.refused.entry(reason.to_owned()).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::model::flow::FlowAddr;
    use crate::report::tabular::tests::written;
    use crate::report::{Format, json};

    fn key() -> ExporterKey {
        ExporterKey { address: "192.0.2.1".parse().unwrap(), version: FlowVersion::Ipfix, domain: 0 }
    }

    fn row(fields: &[(&str, FieldValue)]) -> FlowRow {
        let record = FlowRecord {
            known: Known::OCTETS.with(Known::START).with(Known::SRC_PORT),
            src: FlowAddr::v4(0x0a00_0001),
            octets: 1500,
            start: Timestamp(1_700_000_000_250),
            src_port: 443,
            ..FlowRecord::default()
        };
        let mut all = FlowFields::default();
        fields.iter().for_each(|(name, value)| all.push((*name).to_owned(), value.clone()));
        FlowRow::new(&key(), &FlowOrigin { template_id: Some(256), ..FlowOrigin::default() }, &record, all)
    }

    #[test]
    fn every_field_is_a_column_and_what_is_not_known_is_null() {
        let mut full = row(&[]);
        (full.replayed, full.reverse, full.implausible_time) = (true, true, true);
        let json = serde_json::to_value(&full).unwrap();
        let names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, FlowRow::COLUMNS.iter().map(|column| column.path).collect::<Vec<_>>());
        assert_eq!((&json["octets"], &json["packets"], &json["dst"]), (&1500.into(), &().into(), &().into()));
        assert_eq!((&json["samplingInterval"], &json["start"]), (&().into(), &"2023-11-14T22:13:20.25Z".into()));
    }

    #[test]
    fn what_a_template_carries_twice_is_a_list_and_control_characters_are_visible() {
        let label = |text: &str| FieldValue::Text(text.to_owned());
        let row = row(&[("a", label("x")), ("b", FieldValue::Unsigned(7)), ("a", label("\u{9b}\u{202e}"))]);
        let mut out = Vec::new();
        json::write_compact(&row, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains(r#""fields":{"a":["x","\u009b\u202e"],"b":7}"#));
        let csv = written(Format::Csv, vec![row.clone()]);
        assert!(csv.contains(r"\x9b\u202e") && csv.is_ascii(), "{csv}");
        assert!(written(Format::Table, vec![row]).contains("10.0.0.1"));
    }

    #[test]
    fn a_summary_is_the_sum_of_its_exporters() {
        let counts = |flow_records, lost, loss_unknown| ExporterCounts {
            datagrams: 1,
            flow_records,
            lost,
            loss_unknown,
            refused: [("truncated".to_owned(), 1)].into(),
            ..ExporterCounts::default()
        };
        let mut summary = FlowsSummary::default();
        summary.add(&key(), &counts(3, 2, false));
        summary.add(&key(), &counts(4, 0, true));
        summary.refuse([("truncated", 5)].into_iter());
        assert_eq!((summary.counts.flow_records, summary.refused["truncated"]), (7, 7));
        assert_eq!(summary.exporters.iter().map(|exporter| exporter.lost).collect::<Vec<_>>(), [Some(2), None]);
    }
}
