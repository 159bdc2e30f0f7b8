//! `noctop manual`: the manual that is in the binary, for hosts from which no browser reaches anything.
//!
//! Chapters in prose are the files of `docs/manual/`; those of reference are made here from the tables of the program, so that they can't say
//! what it does not do. `tests/manual.rs` holds the files of the tree against both. It must not know an engine: nothing is asked of one.
//! Start at [`chapters`], then `reference`.

mod chapters;
mod page;
mod reference;

pub use chapters::{CHAPTERS, Chapter, Text};

use super::{Failure, Outcome, written};
use crate::cli::ManualArgs;
use crate::ui::Lang;
use std::io::Write;
use std::path::Path;

/// Prints a chapter, or which there are; with `--write` the chapters of reference go into files.
///
/// # Errors
/// Exit code 2 for a chapter that there is not, 1 where a file can't be written.
pub fn run(args: &ManualArgs, lang: Lang, out: &mut dyn Write) -> Outcome {
    if let Some(folder) = &args.write {
        write(folder)?;
        return Ok(crate::cli::EXIT_OK);
    }
    let Some(name) = &args.chapter else { return written(list(lang, out)) };
    let wanted = name.trim_end_matches(".md");
    let found = CHAPTERS.iter().find(|chapter| chapter.name == wanted || chapter.name.rsplit('/').next() == Some(wanted));
    let Some(chapter) = found else {
        let known: Vec<&str> = CHAPTERS.iter().map(|chapter| chapter.name).collect();
        return Err(Failure::usage(format!("there is no chapter {name:?}; there are: {}", known.join(", "))));
    };
    written(out.write_all(chapter.text(lang).as_bytes()))
}

fn list(lang: Lang, out: &mut dyn Write) -> std::io::Result<()> {
    let widest = CHAPTERS.iter().map(|chapter| chapter.name.len()).max().unwrap_or_default();
    for chapter in CHAPTERS {
        writeln!(out, "{:widest$}  {}", chapter.name, chapter.title(lang))?;
    }
    Ok(())
}

/// Writes the chapters that are made of tables below `folder`, in each language.
fn write(folder: &Path) -> Result<(), Failure> {
    for (path, text) in made() {
        let path = folder.join(path);
        let failed = |error| Failure::failed(format!("{}: {error}", path.display()));
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
        std::fs::write(&path, text).map_err(failed)?;
    }
    Ok(())
}

/// The chapters that are made of tables: path below `docs/manual`, and text.
pub fn made() -> Vec<(String, String)> {
    let of = |lang: Lang| {
        let made = CHAPTERS.iter().filter(|chapter| matches!(chapter.source, Text::Made(_)));
        made.map(move |chapter| (format!("{}/{}.md", lang.name(), chapter.name), chapter.text(lang).into_owned()))
    };
    Lang::NAMES.iter().flat_map(|(_, lang)| of(*lang)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(chapter: Option<&str>, lang: Lang) -> (Outcome, String) {
        let args = ManualArgs { chapter: chapter.map(str::to_owned), write: None };
        let mut out = Vec::new();
        let outcome = run(&args, lang, &mut out);
        (outcome, String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_chapter_is_listed_and_printed_in_every_language() {
        for (_, lang) in Lang::NAMES {
            let (_, list) = printed(None, lang);
            for chapter in CHAPTERS {
                assert!(list.contains(&format!("{} ", chapter.name)), "{list}");
                let (outcome, text) = printed(Some(chapter.name), lang);
                assert_eq!(outcome.unwrap(), 0);
                assert!(text.starts_with("# ") && text.ends_with('\n'), "{}: {:?}", chapter.name, text.lines().next());
            }
        }
    }

    #[test]
    fn a_chapter_of_reference_is_found_by_its_last_word_too() {
        assert_eq!(printed(Some("keys"), Lang::En).1, printed(Some("reference/keys.md"), Lang::En).1);
        assert_eq!(printed(Some("nonsense"), Lang::En).0.unwrap_err().code, crate::cli::EXIT_USAGE);
    }
}
