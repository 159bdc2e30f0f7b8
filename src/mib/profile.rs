//! Which vendor, model, system and role a device is, from what `mibs/vendor/` says.
//!
//! First the collector asks for the scalars that could tell systems apart ([`super::Registry::probes`], most often none), then
//! [`super::Registry::profile`] finds the profile by sysObjectID, sysDescr and what was answered; the collector reads the objects that
//! it asks for ([`Profile::reads`]); last [`Profile::identity`] puts the facts together.

use super::file::{MibFile, Reading, Readings, RoleWord, System};
use super::quirks::Quirks;
use super::registry::MibFault;
use super::transform;
use crate::model::{Oid, Role};
use regex::Regex;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A fact about a device that an object of its vendor can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Fact {
    Vendor,
    Model,
    Os,
    Version,
    Serial,
    /// A name for a device that has no sysName.
    Name,
}

impl Fact {
    /// The facts that a pattern can capture, with the names of their groups.
    const CAPTURED: [(Self, &'static str); 5] = [
        (Self::Vendor, "vendor"),
        (Self::Model, "model"),
        (Self::Os, "os"),
        (Self::Version, "version"),
        (Self::Serial, "serial"),
    ];
}

/// What the system group says of a device.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// sysObjectID
    pub sys_object_id: Option<&'a Oid>,
    /// sysDescr
    pub sys_descr: Option<&'a str>,
    /// Those of [`super::Registry::probes`] that the agent has.
    pub has: &'a [&'a str],
}

/// What a device is. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Vendor's name
    pub vendor: Option<String>,
    /// Model name
    pub model: Option<String>,
    /// Operating system's name
    pub os: Option<String>,
    /// Operating system's version
    pub os_version: Option<String>,
    /// Serial number
    pub serial: Option<String>,
    /// A name for a device that has no sysName.
    pub name: Option<String>,
    /// What it is for
    pub role: Option<Role>,
}

/// A regular expression that is compiled when it is first used: most profiles are never asked.
#[derive(Debug)]
struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), compiled: OnceLock::new() }
    }

    /// `None` where it does not compile, which a test holds never to be the case for what is built in.
    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }

    fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

/// A [`Reading`] with its pattern.
#[derive(Debug)]
struct Said {
    reading: Reading,
    capture: Option<Pattern>,
}

impl Said {
    fn all(readings: &Readings) -> Vec<Self> {
        let said = |reading: &Reading| Self { reading: reading.clone(), capture: reading.capture.as_deref().map(Pattern::new) };
        readings.as_slice().iter().map(said).collect()
    }

    /// The fact in the object's text.
    fn of(&self, text: &str) -> Option<String> {
        let text = match &self.capture {
            None => text,
            Some(pattern) => pattern.regex()?.captures(text)?.get(1)?.as_str(),
        };
        let left = transform::apply_all(&self.reading.transform, text)?;
        let spelled =
            self.reading.spell.iter().rev().find_map(|(short, long)| Some(format!("{long}{}", left.strip_prefix(short)?)));
        Some(spelled.unwrap_or(left))
    }
}

/// How well a system fits, in the order of what counts.
type Rank = (usize, bool, bool);

/// A system of a vendor file, ready to be matched.
#[derive(Debug)]
pub struct Profile {
    file: String,
    vendor: Option<String>,
    os: Option<String>,
    under: Vec<Oid>,
    descr: Option<Pattern>,
    has: Vec<String>,
    capture: Vec<Pattern>,
    role: Option<Role>,
    roles: Vec<(Pattern, Role)>,
    read: BTreeMap<Fact, Vec<Said>>,
    quirks: Quirks,
}

