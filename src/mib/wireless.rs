//! What a wireless controller or an access point tells, as data: which column says what of access points, radios, network names and clients.
//!
//! A `[[wireless]]` section of a file is one rule; `collect::snmp::tables::wireless` makes a reading of the rows. There are no expressions:
//! what is done to a value are words, a factor and a named reading ([`ReadAs`]).

use super::file::{MibFile, RoleWord};
use super::object::Kind;
use super::registry::{MibFault, Registry};
use crate::model::{Oid, Role};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What some columns say of one kind of thing. It is asked of the devices of the file's `enterprises` that are wireless controllers.
///
/// Several sections may speak of the same kind: what they say of the same thing is put together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wireless {
    /// What its rows are about.
    pub of: WirelessKind,
    /// What the parts of a row's index mean.
    pub index: Vec<WirelessIndex>,
    /// What the columns say. Of several the first that the row has counts.
    pub says: BTreeMap<WirelessField, Sources>,
    /// Roles of the devices that are asked; default: wlan-controller.
    #[serde(default)]
    pub asked_of: Vec<RoleWord>,
    /// The rows are about the device's own radios: it is an access point itself. Where no vendor's own rule is for a device, those of files
    /// without `enterprises` are.
    #[serde(default)]
    pub own: bool,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WirelessKind {
    /// An access point
    AccessPoint,
    /// A radio of an access point
    Radio,
    /// A network name on a radio: by its BSSID clients say where they are.
    Bssid,
    /// A network name
    Ssid,
    /// Somebody on a wireless network
    Client,
}

/// What a part of an index means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WirelessIndex {
    /// Six octets that name the access point.
    AccessPoint,
    /// The radio's number.
    Slot,
    /// A channel: of the radio's rows that of its own channel counts, and it alone is asked for.
    Channel,
    /// Six octets: the hardware address of the client.
    Client,
    /// Length and octets: the hardware address of the client.
    ClientOctets,
    /// Length and octets: another name of the access point, such as its serial number.
    ApId,
    /// Six octets: the address of a network name on a radio.
    Bssid,
    /// Four octets: the client's address.
    Ipv4,
    /// Length and octets: the network name.
    Name,
    /// A number that tells rows apart.
    Number,
}

impl WirelessIndex {
    /// Sub-identifiers of it; `None` where it tells its own length.
    const fn width(self) -> Option<usize> {
        match self {
            Self::AccessPoint | Self::Client | Self::Bssid => Some(6),
            Self::Slot | Self::Channel | Self::Number => Some(1),
            Self::Ipv4 => Some(4),
            Self::Name | Self::ApId | Self::ClientOctets => None,
        }
    }

    /// Takes its sub-identifiers off the front of an index.
    pub fn split(self, arcs: &[u32]) -> Option<(&[u32], &[u32])> {
        match self.width() {
            Some(width) => arcs.split_at_checked(width),
            // RFC 2578 §7.7: the length, then so many octets.
            None => {
                let (length, rest) = arcs.split_first()?;
                rest.split_at_checked(usize::try_from(*length).ok()?)
            }
        }
    }
}

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it; model::wireless has their units")]
pub enum WirelessField {
    Name,
    /// Hardware address of an access point's wired port.
    WiredMac,
    /// Hardware address of a client whose index does not have it.
    Mac,
    Model,
    Serial,
    Address,
    Location,
    /// `up`, `down` or `unknown`, by words.
    Status,
    /// Since when: with `read-as`.
    Since,
    /// `2.4`, `5` or `6`, by words.
    Band,
    /// Names the radio where rows are finer than radios: those with the same word are one, and what they count is added up.
    Radio,
    /// Of a client: the radio on this channel is its own.
    Channel,
    /// MHz
    Width,
    /// dBm
    TxPower,
    /// Percent of the time in which the channel is busy.
    Utilisation,
    /// dBm
    Noise,
    Clients,
    /// Clients of a network name by band.
    #[serde(rename = "clients-2g")]
    Clients2G,
    /// See [`Self::Clients2G`].
    #[serde(rename = "clients-5g")]
    Clients5G,
    /// See [`Self::Clients2G`].
    #[serde(rename = "clients-6g")]
    Clients6G,
    /// Percent of what clients could get.
    Quality,
    /// Percent of frames that were sent again.
    Retry,
    /// Counter of frames that were sent again.
    Retries,
    /// Counter of frames.
    Frames,
    /// Octets from the air.
    InOctets,
    /// Octets into the air.
    OutOctets,
    /// bit/s from the air, where the agent reckons it itself.
    InBps,
    /// bit/s into the air.
    OutBps,
    User,
    Ssid,
    /// The key of the client's access point.
    AccessPoint,
    /// The other name of the client's access point.
    ApId,
    Slot,
    /// The BSSID that the client is on.
    Bssid,
    /// dBm
    Rssi,
    /// dB
    Snr,
    /// `n`, `ac`, `ax`, …, by words.
    Phy,
    /// Mbit/s
    Rate,
    /// Where it says another word than `yes` the client is not on.
    Present,
}

