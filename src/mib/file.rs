//! What a file of `mibs/` may say. `mibs/schema.json` is made from these types.

use super::gauges::Gauges;
use super::neighbours::Neighbours;
use super::notifications::Notifications;
use super::object::Syntax;
use super::profile::Fact;
use super::quirks::Quirks;
use super::switching::Switching;
use super::transform::Transform;
use super::wireless::Wireless;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// One file of `mibs/`: objects of a module, or a vendor's systems and objects.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "A file of mibs/")]
pub struct MibFile {
    /// Module that defines the objects; a group or table may name another one.
    #[serde(default)]
    pub module: Option<String>,
    /// Where the facts come from: an RFC, an IEEE clause.
    #[serde(default)]
    pub source: Option<String>,
    /// Vendor's name as it is shown.
    #[serde(default)]
    pub vendor: Option<String>,
    /// IANA enterprise numbers of the vendor (the arc behind 1.3.6.1.4.1).
    #[serde(default)]
    pub enterprises: Vec<u32>,
    /// Scalars, by the node above them.
    #[serde(default)]
    pub group: Vec<Group>,
    /// Tables with their columns.
    #[serde(default)]
    pub table: Vec<Table>,
    /// Scalars that are text, by name, with their OIDs: where nothing else of their node is wanted.
    #[serde(default)]
    pub scalars: BTreeMap<String, String>,
    /// Columns that are text, by name, with their OIDs: where nothing else of their table is wanted.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Lists of words that several objects share.
    #[serde(default)]
    pub enums: BTreeMap<String, BTreeMap<String, i64>>,
    /// Tables of neighbours: which columns say what.
    #[serde(default)]
    pub neighbours: Vec<Neighbours>,
    /// What is measured: sensors, processors, memory, storage, supplies, PoE.
    #[serde(default)]
    pub gauges: Vec<Gauges>,
    /// What wireless controllers tell: access points, radios, network names, clients.
    #[serde(default)]
    pub wireless: Vec<Wireless>,
    /// What switches tell of VLANs, ports and spanning tree beside the standards' tables.
    #[serde(default)]
    pub switching: Vec<Switching>,
    /// Notifications: names, numbers, and what they mean.
    #[serde(default)]
    pub notifications: Vec<Notifications>,
    /// The systems by which the vendor's devices are recognised.
    #[serde(default)]
    pub system: Vec<System>,
    /// Vendors by enterprise number, for what no system matches.
    #[serde(default)]
    pub vendors: BTreeMap<String, String>,
    /// Model names by sysObjectID, written from the enterprise number on: `"9.1.1208"`.
    #[serde(default)]
    pub models: BTreeMap<String, String>,
}

/// A node and the scalars directly under it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the node.
    pub name: String,
    /// Its OID.
    pub oid: String,
    /// Its module, where it is not the file's.
    #[serde(default)]
    pub module: Option<String>,
    /// Scalars by name.
    #[serde(default)]
    pub scalars: BTreeMap<String, Leaf>,
}

/// A table and its columns.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Name of the table: `ifTable`. Its row is `ifEntry`.
    pub name: String,
    /// OID of the table; its row is the arc 1 under it.
    pub oid: String,
    /// Its module, where it is not the file's.
    #[serde(default)]
    pub module: Option<String>,
    /// Objects of which a row's index is made.
    #[serde(default)]
    pub index: Vec<String>,
    /// Columns by name.
    pub columns: BTreeMap<String, Leaf>,
}

/// A scalar or a column.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Its arc under the group, or under the row.
    pub id: u32,
    /// How its values are meant.
    pub syntax: Syntax,
    /// Words of its numbers or bits: a list, or the name of one under `[enums]`.
    #[serde(default)]
    pub enums: Option<Words>,
    /// Unit of its values.
    #[serde(default)]
    pub units: Option<String>,
}

/// Words of numbers or bits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Words {
    /// The name of a list under `[enums]`.
    Named(String),
    /// The list itself.
    List(BTreeMap<String, i64>),
}

