//! What is linked into noctop, held against deny.toml without cargo-deny: licences, sources, bans, and packages that compile C. And where
//! `unsafe` stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may end at once")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages that compile C or assembly: docs/decisions/0080-packages-of-alarms.md and 0098-allocator.md.
const COMPILE_C: &[&str] = &["libmimalloc-sys", "ring"];

/// What packages compile C with.
const C_BUILDERS: &[&str] = &["bindgen", "cc", "cmake", "nasm-rs", "pkg-config"];

/// The files in which `unsafe` may stand. A new one is a reason that is written down there, and a line here.
const UNSAFE_FILES: &[&str] = &[
    "src/net/capture/announcements.rs",
    "src/net/capture/ring.rs",
    "src/net/capture/socket.rs",
    "src/net/icmp/ping.rs",
    "src/net/icmp/socket.rs",
    "src/net/intake.rs",
    "src/net/peer.rs",
    "src/net/pktinfo.rs",
    "src/net/priority.rs",
    "src/net/process.rs",
    "src/net/sockaddr.rs",
    "src/net/timekeeping.rs",
    "src/net/udp.rs",
];

/// Lines above an `unsafe` block in which its reason may stand: a statement may be broken over some.
const REASON_WITHIN: usize = 5;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn deny() -> toml::Table {
    fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn words(table: &toml::Table, section: &str, key: &str) -> BTreeSet<String> {
    table[section][key].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// What cargo would build for the targets that are shipped, tests left out: a line for each package, by the lock file.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for target in words(&deny(), "graph", "targets") {
        let fixed = ["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none", "--target", &target];
        let output = Command::new(env!("CARGO")).args(fixed).args(arguments).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        lines.extend(String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(str::to_owned));
    }
    lines
}

/// The packages that are linked into noctop or run when it is built: name and licence.
fn shipped() -> BTreeSet<(String, String)> {
    let lines = tree(&["--format", "{p}|{l}"]);
    let pair = |line: &String| {
        let (package, licence) = line.trim_end_matches(" (*)").split_once('|')?;
        Some((package.split(' ').next()?.to_owned(), licence.to_owned()))
    };
    let mut packages: BTreeSet<(String, String)> = lines.iter().filter_map(pair).collect();
    packages.retain(|(name, _)| name != "noctop");
    assert!(packages.len() > 200, "{} packages", packages.len());
    packages
}

/// Whether a licence expression (SPDX 2.3 annex D; older packages write `/` for OR) can be met with licences that are allowed.
fn is_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut tokens: Vec<String> = spaced.split_whitespace().rev().map(str::to_owned).collect();
    let met = any_of(&mut tokens, allowed);
    assert!(tokens.is_empty(), "{expression}: {tokens:?} is left");
    met
}

fn any_of(tokens: &mut Vec<String>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all_of(tokens, allowed);
    while tokens.pop_if(|token| token == "OR").is_some() {
        met |= all_of(tokens, allowed);
    }
    met
}

fn all_of(tokens: &mut Vec<String>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one_of(tokens, allowed);
    while tokens.pop_if(|token| token == "AND").is_some() {
        met &= one_of(tokens, allowed);
    }
    met
}

fn one_of(tokens: &mut Vec<String>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut licence = tokens.pop().expect("a licence");
    if licence == "(" {
        let met = any_of(tokens, allowed);
        assert_eq!(tokens.pop().as_deref(), Some(")"));
        return met;
    }
    if tokens.pop_if(|token| token == "WITH").is_some() {
        licence = format!("{licence} WITH {}", tokens.pop().expect("an exception"));
    }
    allowed(&licence)
}

