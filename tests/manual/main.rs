//! The manual: its reference is what the program's tables say, its links lead somewhere, its Korean keeps in step, its commands are commands
//! and run on the demo. `NOCTOP_BLESS=1 cargo test --test manual` writes the reference anew.
//!
//! A code block `sh` is tried unless `<!-- not run: WHY -->` stands on the line before it; then its commands are only read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may end at once")]

mod demo;
mod markdown;
mod shell;

use markdown::Page;
use noctop::cmd::manual::{CHAPTERS, Text, made};
use noctop::ui::Lang;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folder(lang: Lang) -> PathBuf {
    root().join("docs/manual").join(lang.name())
}

/// Every page of the manual in a language.
fn pages(lang: Lang) -> Vec<Page> {
    CHAPTERS.iter().map(|chapter| Page::read(&folder(lang).join(format!("{}.md", chapter.name)))).collect()
}

/// The pages that are written by hand, by name, in both languages.
fn written() -> Vec<(&'static str, Page, Page)> {
    let of = |lang: Lang, name: &str| Page::read(&folder(lang).join(format!("{name}.md")));
    let written = CHAPTERS.iter().filter(|chapter| matches!(chapter.source, Text::Written(..)));
    written.map(|chapter| (chapter.name, of(Lang::En, chapter.name), of(Lang::Ko, chapter.name))).collect()
}

fn all_pages() -> Vec<Page> {
    let readme = Page::read(&root().join("README.md"));
    pages(Lang::En).into_iter().chain(pages(Lang::Ko)).chain([readme]).collect()
}

