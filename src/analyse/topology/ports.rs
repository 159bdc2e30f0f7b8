//! Which port of a known device does a row speak of?

use crate::model::{Device, IfIndex, Interface, MacAddr, NeighbourRow, PortId};
use std::net::IpAddr;

/// Up to this many ports a walk is as quick as a look-up.
const WALKED: usize = 64;
/// Devices with more ports are not searched for abbreviated names: that would be a walk for each row.
const ABBREVIATED: usize = 1024;

/// For devices with many ports, the places of their interfaces by name, description and alias.
#[derive(Debug, Default)]
pub(super) struct Order {
    sorted: Option<[Vec<u32>; 3]>,
}

/// What a port is called, in the order in which it is believed.
const CALLED: [fn(&Interface) -> Option<&str>; 3] =
    [|port| port.if_name.as_deref(), |port| port.if_descr.as_deref(), |port| port.if_alias.as_deref()];
const NAME: usize = 0;
const DESCR: usize = 1;
const ALIAS: usize = 2;

impl Order {
    pub(super) fn of(device: &Device) -> Self {
        let sorted = (device.interfaces.len() > WALKED).then(|| {
            CALLED.map(|called| {
                let named = (0u32..).zip(&device.interfaces).filter_map(|(number, port)| Some((called(port)?, number)));
                let mut sorted: Vec<(&str, u32)> = named.collect();
                sorted.sort_unstable();
                sorted.into_iter().map(|(_, number)| number).collect()
            })
        });
        Self { sorted }
    }
}

/// The ports of one device, by what they are called.
#[derive(Clone, Copy)]
pub(super) struct Ports<'a> {
    pub(super) device: &'a Device,
    pub(super) order: &'a Order,
}

impl Ports<'_> {
    /// The only port that is called so.
    fn exactly(&self, what: usize, text: &str) -> Option<u32> {
        let called = CALLED.get(what)?;
        let Some(sorted) = self.order.sorted.as_ref().and_then(|sorted| sorted.get(what)) else {
            // Ports of one device differ in their last characters: most are told apart there, without a comparison of the rest.
            let last = text.as_bytes().last();
            return self.only(|port| called(port).is_some_and(|name| name.as_bytes().last() == last && name == text));
        };
        let name = |number: &u32| self.device.interfaces.get(*number as usize).and_then(called);
        let at = sorted.partition_point(|number| name(number) < Some(text));
        let is_it = |number: &&u32| name(number) == Some(text);
        let first = sorted.get(at).filter(is_it)?;
        sorted.get(at + 1).filter(is_it).is_none().then_some(*first)
    }

    fn only(&self, wanted: impl Fn(&Interface) -> bool) -> Option<u32> {
        let mut found = (0u32..).zip(&self.device.interfaces).filter(|(_, port)| wanted(port)).map(|(number, _)| number);
        let first = found.next();
        first.filter(|_| found.next().is_none())
    }

    /// By ifName or ifDescr, exactly; then abbreviated (`Gi1/0/1` for `GigabitEthernet1/0/1`).
    pub(super) fn named(&self, text: &str) -> Option<u32> {
        self.exactly(NAME, text).or_else(|| self.exactly(DESCR, text)).or_else(|| {
            let few = self.device.interfaces.len() <= ABBREVIATED;
            few.then(|| self.only(|port| [NAME, DESCR].iter().any(|what| is_short_for(port, *what, text)))).flatten()
        })
    }

    fn aliased(&self, text: &str) -> Option<u32> {
        self.exactly(ALIAS, text)
    }

    fn numbered(&self, text: &str) -> Option<u32> {
        by_if_index(self.device, IfIndex(text.trim().parse().ok()?))
    }

    fn with_mac(&self, mac: MacAddr) -> Option<u32> {
        self.only(|port| port.mac == Some(mac))
    }

    fn in_bridge(&self, number: u32) -> Option<u32> {
        self.only(|port| port.bridge_port == Some(number))
    }

    /// The only port with this address.
    pub(super) fn with_address(&self, address: IpAddr) -> Option<u32> {
        self.only(|port| port.addresses.iter().any(|net| net.addr() == address))
    }

    /// A description: ifDescr, ifName, then the alias that people wrote.
    fn described(&self, text: &str) -> Option<u32> {
        self.exactly(DESCR, text).or_else(|| self.named(text)).or_else(|| self.aliased(text))
    }
}

/// The port with this ifIndex. Interfaces are kept sorted.
pub(super) fn by_if_index(device: &Device, if_index: IfIndex) -> Option<u32> {
    let at = place(&device.interfaces, if_index, |port| port.if_index)?;
    u32::try_from(at).ok()
}

