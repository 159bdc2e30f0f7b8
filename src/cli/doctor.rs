//! `doctor`

use super::RowFormat;
use clap::Args;

/// `doctor`
#[derive(Clone, Debug, Default, Args)]
#[command(
    after_help = "It looks at the engine that serves, where one does, else at what a daemon of this user would find: capabilities and
net.ipv4.ping_group_range, addresses that are taken and by whom, receive buffers, what the kernel dropped, names, open files, clock, time
zone, disk, store, configuration and its secrets' files, the socket, the terminal. It changes nothing.

Examples:
  noctop doctor
  sudo -u noctop noctop doctor --config /etc/noctop/noctop.toml --data /var/lib/noctop
  noctop doctor --format json | jq '.checks[] | select(.verdict != \"ok\")'

Exit code 0: nothing is missing. 3: something is missing by which a named function is off. 1: something could not be found out."
)]
pub struct DoctorArgs {
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,
}
