//! The question who talked most, and its answer.

use super::talk::TalkSum;
use crate::model::{DeviceId, MacAddr, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What flows are summed up by. Several together are one key (`src,dst` is a conversation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TopKey {
    /// Source or destination: a flow counts once for each.
    Address,
    Src,
    Dst,
    /// The network of the source, by its mask as exported, else /24 or /48.
    SrcNet,
    DstNet,
    /// Source or destination network.
    Net,
    /// Protocol and service port.
    App,
    Port,
    Protocol,
    /// Source or destination AS.
    As,
    SrcAs,
    DstAs,
    Exporter,
    /// Exporter and ifIndex, in or out.
    Interface,
    InIf,
    OutIf,
    Vlan,
    Dscp,
    Mac,
    SrcMac,
    DstMac,
    /// By the user's MaxMind file.
    Country,
    SrcCountry,
    DstCountry,
    Version,
}

impl TopKey {
    /// Every key with its words: the first is the one printed, all can be given to `--by` and are names of filter fields.
    pub const NAMES: &'static [(Self, &'static [&'static str])] = &[
        (Self::Address, &["host", "address", "ip"]),
        (Self::Src, &["src"]),
        (Self::Dst, &["dst"]),
        (Self::SrcNet, &["srcnet"]),
        (Self::DstNet, &["dstnet"]),
        (Self::Net, &["net", "prefix"]),
        (Self::App, &["app", "application"]),
        (Self::Port, &["port"]),
        (Self::Protocol, &["proto", "protocol"]),
        (Self::As, &["as"]),
        (Self::SrcAs, &["srcas"]),
        (Self::DstAs, &["dstas"]),
        (Self::Exporter, &["exporter"]),
        (Self::Interface, &["if", "interface"]),
        (Self::InIf, &["inif"]),
        (Self::OutIf, &["outif"]),
        (Self::Vlan, &["vlan"]),
        (Self::Dscp, &["dscp"]),
        (Self::Mac, &["mac"]),
        (Self::SrcMac, &["srcmac"]),
        (Self::DstMac, &["dstmac"]),
        (Self::Country, &["country"]),
        (Self::SrcCountry, &["srccountry"]),
        (Self::DstCountry, &["dstcountry"]),
        (Self::Version, &["version"]),
    ];

    /// By any of its words. `conversation` and `conv` are two keys and not one: who reads a list of keys looks for them first.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, words)| words.iter().any(|word| word.eq_ignore_ascii_case(name))).map(|(key, _)| *key)
    }

    /// The keys that a text names: `src,dst`, `app`. `conversation` and `conv` are `src,dst`.
    ///
    /// Errors: the word that is no key.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let mut keys = Vec::new();
        for word in text.split(',').map(str::trim) {
            match word.to_ascii_lowercase().as_str() {
                "conversation" | "conv" => keys.extend([Self::Src, Self::Dst]),
                _ => keys.push(Self::from_name(word).ok_or_else(|| word.to_owned())?),
            }
        }
        keys.dedup();
        Ok(keys)
    }

    /// The word that is printed.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(key, _)| *key == self).and_then(|(_, words)| words.first()).copied().unwrap_or("")
    }
}

/// Who talked most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopRequest {
    /// At least one.
    pub by: Vec<TopKey>,
    /// Filter expression (contract §6) over flow fields; empty is everything.
    pub filter: String,
    /// When they were received.
    pub range: TimeRange,
    /// Rows wanted.
    pub limit: usize,
    /// Points of each row's curve and of the history beside; 0 is none.
    pub steps: usize,
    /// Seconds earlier that sums are compared with (a week); `None` is no comparison.
    pub compare_secs: Option<u32>,
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyValue {
    /// Not told by the exporter.
    Unknown,
    /// Source or destination.
    Address(IpAddr),
    /// A network: its address and prefix length.
    Net(IpAddr, u8),
    /// A port, protocol, AS, VLAN or DSCP.
    Number(u64),
    /// Protocol and port.
    Service(u8, u16),
    /// An exporter's address.
    Exporter(IpAddr),
    /// An exporter's address and an ifIndex.
    Interface(IpAddr, u32),
    /// A hardware address.
    Mac(MacAddr),
    /// A country's ISO code, a version's word.
    Word(String),
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopRow {
    /// In the order of the request's keys.
    pub keys: Vec<KeyValue>,
    /// What people call each of them (device, ifName, service, host), where something is known; of the same length.
    pub names: Vec<Option<String>>,
    /// The device that it leads to, where it is an exporter, an interface, or a known address.
    pub device: Option<DeviceId>,
    /// The sums.
    pub sum: TalkSum,
    /// Bit/s over the range.
    pub bps: f64,
    /// Of all octets that the filter lets through; fraction of 1.
    pub share: f64,
    /// Bit/s by step.
    pub curve: Vec<f32>,
    /// Octets of the same time earlier; `None` where that was not asked or is not kept.
    pub earlier_octets: Option<u64>,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopAnswer {
    /// The largest first.
    pub rows: Vec<TopRow>,
    /// How many different keys there are, as far as they were kept apart.
    pub groups: u64,
    /// Everything that the filter lets through.
    pub total: TalkSum,
    /// Bit/s of everything, by step.
    pub total_curve: Vec<f32>,
    /// What is in no row.
    pub other: TalkSum,
    /// Of that, what can't be told apart any more: conversations that were too small to be kept.
    pub not_kept: TalkSum,
    /// The range that was really looked at, by whole minutes, hours or days.
    pub range: Option<TimeRange>,
    /// `records`, `1m`, `1h` or `1d`: of what it is made.
    pub resolution: String,
    /// Time of each step's start.
    pub steps: Vec<Timestamp>,
    /// What is wrong with the request (filter error with its column), or what is missing; a sentence.
    pub fault: Option<String>,
}
