//! The user's SMI module files: which file defines a module, which modules define a name, what a module needs.
//!
//! Text is searched, nothing is parsed: that is [`super::smi`]'s. Everything is bounded, because a folder may be anything: files,
//! octets and depth have limits, and what goes beyond is passed over.

use regex::bytes::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Files that are looked at in all folders together. The largest public collection has 4,700.
const MOST_FILES: usize = 20_000;
/// Octets of one file. The largest published modules have 4 MB.
const LARGEST_FILE: u64 = 8 << 20;
/// How many folders deep a folder is searched: collections hold one folder for each vendor.
const DEEPEST: usize = 2;
/// Modules that are loaded together with the one that is wanted. IF-MIB needs 5, the worst known vendor module 60.
const MOST_MODULES: usize = 256;
/// Octets of all modules that are loaded together.
const MOST_OCTETS: usize = 64 << 20;

/// `NAME DEFINITIONS ::= BEGIN` (RFC 2578 §3, Appendix A: the ASN.1 module).
static HEADER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t]*([A-Za-z][\w-]*)\s+(?:\{[^}]*\}\s*)?DEFINITIONS\s*::=\s*BEGIN").ok());
/// `... FROM MODULE` in IMPORTS.
static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bFROM\s+([A-Za-z][\w-]*)").ok());

/// A module's file and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ModuleText {
    pub(super) file: PathBuf,
    pub(super) text: Vec<u8>,
}

/// Folders of SMI modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders(Vec<PathBuf>);

impl Folders {
    /// These folders, in the order in which a module is looked for.
    pub const fn new(folders: Vec<PathBuf>) -> Self {
        Self(folders)
    }

    /// The folders that net-snmp uses (snmp.conf(5) `mibdirs`): `$MIBDIRS` where it is set, else the user's and the system's.
    pub fn of_net_snmp() -> Self {
        if let Some(named) = std::env::var_os("MIBDIRS").filter(|named| !named.is_empty()) {
            return Self(std::env::split_paths(&named).collect());
        }
        let user = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".snmp/mibs"));
        let system = ["/usr/share/snmp/mibs", "/usr/share/mibs/iana", "/usr/share/mibs/ietf", "/usr/share/mibs/netsnmp"];
        Self(user.into_iter().chain(system.map(PathBuf::from)).collect())
    }

    /// These, and `others` after them.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().filter(|folder| !self.0.contains(folder)).cloned().collect::<Vec<_>>());
        self
    }

    /// As people read them.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    }

    /// All files, folder by folder, sorted within one: two runs find the same.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for folder in &self.0 {
            add_files(folder, DEEPEST, &mut files);
        }
        files
    }

    /// The file that defines a module: one of its name, else any that holds it.
    pub(super) fn module(&self, name: &str) -> Option<ModuleText> {
        const ENDINGS: [&str; 5] = ["", ".txt", ".mib", ".my", ".mi2"];
        let spellings = [name.to_owned(), name.to_ascii_lowercase()];
        let named = self.0.iter().flat_map(|folder| {
            spellings.iter().flat_map(move |name| ENDINGS.iter().map(move |ending| folder.join(format!("{name}{ending}"))))
        });
        let defines = |file: &PathBuf| {
            let text = read(file)?;
            let is_there = modules_of(&text).any(|(_, module)| module == name);
            is_there.then(|| ModuleText { file: file.clone(), text })
        };
        named.filter(|file| file.is_file()).find_map(|file| defines(&file)).or_else(|| self.files().iter().find_map(defines))
    }

    /// The modules that define an object of this name.
    pub(super) fn defining(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let macros = "OBJECT-TYPE|OBJECT\\s+IDENTIFIER|MODULE-IDENTITY|OBJECT-IDENTITY|NOTIFICATION-TYPE|TRAP-TYPE";
        let Some(pattern) = is_name.then(|| Regex::new(&format!(r"(?m)^[ \t]*{name}\s+(?:{macros})\b"))).and_then(Result::ok)
        else {
            return found;
        };
        for text in self.files().iter().filter_map(|file| read(file)) {
            for place in pattern.find_iter(&text) {
                let before = modules_of(&text).take_while(|(at, _)| *at < place.start()).last();
                found.extend(before.map(|(_, module)| module));
            }
        }
        found
    }

    /// These modules and all that they import, as far as there are files; a module that imports itself is read once.
    pub(super) fn with_imports(&self, wanted: &[String]) -> BTreeMap<String, ModuleText> {
        let mut found = BTreeMap::new();
        let (mut seen, mut octets) = (BTreeSet::new(), 0);
        let mut next: Vec<String> = wanted.to_vec();
        while let Some(name) = next.pop() {
            if seen.len() >= MOST_MODULES || octets >= MOST_OCTETS || !seen.insert(name.clone()) {
                continue;
            }
            let Some(module) = self.module(&name) else { continue };
            octets += module.text.len();
            next.extend(names(&IMPORT, &module.text).map(|(_, name)| name));
            found.insert(name, module);
        }
        found
    }
}

fn add_files(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.take(MOST_FILES).filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        match () {
            () if hidden || files.len() >= MOST_FILES => {}
            () if path.is_dir() && depth > 0 => add_files(&path, depth - 1, files),
            () if path.is_file() => files.push(path),
            () => {}
        }
    }
}

/// The octets of a file that is not too large.
fn read(file: &Path) -> Option<Vec<u8>> {
    let about = std::fs::metadata(file).ok()?;
    if about.is_file() && about.len() <= LARGEST_FILE { std::fs::read(file).ok() } else { None }
}

/// The modules that a text defines, and where each begins.
fn modules_of(text: &[u8]) -> impl Iterator<Item = (usize, String)> {
    names(&HEADER, text)
}

fn names<'a>(pattern: &'a LazyLock<Option<Regex>>, text: &'a [u8]) -> impl Iterator<Item = (usize, String)> + 'a {
    let captures = pattern.as_ref().into_iter().flat_map(move |pattern| pattern.captures_iter(text));
    captures
        .filter_map(|captures| captures.get(1))
        .map(|name| (name.start(), String::from_utf8_lossy(name.as_bytes()).into_owned()))
}
