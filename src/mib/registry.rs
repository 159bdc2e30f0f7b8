//! Names to OIDs and back.

use super::builtin;
use super::check::Fault;
use super::file::{Leaf, MibFile};
use super::gauges::GaugeRule;
use super::neighbours::{self, NeighbourTable};
use super::notifications::{self, Meaning};
use super::object::{Kind, Object, Syntax};
use super::part::Part;
use super::profile::{Facts, Profile, ProfileSet};
use super::switching::SwitchRule;
use super::wireless::WirelessRule;
use crate::model::{Oid, Role};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What [`Registry::lay_over`] made.
static LAID_OVER: OnceLock<Registry> = OnceLock::new();

/// All objects and vendor profiles that are known.
#[derive(Debug, Default)]
pub struct Registry {
    /// Sorted by OID.
    objects: Vec<Object>,
    by_name: FxHashMap<String, usize>,
    /// While files are read: what is taken.
    taken_names: FxHashSet<String>,
    taken_oids: FxHashSet<Oid>,
    /// Of each object that is a column: the place of its table.
    tables: Vec<Option<usize>>,
    neighbours: Vec<NeighbourTable>,
    /// Those of some devices before those of all.
    gauges: Vec<GaugeRule>,
    wireless: Vec<WirelessRule>,
    switching: Vec<SwitchRule>,
    /// Of notifications, by number.
    meanings: FxHashMap<Oid, Meaning>,
    profiles: ProfileSet,
}

/// A file that could not be used, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct MibFault {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

/// The text names no object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseObjectError {
    /// No such name.
    #[error("no object is called {0:?}; names are those of the MIBs (ifHCInOctets), numbers are dotted (1.3.6.…)")]
    Unknown(String),
    /// What follows the name is not a dotted number.
    #[error("{0:?} is not an instance: dotted numbers follow the name (ifDescr.3)")]
    Instance(String),
}