#[test]
fn the_reference_is_what_the_tables_say() {
    let mut stale = Vec::new();
    for (name, text) in made() {
        let path = root().join("docs/manual").join(&name);
        if std::env::var_os("NOCTOP_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != text {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "out of date: {}\nNOCTOP_BLESS=1 cargo test --test manual reference", stale.join(", "));
}

#[test]
fn no_page_is_left_over() {
    let known: BTreeSet<PathBuf> = Lang::NAMES
        .iter()
        .flat_map(|(_, lang)| CHAPTERS.iter().map(|chapter| folder(*lang).join(format!("{}.md", chapter.name))))
        .collect();
    for (_, lang) in Lang::NAMES {
        for folder in [folder(lang), folder(lang).join("reference")] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                assert!(
                    path.is_dir() || known.contains(&path),
                    "{} is no chapter: noctop::cmd::manual::CHAPTERS",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn links_and_pictures_lead_somewhere() {
    let mut dead = Vec::new();
    for page in all_pages() {
        for link in page.links.iter().chain(&page.pictures).filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let path = if file.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(file) };
            let there = path.is_file() || (path.is_dir() && anchor.is_none());
            if !there || anchor.is_some_and(|anchor| !Page::read(&path).has_anchor(anchor)) {
                dead.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn every_picture_is_shown() {
    let shown: BTreeSet<String> = all_pages()
        .iter()
        .flat_map(|page| &page.pictures)
        .filter_map(|picture| Path::new(picture).file_name().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    for entry in fs::read_dir(root().join("screenshots")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(!name.ends_with(".svg") || shown.contains(&name), "no page shows screenshots/{name}");
    }
}

#[test]
fn korean_keeps_in_step_with_english() {
    for (name, english, korean) in written() {
        let levels = |page: &Page| page.headings.iter().map(|heading| heading.level).collect::<Vec<_>>();
        assert_eq!(levels(&english), levels(&korean), "{name}: headings");
        if name != "README" {
            assert_eq!(english.pictures, korean.pictures, "{name}: pictures");
        }
        let files = |page: &Page| page.links.iter().map(|link| link.split('#').next().unwrap().to_owned()).collect::<Vec<_>>();
        let (mut english_links, mut korean_links) = (files(&english), files(&korean));
        for links in [&mut english_links, &mut korean_links] {
            links.retain(|link| !link.ends_with("/README.md"));
            links.sort();
        }
        assert_eq!(english_links, korean_links, "{name}: links");
        assert_eq!(english.rows, korean.rows, "{name}: rows of tables");
        assert_eq!(english.blocks.len(), korean.blocks.len(), "{name}: code blocks");
        for (one, other) in english.blocks.iter().zip(&korean.blocks) {
            assert_eq!((&one.kind, &one.not_run), (&other.kind, &other.not_run), "{name}: {}", one.text);
            assert_eq!(shell::without_comments(&one.text), shell::without_comments(&other.text), "{name}");
        }
    }
}

/// Every command of noctop in the blocks of the manual, and whether it is to be run.
fn commands() -> Vec<(String, Vec<String>, bool)> {
    let mut found = Vec::new();
    for page in all_pages() {
        let is_readme = page.path == root().join("README.md");
        for block in page.blocks.iter().filter(|block| block.kind == "sh") {
            for words in shell::commands(&block.text).into_iter().filter_map(shell::of_noctop) {
                found.push((page.path.display().to_string(), words, block.not_run.is_none() && !is_readme));
            }
        }
    }
    found
}

#[test]
fn every_command_is_one_that_the_command_line_takes() {
    let mut wrong = Vec::new();
    let mut known = 0;
    let check = |words: &[String]| noctop::cli::command().try_get_matches_from(words);
    for (page, words, _) in commands() {
        known += 1;
        if let Err(error) = check(&words)
            && error.use_stderr()
        {
            wrong.push(format!("{page}: {}\n{error}", words.join(" ")));
        }
    }
    for command in noctop::cli::described() {
        let examples = command.more.iter().flat_map(|more| more.lines()).filter_map(|line| {
            let line = line.trim_start().trim_start_matches("Examples:").trim_start_matches("Example:").trim_start();
            line.starts_with("noctop ").then(|| line.split("  ").next().unwrap_or(line))
        });
        for words in examples.flat_map(shell::commands).filter_map(shell::of_noctop) {
            known += 1;
            if let Err(error) = check(&words)
                && error.use_stderr()
            {
                wrong.push(format!("--help of {}: {}\n{error}", command.name, words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(known > 100, "only {known} commands were found");
}

/// A configuration whose secrets all stand in one file that there is.
fn with_secrets(text: &str, file: &Path) -> String {
    let is_secret = |part: &str| part.starts_with("file:/") || part.starts_with("env:");
    let parts = text.split('"').map(|part| if is_secret(part) { format!("file:{}", file.display()) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("\"")
}

#[test]
fn every_configuration_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "https://example.net/secret").unwrap();
    let mut known = 0;
    for page in all_pages() {
        for block in page.blocks.iter().filter(|block| block.kind == "toml" && block.not_run.is_none()) {
            known += 1;
            let faults = noctop::config::parse("the manual", &with_secrets(&block.text, &secret)).err().unwrap_or_default();
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            assert!(faults.is_empty(), "{}: {}\n{}", page.path.display(), faults.join("\n"), block.text);
        }
    }
    assert!(known > 10, "only {known} configurations were found");
}

#[test]
fn every_command_that_is_not_marked_runs_on_the_demo() {
    let mut all: Vec<Vec<String>> = commands().into_iter().filter(|(_, _, run)| *run).map(|(_, words, _)| words).collect();
    all.sort();
    all.dedup();
    let Some(demo) = demo::Demo::start() else { return };
    let mut wrong = Vec::new();
    for words in &all {
        let output = demo.noctop(words);
        if !output.status.success() {
            wrong.push(format!("{}: {:?} {}", words.join(" "), output.status.code(), String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all.len() > 40, "only {} commands were found", all.len());
    whoever_may_not_read_the_secrets_can_still_ask(&demo);
}

/// An operator sees the daemon's configuration and not its secrets.
fn whoever_may_not_read_the_secrets_can_still_ask(demo: &demo::Demo) {
    let config = "[[credential]]\nversion = \"2c\"\ncommunity = \"file:/no/such/secret\"\n";
    let output = demo.noctop_by(config, &["devices", "--limit", "1"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !output.stdout.is_empty(), "{said}");
    assert!(said.contains("/no/such/secret") && said.contains("the configuration is left out"), "{said}");
    assert_eq!(demo.noctop_by(config, &["config", "check"]).status.code(), Some(2));
}
