//! The command line: clap types only. What each command does lives in `cmd/`.

mod agent;
mod alarms;
mod audit;
mod capture;
mod daemon;
mod described;
mod discover;
mod doctor;
mod flows;
mod forget;
mod maintenance;
mod manual;
mod notify;
mod pages;
mod port;
mod secrets;
mod shot;
mod sim;
mod store;
mod top;
mod wireless;

pub use agent::{AgentArgs, GetArgs, WalkArgs};
pub use alarms::{AlarmTestArgs, AlarmsArgs, AlarmsCommand};
pub use audit::{AuditArgs, AuditCommand, AuditListArgs, AuditReportArgs, AuditVerifyArgs};
pub use capture::CaptureArgs;
pub use daemon::DaemonArgs;
pub use described::{CommandText, OptionText, described};
pub use discover::{DiscoverArgs, TopologyFormat, TopologyRows};
pub use doctor::DoctorArgs;
pub use flows::{FlowsArgs, FlowsFormat};
pub use forget::ForgetArgs;
pub use maintenance::{BeginArgs, EndArgs, MaintenanceArgs, MaintenanceCommand};
pub use manual::ManualArgs;
pub use notify::{NotifyArgs, NotifyCommand, NotifyTestArgs};
pub use pages::{CompletionsArgs, ManArgs, Shell, man_pages, write_completions, write_man};
pub use port::{PortActArg, PortArgs, PortFormat};
pub use secrets::{SecretNameArgs, SecretsArgs, SecretsCommand, SecretsInitArgs};
pub use shot::{ShotArgs, ShotFormat};
pub use sim::{DemoArgs, SetFaultArg, SimArgs};
pub use store::{BackupArgs, ImportArgs, RestoreArgs, StoreArgs, StoreCommand};
pub use top::TopArgs;
pub use wireless::{WirelessArgs, WirelessRows};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Exit code: all done.
pub const EXIT_OK: u8 = 0;
/// Exit code: failed.
pub const EXIT_FAILED: u8 = 1;
/// Exit code: unusable arguments or configuration.
pub const EXIT_USAGE: u8 = 2;
/// Exit code: done in part.
pub const EXIT_PARTIAL: u8 = 3;
/// Exit code: nothing answered.
pub const EXIT_SILENT: u8 = 4;
/// Exit code: interrupted; what was found until then is printed.
pub const EXIT_INTERRUPTED: u8 = 130;

/// noctop discovers a network, polls it, remembers it and shows it in a terminal.
#[derive(Debug, Parser)]
#[command(name = "noctop", version, about, max_term_width = 120, after_help = EXAMPLES, args_conflicts_with_subcommands = false)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// Options of the console.
    #[command(flatten)]
    pub console: ConsoleOptions,
    /// The command; none is the console.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  noctop demo                                       a simulated campus, nothing needed
  noctop discover -c env:COMMUNITY 10.0.0.1         what hangs off this switch, as a table
  noctop discover 10.0.0.0/24 --format dot -o x.dot  a sweep, as a graph
  noctop daemon & noctop                            history goes on without a screen; the console attaches

The manual: noctop manual, or docs/manual where noctop comes from.

Exit codes: 0 all done, 1 failed, 2 unusable arguments or configuration, 3 done in part, 4 nothing answered, 130 interrupted.";

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Configuration file [default: $NOCTOP_CONFIG, ~/.config/noctop/noctop.toml, /etc/noctop/noctop.toml]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common options")]
    pub config: Option<PathBuf>,
    /// Unix socket of the engine [default: $XDG_RUNTIME_DIR/noctop.sock, /run/noctop/noctop.sock, or noctop.sock in the data folder]
    #[arg(long, global = true, value_name = "SOCKET", help_heading = "Common options")]
    pub connect: Option<PathBuf>,
    /// The store's folder [default: $XDG_STATE_HOME/noctop]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Common options")]
    pub data: Option<PathBuf>,
    /// When to colour what is printed
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Common options")]
    pub color: When,
    /// The time asked about: RFC 3339, -15m, or @UNIX [default: now]
    #[arg(long, global = true, value_name = "TIME", allow_hyphen_values = true, help_heading = "Common options")]
    pub at: Option<String>,
    /// Say more on stderr (twice: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Common options")]
    pub verbose: u8,
}