/// One source of a field, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Sources {
    /// A column as it is.
    Column(String),
    /// A column and how it is read.
    One(Box<Source>),
    /// Several, of which the first that says something counts.
    Several(Vec<Source>),
}

impl Sources {
    fn list(&self) -> Vec<Source> {
        match self {
            Self::Column(column) => vec![Source { column: column.clone(), ..Source::default() }],
            Self::One(source) => vec![(**source).clone()],
            Self::Several(sources) => sources.clone(),
        }
    }
}

/// A column and how it is read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Source {
    /// The column.
    pub column: String,
    /// Its words, and what each means; other words say nothing.
    pub words: BTreeMap<String, String>,
    /// Multiplies the number.
    pub factor: Option<f64>,
    /// Numbers that say that nothing is known.
    pub absent: Vec<i64>,
    /// What else is done.
    pub read_as: Option<ReadAs>,
    /// Another column of the same row that this needs.
    pub with: Option<String>,
}

/// What is done to a value: the closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadAs {
    /// Seconds since it began.
    SecondsAgo,
    /// Hundredths of a second since it began (TimeTicks).
    TicksAgo,
    /// The place, from 1, in the comma-separated list that the column `with` holds.
    PlaceInList,
    /// The band in which a channel of this number is, for agents that know no 6 GHz.
    BandOfChannel,
    /// The band of a frequency in MHz.
    BandOfMhz,
    /// The channel of a frequency in MHz.
    ChannelOfMhz,
    /// The band with whose number a text begins: `2.4GHz`, `5 GHz`.
    BandOfText,
    /// A negative number that was put into one octet: 165 is -91.
    SignedOctet,
}

/// A rule, ready to be used.
#[derive(Debug)]
pub struct WirelessRule {
    file: String,
    under: Vec<Oid>,
    asked_of: Vec<Role>,
    /// Whether its rows are about the device's own radios.
    pub own: bool,
    /// What its rows are about.
    pub of: WirelessKind,
    /// What the parts of a row's index mean.
    pub index: Vec<WirelessIndex>,
    /// What the columns say, in the order of preference.
    pub says: Vec<(WirelessField, Vec<Source>)>,
}

/// What fields a kind has.
const fn has(of: WirelessKind, field: WirelessField) -> bool {
    use WirelessField as F;
    match of {
        WirelessKind::AccessPoint => {
            matches!(field, F::Name | F::WiredMac | F::Model | F::Serial | F::Address | F::Location | F::Status | F::Since)
        }
        WirelessKind::Radio => matches!(
            field,
            F::Band
                | F::Channel
                | F::Width
                | F::TxPower
                | F::Utilisation
                | F::Noise
                | F::Clients
                | F::Radio
                | F::Quality
                | F::Retry
                | F::Retries
                | F::Frames
                | F::InOctets
                | F::OutOctets
                | F::InBps
                | F::OutBps
        ),
        WirelessKind::Bssid => matches!(field, F::Ssid | F::Bssid),
        WirelessKind::Ssid => matches!(field, F::Name | F::Clients | F::Clients2G | F::Clients5G | F::Clients6G),
        WirelessKind::Client => matches!(
            field,
            F::Name
                | F::Mac
                | F::ApId
                | F::Radio
                | F::Channel
                | F::Address
                | F::User
                | F::Ssid
                | F::AccessPoint
                | F::Slot
                | F::Bssid
                | F::Rssi
                | F::Snr
                | F::Phy
                | F::Rate
                | F::Retry
                | F::InOctets
                | F::OutOctets
                | F::InBps
                | F::OutBps
                | F::Since
                | F::Present
        ),
    }
}

