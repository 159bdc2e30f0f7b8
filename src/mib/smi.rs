//! Names out of the user's SMI modules: the one door of `mib-rs`.
//!
//! Nothing is loaded until a name is asked for that is not built in; then the module that defines it and what that imports, never a whole
//! tree (docs/decisions/0045). What comes out are plain [`Object`]s; the library's own tables are dropped again.

use super::modules::{Folders, ModuleText};
use super::object::{Kind, Object, Syntax};
use crate::model::Oid;
use mib_rs::mib::display_hint::{self, HexCase};
use mib_rs::{BaseType, DiagnosticConfig, Loader, Mib, ResolverStrictness, Source, SourceCandidate, SourceOrigin};
use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

/// How long the library may take with one set of modules: the worst public one takes 0.3 s. A module made to be slow ends here.
const LONGEST: Duration = Duration::from_secs(10);
/// Stack of the thread that loads: nested definitions are read by recursion.
const STACK: usize = 64 << 20;

/// Why a name of a user's module is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmiError {
    /// No file defines the module.
    #[error("no file defines the module {module}; looked in {folders}")]
    NoModule {
        /// The module.
        module: String,
        /// Where it was looked for.
        folders: String,
    },
    /// No module defines the name.
    #[error("no object is called {name:?}, neither built in nor in a module of {folders}")]
    NoName {
        /// The name.
        name: String,
        /// Where it was looked for.
        folders: String,
    },
    /// Several modules define the name.
    #[error("{name:?} is defined in several modules, name one: {}", .modules.iter().map(|module| format!("{module}::{name}")).collect::<Vec<_>>().join(", "))]
    Several {
        /// The name.
        name: String,
        /// The modules.
        modules: Vec<String>,
    },
    /// The module's file has a fault, and the name is not among what could be read.
    #[error("{place}: {what}")]
    Faulty {
        /// File, line and column.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// The module took longer than [`LONGEST`], or could not be loaded at all.
    #[error("{place}: the module could not be loaded: {what}")]
    Unloadable {
        /// The file.
        place: String,
        /// Why.
        what: String,
    },
}

/// The objects of the module that defines `text` (`IF-MIB::ifDescr.1`, `ifDescr.1`, `ifDescr`) and of what it imports, by OID.
///
/// # Errors
/// Where no module defines it, several do, or the one that does can't be read.
pub fn find(folders: &Folders, text: &str) -> Result<Vec<Object>, SmiError> {
    let (module, rest) = text.split_once("::").map_or((None, text), |(module, rest)| (Some(module), rest));
    let name = rest.split('.').next().unwrap_or(rest);
    let module = match module {
        Some(module) => module.to_owned(),
        None => the_one_module(folders, name)?,
    };
    let objects = load(folders, std::slice::from_ref(&module))?;
    if objects.iter().any(|object| object.name == name && object.module == module) {
        return Ok(objects);
    }
    let unknown = SmiError::NoName { name: rest.to_owned(), folders: folders.text() };
    Err(fault_of(folders, &module).unwrap_or(unknown))
}

fn the_one_module(folders: &Folders, name: &str) -> Result<String, SmiError> {
    let mut modules: Vec<String> = folders.defining(name).into_iter().collect();
    match (modules.pop(), modules.is_empty()) {
        (None, _) => Err(SmiError::NoName { name: name.to_owned(), folders: folders.text() }),
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            modules.push(last);
            Err(SmiError::Several { name: name.to_owned(), modules })
        }
    }
}

/// The objects of these modules and of what they import, by OID.
///
/// # Errors
/// Where a module has no file, or can't be loaded.
pub fn load(folders: &Folders, modules: &[String]) -> Result<Vec<Object>, SmiError> {
    let texts = folders.with_imports(modules);
    if let Some(missing) = modules.iter().find(|module| !texts.contains_key(*module)) {
        return Err(SmiError::NoModule { module: missing.clone(), folders: folders.text() });
    }
    let place = place_of(&texts, modules);
    let silent = DiagnosticConfig::silent();
    let objects = bounded(&place, (texts, modules.to_vec()), silent, |mib| objects(&mib))?;
    if objects.is_empty() {
        let nothing = || SmiError::Unloadable { place, what: "it defines nothing that has a number".to_owned() };
        return Err(modules.first().and_then(|module| fault_of(folders, module)).unwrap_or_else(nothing));
    }
    Ok(objects)
}

