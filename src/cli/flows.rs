//! `noctop flows`

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Formats of `flows`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FlowsFormat {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One document.
    Json,
    /// One object a line.
    Ndjson,
    /// RFC 4180.
    Csv,
    /// One object: what was counted, of all and of each exporter.
    Summary,
}

/// `flows`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop flows router.pcap                                 NetFlow, IPFIX and sFlow in a capture, as a table
  noctop flows router.pcapng --format ndjson | jq .src     everything that each record carries
  noctop flows day/*.pcap --format summary                 templates, loss, sampling and refusals of each exporter

Files are pcap, pcapng, or the payload of one datagram (.dat); - is the standard input. Several are read one after the other as if they
were one: templates and samplers of the first hold for the next. Records that waited for their template have replayed: true.

Exit code 3: something was refused, or data still waits for its template; stderr says what.")]
pub struct FlowsArgs {
    /// Captures
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: FlowsFormat,
    /// Both ways of a biflow as records of their own (RFC 5103); initiator and responder counters as octets and packets
    #[arg(long)]
    pub uniflows: bool,
}