/// What an index must have for its kind: of each entry one part, or in its place the field beside it.
const fn needed(of: WirelessKind) -> &'static [(&'static [WirelessIndex], Option<WirelessField>)] {
    const AP: (&[WirelessIndex], Option<WirelessField>) = (&[WirelessIndex::AccessPoint, WirelessIndex::ApId], None);
    const SLOT: (&[WirelessIndex], Option<WirelessField>) = (&[WirelessIndex::Slot], Some(WirelessField::Radio));
    match of {
        WirelessKind::AccessPoint => &[AP],
        WirelessKind::Radio => &[AP, SLOT],
        WirelessKind::Bssid => &[AP, SLOT, (&[WirelessIndex::Bssid], Some(WirelessField::Bssid))],
        WirelessKind::Ssid => &[],
        WirelessKind::Client => &[(&[WirelessIndex::Client, WirelessIndex::ClientOctets], Some(WirelessField::Mac))],
    }
}

impl WirelessRule {
    /// From every section of a file.
    pub(super) fn of_file(name: &str, file: &MibFile, registry: &Registry) -> Vec<Self> {
        let root = registry.oid("enterprises").unwrap_or_else(|| Oid::new(&[]));
        let under: Vec<Oid> = file.enterprises.iter().map(|number| root.child(&[*number])).collect();
        let rule = |section: &Wireless| {
            let asked: Vec<Role> = section.asked_of.iter().map(|role| Role::from(*role)).collect();
            Self {
                file: name.to_owned(),
                under: under.clone(),
                asked_of: if asked.is_empty() { vec![Role::WlanController] } else { asked },
                own: section.own,
                of: section.of,
                index: section.index.clone(),
                says: section.says.iter().map(|(field, sources)| (*field, sources.list())).collect(),
            }
        };
        file.wireless.iter().map(rule).collect()
    }

    /// Whether it is asked of a device.
    pub fn is_for(&self, role: Role, sys_object_id: Option<&Oid>) -> bool {
        let is_under = || sys_object_id.is_some_and(|id| self.under.iter().any(|node| id.starts_with(node)));
        self.asked_of.contains(&role) && (self.is_general() || is_under())
    }

    /// Whether it is no vendor's own.
    pub fn is_general(&self) -> bool {
        self.under.is_empty()
    }

    /// Whether its index has this part.
    pub fn is_by(&self, part: WirelessIndex) -> bool {
        self.index.contains(&part)
    }