/// Where a number stands in a sorted list. Many agents number without gaps: there the first guess is right.
pub(super) fn place<T>(sorted: &[T], number: IfIndex, of: impl Fn(&T) -> IfIndex) -> Option<usize> {
    let guess = number.0.checked_sub(of(sorted.first()?).0)? as usize;
    if sorted.get(guess).is_some_and(|guessed| of(guessed) == number) {
        return Some(guess);
    }
    sorted.binary_search_by_key(&number, of).ok()
}

/// The far port of a row: by its id as its subtype means it, then by its description, a MAC address last.
///
/// Names stand before aliases whatever the subtype says, since people edit aliases; a bare number is an ifIndex.
pub(super) fn remote(ports: Ports<'_>, row: &NeighbourRow) -> Option<u32> {
    let by_id = match &row.port_id {
        Some(PortId::Name(text)) => ports.named(text).or_else(|| ports.aliased(text)).or_else(|| ports.numbered(text)),
        Some(PortId::Alias(text)) => ports.named(text).or_else(|| ports.aliased(text)),
        Some(PortId::Text(text)) => ports.named(text).or_else(|| ports.numbered(text)).or_else(|| ports.aliased(text)),
        Some(PortId::Address(address)) => ports.with_address(*address),
        Some(PortId::BridgePort(number)) => ports.in_bridge(*number),
        Some(PortId::Mac(_)) | None => None,
    };
    by_id.or_else(|| row.port_descr.as_deref().and_then(|text| ports.described(text))).or_else(|| match row.port_id {
        Some(PortId::Mac(mac)) => ports.with_mac(mac),
        _ => None,
    })
}

/// The port that a row was heard on.
pub(super) fn local(ports: Ports<'_>, row: &NeighbourRow) -> Option<u32> {
    let by_index = row.local_if_index.and_then(|if_index| by_if_index(ports.device, if_index));
    by_index.or_else(|| ports.named(row.local_port.as_deref()?))
}

/// Whether the port is called so, or so abbreviated.
fn is_short_for(port: &Interface, what: usize, text: &str) -> bool {
    CALLED.get(what).and_then(|called| called(port)).is_some_and(|own| same_name(own, text))
}

/// Whether one of the two is an abbreviation of the other: equal from the first digit on, and the shorter word the
/// beginning of the longer one.
pub(super) fn same_name(own: &str, text: &str) -> bool {
    let split = |text: &str| text.find(|c: char| c.is_ascii_digit());
    let (Some(x), Some(y)) = (split(own), split(text)) else { return own.eq_ignore_ascii_case(text) };
    let ((word, rest), (other, other_rest)) = (own.split_at(x), text.split_at(y));
    let (short, long) = if word.len() <= other.len() { (word, other) } else { (other, word) };
    rest == other_rest && short.len() >= 2 && long.get(..short.len()).is_some_and(|front| front.eq_ignore_ascii_case(short))
}

/// What a port is good for, by its ifType (IANAifType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A cable can end there.
    Physical,
    /// Two stations and no more: serial lines.
    PointToPoint,
    /// Bundles physical ports.
    Aggregate,
    /// VLAN interfaces, loopbacks, tunnels, bridges.
    Logical,
    /// The agent does not say.
    Unknown,
}

/// ethernetCsmacd, iso88023Csmacd, fastEther, fastEtherFX, gigabitEthernet.
const ETHERNET: [u32; 5] = [6, 7, 62, 69, 117];
/// propPointToPointSerial, ppp, hdlc, sonet, pos.
const SERIAL: [u32; 5] = [22, 23, 118, 39, 171];
/// ieee8023adLag, propMultiplexor (which some use for port channels).
const LAG: [u32; 2] = [161, 54];

pub(super) fn kind(port: &Interface) -> Kind {
    match port.if_type {
        None => Kind::Unknown,
        Some(number) if ETHERNET.contains(&number) => Kind::Physical,
        Some(number) if SERIAL.contains(&number) => Kind::PointToPoint,
        Some(number) if LAG.contains(&number) => Kind::Aggregate,
        Some(_) => Kind::Logical,
    }
}

/// Whether the device has ports that are members of this one.
pub(super) fn is_aggregate(device: &Device, if_index: IfIndex) -> bool {
    device.interfaces.iter().any(|member| member.aggregate == Some(if_index) && member.if_index != if_index)
}

/// The port whose state and cables the port shares: a member's aggregate, a subinterface's port.
pub(super) fn carrier<'a>(device: &'a Device, port: &'a Interface) -> &'a Interface {
    if let Some(aggregate) = port.aggregate.filter(|number| *number != port.if_index).and_then(|number| device.interface(number))
    {
        return aggregate;
    }
    let parent = port.if_name.as_deref().and_then(|name| name.rsplit_once('.')).map(|(parent, _)| parent);
    let parent = parent.and_then(|name| device.interfaces.iter().find(|port| port.if_name.as_deref() == Some(name)));
    parent.unwrap_or(port)
}
