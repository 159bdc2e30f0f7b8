//! `noctop forget`

use super::RowFormat;
use clap::{ArgGroup, Args};

/// `forget`
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("which").required(true), after_help = "Examples:
  noctop forget old-sw-3 --dry-run                     what it is, and since when it is silent
  noctop --read-write forget old-sw-3 old-sw-4
  noctop --read-write forget --silent-for 90d          from a timer: whoever has not answered for three months

It is polled no more, and its alarms and links go with it. History stays: --at and the console's past still have it. Whoever answers at the
next discovery, or is told of by a neighbour, is found again; so a device that answers is refused unless --answering says that it is meant.")]
pub struct ForgetArgs {
    /// By name or id
    #[arg(value_name = "DEVICE", group = "which")]
    pub devices: Vec<String>,
    /// All that have not answered for at least this long
    #[arg(long, group = "which", value_name = "DURATION")]
    pub silent_for: Option<String>,
    /// Those too that answer
    #[arg(long, conflicts_with = "silent_for")]
    pub answering: bool,
    /// Only say which they are
    #[arg(long)]
    pub dry_run: bool,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}
