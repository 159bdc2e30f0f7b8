//! Notifications: their names and numbers, and what they mean to whoever operates the network. As data: `[[notifications]]` in `mibs/`.

use super::file::MibFile;
use super::object::{Kind, Object};
use super::registry::{MibFault, Registry};
use crate::model::{Oid, Severity};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Notifications that stand under one node.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Notifications {
    /// OID of the node above them: with the zero of RFC 2578 §8.5, or of RFC 3584 §3.1 where they are traps of version 1.
    pub oid: String,
    /// Their module, where it is not the file's.
    #[serde(default)]
    pub module: Option<String>,
    /// Names and the arcs behind the node.
    pub names: BTreeMap<String, u32>,
    /// What those mean that are not only to be named.
    #[serde(default)]
    pub means: BTreeMap<String, Says>,
}

/// What a notification means, as a file says it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Says {
    /// How bad it is; without it is news and no fault. `cleared` says that a fault is over.
    #[serde(default)]
    pub severity: Option<SeverityWord>,
    /// It says that a fault is over where this varbind has one of these numbers.
    #[serde(default)]
    pub good_when: Option<GoodWhen>,
    /// What is done at once; without it the device is polled.
    #[serde(default)]
    pub then: Option<Vec<Then>>,
    /// Not among the events: it comes all the time. It is kept as a log line all the same.
    #[serde(default)]
    pub quiet: bool,
}

/// A varbind and numbers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodWhen {
    /// Name of the object.
    pub object: String,
    /// Its numbers.
    pub is: Vec<i64>,
}

/// Perceived severity (ITU-T X.733).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are X.733's")]
pub enum SeverityWord {
    Cleared,
    Warning,
    Minor,
    Major,
    Critical,
}

impl From<SeverityWord> for Severity {
    fn from(word: SeverityWord) -> Self {
        match word {
            SeverityWord::Cleared => Self::Cleared,
            SeverityWord::Warning => Self::Warning,
            SeverityWord::Minor => Self::Minor,
            SeverityWord::Major => Self::Major,
            SeverityWord::Critical => Self::Critical,
        }
    }
}

/// What a notification is a reason for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// To poll the device at once.
    Poll,
    /// To read its inventory anew: ports, parts or neighbours may be others.
    Reread,
}

/// What a notification means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// How bad it is; `None` is no fault.
    pub severity: Option<Severity>,
    /// It says that a fault is over where this object has one of these numbers.
    pub good_when: Option<(Oid, Vec<i64>)>,
    /// Whether the device is to be polled at once.
    pub poll: bool,
    /// Whether it is to be read anew.
    pub reread: bool,
    /// Whether it comes all the time and is no event.
    pub quiet: bool,
}

impl Meaning {
    /// Of a notification of which nothing is known: whatever it says, something may be other than before.
    pub const UNKNOWN: Self = Self { severity: None, good_when: None, poll: true, reread: true, quiet: false };

    fn of(says: &Says, good_when: Option<(Oid, Vec<i64>)>) -> Self {
        let then = says.then.as_deref().unwrap_or(&[Then::Poll]);
        Self {
            severity: says.severity.map(Severity::from),
            good_when,
            poll: then.contains(&Then::Poll),
            reread: then.contains(&Then::Reread),
            quiet: says.quiet,
        }
    }
}

/// The notifications of a file as objects, and what is wrong with them.
pub(super) fn objects(name: &str, file: &MibFile, faults: &mut Vec<MibFault>) -> Vec<Object> {
    let mut objects = Vec::new();
    for section in &file.notifications {
        let Ok(node) = section.oid.parse::<Oid>() else {
            faults.push(MibFault { file: name.to_owned(), what: format!("notifications: {:?} is no OID", section.oid) });
            continue;
        };
        let module = section.module.as_ref().or(file.module.as_ref()).cloned().unwrap_or_default();
        objects.extend(section.names.iter().map(|(name, arc)| Object {
            name: name.clone(),
            module: module.clone(),
            oid: node.child(&[*arc]),
            kind: Kind::Notification,
            syntax: None,
            enums: Vec::new(),
            units: None,
            index: Vec::new(),
            hint: None,
        }));
    }
    objects
}

/// What the notifications of these files mean, by their numbers. Of two files the earlier one counts.
pub(super) fn meanings(files: &[(&str, MibFile)], registry: &Registry, faults: &mut Vec<MibFault>) -> FxHashMap<Oid, Meaning> {
    let mut meanings = FxHashMap::default();
    for (name, file) in files {
        let mut fault = |what: String| faults.push(MibFault { file: (*name).to_owned(), what });
        for section in &file.notifications {
            let Ok(node) = section.oid.parse::<Oid>() else { continue };
            for stranger in section.means.keys().filter(|name| !section.names.contains_key(*name)) {
                fault(format!("{stranger}: a meaning without a name under the same node"));
            }
            for (notification, arc) in &section.names {
                let said = section.means.get(notification).cloned().unwrap_or_default();
                let good = said.good_when.as_ref().map(|good| (registry.oid(&good.object), good));
                if let Some((None, good)) = good {
                    fault(format!("{notification}: no object is called {:?}", good.object));
                }
                let good = good.and_then(|(oid, good)| Some((oid?, good.is.clone())));
                meanings.entry(node.child(&[*arc])).or_insert_with(|| Meaning::of(&said, good));
            }
        }
    }
    meanings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_have_names_numbers_and_meanings() {
        let mib = Registry::builtin();
        let check = |name: &str, oid: &str, (severity, poll, reread): (Option<Severity>, bool, bool)| {
            let number: Oid = oid.parse().unwrap();
            assert_eq!((mib.text(&number).as_str(), mib.oid(name)), (name, Some(number.clone())));
            let meaning = mib.meaning(&number).unwrap();
            assert_eq!((meaning.severity, meaning.poll, meaning.reread), (severity, poll, reread), "{name}");
        };
        check("linkDown", "1.3.6.1.6.3.1.1.5.3", (Some(Severity::Minor), true, true));
        check("linkUp", "1.3.6.1.6.3.1.1.5.4", (Some(Severity::Cleared), true, true));
        check("authenticationFailure", "1.3.6.1.6.3.1.1.5.5", (Some(Severity::Warning), false, false));
        check("newRoot", "1.3.6.1.2.1.17.0.1", (Some(Severity::Warning), true, true));
        check("ospfNbrStateChange", "1.3.6.1.2.1.14.16.2.2", (Some(Severity::Major), true, true));
        assert_eq!(mib.meaning(&"1.3.6.1.4.1.99999.0.7".parse().unwrap()), None);
    }

    #[test]
    fn a_faulty_section_says_what_is_wrong() {
        let text = "[[notifications]]\noid = \"1.2.x\"\nnames = { a = 1 }\n
            [[notifications]]\noid = \"1.2.3\"\nnames = { b = 1 }\nmeans = { c = {}, b = { good-when = { object = \"nothing\", is = [1] } } }\n";
        let (mib, faults) = Registry::load(&[("x.toml", text)]);
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert_eq!(mib.oid("b").map(|oid| oid.to_string()).as_deref(), Some("1.2.3.1"));
    }
}
