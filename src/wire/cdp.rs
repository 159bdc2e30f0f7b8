//! CDP, and FDP, which is its copy: version, holding time, checksum, then parts of type, length and value.
//!
//! Cisco never published a standard; what is read here is what its devices send and CISCO-CDP-MIB describes.

use super::announcement::{Announcement, Fault};
use super::lldp::id;
use crate::model::{ChassisId, Evidence, PortId, text};
use std::net::IpAddr;

/// Bits of the capabilities, and the LLDP word for each.
const CAPABILITIES: [(u32, &str); 7] = [
    (0x01, "router"),
    (0x02, "bridge"),
    (0x04, "bridge"),
    (0x08, "bridge"),
    (0x10, "stationOnly"),
    (0x40, "repeater"),
    (0x80, "telephone"),
];

/// Network layers of an address: NLPID of IPv4, and IPv6 by SNAP.
const NLPID_IPV4: [u8; 1] = [0xcc];
const SNAP_IPV6: [u8; 8] = [0xaa, 0xaa, 0x03, 0, 0, 0, 0x86, 0xdd];

/// Addresses of one part: a device has fewer, and a length is not believed.
const MAX_ADDRESSES: usize = 64;

/// Takes the value of a part over; whether it could be used.
type Fill = fn(&mut Said, &[u8]) -> bool;

const FILLS: [(u16, Fill); 8] = [
    (0x01, |said, value| {
        said.chassis_id = said.chassis_id.take().or_else(|| id::chassis_id(None, value));
        said.device_name = said.device_name.take().or_else(|| known(value).map(|id| without_serial(&id).to_owned()));
        said.chassis_id.is_some()
    }),
    (0x02, |said, value| addresses(&mut said.addresses, value)),
    (0x03, |said, value| fill(&mut said.port, value)),
    (0x04, |said, value| {
        let bits = <[u8; 4]>::try_from(value).map(u32::from_be_bytes);
        said.capabilities = bits.map(capability_words).unwrap_or_default();
        bits.is_ok()
    }),
    (0x05, |said, value| fill(&mut said.version, value)),
    (0x06, |said, value| fill(&mut said.platform, value)),
    (0x14, |said, value| fill(&mut said.sys_name, value)),
    // Management addresses: the same form as addresses.
    (0x16, |said, value| addresses(&mut said.addresses, value)),
];

/// What the parts say, in their own terms.
#[derive(Default)]
struct Said {
    chassis_id: Option<ChassisId>,
    device_name: Option<String>,
    addresses: Vec<IpAddr>,
    port: Option<String>,
    capabilities: Vec<String>,
    version: Option<String>,
    platform: Option<String>,
    sys_name: Option<String>,
}

/// Reads an announcement of CDP or, as `protocol` says, FDP.
///
/// # Errors
/// A wrong checksum, an unknown version, and one that does not say who it is of.
pub fn decode(protocol: Evidence, octets: &[u8]) -> Result<Announcement, Fault> {
    let [version, ttl, _, _, parts @ ..] = octets else { return Err(Fault::CutOff) };
    if !matches!(version, 1 | 2) {
        return Err(Fault::Version);
    }
    if !checksum_fits(octets) {
        return Err(Fault::Checksum);
    }
    let mut said = Said::default();
    let passed_over = parts_of(parts, &mut said);
    let mut announcement = Announcement { ttl_seconds: u16::from(*ttl), passed_over, ..Announcement::new(protocol) };
    let row = &mut announcement.row;
    row.chassis_id = said.chassis_id;
    row.port_id = said.port.map(PortId::Name);
    row.sys_name = said.sys_name.or(said.device_name);
    row.sys_descr =
        [said.platform, said.version].into_iter().flatten().reduce(|platform, version| format!("{platform}\n{version}"));
    row.addresses = said.addresses;
    row.capabilities = said.capabilities;
    if row.chassis_id.is_none() && row.port_id.is_none() { Err(Fault::NoId) } else { Ok(announcement) }
}