    /// Every column that is read of it.
    pub fn columns(&self) -> BTreeSet<&str> {
        let sources = self.says.iter().flat_map(|(_, sources)| sources);
        sources.flat_map(|source| std::iter::once(source.column.as_str()).chain(source.with.as_deref())).collect()
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(&self, registry: &Registry) -> Vec<MibFault> {
        let mut faults = Vec::new();
        let mut fault = |what: String| faults.push(MibFault { file: self.file.clone(), what: format!("wireless: {what}") });
        for name in self.columns() {
            if registry.object(name).is_none_or(|object| object.kind != Kind::Column) {
                fault(format!("no column is called {name:?}"));
            }
        }
        if self.under.is_empty() && !self.own {
            fault("the file's `enterprises` say which devices are asked".to_owned());
        }
        for (parts, field) in needed(self.of) {
            let is_told = field.is_some_and(|field| self.says.iter().any(|(known, _)| *known == field));
            let is_own = self.own && parts.contains(&WirelessIndex::AccessPoint);
            if let Some(first) =
                parts.first().filter(|_| !is_told && !is_own && !parts.iter().any(|part| self.index.contains(part)))
            {
                fault(format!("the index of {:?} has no {first:?}", self.of));
            }
        }
        for (field, sources) in &self.says {
            if !has(self.of, *field) {
                fault(format!("{:?} has no {field:?}", self.of));
            }
            for source in sources {
                self.source_faults(source, registry, &mut fault);
            }
        }
        faults
    }

    fn source_faults(&self, source: &Source, registry: &Registry, fault: &mut dyn FnMut(String)) {
        if let Some(object) = registry.object(&source.column) {
            for word in source.words.keys() {
                if object.enums.iter().all(|(_, known)| known != word) {
                    fault(format!("{} has no word {word:?}", source.column));
                }
            }
        }
        if (source.read_as == Some(ReadAs::PlaceInList)) != source.with.is_some() {
            fault(format!("{}: `place-in-list` and `with` belong together", source.column));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_for_controllers_of_their_vendor() {
        let mib = Registry::builtin();
        let rules = |role, id: &str| mib.wireless(role, Some(&id.parse().unwrap())).len();
        assert!(rules(Role::WlanController, "1.3.6.1.4.1.9.1.2530") > 3);
        assert!(rules(Role::WlanController, "1.3.6.1.4.1.14823.1.1.32") > 3);
        assert_eq!(rules(Role::Switch, "1.3.6.1.4.1.9.1.2530"), 0);
        assert_eq!(rules(Role::WlanController, "1.3.6.1.4.1.99999.1"), 0);
    }

    #[test]
    fn what_is_wrong_with_a_section_is_said() {
        const TABLE: &str = "enterprises = [99999]\n[[table]]\nname = \"xApTable\"\noid = \"1.3.6.1.4.1.99999.1\"\nindex = [\"a\"]\n\
             [table.columns]\nxApName = { id = 2, syntax = \"text\" }\nxApState = { id = 3, syntax = \"integer\", enums = { on = 1 } }\n";
        for (section, want) in [
            ("of = \"access-point\"\nindex = [\"access-point\"]\nsays = { name = \"xApName\" }", None),
            (
                "of = \"access-point\"\nindex = [\"access-point\"]\nsays = { status = { column = \"xApState\", words = { on = \"up\" } } }",
                None,
            ),
            ("of = \"access-point\"\nindex = [\"access-point\"]\nsays = { name = \"xNothing\" }", Some("no column is called")),
            ("of = \"access-point\"\nindex = [\"slot\"]\nsays = { name = \"xApName\" }", Some("has no AccessPoint")),
            ("of = \"access-point\"\nindex = [\"access-point\"]\nsays = { rssi = \"xApName\" }", Some("has no Rssi")),
            (
                "of = \"access-point\"\nindex = [\"access-point\"]\nsays = { status = { column = \"xApState\", words = { off = \"down\" } } }",
                Some("has no word \"off\""),
            ),
            (
                "of = \"radio\"\nindex = [\"access-point\", \"slot\"]\nsays = { tx-power = { column = \"xApState\", read-as = \"place-in-list\" } }",
                Some("belong together"),
            ),
            ("of = \"antenna\"\nindex = []\nsays = {}", Some("unknown variant")),
        ] {
            let text = format!("{TABLE}[[wireless]]\n{section}\n");
            let (_, faults) = crate::mib::check::check(&[("x.toml", &text)]);
            match want {
                None => assert!(faults.is_empty(), "{section}: {faults:?}"),
                Some(want) => assert!(faults.iter().any(|fault| fault.what.contains(want)), "{section}: {faults:?}"),
            }
        }
    }

    #[test]
    fn an_index_that_is_too_short_is_none() {
        assert_eq!(WirelessIndex::Client.split(&[1, 2, 3]), None);
        assert_eq!(WirelessIndex::Name.split(&[3, 97, 98]), None);
        assert_eq!(WirelessIndex::Name.split(&[2, 97, 98, 7]), Some((&[97, 98][..], &[7][..])));
        assert_eq!(WirelessIndex::Name.split(&[u32::MAX, 1]), None);
    }
}
