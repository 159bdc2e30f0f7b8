//! `noctop maintenance ...`

use super::FormatArgs;
use clap::{ArgGroup, Args, Subcommand};

/// `maintenance`
#[derive(Clone, Debug, Args)]
pub struct MaintenanceArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: MaintenanceCommand,
}

/// `maintenance ...`
#[derive(Clone, Debug, Subcommand)]
pub enum MaintenanceCommand {
    /// Windows that go on or are to come
    List(FormatArgs),
    /// Begin work now or later (needs --read-write)
    Begin(Box<BeginArgs>),
    /// The work of this name is over (needs --read-write)
    End(EndArgs),
}

/// `maintenance begin`
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("scope").required(true), after_help = "Examples:
  noctop --read-write maintenance begin 'core swap' --device core-1 --for 2h --note 'ticket 4711'
  noctop --read-write maintenance begin fibre --link core-1/Te1%2F1 dist-1/Te1%2F49 --from 2026-12-01T22:00:00+09:00 --for 4h

What hangs on it alone is in maintenance too. Alarms there are kept, and neither counted nor told to anybody until it is over. Planned
work stands in the configuration as [[maintenance]].")]
pub struct BeginArgs {
    /// What it is called by whoever ends it
    pub name: String,
    /// A device, by name or id, with what is reached through it alone
    #[arg(long, group = "scope", value_name = "DEVICE")]
    pub device: Option<String>,
    /// Devices whose location begins with this
    #[arg(long, group = "scope", value_name = "TEXT")]
    pub site: Option<String>,
    /// A port
    #[arg(long, group = "scope", value_name = "DEVICE/INTERFACE")]
    pub interface: Option<String>,
    /// The link between two ports
    #[arg(long, group = "scope", num_args = 2, value_names = ["DEVICE/INTERFACE", "DEVICE/INTERFACE"])]
    pub link: Option<Vec<String>>,
    /// All devices on the shortest ways between two
    #[arg(long, group = "scope", num_args = 2, value_names = ["DEVICE", "DEVICE"])]
    pub path: Option<Vec<String>>,
    /// Everything
    #[arg(long, group = "scope")]
    pub all: bool,
    /// When it begins [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// How long it lasts
    #[arg(long = "for", value_name = "DURATION", default_value = "1h")]
    pub lasts: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// `maintenance end`
#[derive(Clone, Debug, Args)]
pub struct EndArgs {
    /// Its name
    pub name: String,
}