/// The first fault of a module's file, with its place.
fn fault_of(folders: &Folders, module: &str) -> Option<SmiError> {
    let texts = folders.with_imports(&[module.to_owned()]);
    let file = texts.get(module)?.file.display().to_string();
    let quiet = DiagnosticConfig { fail_at: mib_rs::Severity::Fatal, ..DiagnosticConfig::quiet() };
    let first = bounded(&file.clone(), (texts, vec![module.to_owned()]), quiet, move |mib| {
        let report = mib.diagnostic_report();
        let mut faults = report.iter().filter_map(|fault| {
            let (document, _) = fault.range().ok()??;
            let (start, _) = fault.byte_positions().ok()??;
            let place = format!("{}:{}:{}", document.label(), u64::from(start.line()) + 1, u64::from(start.column()) + 1);
            Some(SmiError::Faulty { place, what: fault.diagnostic().message.clone() })
        });
        let own = |fault: &SmiError| matches!(fault, SmiError::Faulty { place, .. } if place.starts_with(&file));
        faults.find(own)
    });
    match first {
        Ok(fault) => fault,
        Err(error) => Some(error),
    }
}

fn place_of(texts: &BTreeMap<String, ModuleText>, modules: &[String]) -> String {
    modules.iter().find_map(|module| texts.get(module)).map_or_else(String::new, |text| text.file.display().to_string())
}

/// What is loaded together: the texts, and the modules that are wanted.
type Wanted = (BTreeMap<String, ModuleText>, Vec<String>);

/// Loads on a thread of its own, so that a module which takes for ever costs [`LONGEST`] and no more; the thread is then left to itself.
fn bounded<T: Send + 'static>(
    place: &str,
    (texts, modules): Wanted,
    config: DiagnosticConfig,
    then: impl FnOnce(Mib) -> T + Send + 'static,
) -> Result<T, SmiError> {
    let unloadable = |what: String| SmiError::Unloadable { place: place.to_owned(), what };
    let (answer, answered) = mpsc::sync_channel(1);
    let work = move || {
        let loader = Loader::new().source(Box::new(Texts(texts))).modules(modules);
        let mib = loader.resolver_strictness(ResolverStrictness::Permissive).diagnostic_config(config).load();
        let _nobody_waits_any_longer = answer.send(mib.map(then).map_err(|error| error.to_string()));
    };
    let thread = std::thread::Builder::new().name("smi".to_owned()).stack_size(STACK).spawn(work);
    thread.map_err(|error| unloadable(error.to_string()))?;
    match answered.recv_timeout(LONGEST) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(what)) => Err(unloadable(what)),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(unloadable(format!("it took longer than {} s", LONGEST.as_secs()))),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(unloadable("the module broke the reader".to_owned())),
    }
}

/// The module texts, as the library asks for them.
struct Texts(BTreeMap<String, ModuleText>);

impl Source for Texts {
    fn find(&self, name: &str) -> io::Result<Option<SourceCandidate>> {
        let candidate = |module: &ModuleText| {
            let label = module.file.display().to_string();
            SourceCandidate::new(label.as_str(), SourceOrigin::file(&module.file), label.as_str(), module.text.as_slice())
        };
        Ok(self.0.get(name).map(candidate))
    }

    fn list_modules(&self) -> io::Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }
}

/// Everything that has a name and a number, by OID.
fn objects(mib: &Mib) -> Vec<Object> {
    let named = mib.nodes().filter(|node| !node.name().is_empty() && !node.oid().is_empty());
    let mut objects: Vec<Object> = named.filter_map(object).collect();
    objects.sort_by(|a, b| a.oid.cmp(&b.oid));
    objects
}

