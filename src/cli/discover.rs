//! The arguments of `discover` (contract §1).

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Formats of `discover`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TopologyFormat {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One document.
    Json,
    /// One object a line.
    Ndjson,
    /// RFC 4180.
    Csv,
    /// A spanning tree with cross links.
    Tree,
    /// Graphviz.
    Dot,
    /// Mermaid flowchart.
    Mermaid,
    /// GraphML.
    Graphml,
}

/// Which rows `discover --format csv` (or table) prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TopologyRows {
    /// Devices.
    #[default]
    Devices,
    /// Links.
    Links,
    /// Interfaces.
    Interfaces,
    /// Neighbours without SNMP.
    Neighbours,
    /// Addresses that are no device, with the port that they hang on.
    Endpoints,
    /// Problems.
    Problems,
}

/// `discover`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop discover -c env:COMMUNITY 10.0.0.1 --format json")]
pub struct DiscoverArgs {
    /// Address, ADDR:PORT, name, CIDR, or A-B range
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Community: a literal, env:NAME or file:PATH; repeatable, tried in order
    #[arg(short, long = "community", value_name = "COMMUNITY")]
    pub community: Vec<String>,
    /// File with the `[[credential]]` part of a config
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
    /// UDP port of the agents
    #[arg(long, default_value_t = 161)]
    pub port: u16,
    /// Neighbour hops followed [default: 0 for ranges and CIDRs, unlimited within the scope for single addresses]
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// Never ask outside this network; repeatable [default: see the manual]
    #[arg(long, value_name = "CIDR")]
    pub scope: Vec<String>,
    /// Never ask in this network; repeatable
    #[arg(long, value_name = "CIDR")]
    pub exclude: Vec<String>,
    /// Leave out neighbours and swept devices of this role; repeatable; none leaves out nothing [default: phone]
    #[arg(long, value_name = "ROLE")]
    pub skip: Vec<String>,
    /// First wait for a reply
    #[arg(long, default_value = "1s", value_name = "DURATION")]
    pub timeout: String,
    /// Repetitions after the first request
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub retries: u32,
    /// End after this time with what was found
    #[arg(long, default_value = "5m", value_name = "DURATION")]
    pub deadline: String,
    /// At most this many packets a second
    #[arg(long, value_name = "PPS")]
    pub rate: Option<u32>,
    /// At most this many packets a second to one agent
    #[arg(long, value_name = "PPS")]
    pub per_device_rate: Option<u32>,
    /// Don't ping first
    #[arg(long)]
    pub no_ping: bool,
    /// Add this host and whom its own ports hear by LLDP and CDP, listening at least so long [a neighbour speaks every 30 or 60 s]
    #[arg(long, value_name = "DURATION")]
    pub listen: Option<String>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: TopologyFormat,
    /// Which rows csv and table print
    #[arg(long, value_enum, default_value_t)]
    pub rows: TopologyRows,
    /// Write to this file, not to stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
