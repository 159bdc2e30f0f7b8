//! The layers of docs/ARCHITECTURE.md, held by test: who may import whom, and the one door of each crate.
//!
//! The sources are parsed, not grepped: `use` trees and paths count wherever they stand, `super::` chains are resolved, and
//! modules under `#[cfg(test)]` are left out, because a test may look at anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::Visit;

/// The import table: a change here is a decision record.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("cli", &[]),
    ("clock", &["model"]),
    ("query", &["model"]),
    ("wire", &["model"]),
    ("mib", &["model"]),
    ("event", &["model"]),
    ("config", &["model", "query", "analyse"]),
    ("analyse", &["model", "query"]),
    ("net", &["model", "clock"]),
    ("history", &["model", "query"]),
    ("state", &["model", "event", "analyse", "query"]),
    ("report", &["model", "state"]),
    ("sim", &["model", "wire", "mib", "net", "event", "clock"]),
    ("collect", &["model", "event", "wire", "mib", "net", "config", "clock"]),
    ("notify", &["model", "config", "net"]),
    (
        "engine",
        &["model", "clock", "query", "wire", "mib", "event", "config", "analyse", "net", "history", "state", "collect", "notify"],
    ),
    ("ui", &["model", "query", "state::view", "engine", "config", "mib", "report"]),
    (
        "cmd",
        &[
            "model",
            "query",
            "state::view",
            "engine",
            "config",
            "mib",
            "report",
            "cli",
            "ui",
            "sim",
            "wire",
            "clock",
            "net::privilege",
            "net::signal",
            "net::supervisor",
        ],
    ),
    ("main", &["cli", "cmd", "ui"]),
];

/// The one door of each crate: the path prefixes under which it may be named.
const DOORS: &[(&str, &[&str])] = &[
    ("ratatui", &["src/ui/"]),
    ("crossterm", &["src/ui/"]),
    ("crokey", &["src/ui/"]),
    ("tui_input", &["src/ui/"]),
    ("sled", &["src/history/sled/"]),
    ("pco", &["src/history/blocks/"]),
    ("rustix", &["src/history/sled/folder.rs", "src/history/sled/disk.rs", "src/net/"]),
    ("age", &["src/config/"]),
    ("prometheus_client", &["src/engine/metrics/"]),
    ("axum", &["src/net/http.rs", "src/net/http_guard.rs"]),
    ("tantivy", &["src/history/logs/"]),
    ("lz4_flex", &["src/history/logs/"]),
    ("regex_syntax", &["src/history/logs/"]),
    ("rustls", &["src/net/"]),
    ("tokio_rustls", &["src/net/"]),
    ("rustls_native_certs", &["src/net/"]),
    ("hyper", &["src/net/"]),
    ("hyper_util", &["src/net/"]),
    ("hyper_rustls", &["src/net/"]),
    ("http_body_util", &["src/net/"]),
    ("lettre", &["src/notify/"]),
    ("minijinja", &["src/notify/"]),
    ("pcap_file", &["src/wire/pcap"]),
    ("maxminddb", &["src/engine/country.rs"]),
    ("mib_rs", &["src/mib/smi.rs"]),
    ("snmp2", &["src/wire/snmp/"]),
    ("hmac", &["src/wire/snmp/", "src/history/audit/seal.rs"]),
    ("md5", &["src/wire/snmp/"]),
    ("sha1", &["src/wire/snmp/"]),
    ("sha2", &["src/wire/snmp/", "src/history/audit/frame.rs", "src/history/audit/seal.rs", "src/config/load.rs"]),
    ("aes", &["src/wire/snmp/"]),
    ("cfb_mode", &["src/wire/snmp/"]),
    ("cbc", &["src/wire/snmp/"]),
    ("des", &["src/wire/snmp/"]),
    ("surge_ping", &["src/net/icmp/"]),
    ("pnet", &["src/net/capture/", "src/wire/"]),
    ("socket2", &["src/net/"]),
    ("libc", &["src/net/"]),
    ("tokio", &["src/net/", "src/collect/", "src/engine/", "src/notify/", "src/cmd/", "src/sim/"]),
    ("tokio_util", &["src/net/", "src/collect/", "src/engine/", "src/notify/", "src/cmd/", "src/sim/"]),
    ("clap", &["src/cli.rs", "src/cli/"]),
    ("clap_complete", &["src/cli/pages.rs"]),
    ("clap_mangen", &["src/cli/pages.rs"]),
];

/// What only the clock's module may name.
const CLOCK_CALLS: &[&str] = &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"];

/// What only `net/` may name of the standard library.
const SOCKETS: &[&str] = &["UdpSocket", "TcpListener", "TcpStream", "UnixListener", "UnixStream", "UnixDatagram"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).expect("under the root").to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(path).expect("source"))
        })
        .collect()
}

