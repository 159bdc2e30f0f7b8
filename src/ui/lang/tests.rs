use super::catalog::{KOREAN, korean};
use super::sentence::holes;
use super::{Lang, fill, sentence, speaking, tr};
use crate::ui::action::ACTIONS;
use crate::ui::command::COMMANDS;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

#[test]
fn templates_are_filled_in_turn_or_by_number() {
    assert_eq!(fill("{} of {}", &[&3, &4]), "3 of 4");
    assert_eq!(fill("{1}개 중 {0}개", &[&3, &4]), "4개 중 3개");
    assert_eq!(fill("no hole", &[]), "no hole");
    assert_eq!(fill("{} {", &[&1]), "1 ");
}

#[test]
fn holes_are_found_by_the_text_around_them() {
    assert_eq!(holes("{} of {} members down", "1 of 2 members down"), Some(vec!["1", "2"]));
    assert_eq!(holes("link {}", "link Te1/1/1 to dist-1"), Some(vec!["Te1/1/1 to dist-1"]));
    assert_eq!(holes("{} down", " up"), None);
    assert_eq!(holes("{} down", " down"), None);
    assert_eq!(holes("up", "up"), Some(vec![]));
}

#[test]
fn the_language_is_this_threads_and_ends_with_the_work() {
    assert_eq!(speaking(Lang::Ko, || tr("Overview")), "개요");
    assert_eq!(tr("Overview"), "Overview");
    assert_eq!(speaking(Lang::Ko, || sentence("core-9:nothing like it").into_owned()), "core-9:nothing like it");
}

#[test]
fn the_locale_names_the_language() {
    for (locale, lang) in
        [("ko_KR.UTF-8", Lang::Ko), ("ko", Lang::Ko), ("en_US.UTF-8", Lang::En), ("C", Lang::En), ("kok_IN", Lang::En)]
    {
        assert_eq!(Lang::from_locale(Some(locale)), lang, "{locale}");
    }
    assert_eq!(Lang::from_locale(None), Lang::En);
}

#[test]
fn every_table_is_read_and_agrees_with_the_others() {
    let mut seen: HashMap<String, (String, &str)> = HashMap::new();
    for (name, text) in KOREAN {
        let table: HashMap<String, String> = toml::from_str(text).unwrap_or_else(|error| panic!("ko/{name}.toml: {error}"));
        for (english, korean) in table {
            assert!(!korean.trim().is_empty() || english.trim().is_empty(), "ko/{name}.toml: {english:?} is empty");
            let holes = |text: &str| text.matches('{').count();
            assert_eq!(holes(&english), holes(&korean), "ko/{name}.toml: {english:?}");
            if let Some((other, file)) = seen.insert(english.clone(), (korean.clone(), name)) {
                assert_eq!(other, korean, "{english:?} stands in ko/{file}.toml and in ko/{name}.toml");
            }
        }
    }
}

/// Every literal in `tr("...")`, `trf!("...")` and `sentence("...")` of the console's sources.
fn literals() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui");
    for file in sources(&root) {
        let text = std::fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(&root).unwrap().display().to_string();
        if place.starts_with("lang") {
            continue;
        }
        for opening in ["tr(", "trf!(", "sentence("] {
            for (at, _) in text.match_indices(opening) {
                let before = text[..at].chars().next_back().unwrap_or(' ');
                if before.is_alphanumeric() || before == '_' {
                    continue;
                }
                if let Some(literal) = literal(text[at + opening.len()..].trim_start()) {
                    found.entry(literal).or_default().insert(place.clone());
                }
            }
        }
    }
    found
}

fn literal(text: &str) -> Option<String> {
    let body = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(out),
            '\\' => match chars.next()? {
                '\n' => {
                    let rest = chars.as_str().trim_start();
                    chars = rest.chars();
                }
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
    None
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn every_text_of_the_console_has_korean() {
    let has = |text: &str| text.trim().is_empty() || korean().text(text).is_some();
    let mut missing: Vec<String> =
        literals().into_iter().filter(|(text, _)| !has(text)).map(|(text, files)| format!("{text:?} in {files:?}")).collect();
    let words = ACTIONS.iter().flat_map(|action| [action.help, action.hint]).chain(COMMANDS.iter().map(|command| command.help));
    missing.extend(words.filter(|text| !has(text)).map(|text| format!("{text:?} of an action or a command")));
    assert!(missing.is_empty(), "{} texts have no Korean:\n{}", missing.len(), missing.join("\n"));
}