impl Profile {
    fn new(file_name: &str, file: &MibFile, system: &System, root: &Oid) -> Result<Self, String> {
        let mut under = Vec::new();
        for text in &system.under {
            let below: Oid = text.parse().map_err(|_| format!("under: {text:?} is not written from the enterprise number on"))?;
            under.push(root.child(below.arcs()));
        }
        if under.is_empty() {
            under.extend(file.enterprises.iter().map(|number| root.child(&[*number])));
        }
        if under.is_empty() && system.descr.is_none() {
            return Err("a system needs `under`, `descr`, or the file's `enterprises`".to_owned());
        }
        Ok(Self {
            file: file_name.to_owned(),
            vendor: system.vendor.clone().or_else(|| file.vendor.clone()),
            os: system.os.clone(),
            under,
            descr: system.descr.as_deref().map(Pattern::new),
            has: system.has.clone(),
            capture: system.capture.iter().map(|text| Pattern::new(text)).collect(),
            role: system.role.map(Role::from),
            roles: system.roles.iter().map(|rule| (Pattern::new(&rule.matches), rule.role.into())).collect(),
            read: system.read.iter().map(|(fact, readings)| (*fact, Said::all(readings))).collect(),
            quirks: system.quirks.clone(),
        })
    }

    /// How well it fits: length of the `under` that matched, whether an object had to be there, whether sysDescr had to match. `None`
    /// where it doesn't fit.
    fn rank(&self, facts: &Facts<'_>) -> Option<Rank> {
        let rank = self.rank_without_objects(facts)?;
        let has = self.has.is_empty() || self.has.iter().any(|name| facts.has.contains(&name.as_str()));
        has.then_some(rank)
    }

    fn rank_without_objects(&self, facts: &Facts<'_>) -> Option<Rank> {
        let length = |oid: &Oid| oid.arcs().len();
        let longest = match (self.under.is_empty(), facts.sys_object_id) {
            (true, _) => 0,
            (false, Some(id)) => self.under.iter().filter(|prefix| id.starts_with(prefix)).map(length).max()?,
            (false, None) => return None,
        };
        let has = !self.has.is_empty();
        match &self.descr {
            None => Some((longest, has, false)),
            Some(pattern) => pattern.is_match(facts.sys_descr?).then_some((longest, has, true)),
        }
    }

    /// The file that it stands in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The vendor, where the file says one.
    pub fn vendor(&self) -> Option<&str> {
        self.vendor.as_deref()
    }

    /// The system's name, where it has one.
    pub fn os(&self) -> Option<&str> {
        self.os.as_deref()
    }

    /// The objects that hold facts, by name.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let readings = self.read.values().flatten();
        readings.flat_map(|said| std::iter::once(said.reading.object.as_str()).chain(said.reading.at.as_deref()))
    }

    /// Every object that it names.
    fn asks(&self) -> impl Iterator<Item = &str> {
        self.reads().chain(self.has.iter().map(String::as_str)).filter(|name| !name.starts_with('.'))
    }

    /// What is odd about the agents of this system.
    pub const fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    /// Puts together what is known; `text_of` gives the text of an object of [`Self::reads`].
    pub fn identity(&self, facts: &Facts<'_>, text_of: impl Fn(&Reading) -> Option<String>) -> Identity {
        let captured = self.captured(facts.sys_descr.unwrap_or(""));
        let known = |fact: Fact| {
            let read = self.read.get(&fact).into_iter().flatten();
            read.filter_map(|said| said.of(&text_of(&said.reading)?)).next().or_else(|| captured.get(&fact).cloned())
        };
        let model = known(Fact::Model);
        Identity {
            vendor: known(Fact::Vendor).or_else(|| self.vendor.clone()),
            os: known(Fact::Os).or_else(|| self.os.clone()),
            os_version: known(Fact::Version),
            serial: known(Fact::Serial),
            name: known(Fact::Name),
            role: None,
            model,
        }
    }

    /// What a device of this profile is for, once its model is known.
    pub fn role(&self, model: Option<&str>, sys_descr: Option<&str>) -> Option<Role> {
        let fits = |pattern: &Pattern| [model, sys_descr].into_iter().flatten().any(|text| pattern.is_match(text));
        self.roles.iter().find(|(pattern, _)| fits(pattern)).map(|(_, role)| *role).or(self.role)
    }

    fn captured(&self, sys_descr: &str) -> BTreeMap<Fact, String> {
        let mut found = BTreeMap::new();
        for captures in self.capture.iter().filter_map(|pattern| pattern.regex()?.captures(sys_descr)) {
            for (fact, group) in Fact::CAPTURED {
                if let Some(text) = captures.name(group).map(|text| text.as_str().trim()).filter(|text| !text.is_empty()) {
                    found.entry(fact).or_insert_with(|| text.to_owned());
                }
            }
        }
        found
    }
}

