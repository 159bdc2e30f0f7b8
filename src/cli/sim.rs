//! `noctop demo` and `noctop sim`

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `demo`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples: noctop demo --devices 2000; noctop demo core-cut")]
pub struct DemoArgs {
    /// campus, core-cut (99 devices behind one core that fell), or a scenario file [default: campus]
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<String>,
    /// How many devices [default: the campus of about 60]
    #[arg(long, value_name = "N")]
    pub devices: Option<usize>,
    /// Seed of everything that looks like chance
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// `sim`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop sim --devices 1000 --listen 127.64.0.0/16:1161
  noctop sim --flows 127.0.0.1:2055 --syslog 127.0.0.1:5514 --traps 127.0.0.1:5162")]
pub struct SimArgs {
    /// campus, core-cut, or a scenario file [default: campus]
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<String>,
    /// A generated network of this size
    #[arg(long, value_name = "N", conflicts_with = "scenario")]
    pub devices: Option<usize>,
    /// A folder of .snmprec recordings, one device each
    #[arg(long, value_name = "DIR", conflicts_with_all = ["scenario", "devices"])]
    pub recordings: Option<PathBuf>,
    /// Loopback addresses to answer at
    #[arg(long, default_value = "127.100.0.0/16:10161", value_name = "ADDR/PREFIX:PORT")]
    pub listen: String,
    /// Where the devices export flows to (NetFlow v5, v9, IPFIX and sFlow, as the scenario says): a loopback address
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "recordings")]
    pub flows: Option<std::net::SocketAddrV4>,
    /// Let ports be switched (ifAdminStatus, pethPsePortAdminEnable) by SET with this community; kept in memory only
    #[arg(long, value_name = "COMMUNITY")]
    pub write_community: Option<String>,
    /// What is wrong with how they take SET
    #[arg(long, value_enum, default_value_t, requires = "write_community")]
    pub set_fault: SetFaultArg,
    /// Where the devices send syslog to: a loopback address
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "recordings", requires = "traps")]
    pub syslog: Option<std::net::SocketAddrV4>,
    /// Where the devices send traps to: a loopback address
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "recordings", requires = "syslog")]
    pub traps: Option<std::net::SocketAddrV4>,
    /// Seed of everything that looks like chance
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// What may be wrong with how simulated devices take SET.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SetFaultArg {
    /// Nothing.
    #[default]
    None,
    /// Every SET is refused.
    NotWritable,
    /// It is done, and the answer is lost.
    Lost,
    /// The answer takes two seconds.
    Slow,
    /// What was set goes back after a second.
    Reverts,
}
