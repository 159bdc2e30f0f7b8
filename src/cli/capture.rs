//! `noctop capture`

use super::FormatArgs;
use clap::Args;
use std::path::PathBuf;

/// `capture`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop capture --interface eth0 --for 30s                         flows of half a minute, the largest first
  noctop capture --interface eth0 --filter 'port 443 and net 10.0.0.0/8' -o tls.pcap
  noctop capture --interface eth0 --format ndjson | jq .src

Without --for it goes on until it is interrupted (exit code 130); flows are printed at its end in any case. stderr says how many frames
were read, matched, written, and dropped by the kernel. Needs CAP_NET_RAW.")]
pub struct CaptureArgs {
    /// The interface that is read
    #[arg(short, long, value_name = "IF")]
    pub interface: String,
    /// Only flows that match: src host 10.0.0.1, port 443, net 10.0.0.0/8, proto tcp, octets>1M
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// End after this time
    #[arg(long = "for", value_name = "DURATION")]
    pub lasts: Option<String>,
    /// Write the frames that match to this file, as pcap
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Frames that are for other hosts as well
    #[arg(long)]
    pub promiscuous: bool,
    /// Format of what is printed
    #[command(flatten)]
    pub format: FormatArgs,
}