/// The most scalars that are asked for only to tell systems apart: two requests.
const MOST_PROBES: usize = 40;

/// All profiles, and the models by sysObjectID.
#[derive(Debug, Default)]
pub(super) struct ProfileSet {
    profiles: Vec<Profile>,
    models: FxHashMap<Oid, String>,
    vendors: FxHashMap<u32, String>,
}

impl ProfileSet {
    /// All of them.
    pub(super) fn all(&self) -> &[Profile] {
        &self.profiles
    }

    /// From parsed files; `root` is the node above the enterprise numbers.
    pub(super) fn new(files: Vec<(&str, MibFile)>, root: Option<Oid>, faults: &mut Vec<MibFault>) -> Self {
        let mut set = Self::default();
        for (name, file) in files {
            let mut fault = |what: String| faults.push(MibFault { file: name.to_owned(), what });
            for (text, vendor) in &file.vendors {
                match text.parse::<u32>() {
                    Ok(number) => drop(set.vendors.insert(number, vendor.clone())),
                    Err(_) => fault(format!("vendors: {text:?} is no enterprise number")),
                }
            }
            let Some(root) = root.as_ref().filter(|_| !(file.system.is_empty() && file.models.is_empty())) else { continue };
            for system in &file.system {
                match Profile::new(name, &file, system, root) {
                    Ok(profile) => set.profiles.push(profile),
                    Err(what) => fault(what),
                }
            }
            for (text, model) in file.models {
                match text.parse::<Oid>() {
                    Ok(below) => drop(set.models.insert(root.child(below.arcs()), model)),
                    Err(_) => fault(format!("models: {text:?} is not written from the enterprise number on")),
                }
            }
        }
        set
    }

    /// The one that fits best; of equals the first.
    pub(super) fn find(&self, facts: &Facts<'_>) -> Option<&Profile> {
        let mut best: Option<(Rank, &Profile)> = None;
        for profile in &self.profiles {
            if let Some(rank) = profile.rank(facts)
                && best.is_none_or(|(so_far, _)| rank > so_far)
            {
                best = Some((rank, profile));
            }
        }
        best.map(|(_, profile)| profile)
    }

    pub(super) fn model(&self, sys_object_id: &Oid) -> Option<&str> {
        self.models.get(sys_object_id).map(String::as_str)
    }

    /// The vendor to whom an enterprise number is assigned.
    pub(super) fn vendor(&self, enterprise: u32) -> Option<&str> {
        self.vendors.get(&enterprise).map(String::as_str)
    }

    /// The scalars that tell apart the systems which otherwise fit: at most [`MOST_PROBES`].
    pub(super) fn probes(&self, facts: &Facts<'_>) -> Vec<&str> {
        let in_question = self.profiles.iter().filter(|profile| !profile.has.is_empty());
        let fitting = in_question.filter(|profile| profile.rank_without_objects(facts).is_some());
        let mut names: Vec<&str> = Vec::new();
        for name in fitting.flat_map(|profile| &profile.has) {
            if !names.contains(&name.as_str()) && names.len() < MOST_PROBES {
                names.push(name);
            }
        }
        names
    }

