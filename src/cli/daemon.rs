//! Options of `daemon`.

use clap::Args;

/// `daemon`
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Examples:
  noctop daemon                                  as whoever calls it; `noctop doctor` says what it may not do
  sudo noctop daemon --user noctop --config /etc/noctop/noctop.toml --data /var/lib/noctop

It needs CAP_NET_RAW (pings, LLDP and CDP of this host, capture) and CAP_NET_BIND_SERVICE (ports below 1024), and works without
either: what is off then is said in its log, on the screen, by `noctop status` and by `noctop doctor`, with the command that grants it. Whatever it is
started with, it gives up everything else, and when its sockets are open all but CAP_NET_RAW in the threads that ping. It leaves no
core dump. To systemd it says when it is ready, and that it works (Type=notify, WatchdogSec=).")]
pub struct DaemonArgs {
    /// Become this user once the configuration is read; for a start as root
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
}
