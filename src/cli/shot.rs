//! `noctop shot`: one screen, no terminal needed.

use clap::{Args, ValueEnum};

/// Formats of `shot`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ShotFormat {
    /// Exactly H lines of text.
    #[default]
    Text,
    /// With SGR colours.
    Ansi,
    /// A picture.
    Svg,
}

/// `shot`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop shot topology --demo --format svg > topology.svg")]
pub struct ShotArgs {
    /// overview, topology, devices, device, interfaces, interface, flows, capture, wireless, alarms, events, logs, vlans, discovery, help
    pub screen: String,
    /// COLUMNSxROWS
    #[arg(long, default_value = "120x36", value_name = "WxH")]
    pub size: String,
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: ShotFormat,
    /// Keys pressed before the picture is taken: `j j Enter`
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true)]
    pub keys: Option<String>,
    /// Draw the demo network at its fixed moment; another scenario than the campus as in `demo`
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, require_equals = true, default_missing_value = "campus")]
    pub demo: Option<String>,
}
