//! `noctop wireless`: its options.

use super::RowFormat;
use clap::{Args, ValueEnum};

/// `wireless`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop wireless --filter status=down                 access points that are down, worst first
  noctop wireless --rows clients --filter 'snr<15'     who is heard badly, and on which access point
  noctop wireless --rows ssids --at -1h --format json  network names an hour ago

The controller stands in device; of an access point that stands alone itself. Its series: noctop history AP/clients, AP/5G/clients,
AP/5G/channel_utilisation_percent, by the access point's name and the radio's band or number.")]
pub struct WirelessArgs {
    /// Which rows
    #[arg(long, value_enum, default_value_t)]
    pub rows: WirelessRows,
    /// Filter expression, as `/` in the console
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Sort column; with - in front, or for figures, largest first
    #[arg(long, value_name = "COL", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// At most this many rows
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}

/// What the rows of `wireless` are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WirelessRows {
    /// Access points with their radios
    #[default]
    AccessPoints,
    /// A row for each radio
    Radios,
    /// Who is on them
    Clients,
    /// Network names
    Ssids,
    /// Channels in use
    Channels,
}