/// A system (operating system or product line) and how it is recognised.
///
/// Of all systems that match, the one with the longest `under` wins, then one with `has`, then one with `descr`, then the first.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Vendor's name, where it is not the file's.
    #[serde(default)]
    pub vendor: Option<String>,
    /// Name of the operating system.
    #[serde(default)]
    pub os: Option<String>,
    /// sysObjectID lies under one of these, each written from the enterprise number on; default: the file's enterprises.
    #[serde(default)]
    pub under: Vec<String>,
    /// sysDescr matches this regular expression.
    #[serde(default)]
    pub descr: Option<String>,
    /// Regular expressions on sysDescr; their groups `vendor`, `model`, `os`, `version` and `serial` are taken over, the first that is
    /// found of each.
    #[serde(default)]
    pub capture: Vec<String>,
    /// What it is for, unless one of `roles` says otherwise.
    #[serde(default)]
    pub role: Option<RoleWord>,
    /// Roles by model or sysDescr; the first that matches.
    #[serde(default)]
    pub roles: Vec<RoleRule>,
    /// The agent has one of these scalars: for devices that answer with somebody else's sysObjectID.
    #[serde(default)]
    pub has: Vec<String>,
    /// Objects that hold a fact.
    #[serde(default)]
    pub read: BTreeMap<Fact, Readings>,
    /// What is odd about its agents.
    #[serde(default)]
    pub quirks: Quirks,
}

/// A role by model or sysDescr.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Regular expression that the model, or sysDescr, matches.
    pub matches: String,
    /// What it is for then.
    pub role: RoleWord,
}

/// An object that holds a fact. Where its text is empty, or `capture` does not match it, it says nothing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Name of a scalar, or of a column, of which the first row that is not empty counts (of ENTITY-MIB: the chassis'). With a dot in
    /// front an instance below the device's own sysObjectID: `".1.4.0"`, for vendors that give each product the same subtree.
    pub object: String,
    /// Of a column: the row whose index is the value of this other object.
    #[serde(default)]
    pub at: Option<String>,
    /// Regular expression; its first group is what counts of the text.
    #[serde(default)]
    pub capture: Option<String>,
    /// What is done to the text, in order.
    #[serde(default)]
    pub transform: Vec<Transform>,
    /// Abbreviations at the front of the text, and what they stand for; the longest that fits.
    #[serde(default)]
    pub spell: BTreeMap<String, String>,
}

/// One object that holds a fact, or several, of which the first that says something counts.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(untagged)]
pub enum Readings {
    /// None.
    #[default]
    #[schemars(skip)]
    None,
    /// One.
    One(Box<Reading>),
    /// Several.
    Several(Vec<Reading>),
}

impl Readings {
    /// In their order.
    pub fn as_slice(&self) -> &[Reading] {
        match self {
            Self::None => &[],
            Self::One(reading) => std::slice::from_ref(reading),
            Self::Several(readings) => readings,
        }
    }
}

/// By hand, so that a fault is named where it is: an untagged enumeration only says that nothing fits.
impl<'de> Deserialize<'de> for Readings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Readings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{ object = \"NAME\" } or a list of such")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Readings, A::Error> {
                Reading::deserialize(MapAccessDeserializer::new(map)).map(|reading| Readings::One(Box::new(reading)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Readings, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Readings::Several)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What a device is for: the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum RoleWord {
    Router,
    Firewall,
    Switch,
    WlanController,
    AccessPoint,
    Server,
    Storage,
    Host,
    Voip,
    Phone,
    Printer,
    Ups,
    Pdu,
    Sensor,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_the_repository_is_that_of_these_types() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(MibFile)).unwrap() + "\n";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mibs/schema.json");
        if std::env::var_os("NOCTOP_UPDATE").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        let same = std::fs::read_to_string(path).unwrap() == schema;
        assert!(same, "run with NOCTOP_UPDATE=1 to renew mibs/schema.json");
    }
}