/// Reads the parts; how many were passed over.
fn parts_of(mut rest: &[u8], said: &mut Said) -> u32 {
    let mut passed_over = 0;
    while let [k1, k2, l1, l2, behind @ ..] = rest {
        // The length counts its own head.
        let length = usize::from(u16::from_be_bytes([*l1, *l2]));
        let Some((value, next)) = length.checked_sub(4).and_then(|length| behind.split_at_checked(length)) else {
            return passed_over + 1;
        };
        let kind = u16::from_be_bytes([*k1, *k2]);
        if let Some((_, fill)) = FILLS.iter().find(|(known, _)| *known == kind) {
            passed_over += u32::from(!fill(said, value));
        }
        rest = next;
    }
    passed_over + u32::from(!rest.is_empty())
}

fn known(value: &[u8]) -> Option<String> {
    text::known(value.split(|octet| *octet == 0).next().unwrap_or(value))
}

/// A text that was not said before.
fn fill(field: &mut Option<String>, value: &[u8]) -> bool {
    let is_first = field.is_none();
    if is_first {
        *field = known(value);
    }
    is_first
}

/// A count, then each: kind and length of the network layer's number, the number, and the address with its length.
fn addresses(into: &mut Vec<IpAddr>, value: &[u8]) -> bool {
    let Some((count, mut rest)) = value.split_first_chunk::<4>() else { return false };
    let count = usize::try_from(u32::from_be_bytes(*count)).unwrap_or(usize::MAX);
    for _ in 0..count.min(MAX_ADDRESSES) {
        let Some((protocol, address, next)) = one_address(rest) else { return false };
        let is_ip = (protocol == NLPID_IPV4 && address.len() == 4) || (protocol == SNAP_IPV6 && address.len() == 16);
        let address = is_ip.then(|| id::network_address(address)).flatten().filter(|address| !address.is_unspecified());
        into.extend(address.filter(|address| !into.contains(address)));
        rest = next;
    }
    count <= MAX_ADDRESSES
}

fn one_address(octets: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let [_kind, length, rest @ ..] = octets else { return None };
    let (protocol, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (address, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((protocol, address, rest))
}

/// The words of a capabilities field.
pub fn capability_words(bits: u32) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (_, word) in CAPABILITIES.iter().filter(|(bit, _)| bits & bit != 0) {
        if !words.iter().any(|known| known == word) {
            words.push((*word).to_owned());
        }
    }
    words
}

/// The name in a device id: NX-OS writes `name(SERIAL)`.
pub fn without_serial(id: &str) -> &str {
    match id.split_once('(') {
        Some((name, serial)) if serial.ends_with(')') && !name.is_empty() => name,
        _ => id,
    }
}

/// The Internet checksum (RFC 1071), and for an odd number of octets also what Cisco's devices make of it.
fn checksum_fits(octets: &[u8]) -> bool {
    let (pairs, odd) = octets.as_chunks::<2>();
    let sum: u64 = pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum();
    let is_zero = |sum: u64| {
        let once = (sum & 0xffff) + (sum >> 16);
        (once & 0xffff) + (once >> 16) == 0xffff
    };
    match odd {
        [last] => {
            // Cisco adds the last octet as the low one of its word, and as a signed number: what is above 127 takes away.
            let low = u64::from(*last);
            let signed = if *last > 0x7f { low.wrapping_sub(0x101) & 0xffff } else { low };
            is_zero(sum + (low << 8)) || is_zero(sum + signed) || is_zero(sum + low)
        }
        _ => is_zero(sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_lengths_are_summed_as_the_standard_has_it_and_as_cisco_does() {
        // 2 + 180 of head, one octet of content; the checksum is the complement of the sum of the words.
        for (last, word) in [(0x41_u8, 0x4100_u16), (0x41, 0x0041), (0x90, 0x9000), (0x90, 0xff8f)] {
            let sum = u32::from(0x02b4_u16) + u32::from(word);
            let sum = (sum & 0xffff) + (sum >> 16);
            let [high, low] = (!u16::try_from(sum).unwrap()).to_be_bytes();
            assert!(checksum_fits(&[0x02, 0xb4, high, low, last]), "{last:x} {word:x}");
            assert!(!checksum_fits(&[0x02, 0xb4, high, low ^ 4, last]), "{last:x} {word:x}");
        }
    }
}
