//! `noctop top`

use super::RowFormat;
use clap::Args;

/// `top`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop top                                                  conversations of the last five minutes
  noctop top --by app --from -1d --limit 20                   services of a day
  noctop top --by src,app --filter 'dst net 10.0.0.0/8 and not proto icmp'
  noctop top --by if --from -1h --compare week                ports of the last hour, and of the same hour a week ago
  noctop top --by host --filter 'dst port 53 and packets>1000' --format json

Keys: host src dst srcnet dstnet net app port proto as srcas dstas exporter if inif outif vlan dscp mac srcmac dstmac country
srccountry dstcountry version, up to four together. A flow counts once for each side of host, net, as, if, mac and country. `port` and
`app` are the service's. Octets and packets are scaled by the sampling rate, once; flows are as exported.
Fields of --filter: those keys, and srcport dstport tos flags octets packets bps direction nexthop.

`resolution` says of what an answer is made: sums by minute, hour or day, or full records where only those can tell ([flows]
keep_records). Exit code 4: no flow was heard of in that time.")]
pub struct TopArgs {
    /// What flows are summed up by
    #[arg(long, value_name = "KEY[,KEY]", default_value = "src,dst")]
    pub by: String,
    /// Filter expression, as `/` in the console
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true, default_value = "", hide_default_value = true)]
    pub filter: String,
    /// First time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "-5m")]
    pub from: String,
    /// Last time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "now")]
    pub to: String,
    /// Rows at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    /// Octets of the same time earlier beside: hour, day, week, or a duration
    #[arg(long, value_name = "AGO")]
    pub compare: Option<String>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}