/// When to do something that depends on a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of the console.
#[derive(Clone, Debug, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct ConsoleOptions {
    /// Glyphs to draw with
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Console options")]
    pub glyphs: GlyphChoice,
    /// Colour theme: dark, light, mono, deuteranopia, tritanopia, one of ~/.config/noctop/themes/*.toml, or a file
    #[arg(long, global = true, value_name = "NAME|FILE", help_heading = "Console options")]
    pub theme: Option<String>,
    /// Language of the console: en, ko [default: as LC_ALL, LC_MESSAGES or LANG say]
    #[arg(long, global = true, value_name = "LANG", help_heading = "Console options")]
    pub lang: Option<String>,
    /// For a slow line: a frame each 5 s, no sparklines, 16 colours
    #[arg(long, global = true, help_heading = "Console options")]
    pub slow: bool,
    /// Lines instead of screens, for screen readers and pipes
    #[arg(long, global = true, help_heading = "Console options")]
    pub plain: bool,
    /// Boards in turn with large figures for a screen at the wall: nothing is written, any key shows the keys
    #[arg(long, global = true, conflicts_with = "plain", help_heading = "Console options")]
    pub wallboard: bool,
    /// Start on the Overview, not where the last console ended
    #[arg(long, global = true, help_heading = "Console options")]
    pub fresh: bool,
    /// Let alarms be acknowledged and silenced (keys a, A, S); without it nothing can be changed
    #[arg(long, global = true, help_heading = "Console options")]
    pub read_write: bool,
    /// Keymap: default, vim, emacs, arrows, or a file merged over the default
    #[arg(long, global = true, value_name = "NAME|FILE", help_heading = "Console options")]
    pub keymap: Option<String>,
}

/// Glyph sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GlyphChoice {
    /// By asking the terminal.
    #[default]
    Auto,
    /// Box, block and braille glyphs.
    Unicode,
    /// Only glyphs that are one cell wide everywhere.
    Cjk,
    /// Seven-bit.
    Ascii,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A simulated campus on loopback with the console on top: needs no root, no config, no network
    Demo(DemoArgs),
    /// The engine without a screen: polls, remembers, serves consoles by its socket
    Daemon(DaemonArgs),
    /// One-shot discovery to stdout
    Discover(Box<DiscoverArgs>),
    /// SNMP get by number or name
    Get(GetArgs),
    /// SNMP walk by number or name
    Walk(WalkArgs),
    /// NetFlow, IPFIX and sFlow out of captures
    Flows(FlowsArgs),
    /// Live flows of an interface
    Capture(CaptureArgs),
    /// A series out of the store
    History(HistoryArgs),
    /// Who talks most: flows out of the store, summed up by any keys
    Top(TopArgs),
    /// Devices, a row each
    Devices(RowArgs),
    /// Interfaces with their rates, a row each
    Interfaces(RowArgs),
    /// Links, a row each
    Links(RowArgs),
    /// Sensors with their values, a row each
    Sensors(RowArgs),
    /// Access points, radios, clients, network names or channels, a row each
    Wireless(WirelessArgs),
    /// Alarms, a row each; the rules that raise them, and a try of one on a past
    Alarms(AlarmsArgs),
    /// Times of work, during which nothing there is anybody's alarm: list, begin, end
    Maintenance(MaintenanceArgs),
    /// Devices that are gone for good are known no more (needs --read-write)
    Forget(ForgetArgs),
    /// What happened, a row each
    Events(RowArgs),
    /// Log lines (syslog and traps), a row each, or their patterns
    Logs(LogArgs),
    /// Device, port and VLAN where an address is, or was
    Where(WhereArgs),
    /// What changed in the network between two times
    Diff(DiffArgs),
    /// One screen of the console, printed; no terminal needed
    Shot(ShotArgs),
    /// The simulator by itself: a scenario, thousands of devices, or a folder of recordings
    Sim(SimArgs),
    /// The store: what it holds, whether it is sound, backups, and other programs' history
    Store(StoreArgs),
    /// Who is told about alarms, and whether they can be
    Notify(NotifyArgs),
    /// Who did what: the audit journal, whether it is as it was written, and a month's report
    Audit(AuditArgs),
    /// Switch a port off or on, or take its power away for some seconds; off unless the configuration allows it
    Port(PortArgs),
    /// The encrypted file of secrets
    Secrets(SecretsArgs),
    /// Counters of every collector
    Status(FormatArgs),
    /// What on this host is in noctop's way, and the commands that mend it
    Doctor(DoctorArgs),
    /// The configuration
    Config(ConfigArgs),
    /// The keys of the console, from the keymap in force
    Keys(FormatArgs),
    /// MIB data and vendor profiles
    Mib(MibArgs),
    /// The JSON Schema of a shape
    Schema(SchemaArgs),
    /// Completions for a shell
    Completions(CompletionsArgs),
    /// The manual, chapter by chapter, as text
    Manual(ManualArgs),
    /// The manual pages, as roff
    Man(ManArgs),
}