fn object(node: mib_rs::Node<'_>) -> Option<Object> {
    let oid = node.oid().iter().map(ToString::to_string).collect::<Vec<_>>().join(".").parse::<Oid>().ok()?;
    let defined = node.object();
    let text = |said: &str| Some(said.to_owned()).filter(|said| !said.is_empty());
    let words = defined.into_iter().flat_map(|object| [object.effective_enums(), object.effective_bits()].concat());
    Some(Object {
        name: node.name().to_owned(),
        module: node.module().map(|module| module.name().to_owned()).unwrap_or_default(),
        oid,
        kind: kind(node.kind()),
        syntax: defined.and_then(syntax),
        enums: words.map(|word| (word.value, word.label)).collect(),
        units: defined.and_then(|object| text(object.units())),
        index: defined
            .into_iter()
            .flat_map(|object| object.index().map(|part| part.name().to_owned()).collect::<Vec<_>>())
            .collect(),
        hint: defined.and_then(|object| text(object.effective_display_hint())),
    })
}

const fn kind(kind: mib_rs::Kind) -> Kind {
    match kind {
        mib_rs::Kind::Scalar => Kind::Scalar,
        mib_rs::Kind::Table => Kind::Table,
        mib_rs::Kind::Row => Kind::Row,
        mib_rs::Kind::Column => Kind::Column,
        mib_rs::Kind::Notification => Kind::Notification,
        _ => Kind::Group,
    }
}

/// How the values are meant: by the textual convention where its name says it, else by the base type.
fn syntax(object: mib_rs::Object<'_>) -> Option<Syntax> {
    let of_type = object.ty()?;
    let convention = of_type.effective_tc().map(mib_rs::Type::name).unwrap_or_default();
    // A hint with an ASCII or UTF-8 part means text (RFC 2579 §3.1).
    let is_text = object.effective_display_hint().contains(['a', 't']);
    Some(match (convention, of_type.effective_base()) {
        ("MacAddress" | "PhysAddress", _) => Syntax::Mac,
        ("TruthValue", _) => Syntax::Truth,
        ("InetAddress", _) => Syntax::InetAddress,
        (_, BaseType::Integer32) => Syntax::Integer,
        (_, BaseType::Unsigned32) => Syntax::Unsigned,
        (_, BaseType::Counter32) => Syntax::Counter32,
        (_, BaseType::Counter64) => Syntax::Counter64,
        (_, BaseType::Gauge32) => Syntax::Gauge32,
        (_, BaseType::TimeTicks) => Syntax::TimeTicks,
        (_, BaseType::IpAddress) => Syntax::IpAddress,
        (_, BaseType::ObjectIdentifier) => Syntax::Oid,
        (_, BaseType::Bits) => Syntax::Bits,
        (_, BaseType::OctetString) if is_text => Syntax::Text,
        (_, BaseType::OctetString | BaseType::Opaque) => Syntax::Octets,
        _ => return None,
    })
}

/// A number as its DISPLAY-HINT wants it: 125 by `d-1` is `12.5`.
pub fn hinted_number(hint: &str, number: i64) -> Option<String> {
    display_hint::format_integer(hint, number, HexCase::Lower)
}