impl Registry {
    /// What is built into the binary. Parsed once, on first use.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Registry> = OnceLock::new();
        // A file that does not parse would be left out; a test holds that none is.
        BUILTIN.get_or_init(|| Self::load(builtin::FILES).0)
    }

    /// What is known: what is built in, with the user's files of [`Self::lay_over`] on top.
    pub fn global() -> &'static Self {
        LAID_OVER.get().unwrap_or_else(|| Self::builtin())
    }

    /// Lays the user's files over what is built in, for the rest of the program. Once: later calls change nothing.
    ///
    /// # Errors
    /// Everything that is wrong with the files; then nothing is laid over.
    pub fn lay_over(further: &[(&str, &str)]) -> Result<(), Vec<Fault>> {
        let (registry, faults) = super::check::check(further);
        if !faults.is_empty() {
            return Err(faults);
        }
        let _first_one_stays = LAID_OVER.set(registry);
        Ok(())
    }

    /// What is built in, and these objects where neither their name nor their number is known.
    #[must_use]
    pub fn with_objects(further: Vec<Object>) -> Self {
        let mut objects = Self::global().objects.clone();
        let names: FxHashSet<String> = objects.iter().map(|object| object.name.clone()).collect();
        let oids: FxHashSet<Oid> = objects.iter().map(|object| object.oid.clone()).collect();
        objects.extend(further.into_iter().filter(|object| !names.contains(&object.name) && !oids.contains(&object.oid)));
        objects.sort_by(|a, b| a.oid.cmp(&b.oid));
        let by_name = objects.iter().enumerate().map(|(at, object)| (object.name.clone(), at)).collect();
        let tables = tables_of(&objects);
        Self { objects, by_name, tables, meanings: Self::global().meanings.clone(), ..Self::default() }
    }

    /// From files, each a name and its text; and what was wrong with them. A faulty file is left out.
    pub fn load(files: &[(&str, &str)]) -> (Self, Vec<MibFault>) {
        let mut faults = Vec::new();
        let mut parsed = Vec::new();
        for (name, text) in files {
            match toml::from_str::<MibFile>(text) {
                Ok(file) => parsed.push((*name, file)),
                Err(error) => faults.push(MibFault { file: (*name).to_owned(), what: error.to_string() }),
            }
        }
        let (registry, wrong) = Self::of(parsed);
        faults.extend(wrong);
        (registry, faults)
    }

    /// From files that were read, and what is wrong with them. Of two systems that fit equally well the one in the earlier file counts.
    pub(super) fn of(parsed: Vec<(&str, MibFile)>) -> (Self, Vec<MibFault>) {
        let mut registry = Self::default();
        let mut faults = Vec::new();
        // From the last on: of objects, other than of systems, what is built in stays, and it stands behind the user's files.
        for (name, file) in parsed.iter().rev() {
            let before = registry.objects.len();
            registry.add_objects(name, file, &mut faults);
            registry.add_texts((name, file), &mut faults);
            registry.objects.extend(notifications::objects(name, file, &mut faults));
            registry.drop_taken(name, before, &mut faults);
        }
        registry.objects.sort_by(|a, b| a.oid.cmp(&b.oid));
        (registry.taken_names, registry.taken_oids) = <_>::default();
        registry.by_name = registry.objects.iter().enumerate().map(|(at, object)| (object.name.clone(), at)).collect();
        registry.tables = tables_of(&registry.objects);
        let enterprises = registry.oid("enterprises");
        registry.meanings = notifications::meanings(&parsed, &registry, &mut faults);
        registry.add_neighbours(&parsed, &mut faults);
        registry.add_gauges(&parsed, &mut faults);
        registry.add_wireless(&parsed, &mut faults);
        registry.add_switching(&parsed, &mut faults);
        registry.profiles = ProfileSet::new(parsed, enterprises, &mut faults);
        registry.check_reads(&mut faults);
        (registry, faults)
    }

    /// Drops those objects from `before` on whose name or number another one has.
    fn drop_taken(&mut self, file: &str, before: usize, faults: &mut Vec<MibFault>) {
        let fresh = self.objects.split_off(before);
        for object in fresh {
            let names = self.taken_names.insert(object.name.clone());
            let numbers = self.taken_oids.insert(object.oid.clone());
            if names && numbers {
                self.objects.push(object);
            } else {
                let what = if names {
                    format!("its number {} has another name already", object.oid)
                } else {
                    "the name is taken".to_owned()
                };
                faults.push(MibFault { file: file.to_owned(), what: format!("{}: {what}", object.name) });
            }
        }
    }

    fn add_objects(&mut self, name: &str, file: &MibFile, faults: &mut Vec<MibFault>) {
        for group in &file.group {
            let module = group.module.as_ref().or(file.module.as_ref());
            self.add(Part { name: &group.name, oid: &group.oid, module, index: &[], leaves: &group.scalars, file }, name, faults);
        }
        for table in &file.table {
            let module = table.module.as_ref().or(file.module.as_ref());
            self.add(
                Part { name: &table.name, oid: &table.oid, module, index: &table.index, leaves: &table.columns, file },
                name,
                faults,
            );
        }
    }

    /// Text objects that stand alone.
    fn add_texts(&mut self, (name, file): (&str, &MibFile), faults: &mut Vec<MibFault>) {
        for (texts, kind) in [(&file.scalars, Kind::Scalar), (&file.columns, Kind::Column)] {
            for (object, oid) in texts {
                let part = Part { name: object, oid, module: file.module.as_ref(), index: &[], leaves: &NO_LEAVES, file };
                match oid.parse() {
                    Ok(oid) => self.objects.push(Object { syntax: Some(Syntax::Text), ..part.object(object, oid, kind) }),
                    Err(_) => faults.push(MibFault { file: name.to_owned(), what: format!("{object}: {oid:?} is no OID") }),
                }
            }
        }
    }

    fn add(&mut self, part: Part<'_>, file: &str, faults: &mut Vec<MibFault>) {
        let Ok(oid) = part.oid.parse::<Oid>() else {
            faults.push(MibFault { file: file.to_owned(), what: format!("{}: {:?} is no OID", part.name, part.oid) });
            return;
        };
        let is_table = part.name.ends_with("Table");
        let (kind, leaf_kind) = if is_table { (Kind::Table, Kind::Column) } else { (Kind::Group, Kind::Scalar) };
        let parent = if is_table { oid.child(&[1]) } else { oid.clone() };
        let mut object = part.object(part.name, oid, kind);
        object.index = part.index.to_vec();
        self.objects.push(object);
        if is_table {
            let row = part.name.trim_end_matches("Table").to_owned() + "Entry";
            self.objects.push(part.object(&row, parent.clone(), Kind::Row));
        }
        for (name, leaf) in part.leaves {
            let mut object = part.object(name, parent.child(&[leaf.id]), leaf_kind);
            object.syntax = Some(leaf.syntax);
            object.units.clone_from(&leaf.units);
            match part.words(leaf) {
                Some(words) => object.enums = words,
                None => faults.push(MibFault { file: file.to_owned(), what: format!("{name}: no such list under [enums]") }),
            }
            self.objects.push(object);
        }
    }

    /// A faulty table of neighbours is left out.
    fn add_neighbours(&mut self, files: &[(&str, MibFile)], faults: &mut Vec<MibFault>) {
        let tables: Vec<NeighbourTable> =
            files.iter().flat_map(|(name, file)| NeighbourTable::of_file(name, file, self)).collect();
        for table in tables {
            let wrong = table.faults(self);
            if wrong.is_empty() {
                self.neighbours.push(table);
            }
            faults.extend(wrong);
        }
    }

    /// A faulty rule is left out.
    fn add_gauges(&mut self, files: &[(&str, MibFile)], faults: &mut Vec<MibFault>) {
        let rules: Vec<GaugeRule> = files.iter().flat_map(|(name, file)| GaugeRule::of_file(name, file, self)).collect();
        for rule in rules {
            let wrong = rule.faults(self);
            if wrong.is_empty() {
                self.gauges.push(rule);
            }
            faults.extend(wrong);
        }
        self.gauges.sort_by_key(|rule| !rule.is_vendors());
    }

    /// A faulty rule is left out.
    fn add_switching(&mut self, files: &[(&str, MibFile)], faults: &mut Vec<MibFault>) {
        let rules: Vec<SwitchRule> = files.iter().flat_map(|(name, file)| SwitchRule::of_file(name, file, self)).collect();
        for rule in rules {
            let found = rule.faults(self);
            if found.is_empty() {
                self.switching.push(rule);
            }
            faults.extend(found);
        }
    }

    fn add_wireless(&mut self, files: &[(&str, MibFile)], faults: &mut Vec<MibFault>) {
        let rules: Vec<WirelessRule> = files.iter().flat_map(|(name, file)| WirelessRule::of_file(name, file, self)).collect();
        for rule in rules {
            let wrong = rule.faults(self);
            if wrong.is_empty() {
                self.wireless.push(rule);
            }
            faults.extend(wrong);
        }
    }

    /// Every object that a profile reads must be known.
    fn check_reads(&self, faults: &mut Vec<MibFault>) {
        for (file, object) in self.profiles.reads() {
            if self.object(object).is_none_or(|known| known.syntax.is_none()) {
                faults.push(MibFault { file: file.to_owned(), what: format!("read: no object is called {object:?}") });
            }
        }
    }

    /// The object of this name.
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.by_name.get(name).and_then(|at| self.objects.get(*at))
    }

    /// The OID of this name, without an instance.
    pub fn oid(&self, name: &str) -> Option<Oid> {
        self.object(name).map(|object| object.oid.clone())
    }

    /// The OID of the one instance of a scalar.
    pub fn scalar(&self, name: &str) -> Option<Oid> {
        self.oid(name).map(|oid| oid.child(&[0]))
    }

    /// The nearest named object at or above `oid`, and what follows it.
    pub fn name<'a>(&self, oid: &'a Oid) -> Option<(&Object, &'a [u32])> {
        let mut probe = oid.arcs();
        loop {
            let after = self.objects.partition_point(|object| object.oid.arcs() <= probe);
            let before = self.objects.get(after.checked_sub(1)?)?;
            if let Some(suffix) = oid.suffix_of(&before.oid) {
                return Some((before, suffix));
            }
            let common = before.oid.arcs().iter().zip(probe).take_while(|(a, b)| a == b).count();
            probe = probe.get(..common)?;
        }
    }

    /// `oid` as people write it: `ifDescr.3`; the number where no scalar or column is known.
    pub fn text(&self, oid: &Oid) -> String {
        match self.name(oid) {
            Some((object, suffix)) if object.syntax.is_some() => {
                suffix.iter().fold(object.name.clone(), |text, arc| format!("{text}.{arc}"))
            }
            Some((object, [])) => object.name.clone(),
            _ => oid.to_string(),
        }
    }

    /// Reads `ifHCInOctets.3`, `IF-MIB::ifDescr`, `sysName.0` or `1.3.6.1.2.1.1`.
    ///
    /// # Errors
    /// When no object has the name, or what follows it is no dotted number.
    pub fn parse_object(&self, text: &str) -> Result<Oid, ParseObjectError> {
        let text = text.trim();
        if let Ok(oid) = text.parse() {
            return Ok(oid);
        }
        let bare = text.split_once("::").map_or(text, |(_, name)| name);
        let (name, instance) = bare.split_once('.').map_or((bare, None), |(name, instance)| (name, Some(instance)));
        let oid = self.oid(name).ok_or_else(|| ParseObjectError::Unknown(text.to_owned()))?;
        let Some(instance) = instance else { return Ok(oid) };
        let suffix: Oid = instance.parse().map_err(|_| ParseObjectError::Instance(instance.to_owned()))?;
        Ok(oid.child(suffix.arcs()))
    }

    /// The table in which a column stands; `None` where it is no column.
    pub fn table_of(&self, column: &str) -> Option<&Object> {
        let at = self.by_name.get(column)?;
        self.tables.get(*at).copied().flatten().and_then(|table| self.objects.get(table))
    }

    /// The tables of neighbours that are asked of a device with this sysObjectID: by protocol, its vendor's own first.
    pub fn neighbours(&self, sys_object_id: Option<&Oid>) -> Vec<&NeighbourTable> {
        neighbours::asked(&self.neighbours, sys_object_id)
    }

    /// What is measured of a device with this sysObjectID: what its vendor says first.
    pub fn gauges(&self, sys_object_id: Option<&Oid>) -> Vec<&GaugeRule> {
        self.gauges.iter().filter(|rule| rule.is_for(sys_object_id)).collect()
    }

    /// What is asked of a device as a wireless controller or access point: nothing of what is none. What its vendor says of its own radios
    /// goes before what the standard does.
    pub fn wireless(&self, role: Role, sys_object_id: Option<&Oid>) -> Vec<&WirelessRule> {
        let asked: Vec<&WirelessRule> = self.wireless.iter().filter(|rule| rule.is_for(role, sys_object_id)).collect();
        let by_vendor = asked.iter().any(|rule| !rule.is_general());
        asked.into_iter().filter(|rule| rule.is_general() != by_vendor).collect()
    }

    /// What a switch with this sysObjectID tells of its VLANs, ports and spanning tree in tables of its maker's.
    pub fn switching(&self, sys_object_id: Option<&Oid>) -> Vec<&SwitchRule> {
        self.switching.iter().filter(|rule| rule.is_for(sys_object_id)).collect()
    }

    /// What a notification means; `None` of one that no file names.
    pub fn meaning(&self, notification: &Oid) -> Option<&Meaning> {
        self.meanings.get(notification)
    }

    /// All tables of neighbours.
    pub fn neighbour_tables(&self) -> &[NeighbourTable] {
        &self.neighbours
    }

    /// The vendor profile that fits best.
    pub fn profile(&self, facts: &Facts<'_>) -> Option<&Profile> {
        self.profiles.find(facts)
    }

    /// The scalars that an agent has to be asked for before [`Self::profile`] can tell what it is; most often none.
    pub fn probes(&self, facts: &Facts<'_>) -> Vec<&str> {
        self.profiles.probes(facts)
    }

    /// The vendor to whom the enterprise number in a sysObjectID is assigned.
    pub fn vendor(&self, sys_object_id: &Oid) -> Option<&str> {
        let below = sys_object_id.suffix_of(&self.oid("enterprises")?)?;
        self.profiles.vendor(*below.first()?)
    }

    /// The model that a sysObjectID stands for.
    pub fn model(&self, sys_object_id: &Oid) -> Option<&str> {
        self.profiles.model(sys_object_id)
    }

    /// All vendor profiles.
    pub fn profiles(&self) -> &[Profile] {
        self.profiles.all()
    }

    /// The files that are built in, folder and name.
    pub fn builtin_files() -> impl Iterator<Item = &'static str> {
        builtin::FILES.iter().map(|(name, _)| *name)
    }

    /// All objects, by OID.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }
}

