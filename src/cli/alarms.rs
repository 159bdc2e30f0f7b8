//! `alarms`, `alarms test` and `alarms rules`.

use super::{FormatArgs, RowArgs, RowFormat};
use clap::{Args, Subcommand};

/// `alarms`
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AlarmsArgs {
    /// What to do; without it the alarms are listed.
    #[command(subcommand)]
    pub command: Option<AlarmsCommand>,
    /// Which alarms are listed.
    #[command(flatten)]
    pub rows: RowArgs,
}

/// `alarms ...`
#[derive(Clone, Debug, Subcommand)]
pub enum AlarmsCommand {
    /// What a rule would have raised and cleared in a past
    Test(AlarmTestArgs),
    /// The rules in force: those that are shipped, with those of the configuration over them
    Rules(FormatArgs),
}

/// `alarms test`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop alarms test interface-utilisation --from -7d
  noctop alarms test file:new-rule.toml --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z --format json

The journal, the series and the log lines of that time are gone through again with this rule alone. Nothing is changed or told to
anybody. Exit code 3: something that the rule looks at was not kept, or history begins later.")]
pub struct AlarmTestArgs {
    /// Name of a rule, or file:PATH of a file with one `[[alarm]]`
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// First time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: String,
    /// Last time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "now")]
    pub to: String,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}
