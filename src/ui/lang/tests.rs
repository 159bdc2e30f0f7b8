//! No text without a translation, and sentences put together anew.

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
    assert_eq!(holes("{} polls not answered: {}", "up > down (2 polls not answered: x)"), None);
}

#[test]
fn the_language_is_this_threads_and_ends_with_the_work() {
    assert_eq!(speaking(Lang::Ko, || tr("Overview")), "개요");
    assert_eq!(tr("Overview"), "Overview");
    assert_eq!(speaking(Lang::Ko, || sentence("core-9:nothing like it").into_owned()), "core-9:nothing like it");
}

#[test]
fn sentences_of_the_engine_are_put_together_anew() {
    let korean = |text| speaking(Lang::Ko, || sentence(text).into_owned());
    for (english, wanted) in [
        ("2 polls not answered: no answer to 3 requests in 3.0 s", "수집 2회 무응답: 3회 요청에 3.0초 동안 응답 없음"),
        ("down, link to acc-b4-03, flapping: 31 changes in 10 min", "다운, acc-b4-03 링크, 플래핑: 10분간 31회"),
        ("2 ports added, VLANs changed", "포트 2개 추가, VLAN 변경"),
        ("core-1, core-2", "core-1, core-2"),
        ("up > down", "정상 > 다운"),
        (
            "up > down (2 polls not answered: no answer to 3 requests in 3.0 s)",
            "정상 > 다운 (수집 2회 무응답: 3회 요청에 3.0초 동안 응답 없음)",
        ),
        ("device-down: 2 polls not answered", "device-down: 수집 2회 무응답"),
        ("cpu: processors 96% busy", "cpu: CPU 사용률 96%"),
        ("ap-down: down: wlc-1 has lost it", "ap-down: 다운: wlc-1에서 끊김"),
        ("fanspeed critical", "팬 속도 심각"),
    ] {
        assert_eq!(korean(english), wanted);
    }
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
        let (own, sentences) = super::catalog::read(text).unwrap_or_else(|error| panic!("ko/{name}.toml: {error}"));
        for (english, korean) in own.into_iter().chain(sentences) {
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
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let tables = text.match_indices("title: \"").map(|(at, found)| at + found.len() - 1).chain(headings(text));
        for title in tables.filter_map(|at| literal(&text[at..])) {
            found.entry(title).or_default().insert(place.clone());
        }
        if place == "text.rs" {
            for sentence in sentences_of(text) {
                found.entry(sentence).or_default().insert(place.clone());
            }
        }
        for several in counted(text) {
            found.entry(several).or_default().insert(place.clone());
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

/// The texts for several things of `trn!(count, "one", "several")`: those for one are English alone.
fn counted(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (at, opening) in text.match_indices("trn!(") {
        let given = &text[at + opening.len()..];
        let one = given.find('"').expect("a count and two texts");
        let behind = &given[one + 1..];
        // The text for one has nothing escaped in it.
        let (_, behind) = behind.split_once('"').expect("the text for one ends");
        let several = behind.trim_start_matches(',').trim_start();
        all.push(literal(several).expect("the text for several"));
    }
    all
}

#[test]
fn one_thing_has_its_own_words_where_the_language_has() {
    let said =
        |count: usize| (crate::trn!(count, "1 hop of {}", "{} hops of {}", "core-1"), crate::trn!(count, "1 port", "{} ports"));
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(said(1), pair("1 hop of core-1", "1 port"));
    assert_eq!(said(0), pair("0 hops of core-1", "0 ports"));
    assert_eq!(said(12), pair("12 hops of core-1", "12 ports"));
    assert_eq!(speaking(Lang::Ko, || said(1)), pair("core-1에서 1홉", "포트 1개"));
}

/// Where the first literal of a `column((` stands.
fn headings(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.match_indices("column((\"").map(|(at, found)| at + found.len() - 1)
}

/// The literals of the table of sentences.
fn sentences_of(text: &str) -> Vec<String> {
    let table =
        text.split_once("EN: Sentences = Sentences {").and_then(|(_, rest)| rest.split_once("\n};")).map(|(table, _)| table);
    let mut rest = table.expect("the table of sentences");
    let mut all = Vec::new();
    while let Some(at) = rest.find('"') {
        let Some(found) = literal(&rest[at..]) else { break };
        let quoted = rest[at + 1..].char_indices().scan(false, |escaped, (at, c)| {
            let end = c == '"' && !*escaped;
            *escaped = c == '\\' && !*escaped;
            Some((at, end))
        });
        let end = quoted.filter(|(_, end)| *end).map(|(at, _)| at).next().unwrap_or(0);
        rest = &rest[at + 1 + end + 1..];
        all.push(found);
    }
    all
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