/// Of objects that have nothing under them.
static NO_LEAVES: BTreeMap<String, Leaf> = BTreeMap::new();

/// Of each column among `objects`, which are sorted by OID, the place of its table: it stands under the row, and that under the table
/// (RFC 2578 §7.1.12).
fn tables_of(objects: &[Object]) -> Vec<Option<usize>> {
    let table = |object: &Object| {
        let arcs = object.oid.arcs();
        let table = arcs.get(..arcs.len().checked_sub(2)?).filter(|_| object.kind == Kind::Column)?;
        let at = objects.binary_search_by(|object| object.oid.arcs().cmp(table)).ok()?;
        objects.get(at).filter(|object| object.kind == Kind::Table).map(|_| at)
    };
    objects.iter().map(table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_in_mibs_is_built_in_and_without_fault() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mibs");
        let mut on_disk: Vec<String> = ["standard", "vendor"]
            .iter()
            .flat_map(|folder| {
                std::fs::read_dir(root.join(folder)).unwrap().map(move |entry| (folder, entry.unwrap().file_name()))
            })
            .map(|(folder, name)| format!("{folder}/{}", name.to_str().unwrap()))
            .collect();
        on_disk.sort();
        let listed: Vec<&str> = builtin::FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, on_disk, "build.rs takes every file of mibs/");
        assert_eq!(Registry::load(builtin::FILES).1, []);
    }

    #[test]
    fn no_oid_and_no_name_stands_twice() {
        let objects = Registry::builtin().objects();
        for pair in objects.windows(2) {
            assert_ne!(pair[0].oid, pair[1].oid, "{} and {}", pair[0].name, pair[1].name);
        }
        assert_eq!(Registry::builtin().by_name.len(), objects.len(), "a name stands twice");
    }

    #[test]
    fn names_and_numbers_are_read_and_written() {
        let mib = Registry::builtin();
        for (text, number) in [
            ("ifHCInOctets.3", "1.3.6.1.2.1.31.1.1.1.6.3"),
            ("IF-MIB::ifDescr", "1.3.6.1.2.1.2.2.1.2"),
            ("sysName.0", "1.3.6.1.2.1.1.5.0"),
            (".1.3.6.1.2.1.1", "1.3.6.1.2.1.1"),
            ("ifTable", "1.3.6.1.2.1.2.2"),
            ("ifEntry", "1.3.6.1.2.1.2.2.1"),
        ] {
            assert_eq!(mib.parse_object(text).map(|oid| oid.to_string()).as_deref(), Ok(number), "{text}");
        }
        assert!(matches!(mib.parse_object("ifNothing.3"), Err(ParseObjectError::Unknown(_))));
        assert!(matches!(mib.parse_object("ifDescr.x"), Err(ParseObjectError::Instance(_))));
        assert_eq!(mib.text(&mib.parse_object("ifDescr.3").unwrap()), "ifDescr.3");
        assert_eq!(mib.text(&"1.3.6.1.2.1.2.2.1.99.3".parse().unwrap()), "1.3.6.1.2.1.2.2.1.99.3");
        assert_eq!(mib.name(&"1.2.3".parse().unwrap()).map(|(object, _)| &object.name), None);
    }

    #[test]
    fn a_faulty_file_is_named_and_the_others_stay() {
        let good = ("good.toml", "[[group]]\nname = \"g\"\noid = \"1.2\"\n");
        let bad = ("bad.toml", "[[group]]\nname = 5\n");
        let (registry, faults) = Registry::load(&[bad, good]);
        assert!(registry.oid("g").is_some());
        assert_eq!(faults.iter().map(|fault| fault.file.as_str()).collect::<Vec<_>>(), ["bad.toml"]);
    }
}