/// `src/history/sled/mod.rs` → `[history, sled]`.
fn module_of(file: &str) -> Vec<String> {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// Every path that a file names, as segments; `crate::` and `super::` resolved to start with `crate`.
struct Paths {
    module: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    fn add(&mut self, segments: &[String]) {
        let mut rest = segments;
        let mut base: Option<Vec<String>> = None;
        match rest.first().map(String::as_str) {
            Some("crate" | "noctop") => {
                base = Some(Vec::new());
                rest = &rest[1..];
            }
            Some("self") => {
                base = Some(self.module.clone());
                rest = &rest[1..];
            }
            Some("super") => {
                let mut at = self.module.clone();
                while rest.first().is_some_and(|segment| segment == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
                base = Some(at);
            }
            _ => {}
        }
        let full = match base {
            Some(base) => std::iter::once("crate".to_owned()).chain(base).chain(rest.iter().cloned()).collect(),
            None => rest.to_vec(),
        };
        self.found.insert(full);
    }

    fn tree(&mut self, tree: &syn::UseTree, prefix: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.tree(&path.tree, prefix);
                prefix.pop();
            }
            syn::UseTree::Name(name) => self.leaf(&name.ident.to_string(), prefix),
            syn::UseTree::Rename(rename) => self.leaf(&rename.ident.to_string(), prefix),
            syn::UseTree::Glob(_) => self.add(prefix),
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.tree(item, prefix);
                }
            }
        }
    }

    fn leaf(&mut self, name: &str, prefix: &mut Vec<String>) {
        prefix.push(name.to_owned());
        self.add(prefix);
        prefix.pop();
    }
}

