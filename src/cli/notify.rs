//! `noctop notify ...`

use super::FormatArgs;
use clap::{Args, Subcommand};

/// `notify`
#[derive(Clone, Debug, Args)]
pub struct NotifyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: NotifyCommand,
}

/// `notify ...`
#[derive(Clone, Debug, Subcommand)]
pub enum NotifyCommand {
    /// The receivers of the configuration, and by which rules they are told
    List(FormatArgs),
    /// Sends a test notice to a receiver and says what became of it; exit 1 when it was not taken
    Test(NotifyTestArgs),
}

/// `notify test`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop notify test noc

The notice is sent by this command itself, by the configuration as it is now: a running engine is not asked. Secrets are read as it
would read them, so that env:NAME has to be set here too. How receivers of the running engine do, says: noctop status")]
pub struct NotifyTestArgs {
    /// Name of a `[[receiver]]`
    #[arg(value_name = "RECEIVER")]
    pub receiver: String,
}