    /// Files and the objects that their profiles ask for.
    pub(super) fn reads(&self) -> impl Iterator<Item = (&str, &str)> {
        self.profiles.iter().flat_map(|profile| profile.asks().map(|object| (profile.file.as_str(), object)))
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Router => Self::Router,
            RoleWord::Firewall => Self::Firewall,
            RoleWord::Switch => Self::Switch,
            RoleWord::WlanController => Self::WlanController,
            RoleWord::AccessPoint => Self::AccessPoint,
            RoleWord::Server => Self::Server,
            RoleWord::Storage => Self::Storage,
            RoleWord::Host => Self::Host,
            RoleWord::Voip => Self::Voip,
            RoleWord::Phone => Self::Phone,
            RoleWord::Printer => Self::Printer,
            RoleWord::Ups => Self::Ups,
            RoleWord::Pdu => Self::Pdu,
            RoleWord::Sensor => Self::Sensor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mib::Registry;

    fn patterns(profile: &Profile) -> impl Iterator<Item = &Pattern> {
        profile.descr.iter().chain(&profile.capture).chain(profile.roles.iter().map(|(pattern, _)| pattern))
    }

    #[test]
    fn every_pattern_compiles() {
        let mut faults = Vec::new();
        let files = crate::mib::builtin::FILES.iter().map(|(name, text)| (*name, toml::from_str(text).unwrap())).collect();
        for profile in ProfileSet::new(files, Registry::builtin().oid("enterprises"), &mut faults).profiles {
            for pattern in patterns(&profile) {
                assert!(pattern.regex().is_some(), "{}: {}", profile.file, pattern.text);
            }
        }
    }

    /// A device of `tests/vendor/known.toml`: what its agent says, and what it has to be. What is not stated must not be known.
    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Known {
        id: Option<String>,
        descr: String,
        says: BTreeMap<String, String>,
        vendor: Option<String>,
        os: Option<String>,
        version: Option<String>,
        model: Option<String>,
        serial: Option<String>,
        role: Option<RoleWord>,
    }

    fn check(known: &Known) -> Result<(), String> {
        let mib = Registry::builtin();
        let id: Option<Oid> = known.id.as_ref().map(|id| format!("1.3.6.1.4.1.{id}").parse().unwrap());
        let has: Vec<&str> = known.says.keys().map(String::as_str).collect();
        let facts = Facts { sys_object_id: id.as_ref(), sys_descr: Some(&known.descr), has: &has };
        let profile = mib.profile(&facts).ok_or("no profile")?;
        let found = profile.identity(&facts, |reading| known.says.get(&reading.object).cloned());
        let model = found.model.clone().or_else(|| mib.model(id.as_ref()?).map(str::to_owned));
        let role = profile.role(model.as_deref(), Some(&known.descr));
        let found = [found.vendor, found.os, found.os_version, model, found.serial];
        let want = [&known.vendor, &known.os, &known.version, &known.model, &known.serial];
        let differ = found.iter().zip(want).any(|(found, want)| found != want) || role != known.role.map(Role::from);
        if differ { Err(format!("found {found:?} {role:?}\n want {want:?} {:?}", known.role)) } else { Ok(()) }
    }

    #[test]
    fn well_known_devices_are_recognised() {
        let text = include_str!("../../tests/vendor/known.toml");
        let devices: BTreeMap<String, Vec<Known>> = toml::from_str(text).unwrap();
        let wrong = |known: &Known| check(known).err().map(|what| format!("{:?} {}\n{what}", known.id, known.descr));
        let wrong: Vec<String> = devices["device"].iter().filter_map(wrong).collect();
        assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), devices["device"].len(), wrong.join("\n"));
    }

    #[test]
    fn an_object_that_answers_tells_apart_what_the_system_group_does_not() {
        let id: Oid = "1.3.6.1.4.1.8072.3.2.10".parse().unwrap();
        let facts = Facts { sys_object_id: Some(&id), sys_descr: Some("Linux nas 3.10.105 #1 SMP x86_64"), has: &[] };
        let mib = Registry::builtin();
        assert!(mib.probes(&facts).contains(&"synologyModelName"));
        assert_eq!(mib.profile(&facts).and_then(|profile| profile.os.as_deref()), Some("Linux"));
        let facts = Facts { has: &["synologyModelName"], ..facts };
        assert_eq!(mib.profile(&facts).and_then(|profile| profile.os.as_deref()), Some("DSM"));
        let elsewhere: Oid = "1.3.6.1.4.1.9.1.1".parse().unwrap();
        assert!(
            mib.probes(&Facts { sys_object_id: Some(&elsewhere), ..facts }).is_empty(),
            "a router is asked for nothing besides"
        );
    }

    #[test]
    fn a_text_is_cut_out_and_spelled_out() {
        let reading = Reading {
            capture: Some("^(\\w+?)-v".to_owned()),
            spell: [("F".to_owned(), "x".to_owned()), ("FP".to_owned(), "FortiAP ".to_owned())].into(),
            ..Reading::default()
        };
        let said = &Said::all(&Readings::Several(vec![reading]))[0];
        assert_eq!(said.of("FP231G-v7.4-build0771").as_deref(), Some("FortiAP 231G"));
        assert_eq!(said.of("no version"), None);
    }
}
