//! `noctop man`: the options and commands of the command line, and the keys and commands of the console, out of their tables.

use super::{Failure, Outcome, written};
use crate::cli::{EXIT_OK, ManArgs};
use crate::ui::action::ACTIONS;
use crate::ui::command::COMMANDS;
use crate::ui::keymap::Keymap;
use std::io::{self, Write};
use std::path::Path;

/// The main page to `out`, or all of them into a folder.
///
/// # Errors
/// The folder, or a file in it, can't be written.
pub fn run(args: &ManArgs, out: &mut dyn Write) -> Outcome {
    match &args.to {
        None => written(write(out)),
        Some(folder) => {
            let done = write_all(folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())));
            done.map(|()| EXIT_OK)
        }
    }
}

fn write_all(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut main = Vec::new();
    write(&mut main)?;
    std::fs::write(folder.join("noctop.1"), main)?;
    crate::cli::man_pages()?.into_iter().try_for_each(|(name, roff)| std::fs::write(folder.join(name), roff))
}

/// Writes the whole page.
///
/// Errors: those of `out`.
pub fn write(out: &mut dyn Write) -> io::Result<()> {
    crate::cli::write_man(out)?;
    let (keymap, _) = Keymap::load("default", None);
    section(out, "KEYS OF THE CONSOLE", "The default keymap; `noctop keys` prints the one in force.")?;
    for action in ACTIONS {
        let keys: Vec<String> = keymap.keys(action.name).iter().map(ToString::to_string).collect();
        let access = if action.writes { ", with --read-write" } else { "" };
        let words = format!("{} ({}, {}{access})", action.help, action.context.word(), action.name);
        entry(out, &keys.join(", "), &words)?;
    }
    section(out, "COMMANDS OF THE CONSOLE", "After a colon; Tab completes them. Every action is one by its name, too.")?;
    for command in COMMANDS {
        entry(out, format!(":{} {}", command.name, command.argument.word()).trim_end(), command.help)?;
    }
    Ok(())
}

fn section(out: &mut dyn Write, title: &str, words: &str) -> io::Result<()> {
    writeln!(out, ".SH {}\n{}", escaped(title), escaped(words))
}

fn entry(out: &mut dyn Write, head: &str, words: &str) -> io::Result<()> {
    writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(head), escaped(words))
}

/// Text in which nothing is a request or an escape of roff (groff(7)).
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_and_command_is_in_the_page() {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(page.contains(".SH KEYS OF THE CONSOLE"));
        for name in ACTIONS.iter().map(|action| action.name) {
            assert!(page.contains(&escaped(name)), "{name}");
        }
        assert!(COMMANDS.iter().all(|command| page.contains(&escaped(&format!(":{}", command.name)))));
        assert!(page.lines().all(|line| !line.starts_with("\\fB.")));
    }

    #[test]
    fn every_command_has_a_page_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        run(&ManArgs { to: Some(folder.path().join("man1")) }, &mut Vec::new()).unwrap();
        let page = |name: &str| std::fs::read_to_string(folder.path().join("man1").join(name)).unwrap();
        for command in crate::cli::command().get_subcommands() {
            assert!(page(&format!("noctop-{}.1", command.get_name())).contains(".SH SYNOPSIS"), "{}", command.get_name());
        }
        assert!(page("noctop-store-backup.1").contains("backup"));
        assert!(page("noctop.1").contains(".SH KEYS OF THE CONSOLE"));
    }

    #[test]
    fn what_roff_would_take_for_its_own_is_escaped() {
        assert_eq!((escaped(".SH x"), escaped("a\\b"), escaped("--x")), ("\\&.SH x".into(), "a\\eb".into(), "\\-\\-x".into()));
    }
}
