//! The table of docs/FAULTS.md: every test that it names exists, and every test of this folder stands in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let nested = entries.map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    nested.flatten().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// Names of functions under `#[test]` and the like.
fn tests_of(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in sources(folder).iter().map(|path| fs::read_to_string(path).unwrap()) {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let name = line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split('(').next());
            if let Some(name) = name.filter(|_| std::mem::take(&mut is_test)) {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// The backticked words of the last column.
fn named() -> BTreeSet<String> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/FAULTS.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let last = rows.skip(1).filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    last.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn the_table_of_faults_names_tests_that_exist_and_all_that_are_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (named, here) = (named(), tests_of(&root.join("tests/faults")));
    let all: BTreeSet<String> = tests_of(&root.join("tests")).union(&tests_of(&root.join("src"))).cloned().collect();
    let absent: Vec<&String> = named.difference(&all).collect();
    assert!(absent.is_empty(), "docs/FAULTS.md names tests that do not exist: {absent:?}");
    let own = "the_table_of_faults_names_tests_that_exist_and_all_that_are_here";
    let unnamed: Vec<&String> = here.difference(&named).filter(|name| *name != own).collect();
    assert!(unnamed.is_empty(), "not in docs/FAULTS.md: {unnamed:?}");
    assert!(named.len() > 20, "{named:?}");
}
