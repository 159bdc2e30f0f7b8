//! `noctop audit ...`

use super::{FormatArgs, RowArgs, RowFormat};
use clap::{Args, Subcommand};

/// `audit`
#[derive(Clone, Debug, Args)]
pub struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// `audit ...`
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// What was done, by whom, from where, and what became of it: the latest first
    List(AuditListArgs),
    /// Whether the journal is as it was written; exit 1 where it is not, with file, record and octet
    Verify(AuditVerifyArgs),
    /// Who attached how often, what was changed, what was refused, who came outside of office hours
    Report(AuditReportArgs),
    /// Where the chains stand: what to note elsewhere, for verify --head
    Head(FormatArgs),
}

/// `audit list`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop audit list --filter 'user:kim kind:alarm' --limit 20
  noctop audit list --from -7d --filter 'outcome:refused' --format ndjson

Fields: at class number user uid role kind object text old new outcome why way pid program, and what a console says of itself and
nothing proves: from tty command. Classes: access (who attached), change, security (what was refused, starts and ends).")]
pub struct AuditListArgs {
    /// Which records, and how they are printed
    #[command(flatten)]
    pub rows: RowArgs,
}

/// `audit verify`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop audit verify
  noctop audit verify --head security:118:9f2c... --head change:40:77ab...

A chain finds what was changed, removed, swapped or doubled within it. That its end was cut off, or that it was written anew as a whole,
only a head finds that was noted elsewhere: the daemon tells the host's log (authpriv) one after every change.")]
pub struct AuditVerifyArgs {
    /// A head that was noted: CLASS:NUMBER:HASH, or the hash alone; repeatable
    #[arg(long, value_name = "HEAD")]
    pub head: Vec<String>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}

/// `audit report`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop audit report --month 2026-11
  noctop audit report --month 2026-11 --format json > 2026-11.json

ndjson and csv are the users, a row each. Office hours are those of [access] in the configuration.")]
pub struct AuditReportArgs {
    /// A month of UTC [default: this one, so far]
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<String>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}
