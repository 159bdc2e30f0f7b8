//! Communities in the clear over networks that are not trusted: what the configuration says, held against the networks that this host is in.

use crate::config::{self, Config};
use crate::net::capture;
use ipnet::IpNet;

/// A sentence for each target of discovery to which a community goes in the clear over a network that is not trusted.
pub fn exposures(config: &Config) -> Vec<String> {
    let ports = capture::ports();
    let near: Vec<IpNet> = ports.iter().filter(|port| port.is_up).flat_map(|port| &port.addresses).map(IpNet::trunc).collect();
    config::exposures(config, &near)
}
