//! `noctop mib check`: everything that is wrong with files of `mibs/`, at once and with its place.

use super::file::{MibFile, Reading, System};
use super::object::Kind;
use super::profile::Fact;
use super::read::Document;
use super::{Registry, builtin};
use crate::model::Oid;
use crate::model::text::visible;
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt;

/// One fault of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, visible(&self.what))
    }
}

/// What is built in together with further files, and everything that is wrong with any of them, in the order of the files.
pub fn check(further: &[(&str, &str)]) -> (Registry, Vec<Fault>) {
    check_files(&further.iter().chain(builtin::FILES).copied().collect::<Vec<_>>())
}

/// One file by itself, as if nothing were built in: what a fuzz target asks.
pub fn check_alone(name: &str, text: &str) -> Vec<Fault> {
    check_files(&[(name, text)]).1
}

fn check_files(all: &[(&str, &str)]) -> (Registry, Vec<Fault>) {
    let documents: Vec<(&str, Document<'_>)> = all.iter().map(|(name, text)| (*name, Document::read(text))).collect();
    let readable = documents.iter().filter_map(|(name, document)| Some((*name, document.file.clone()?))).collect();
    let (registry, known) = Registry::of(readable);
    let mut faults = Vec::new();
    for (name, document) in &documents {
        let mut note = |at: usize, what: String| {
            let (line, column) = document.position(at);
            faults.push(Fault { file: (*name).to_owned(), line, column, what });
        };
        document.faults.iter().for_each(|(at, what)| note(*at, what.clone()));
        // What is read is looked at below, where its place is known.
        for fault in known.iter().filter(|fault| fault.file == *name && !fault.what.starts_with("read:")) {
            note(place_of(document, &fault.what), fault.what.clone());
        }
        for (number, system) in document.file.iter().flat_map(|file| &file.system).enumerate() {
            Checked(system, &registry).faults(|path, what| {
                let number = number.to_string();
                note(document.place(&[&["system", &number], path].concat()), what);
            });
        }
    }
    faults.extend(unreachable(&documents));
    faults.sort();
    faults.dedup();
    (registry, faults)
}

/// Where a fault of the registry stands: at the first word of it that the file has.
fn place_of(document: &Document<'_>, what: &str) -> usize {
    let quoted = what.split('"').skip(1).step_by(2);
    let first = what.split(':').next();
    quoted.chain(first).find_map(|word| document.word(word)).unwrap_or(0)
}

/// A system that is checked against what is known.
struct Checked<'a>(&'a System, &'a Registry);

impl Checked<'_> {
    /// Hands over the path below the system, and what is wrong there.
    fn faults(&self, mut note: impl FnMut(&[&str], String)) {
        let Self(system, registry) = self;
        let bad = |text: &str| Regex::new(text).err().map(|error| short(&error));
        for (number, text) in system.capture.iter().enumerate() {
            if let Some(what) = bad(text).or_else(|| groups(text)) {
                note(&["capture", &number.to_string()], what);
            }
        }
        if let Some(what) = system.descr.as_deref().and_then(bad) {
            note(&["descr"], what);
        }
        for (number, rule) in system.roles.iter().enumerate() {
            if let Some(what) = bad(&rule.matches) {
                note(&["roles", &number.to_string(), "matches"], what);
            }
        }
        for (number, name) in system.has.iter().enumerate() {
            if registry.object(name).is_none_or(|object| object.kind != Kind::Scalar) {
                note(&["has", &number.to_string()], format!("no scalar is called {name:?}"));
            }
        }
        for (fact, readings) in &system.read {
            let several = readings.as_slice().len() > 1;
            for (number, reading) in readings.as_slice().iter().enumerate() {
                let number = number.to_string();
                let step: &[&str] = if several { &[&number] } else { &[] };
                if let Some((key, what)) = reading_fault(reading, registry) {
                    note(&[&["read", word(*fact)], step, &[key]].concat(), what);
                }
            }
        }
        self.quirks(note);
    }

    fn quirks(&self, mut note: impl FnMut(&[&str], String)) {
        let quirks = &self.0.quirks;
        for (key, number) in [("max_oids", quirks.max_oids), ("max_repetitions", quirks.max_repetitions)] {
            if number == Some(0) {
                note(&["quirks", key], format!("{key}: at least 1"));
            }
        }
        for (number, name) in quirks.ignore_tables.iter().enumerate() {
            if self.1.object(name).is_none_or(|object| object.kind != Kind::Table) {
                note(&["quirks", "ignore_tables", &number.to_string()], format!("no table is called {name:?}"));
            }
        }
    }
}