fn is_test_only(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("cfg") && attr.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_test_only(&item.attrs) {
            return;
        }
        self.module.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test_only(&item.attrs) {
            self.tree(&item.tree, &mut Vec::new());
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test_only(&item.attrs) {
            syn::visit::visit_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        syn::visit::visit_path(self, path);
    }
}

fn paths_of(file: &str, text: &str) -> BTreeSet<Vec<String>> {
    let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    if is_test_only(&parsed.attrs) {
        return BTreeSet::new();
    }
    let mut paths = Paths { module: module_of(file), found: BTreeSet::new() };
    paths.visit_file(&parsed);
    paths.found
}

/// Files that only exist under `#[cfg(test)] mod name;` in their parent.
fn test_only_files(sources: &[(String, String)]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (file, text) in sources {
        let parsed = syn::parse_file(text).expect("parses");
        let folder = if file.ends_with("/mod.rs") || file == "src/lib.rs" {
            file.rsplit_once('/').expect("slash").0.to_owned()
        } else {
            file.trim_end_matches(".rs").to_owned()
        };
        for item in parsed.items {
            if let syn::Item::Mod(module) = item
                && module.content.is_none()
                && is_test_only(&module.attrs)
            {
                names.insert(format!("{folder}/{}.rs", module.ident));
                names.insert(format!("{folder}/{}/", module.ident));
            }
        }
    }
    names
}

fn product_sources() -> Vec<(String, String)> {
    let all = sources();
    let test_only = test_only_files(&all);
    all.into_iter().filter(|(file, _)| !test_only.iter().any(|name| file.starts_with(name.as_str()))).collect()
}

#[test]
fn every_layer_imports_only_what_the_table_allows() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut faults = Vec::new();
    for (file, text) in product_sources() {
        let layer = module_of(&file).first().cloned().unwrap_or_default();
        if layer.is_empty() {
            continue;
        }
        let allowed = table.get(layer.as_str()).unwrap_or_else(|| panic!("{file}: layer {layer} is not in the table"));
        for path in paths_of(&file, &text) {
            let [first, target, rest @ ..] = path.as_slice() else { continue };
            if first != "crate" || *target == layer || !table.contains_key(target.as_str()) {
                continue;
            }
            let deeper = format!("{target}::{}", rest.first().map_or("", String::as_str));
            if !allowed.contains(&target.as_str()) && !allowed.contains(&deeper.as_str()) {
                faults.push(format!("{file}: {layer} may not import {}", path[1..].join("::")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whether `name` is a module of ours beside this `mod.rs`, and not the crate of that name.
fn is_own_module(file: &str, name: &str) -> bool {
    let Some(folder) = file.strip_suffix("mod.rs") else { return false };
    let folder = root().join(folder);
    folder.join(name).is_dir() || folder.join(format!("{name}.rs")).is_file()
}

#[test]
fn every_crate_has_one_door() {
    let mut faults = Vec::new();
    for (file, text) in product_sources() {
        for path in paths_of(&file, &text) {
            let Some(first) = path.first() else { continue };
            let door = DOORS.iter().find(|(name, _)| name == first);
            if let Some((name, doors)) = door
                && path.len() > 1
                && !is_own_module(&file, name)
                && !doors.iter().any(|door| file.starts_with(door))
            {
                faults.push(format!("{file}: {name} may be named only in {}", doors.join(", ")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_clock_says_now_and_only_net_opens_sockets() {
    let mut faults = Vec::new();
    for (file, text) in product_sources() {
        for path in paths_of(&file, &text) {
            let tail = path[path.len().saturating_sub(2)..].join("::");
            if file != "src/clock.rs" && CLOCK_CALLS.contains(&tail.as_str()) {
                faults.push(format!("{file}: {tail} belongs to src/clock.rs"));
            }
            if !file.starts_with("src/net/") && path.iter().any(|segment| SOCKETS.contains(&segment.as_str())) {
                faults.push(format!("{file}: {} belongs to src/net/", path.join("::")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_folder_says_what_it_is() {
    for (file, text) in sources() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 12, "{file} does not open with what it is");
        assert!(!text.contains("(being written)"), "{file} is still empty");
    }
}

#[test]
fn the_sample_can_be_followed() {
    let page = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md");
    let section = page.split("## Follow one sample").nth(1).expect("the section stands");
    let section = section.split("\n## ").next().expect("has text");
    let files: Vec<&str> = section.split('`').filter(|part| part.starts_with("src/") && part.ends_with(".rs")).collect();
    assert!((5..=7).contains(&files.len()), "the way of a sample has {} files: {files:?}", files.len());
    for file in files {
        assert!(root().join(file).is_file(), "{file} is on the way of a sample but does not exist");
    }
}

#[test]
fn a_numeric_oid_stands_only_in_mibs() {
    let oid = |word: &str| {
        word.strip_prefix("1.3.6.1.").is_some_and(|rest| {
            let arcs: Vec<&str> = rest.split('.').collect();
            arcs.len() >= 3 && arcs.iter().all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let mut faults = Vec::new();
    for (file, text) in product_sources() {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in product.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            if line.split(|c: char| !c.is_ascii_digit() && c != '.').any(oid) {
                faults.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "numeric OIDs belong to mibs/:\n{}", faults.join("\n"));
}

#[test]
fn nothing_of_this_machine_is_in_the_tree() {
    let tracked = std::process::Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let Ok(output) = tracked else {
        eprintln!("SKIPPED: git is not here, so the tracked files can't be listed");
        return;
    };
    // Written in two halves so that this file does not name them itself.
    let forbidden = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("crates-io.", "proxy")];
    for file in String::from_utf8_lossy(&output.stdout).lines().filter(|file| *file != "Cargo.lock") {
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        for word in forbidden {
            assert!(!text.contains(word), "{file} names {word}");
        }
    }
}

/// The cells of a table's row.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The words of a cell that stand in back ticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_limit_stands_in_its_page_as_it_is_with_a_test_and_a_use() {
    let page = fs::read_to_string(root().join("docs/LIMITS.md")).expect("docs/LIMITS.md");
    let (limits, others) = page.split_once("## Bounded otherwise").expect("two tables");
    let rows: Vec<Vec<&str>> = limits.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
    let told: Vec<(String, String, String)> =
        rows.iter().map(|row| (row[0].replace('`', ""), row[1].to_owned(), row[2].to_owned())).collect();
    let known: Vec<(String, String, String)> = noctop::model::limit::ALL
        .iter()
        .map(|limit| (limit.name().to_owned(), limit.most().to_string(), limit.at().word().to_owned()))
        .collect();
    assert_eq!(told, known, "docs/LIMITS.md and src/model/limit/catalog.rs differ");
    let sources = sources();
    let mut all: Vec<String> = sources.iter().map(|(_, text)| text.clone()).collect();
    let mut tests = Vec::new();
    rust_files(&root().join("tests"), &mut tests);
    all.extend(tests.iter().map(|path| fs::read_to_string(path).expect("a test")));
    let stands = |what: &str| all.iter().any(|text| text.contains(what));
    for row in &rows {
        assert!(quoted(row[4]).next().is_some(), "{} has no test", row[0]);
        quoted(row[4]).for_each(|test| assert!(stands(&format!("fn {test}(")), "{}: there is no test {test}", row[0]));
    }
    let catalog = fs::read_to_string(root().join("src/model/limit/catalog.rs")).expect("the catalog");
    let names = catalog.lines().filter_map(|line| line.trim().split_once(" = (\"")).map(|(name, _)| name.to_owned());
    let product = product_sources();
    for name in names {
        let used = |(file, text): &(String, String)| !file.ends_with("catalog.rs") && text.contains(&format!("limit::{name}"));
        assert!(product.iter().any(used), "nothing is held to limit::{name}");
    }
    for row in others.lines().filter(|line| line.starts_with("| ") && !line.contains("---")).map(cells) {
        for constant in quoted(row[1]) {
            assert!(stands(&format!("const {constant}:")), "there is no constant {constant}");
        }
    }
}
