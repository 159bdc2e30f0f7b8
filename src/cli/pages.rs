//! What the command line itself is made into: manual pages and completions, and the options of `man` and `completions`.

use super::command;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `completions`
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Shells that completions can be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are the shells'")]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
}

/// `man`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop man | man -l -                       the page of noctop with all keys
  noctop man --to /usr/local/share/man/man1   a page for each command: noctop-discover(1), noctop-store-backup(1), ...")]
pub struct ManArgs {
    /// Write a page for each command into this folder, instead of the main page to stdout
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
}

/// The main manual page as roff.
pub fn write_man(out: &mut dyn std::io::Write) -> std::io::Result<()> {
    page(command()).render(out)
}

/// A manual page of every command below the main one, as file name and roff.
///
/// # Errors
/// None that a page in memory has.
pub fn man_pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut main = command().disable_help_subcommand(true);
    main.build();
    let mut pages = Vec::new();
    let mut open: Vec<clap::Command> = main.get_subcommands().cloned().collect();
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        let page = page(command);
        let mut roff = Vec::new();
        page.render(&mut roff)?;
        pages.push((page.get_filename(), roff));
    }
    pages.sort();
    Ok(pages)
}

fn page(command: clap::Command) -> clap_mangen::Man {
    clap_mangen::Man::new(command).source(concat!("noctop ", env!("CARGO_PKG_VERSION"))).manual("noctop")
}

/// Completions for a shell.
pub fn write_completions(shell: Shell, out: &mut dyn std::io::Write) {
    use clap_complete::{Shell as Known, generate};
    let known = match shell {
        Shell::Bash => Known::Bash,
        Shell::Elvish => Known::Elvish,
        Shell::Fish => Known::Fish,
        Shell::PowerShell => Known::PowerShell,
        Shell::Zsh => Known::Zsh,
    };
    let mut text = Vec::new();
    generate(known, &mut command(), "noctop", &mut text);
    // A closed pipe ends it quietly: the caller sees the same condition on its next write.
    let _closed = out.write_all(&text);
}