#[test]
fn a_licence_expression_is_met_by_any_way_through_it() {
    let allowed = |licence: &str| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
    for (expression, met) in [
        ("MIT", true),
        ("GPL-2.0-only", false),
        ("GPL-2.0-only OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("Apache-2.0 / MIT / MPL-2.0", true),
        ("MIT AND Unicode-3.0", false),
        ("(MIT OR Apache-2.0) AND ISC", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0 AND ISC OR MIT", true),
    ] {
        assert_eq!(is_met(expression, &allowed), met, "{expression}");
    }
}

#[test]
fn every_package_has_a_licence_that_is_allowed() {
    let deny = deny();
    let allowed = words(&deny, "licenses", "allow");
    let exceptions: BTreeMap<&str, BTreeSet<&str>> = deny["licenses"]["exceptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["crate"].as_str().unwrap(), one["allow"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect())
        })
        .collect();
    let packages = shipped();
    let may =
        |name: &str, licence: &str| allowed.contains(licence) || exceptions.get(name).is_some_and(|more| more.contains(licence));
    let faults: Vec<String> = packages
        .iter()
        .filter(|(name, licence)| licence.is_empty() || !is_met(licence, &|one: &str| may(name, one)))
        .map(|(name, licence)| format!("{name}: {licence:?}"))
        .collect();
    assert!(faults.is_empty(), "licences that deny.toml does not allow:\n{}", faults.join("\n"));
    let stale: Vec<_> = exceptions.keys().filter(|known| !packages.iter().any(|(name, _)| name == **known)).collect();
    assert!(stale.is_empty(), "exceptions for packages that are not linked any more: {stale:?}");
}

#[test]
fn no_banned_package_is_linked_and_only_those_named_compile_c() {
    let deny = deny();
    let banned: BTreeSet<&str> =
        deny["bans"]["deny"].as_array().unwrap().iter().map(|one| one["crate"].as_str().unwrap()).collect();
    let packages = shipped();
    for (name, _) in &packages {
        assert!(!banned.contains(name.as_str()), "{name} is banned by deny.toml");
    }
    let mut compile_c = BTreeSet::new();
    for builder in C_BUILDERS.iter().filter(|builder| packages.iter().any(|(name, _)| name == *builder)) {
        let users = tree(&["--invert", builder, "--depth", "1"]);
        compile_c
            .extend(users.iter().filter_map(|line| line.split(' ').next().map(str::to_owned)).filter(|name| name != builder));
    }
    assert_eq!(compile_c.iter().map(String::as_str).collect::<Vec<_>>(), COMPILE_C);
}

/// Of a lock file the packages: their name, version and what they depend on.
fn locked(file: &str) -> Vec<(String, String, Vec<String>)> {
    let lock: toml::Table = fs::read_to_string(root().join(file)).unwrap().parse().unwrap();
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    let needs = |package: &toml::Value| {
        let all = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        all.map(|one| one.as_str().unwrap().split(' ').next().unwrap().to_owned()).collect()
    };
    let packages = lock["package"].as_array().unwrap();
    packages.iter().map(|package| (text(package, "name"), text(package, "version"), needs(package))).collect()
}

#[test]
fn fuzz_targets_are_built_of_the_versions_that_are_shipped() {
    let (ours, theirs) = (locked("Cargo.lock"), locked("tests/fuzz/Cargo.lock"));
    let shipped: BTreeSet<(&str, &str)> = ours.iter().map(|(name, version, _)| (name.as_str(), version.as_str())).collect();
    let names: BTreeSet<&str> = shipped.iter().map(|(name, _)| *name).collect();
    let is_other = |name: &str, version: &str| names.contains(name) && !shipped.contains(&(name, version));
    let others: Vec<String> = theirs
        .iter()
        .filter(|(name, version, _)| is_other(name, version))
        .map(|(name, version, _)| format!("{name} {version}"))
        .collect();
    assert!(others.is_empty(), "copy Cargo.lock to tests/fuzz and run cargo metadata there: {others:?}");
    let linked: BTreeSet<String> =
        tree(&["--depth", "1"]).iter().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect();
    let of_noctop = &theirs.iter().find(|(name, ..)| name == "noctop").unwrap().2;
    let missing: Vec<&String> = linked.iter().filter(|name| *name != "noctop" && !of_noctop.contains(*name)).collect();
    assert!(missing.is_empty(), "the lock file of the fuzz targets knows nothing of {missing:?}");
}

#[test]
fn every_package_comes_from_the_registry_with_its_checksum() {
    let allowed = words(&deny(), "sources", "allow-registry");
    for lock in ["Cargo.lock", "tests/fuzz/Cargo.lock"] {
        let lock: toml::Table = fs::read_to_string(root().join(lock)).unwrap().parse().unwrap();
        for package in lock["package"].as_array().unwrap() {
            let (name, source) = (package["name"].as_str().unwrap(), package.get("source").and_then(toml::Value::as_str));
            match source {
                None => assert!(["noctop", "noctop-fuzz"].contains(&name), "{name} is no package of a registry"),
                Some(source) => {
                    let registry = source.strip_prefix("registry+").unwrap_or_else(|| panic!("{name} comes from {source}"));
                    assert!(allowed.contains(registry), "{name} comes from {registry}");
                    let sum = package.get("checksum").and_then(toml::Value::as_str).unwrap_or_default();
                    assert!(sum.len() == 64, "{name} has no checksum");
                }
            }
        }
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// Whether a line of code has the keyword: not in a comment, a string or another word.
fn says_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices("unsafe").any(|(at, word)| {
        let (before, after) = (code[..at].chars().next_back(), code[at + word.len()..].chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word) && code[..at].matches('"').count().is_multiple_of(2)
    })
}

#[test]
fn unsafe_stands_in_named_files_alone_and_each_has_its_reason() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    let mut found = BTreeSet::new();
    let mut faults = Vec::new();
    for path in files {
        let file = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (number, _) in lines.iter().enumerate().filter(|(_, line)| says_unsafe(line)) {
            found.insert(file.clone());
            let above = &lines[number.saturating_sub(REASON_WITHIN)..number];
            // A reason says something: "SAFETY:" alone is none.
            let has_reason =
                above.iter().any(|line| line.split_once("// SAFETY:").is_some_and(|(_, reason)| reason.trim().len() >= 8));
            if !has_reason {
                faults.push(format!("{file}:{}: no // SAFETY: above", number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), UNSAFE_FILES, "the files in which unsafe stands");
}

#[test]
fn unsafe_is_denied_for_the_crate_and_allowed_by_those_files_alone() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("deny"));
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    let mut allowing: Vec<String> = files
        .into_iter()
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap();
            text.split("unsafe_code").nth(1).is_some()
        })
        .map(|path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned())
        .collect();
    allowing.sort();
    assert_eq!(allowing, UNSAFE_FILES);
}
