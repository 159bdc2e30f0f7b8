//! Which interface a neighbour's address lies behind: the one whose subnet holds it, of several the narrowest.

use crate::model::{IfIndex, Interface};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The subnets of a device's interfaces.
#[derive(Debug, Default)]
pub struct Subnets {
    /// By prefix length, for IPv4 and IPv6 apart.
    by_length: BTreeMap<(bool, u8), BTreeMap<IpNet, IfIndex>>,
}

impl Subnets {
    /// Of a device's interfaces. An address without neighbours (a host prefix) is none.
    pub fn new(interfaces: &[Interface]) -> Self {
        let mut subnets = Self::default();
        for interface in interfaces {
            for net in interface.addresses.iter().filter(|net| net.prefix_len() < net.max_prefix_len()) {
                let same = subnets.by_length.entry((net.addr().is_ipv4(), net.prefix_len())).or_default();
                same.entry(net.trunc()).or_insert(interface.if_index);
            }
        }
        subnets
    }

    /// The interface behind which `address` lies.
    pub fn holder(&self, address: IpAddr) -> Option<IfIndex> {
        let family = self.by_length.range((address.is_ipv4(), 0)..=(address.is_ipv4(), u8::MAX)).rev();
        family.filter_map(|((_, length), nets)| nets.get(&IpNet::new(address, *length).ok()?.trunc())).copied().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_subnet_holds_an_address() {
        let interface = |number: u32, nets: &[&str]| {
            let mut interface = Interface::new(IfIndex(number));
            interface.addresses = nets.iter().map(|net| net.parse().unwrap()).collect();
            interface
        };
        let subnets = Subnets::new(&[
            interface(1, &["10.0.0.1/8", "2001:db8::1/64"]),
            interface(2, &["10.0.0.1/30"]),
            interface(3, &["10.9.9.9/32"]),
        ]);
        for (address, want) in [
            ("10.0.0.2", Some(2)),
            ("10.0.0.9", Some(1)),
            ("10.9.9.9", Some(1)),
            ("192.0.2.1", None),
            ("2001:db8::2", Some(1)),
            ("2001:db9::2", None),
        ] {
            assert_eq!(subnets.holder(address.parse().unwrap()), want.map(IfIndex), "{address}");
        }
    }
}