/// Octets as their DISPLAY-HINT wants them: by `1x:` as `00:1b:54`.
pub fn hinted_octets(hint: &str, octets: &[u8]) -> Option<String> {
    display_hint::format_octets(hint, octets, HexCase::Lower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn fixture() -> Folders {
        Folders::new(vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/smi")])
    }

    /// A folder with this module in it.
    fn folder(name: &str, text: &str) -> (tempfile::TempDir, Folders) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        let folders = Folders::new(vec![folder.path().to_owned()]);
        (folder, folders)
    }

    #[test]
    fn a_name_of_the_users_module_is_found_with_and_without_the_module() {
        for text in ["BREWERY-MIB::kettleTemperature.3", "kettleTemperature.3", "kettleTemperature"] {
            let objects = find(&fixture(), text).unwrap();
            let kettle = objects.iter().find(|object| object.name == "kettleTemperature").unwrap();
            assert_eq!(kettle.oid.to_string(), "1.3.6.1.4.1.99999.7.1.3");
            assert_eq!(
                (kettle.module.as_str(), kettle.kind, kettle.syntax),
                ("BREWERY-MIB", Kind::Column, Some(Syntax::Integer))
            );
            assert_eq!((kettle.units.as_deref(), kettle.hint.as_deref()), (Some("degrees Celsius"), Some("d-1")));
            let state = objects.iter().find(|object| object.name == "kettleState").unwrap();
            assert_eq!(state.word(2), Some("boiling"));
        }
        assert_eq!(hinted_number("d-1", 985).as_deref(), Some("98.5"));
        assert_eq!(hinted_octets("1x:", &[0, 27]).as_deref(), Some("00:1b"));
    }

    #[test]
    fn a_name_in_several_modules_is_an_error_that_lists_them() {
        let error = find(&fixture(), "kettleCount").unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"kettleCount\" is defined in several modules, name one: BREWERY-MIB::kettleCount, TEAHOUSE-MIB::kettleCount"
        );
        let objects = find(&fixture(), "TEAHOUSE-MIB::kettleCount").unwrap();
        assert!(objects.iter().any(|object| object.name == "kettleCount" && object.module == "TEAHOUSE-MIB"));
    }

    #[test]
    fn what_is_nowhere_is_named_with_the_folders() {
        assert!(matches!(find(&fixture(), "NO-SUCH-MIB::x"), Err(SmiError::NoModule { .. })));
        assert!(matches!(find(&fixture(), "noSuchName"), Err(SmiError::NoName { .. })));
        assert!(matches!(find(&fixture(), "no(such.*name"), Err(SmiError::NoName { .. })));
        assert!(matches!(find(&Folders::default(), "sysDescr"), Err(SmiError::NoName { .. })));
    }

    #[test]
    fn a_module_with_a_fault_is_named_with_file_and_line() {
        let text = "BROKEN-MIB DEFINITIONS ::= BEGIN\nIMPORTS enterprises FROM SNMPv2-SMI;\n\nbrokenName OBJECT-TYPE\n  SYNTAX ((((\n\nEND\n";
        let (_folder, folders) = folder("BROKEN-MIB.txt", text);
        let error = find(&folders, "BROKEN-MIB::brokenName").unwrap_err();
        let SmiError::Faulty { place, .. } = &error else { panic!("{error}") };
        assert!(place.contains("BROKEN-MIB.txt:"), "{error}");
    }

    #[test]
    fn modules_that_import_each_other_and_numbers_in_a_circle_end() {
        let text = "A-MIB DEFINITIONS ::= BEGIN\nIMPORTS b FROM B-MIB;\na OBJECT IDENTIFIER ::= { b 1 }\nEND\n
            B-MIB DEFINITIONS ::= BEGIN\nIMPORTS a FROM A-MIB;\nb OBJECT IDENTIFIER ::= { a 1 }\nEND\n";
        let (_folder, folders) = folder("AB.txt", text);
        assert!(find(&folders, "A-MIB::a").is_err());
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        let text =
            format!("DEEP-MIB DEFINITIONS ::= BEGIN\ndeep OBJECT-TYPE SYNTAX {}INTEGER\nEND\n", "SEQUENCE OF ".repeat(100_000));
        let (_folder, folders) = folder("DEEP-MIB.txt", &text);
        assert!(find(&folders, "DEEP-MIB::deep").is_err());
        let text = format!("DEEP-MIB DEFINITIONS ::= BEGIN\ndeep OBJECT IDENTIFIER ::= {}\nEND\n", "{".repeat(100_000));
        let (_folder, folders) = folder("DEEP-MIB.txt", &text);
        assert!(find(&folders, "DEEP-MIB::deep").is_err());
    }
}
