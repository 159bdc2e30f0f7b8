//! What `doctor` prints: every outcome of every check, in both languages, at every width.

use super::show::{Look, write};
use super::*;
use crate::engine::doctor::{Group, examples};
use crate::ui::Lang;
use crate::ui::lang::{sentence, tr};
use crate::ui::text::width;

fn printed(checks: &[Check], (columns, set, lang): (usize, GlyphSet, Lang)) -> String {
    let mut out = Vec::new();
    let look = Look { columns, glyphs: Glyphs::new(set), coloured: false };
    speaking(lang, || write(checks, &look, &mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

/// A check of each kind, as a host has them that nobody prepared.
fn host() -> Vec<Check> {
    let wanted = [
        ("account", Verdict::Ok),
        ("ping", Verdict::Missing),
        ("traps", Verdict::Missing),
        ("receive buffers", Verdict::Warning),
        ("clock", Verdict::Unknown),
        ("store", Verdict::Ok),
        ("file", Verdict::Ok),
        ("socket", Verdict::Ok),
    ];
    let all = examples();
    let first = |(name, verdict)| all.iter().find(|check| (check.name, check.verdict) == (name, verdict)).cloned();
    wanted.into_iter().filter_map(first).collect()
}

#[test]
fn a_host_is_laid_out_at_each_width_and_language() {
    for (name, columns, set, lang) in [
        ("80", 80, GlyphSet::Unicode, Lang::En),
        ("80-ascii", 80, GlyphSet::Ascii, Lang::En),
        ("80-ko", 80, GlyphSet::Unicode, Lang::Ko),
        ("40", 40, GlyphSet::Unicode, Lang::En),
        ("40-ko", 40, GlyphSet::Cjk, Lang::Ko),
    ] {
        insta::assert_snapshot!(format!("doctor-{name}"), printed(&host(), (columns, set, lang)));
    }
}

#[test]
fn no_sentence_is_wider_than_the_terminal_and_no_command_loses_its_words() {
    let all = examples();
    for columns in [200, 100, 80, 60, 59, 40, 20, 3] {
        for lang in [Lang::En, Lang::Ko] {
            let text = printed(&all, (columns, GlyphSet::Unicode, lang));
            // One word of a command is never broken: paths and quoted texts are as long as they are.
            let wide = text.lines().filter(|line| width(line) > columns && line.split_whitespace().count() > 3);
            let of_sentences: Vec<&str> = wide.filter(|line| columns >= 40 && !line.contains(['/', '=', '\\'])).collect();
            assert!(of_sentences.is_empty(), "{columns} {lang:?}: {of_sentences:#?}");
        }
    }
}

#[test]
fn every_outcome_is_said_in_korean() {
    let korean = |text: &str| speaking(Lang::Ko, || sentence(text) != text);
    let mut missing: Vec<String> = Vec::new();
    for check in examples() {
        let sentences = std::iter::once(check.says.as_str()).chain(check.disables.as_deref());
        let steps = check.steps.iter().filter_map(|step| if let Step::Do(what) = step { Some(what.as_str()) } else { None });
        // What the system or another part says is carried over as it is.
        let own = |text: &&str| !["damaged", "no such file", "256", "it is version 0.2", "traps", "flows"].contains(text);
        missing.extend(sentences.chain(steps).filter(own).filter(|text| !korean(text)).map(str::to_owned));
        missing.extend(
            [check.name, check.group.title()]
                .into_iter()
                .filter(|name| *name != "syslog" && speaking(Lang::Ko, || tr(name) == *name))
                .map(str::to_owned),
        );
    }
    missing.sort();
    missing.dedup();
    // Names and figures alone.
    missing.retain(|text| !text.starts_with("eth9: ") && !text.ends_with(", 120x36") && !text.ends_with(": too many open files"));
    assert!(missing.is_empty(), "{} texts have no Korean:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn the_exit_code_is_that_of_the_worst() {
    let of = |verdict| examples().into_iter().filter(|check| check.verdict <= verdict).collect::<Vec<_>>();
    let codes = [Verdict::Ok, Verdict::Warning, Verdict::Unknown, Verdict::Missing].map(|verdict| code(&of(verdict)));
    assert_eq!(codes, [EXIT_OK, EXIT_OK, EXIT_FAILED, EXIT_PARTIAL]);
    assert_eq!(code(&[]), EXIT_OK);
}

#[test]
fn programs_are_told_all_of_it() {
    let document = serde_json::to_value(document(&host())).unwrap();
    assert_eq!(document["schema"], "noctop.doctor/1");
    assert_eq!(document["summary"]["missing"], 2);
    let ping = document["checks"].as_array().unwrap().iter().find(|check| check["check"] == "ping").unwrap();
    assert_eq!(
        (&ping["verdict"], &ping["steps"][0]["kind"], &ping["steps"][1]["kind"]),
        (&"missing".into(), &"run".into(), &"or".into())
    );
    assert!(ping["disables"].as_str().unwrap().starts_with("reachability"));
    assert!(Group::ALL.iter().all(|group| examples().iter().any(|check| check.group == *group)));
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    let mut out = Vec::new();
    let look = Look { columns: 80, glyphs: Glyphs::new(GlyphSet::Unicode), coloured: true };
    write(&host(), &look, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("\x1b[1;31m✗\x1b[0m") && !printed(&host(), (80, GlyphSet::Unicode, Lang::En)).contains('\x1b'));
}
