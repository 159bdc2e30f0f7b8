//! What a switch tells of its VLANs, ports, spanning tree and Power over Ethernet in tables of its maker's, as data.
//!
//! A `[[switching]]` section of a file is one rule; `collect::snmp::tables` reads the columns that it names and fills what the standards'
//! tables leave open. There are no expressions: what is done to a number are words.

use super::file::MibFile;
use super::gauges::When;
use super::object::Kind;
use super::registry::{MibFault, Registry};
use crate::model::Oid;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What some columns say of a switch. It is asked of the devices of the file's `enterprises`, or of `under`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Switching {
    /// What it is about.
    pub of: Subject,
    /// Only devices whose sysObjectID lies under one of these, written from the enterprise number on.
    #[serde(default)]
    pub under: Vec<String>,
    /// Rows that count.
    #[serde(default)]
    pub when: Vec<When>,
    /// Of a VLAN: its name. The index ends in the VLAN id where `id` does not say it.
    #[serde(default)]
    pub name: Option<String>,
    /// Of a VLAN: its id.
    #[serde(default)]
    pub id: Option<String>,
    /// Of a port, by ifIndex: whether it is a trunk.
    #[serde(default)]
    pub mode: Option<ModeWords>,
    /// Of an access port: its VLAN.
    #[serde(default)]
    pub access: Option<String>,
    /// Of an access port: the VLAN that telephones tag.
    #[serde(default)]
    pub voice: Option<String>,
    /// Of a trunk: the VLAN without a tag.
    #[serde(default)]
    pub native: Option<String>,
    /// Of a trunk: bit maps of the VLANs that it carries, 1,024 each, from VLAN 0 on.
    #[serde(default)]
    pub carried: Vec<String>,
    /// Of the bridge: which spanning tree it speaks.
    #[serde(default)]
    pub protocol: Option<ProtocolWords>,
    /// Of Power over Ethernet: what the index is; the group and port of RFC 3621 when left out.
    #[serde(default)]
    pub index: PoeIndex,
    /// What a port draws, milliwatts.
    #[serde(default)]
    pub draw: Option<String>,
    /// What it may draw, milliwatts.
    #[serde(default)]
    pub limit: Option<String>,
    /// The part (entPhysicalIndex) that the port is.
    #[serde(default)]
    pub part: Option<String>,
}

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The device as a bridge
    Bridge,
    /// VLANs
    Vlan,
    /// Ports, by ifIndex
    Port,
    /// Power over Ethernet of ports
    Poe,
}

/// What the index of a table of Power over Ethernet is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoeIndex {
    /// pethPsePortGroupIndex and pethPsePortIndex (RFC 3621).
    #[default]
    Place,
    /// ifIndex
    Interface,
}

/// A column that says how ports take VLANs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeWords {
    /// The column.
    pub column: String,
    /// Numbers of trunks.
    #[serde(default)]
    pub trunk: Vec<i64>,
    /// Numbers of access ports.
    #[serde(default)]
    pub access: Vec<i64>,
}

/// A scalar that says which spanning tree is spoken.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtocolWords {
    /// The scalar.
    pub scalar: String,
    /// Its words, and how each is called here.
    pub words: BTreeMap<String, String>,
}

/// A rule, ready to be used.
#[derive(Debug)]
pub struct SwitchRule {
    file: String,
    under: Vec<Oid>,
    /// What it says.
    pub says: Switching,
}

impl SwitchRule {
    /// From every section of a file.
    pub(super) fn of_file(name: &str, file: &MibFile, registry: &Registry) -> Vec<Self> {
        let root = registry.oid("enterprises").unwrap_or_else(|| Oid::new(&[]));
        let enterprises: Vec<Oid> = file.enterprises.iter().map(|number| root.child(&[*number])).collect();
        let rule = |says: &Switching| {
            let own = says.under.iter().filter_map(|below| Some(root.child(below.parse::<Oid>().ok()?.arcs())));
            let under = if says.under.is_empty() { enterprises.clone() } else { own.collect() };
            Self { file: name.to_owned(), under, says: says.clone() }
        };
        file.switching.iter().map(rule).collect()
    }

    /// Whether it is asked of devices with this sysObjectID.
    pub fn is_for(&self, sys_object_id: Option<&Oid>) -> bool {
        sys_object_id.is_some_and(|id| self.under.iter().any(|node| id.starts_with(node)))
    }

    /// Every object that is read of it.
    pub fn objects(&self) -> BTreeSet<&str> {
        let says = &self.says;
        let single = [&says.name, &says.id, &says.access, &says.voice, &says.native, &says.draw, &says.limit, &says.part];
        let named = single.into_iter().flatten().chain(&says.carried).map(String::as_str);
        let words = says.mode.iter().map(|mode| mode.column.as_str());
        let scalars = says.protocol.iter().map(|protocol| protocol.scalar.as_str());
        named.chain(words).chain(scalars).chain(says.when.iter().map(|when| when.column.as_str())).collect()
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(&self, registry: &Registry) -> Vec<MibFault> {
        let mut faults = Vec::new();
        let mut fault = |what: String| faults.push(MibFault { file: self.file.clone(), what: format!("switching: {what}") });
        for name in self.objects() {
            if registry.object(name).is_none_or(|object| !matches!(object.kind, Kind::Column | Kind::Scalar)) {
                fault(format!("no column or scalar is called {name:?}"));
            }
        }
        if self.under.is_empty() {
            fault("`enterprises` of the file or `under` is needed".to_owned());
        }
        let says = &self.says;
        let speaks = match says.of {
            Subject::Bridge => says.protocol.is_some(),
            Subject::Vlan => says.name.is_some(),
            Subject::Port => says.mode.is_some() || says.access.is_some(),
            Subject::Poe => says.draw.is_some() || says.limit.is_some(),
        };
        if !speaks {
            fault("a bridge needs `protocol`, a vlan `name`, a port `mode` or `access`, poe `draw` or `limit`".to_owned());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_asked_of_their_makers_devices_only() {
        let mib = Registry::builtin();
        let subjects = |id: &str| -> Vec<Subject> {
            let rules = mib.switching(Some(&id.parse().unwrap()));
            rules.iter().map(|rule| rule.says.of).collect()
        };
        assert_eq!(subjects("1.3.6.1.4.1.2636.1.1.1"), [Subject::Vlan]);
        assert_eq!(subjects("1.3.6.1.4.1.9.1.1208").len(), 4);
        assert!(subjects("1.3.6.1.4.1.99999.1").is_empty() && mib.switching(None).is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_section_is_said() {
        for (section, want) in [
            ("of = \"vlan\"\nunder = [\"9\"]\nname = \"ifNothing\"", "no column or scalar is called"),
            ("of = \"vlan\"\nunder = [\"9\"]", "a vlan `name`"),
            ("of = \"poe\"\nunder = [\"9\"]\nwatts = \"x\"", "unknown field"),
            ("of = \"port\"\nmode = { column = \"exMode\" }", "`under` is needed"),
        ] {
            let table = "[[table]]\nname = \"exTable\"\noid = \"1.3.6.1.4.1.99999.1\"\nindex = [\"a\"]\n[table.columns]\n\
                 exMode = { id = 2, syntax = \"integer\" }\n";
            let text = format!("{table}[[switching]]\n{section}\n");
            let (_, faults) = crate::mib::check::check(&[("x.toml", &text)]);
            assert!(faults.iter().any(|fault| fault.what.contains(want)), "{section}: {faults:?}");
        }
    }
}
