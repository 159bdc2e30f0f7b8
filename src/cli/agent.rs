//! Options of `get` and `walk`, which ask one agent.

use super::RowFormat;
use clap::Args;
use std::path::PathBuf;

/// How `get` and `walk` reach an agent.
#[derive(Clone, Debug, Args)]
pub struct AgentArgs {
    /// Community: a literal, env:NAME or file:PATH; repeatable, tried in order
    #[arg(short, long = "community", value_name = "COMMUNITY")]
    pub community: Vec<String>,
    /// File with the `[[credential]]` part of a config
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
    /// UDP port of the agent
    #[arg(long, default_value_t = 161)]
    pub port: u16,
    /// First wait for a reply
    #[arg(long, default_value = "1s", value_name = "DURATION")]
    pub timeout: String,
    /// Repetitions after the first request
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub retries: u32,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}

/// `get`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop get 10.0.0.1 sysName.0 ifHCInOctets.3")]
pub struct GetArgs {
    /// Address, ADDR:PORT or name
    pub target: String,
    /// Instances by number or name
    #[arg(required = true, value_name = "OID|NAME")]
    pub objects: Vec<String>,
    /// The agent.
    #[command(flatten)]
    pub agent: AgentArgs,
}

/// `walk`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop walk 10.0.0.1 ifXTable")]
pub struct WalkArgs {
    /// Address, ADDR:PORT or name
    pub target: String,
    /// Where to begin, by number or name
    #[arg(value_name = "OID|NAME")]
    pub object: String,
    /// The agent.
    #[command(flatten)]
    pub agent: AgentArgs,
}