/// What is wrong with one source of a fact, and under which key.
fn reading_fault(reading: &Reading, registry: &Registry) -> Option<(&'static str, String)> {
    let is_unknown = |name: &str| !name.starts_with('.') && registry.object(name).is_none_or(|object| object.syntax.is_none());
    for (key, name) in [("object", Some(&reading.object)), ("at", reading.at.as_ref())] {
        if let Some(name) = name.filter(|name| is_unknown(name)) {
            return Some((key, format!("read: no object is called {name:?}")));
        }
    }
    if reading.object.strip_prefix('.').is_some_and(|below| below.parse::<Oid>().is_err()) {
        return Some(("object", format!("{:?} is not dotted numbers below sysObjectID", reading.object)));
    }
    if reading.at.is_some() && registry.object(&reading.object).is_some_and(|object| object.kind != Kind::Column) {
        return Some(("at", format!("{} is no column: it has no rows to choose from", reading.object)));
    }
    match Regex::new(reading.capture.as_deref()?) {
        Err(error) => Some(("capture", short(&error))),
        Ok(pattern) if pattern.captures_len() < 2 => Some(("capture", "a group is missing: (…) around what counts".to_owned())),
        Ok(_) => None,
    }
}

/// The key of a fact in a file.
const fn word(fact: Fact) -> &'static str {
    match fact {
        Fact::Vendor => "vendor",
        Fact::Model => "model",
        Fact::Os => "os",
        Fact::Version => "version",
        Fact::Serial => "serial",
        Fact::Name => "name",
    }
}

/// What is wrong with the groups of a pattern on sysDescr.
fn groups(text: &str) -> Option<String> {
    const KNOWN: [&str; 5] = ["vendor", "model", "os", "version", "serial"];
    let pattern = Regex::new(text).ok()?;
    let named: Vec<&str> = pattern.capture_names().flatten().collect();
    match named.iter().find(|name| !KNOWN.contains(name)) {
        Some(unknown) => Some(format!("no fact is called {unknown:?}; there are: {}", KNOWN.join(", "))),
        None if named.is_empty() => Some(format!("a named group is missing, (?P<version>…): one of {}", KNOWN.join(", "))),
        None => None,
    }
}

/// The last line of a complaint about a regular expression: the others draw it.
fn short(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("").trim();
    format!("no regular expression: {}", last.trim_start_matches("error: "))
}

/// What systems under the same OID are told apart by: the OID, `descr`, `has`.
type Mark = (String, Option<String>, Vec<String>);

