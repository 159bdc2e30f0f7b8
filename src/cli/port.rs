//! `noctop port`

use clap::{Args, ValueEnum};

/// `port`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop port acc-b2-07 Gi1/0/17 down --dry-run     what would be set, and what hangs on the port
  noctop port acc-b2-07 Gi1/0/17 down               asks for the port's name first
  noctop port acc-b2-07 Gi1/0/17 poe-cycle --yes    in a script

Off unless the engine's configuration has [set] with enabled = true and a [[credential]] with write = true, which is never read with. The
engine that runs does it, for operators only, and writes it into the audit journal. A port that is the only known way to its device is not
switched off without --force. A SET is sent once; where its answer is lost, the port is read back.

Exit codes: 0 done (or was so already), 1 it is not as wanted or cannot be told, 2 refused, 3 set, but the port did not follow in time.")]
pub struct PortArgs {
    /// The device, by name or id
    #[arg(value_name = "DEVICE")]
    pub device: String,
    /// Its port, by name, alias or ifIndex
    #[arg(value_name = "PORT")]
    pub port: String,
    /// What to do
    #[arg(value_enum, value_name = "up|down|poe-cycle")]
    pub act: PortActArg,
    /// Show what would be done, and end
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask: for scripts
    #[arg(short, long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Even if it may cut the way by which the device itself is managed
    #[arg(long)]
    pub force: bool,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PortFormat,
}

/// What may be done to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PortActArg {
    /// Switch it on (ifAdminStatus)
    Up,
    /// Switch it off
    Down,
    /// Take its power away for some seconds (pethPsePortAdminEnable)
    PoeCycle,
}

/// How it is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PortFormat {
    /// For people.
    #[default]
    Table,
    /// One document.
    Json,
}