/// Formats of row commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One document.
    Json,
    /// One object a line.
    Ndjson,
    /// RFC 4180.
    Csv,
}

/// `--format` alone.
#[derive(Clone, Debug, Default, Args)]
pub struct FormatArgs {
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}

/// `history`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop history core-1/Te1%2F1%2F1/in_bps --from -1h --step 5m
  noctop history ups-1/sensor:Inlet --from -7d
  noctop history wan-1/Gi0%2F0 --month 2026-10     what a port is billed by: in, out and the larger of both

Without --step a range up to 2 days is shown sample by sample, up to 14 days by minutes, else by hours, and coarser where what is
finer is not kept any more; `resolution` says which. Rollups have min and max. A value of null is a gap.")]
pub struct HistoryArgs {
    /// DEVICE/METRIC or DEVICE/INTERFACE/METRIC, percent-encoded; METRIC may be sensor:NAME or an imported metric's name
    pub series: String,
    /// First time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, required_unless_present = "month")]
    pub from: Option<String>,
    /// Last time [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, requires = "from")]
    pub to: Option<String>,
    /// A month of UTC as the range, with its 95th-percentile bill
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["from", "to"])]
    pub month: Option<String>,
    /// Width of a point; whole minutes and hours are made of rollups [default: as the range asks]
    #[arg(long, value_name = "DURATION")]
    pub step: Option<String>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t = RowFormat::Json)]
    pub format: RowFormat,
}

/// Row commands.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Examples:
  noctop interfaces --filter 'device:core and util>=70%' --sort in --limit 10 --at -15m
  noctop interfaces --from -7d --sort p95 --limit 10     the ten busiest ports of a week
  noctop devices --from -1d --sort maxCpuPercent --limit 5

With --from (interfaces and devices) figures are means over the range, with p95 and max beside; filter and sort go by them.")]
pub struct RowArgs {
    /// Filter expression, as `/` in the console
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Sort column; with - in front, or for figures, largest first
    #[arg(long, value_name = "COL", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// At most this many rows
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// First time of a range: of interfaces and devices to sum up, of events to list
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// Last time of it [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, requires = "from")]
    pub to: Option<String>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}

/// `logs`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop logs --filter '/link.down/ device:core-1 sev>=warning' --limit 50
  noctop logs --from -2h --to -1h --filter 'sev>=err' --format ndjson
  noctop logs --patterns                      what the lines of the last hour say, new and rising first
  noctop logs --patterns --from -1d           the same of a day, beside the day before

A pattern is the words that lines have in common, with * for figures, addresses and names; `pattern=\"...\"` is a filter too.
Exit code 3: only a part of the lines was looked at, because all of them would have taken too long.")]
pub struct LogArgs {
    /// Which lines, and how they are printed
    #[command(flatten)]
    pub rows: RowArgs,
    /// What the lines say, counted: new patterns first, then those that rise
    #[arg(long, conflicts_with = "sort")]
    pub patterns: bool,
}

/// `where`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop where 10.0.9.4                    the port on which this address hangs
  noctop where 00:1b:54:aa:bb:cc --at -2d  the same two days ago; any spelling, or the first or last digits
  noctop where ap-7                        the switch port of an access point, phone or device

A device is at the far ports of its links. Exit code 4: it is not known.")]
pub struct WhereArgs {
    /// Hardware address, IP address, or name of a device or neighbour
    #[arg(value_name = "MAC|IP|NAME")]
    pub what: String,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}

/// `diff`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop diff -- -1d -0s")]
pub struct DiffArgs {
    /// First time
    #[arg(value_name = "T1", allow_hyphen_values = true)]
    pub from: String,
    /// Second time
    #[arg(value_name = "T2", allow_hyphen_values = true)]
    pub to: String,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}

/// `config`
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// `config ...`
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every fault with file:line:column; exit 2 when there is one
    Check,
}

/// `mib`
#[derive(Clone, Debug, Args)]
pub struct MibArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: MibCommand,
}

/// `mib ...`
#[derive(Clone, Debug, Subcommand)]
pub enum MibCommand {
    /// Checks the built-in MIB data and vendor profiles, and any files named
    Check {
        /// Profile or object files, or folders of them, to check as well
        files: Vec<PathBuf>,
    },
}

/// `schema`
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// The shape's name; none lists them
    pub name: Option<String>,
}

/// The whole command line as clap knows it, for completions and the manual pages.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Reads the process's arguments; a faulty one ends the process with exit code 2 and a sentence.
pub fn parse() -> Cli {
    Cli::parse()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
