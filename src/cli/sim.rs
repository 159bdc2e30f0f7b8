//! `noctop demo` and `noctop sim`

use clap::Args;
use std::path::PathBuf;

/// `demo`
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples: noctop demo --devices 2000; noctop demo core-cut (99 devices behind one core that fell: one alarm)"
)]
pub struct DemoArgs {
    /// campus, core-cut, or a scenario file [default: campus]
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
#[command(after_help = "Example: noctop sim --devices 1000 --listen 127.64.0.0/16:1161")]
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
    /// Seed of everything that looks like chance
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}