/// Systems that can't be found by an OID, because another one takes all that they would match. A user's file may take what is built in.
fn unreachable(documents: &[(&str, Document<'_>)]) -> Vec<Fault> {
    let is_builtin = |name: &str| builtin::FILES.iter().any(|(known, _)| *known == name);
    let mut taken: BTreeMap<Mark, (&str, String)> = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, document) in documents {
        let Some(file) = &document.file else { continue };
        for (number, mark) in marks(file) {
            let (line, column) = document.position(document.place(&["system", &number.to_string()]));
            let here = format!("{name}:{line}");
            match taken.get(&mark) {
                Some((by, _)) if by != name && !(is_builtin(by) && is_builtin(name)) => {}
                Some((_, there)) => {
                    let what = format!("{:?}: the system at {there} takes all of it, and nothing tells this one apart", mark.0);
                    faults.push(Fault { file: (*name).to_owned(), line, column, what });
                }
                None => drop(taken.insert(mark, (name, here))),
            }
        }
    }
    faults
}

/// Number of each system and what it takes.
fn marks(file: &MibFile) -> Vec<(usize, Mark)> {
    let enterprises: Vec<String> = file.enterprises.iter().map(ToString::to_string).collect();
    let mut marks = Vec::new();
    for (number, system) in file.system.iter().enumerate() {
        let under = if system.under.is_empty() { &enterprises } else { &system.under };
        marks.extend(under.iter().map(|oid| (number, (oid.clone(), system.descr.clone(), system.has.clone()))));
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let faults = check(&[("x.toml", text)]).1;
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_built_in_has_no_fault() {
        let faults: Vec<String> = check(&[]).1.iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn all_faults_are_found_at_once_each_in_its_place() {
        let text = "vendor = \"X\"\nenterprises = [99999]\ncolour = 1\n[[system]]\nos = 5\nshape = \"round\"\ndescr = '('\n\
            capture = ['(?P<colour>x)', 'y']\nunder = [\"99999.x\"]\nhas = [\"ifDescr\"]\n[system.read]\nmodel = { object = \"noSuch\" }\n\
            serial = [{ object = \"sysName\", capture = 'x' }, { object = \".1.x\" }]\n[system.quirks]\nmax_oids = 0\n\
            ignore_tables = [\"ifDescr\"]\n";
        let found = faults(text);
        for (place, what) in [
            ("x.toml:3:1:", "colour"),
            ("x.toml:5:6:", "string"),
            ("x.toml:6:1:", "shape"),
            ("x.toml:7:9:", "regular expression"),
            ("x.toml:8:12:", "colour"),
            ("x.toml:8:29:", "named group"),
            ("x.toml:9:11:", "99999.x"),
            ("x.toml:10:8:", "ifDescr"),
            ("x.toml:12:20:", "noSuch"),
            ("x.toml:13:43:", "group"),
            ("x.toml:13:61:", ".1.x"),
            ("x.toml:15:12:", "at least 1"),
            ("x.toml:16:18:", "no table"),
        ] {
            assert!(
                found.iter().any(|fault| fault.starts_with(place) && fault.contains(what)),
                "{place} {what}\n{}",
                found.join("\n")
            );
        }
        assert_eq!(found.len(), 13, "{}", found.join("\n"));
    }

    #[test]
    fn what_is_no_toml_and_what_lacks_a_key_is_named_with_its_line() {
        assert!(faults("vendor = \n[[system]]\nos = \"x\"\n")[0].starts_with("x.toml:1:"));
        let found = faults("[[group]]\nname = \"g\"\n");
        assert!(found.len() == 1 && found[0].contains("oid"), "{found:?}");
    }

    #[test]
    fn a_system_that_another_one_hides_is_a_fault_in_one_file_and_an_overlay_in_two() {
        let twice = "vendor = \"X\"\n[[system]]\nunder = [\"99999.1\"]\n[[system]]\nunder = [\"99999.1\"]\n";
        let found = faults(twice);
        assert!(found.len() == 1 && found[0].starts_with("x.toml:4:") && found[0].contains("x.toml:2"), "{found:?}");
        assert_eq!(faults("vendor = \"Mine\"\n[[system]]\nunder = [\"30065\"]\n"), Vec::<String>::new());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_makes_the_reader_panic_or_hang(cut in 0usize..1400, at in 0usize..1400, junk in "\\PC{0,12}") {
            let sample = include_str!("../../mibs/vendor/juniper.toml");
            let mut text: String = sample.chars().take(cut).collect();
            let at = text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
            text.insert_str(at, &junk);
            let document = Document::read(&text);
            for (at, _) in &document.faults {
                proptest::prop_assert!(document.position(*at).0 <= text.lines().count() + 1);
            }
        }
    }

    #[test]
    fn a_name_or_a_number_that_is_taken_is_a_fault() {
        let found = faults("[scalars]\nsysName = \"1.3.6.1.4.1.99999.1\"\nmineName = \"1.3.6.1.2.1.1.5\"\n");
        assert!(found.iter().any(|fault| fault.starts_with("x.toml:2:") && fault.contains("sysName")), "{found:?}");
        assert!(found.iter().any(|fault| fault.starts_with("x.toml:3:") && fault.contains("mineName")), "{found:?}");
    }
}
