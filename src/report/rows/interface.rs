//! Rows of `interfaces`.

use super::at;
use crate::model;
use crate::report::switching::{Poe, Stp};
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::report::{millionths, thousandths};
use crate::state::view::rows as view;
use schemars::JsonSchema;
use serde::Serialize;

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
    /// VLANs of `vlans` that leave it without a tag.
    pub untagged_vlans: Vec<u16>,
    /// access, trunk
    pub mode: Option<&'static str>,
    /// half, full
    pub duplex: Option<&'static str>,
    /// When its state changed last, as its agent says or as it was seen.
    pub last_change_at: Option<String>,
    /// Whether it goes up and down.
    pub flapping: bool,
    /// Name of the aggregate of which it is a member.
    pub aggregate: Option<String>,
    /// disabled, blocking, listening, learning, forwarding, broken
    pub stp_state: Option<String>,
    pub stp: Option<Stp>,
    pub poe: Option<Poe>,
    /// Addresses behind it that are no device; null where its device tells no forwarding table.
    pub macs: Option<usize>,
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
    /// Largest over the range of `--from` and `--to`; the rates are its means then, and p95 is of it.
    pub max_in_bps: Option<f64>,
    pub max_out_bps: Option<f64>,
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
            untagged_vlans: row.switch.untagged_vlans.clone(),
            mode: row.switch.mode.map(model::PortMode::word),
            duplex: row.switch.duplex.map(model::Duplex::word),
            last_change_at: at(row.switch.last_change_at),
            flapping: row.switch.flapping,
            aggregate: row.switch.aggregate.clone(),
            stp_state: row.switch.stp_state.clone(),
            stp: row.switch.stp.as_deref().map(Stp::new),
            poe: row.switch.poe.as_deref().map(Poe::new),
            macs: row.switch.macs,
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
            max_in_bps: row.max_in_bps.map(thousandths),
            max_out_bps: row.max_out_bps.map(thousandths),
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
        field("untaggedVlans"),
        column("mode", "MODE", Show::Text),
        field("duplex"),
        field("lastChangeAt"),
        field("flapping"),
        field("aggregate"),
        column("stpState", "STP", Show::Text),
        field("stp"),
        field("poe"),
        field("macs"),
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
        column("p95InBps", "P95 IN", Show::Figure),
        column("p95OutBps", "P95 OUT", Show::Figure),
        field("maxInBps"),
        field("maxOutBps"),
        field("sampledAt"),
        field("stale"),
        field("alarm"),
    ];
}
