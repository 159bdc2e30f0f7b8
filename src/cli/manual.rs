//! `noctop manual`

use clap::Args;
use std::path::PathBuf;

/// `manual`
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Examples:
  noctop manual                          which chapters there are
  noctop manual first-day | less         from nothing to a map, flows and alarms
  noctop manual keys --lang ko           a chapter of reference, in Korean

Chapters are Markdown. In what is not written in that language English stands.")]
pub struct ManualArgs {
    /// The chapter; none lists them
    #[arg(value_name = "CHAPTER")]
    pub chapter: Option<String>,
    /// Write the chapters that are made of the program's tables below this folder
    #[arg(long, value_name = "DIR", hide = true, conflicts_with = "chapter")]
    pub write: Option<PathBuf>,
}
