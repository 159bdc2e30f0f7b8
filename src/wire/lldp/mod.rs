//! LLDP (IEEE 802.1AB-2016 clause 8): one data unit, a row of type-length-value triples.
//!
//! Strict where the standard discards (§9.2.7.7: the three mandatory TLVs come first, in order, once), and tolerant behind them: a TLV that is
//! malformed, doubled or cut off is passed over and counted. [`id`] decodes ids, those of LLDP-MIB too.

pub mod id;

use super::announcement::{Announcement, Fault};
use crate::model::{Evidence, text};
use std::net::IpAddr;

/// Types of the mandatory TLVs, in their order, and the one that ends it (§8.4.1).
const END: u8 = 0;
const CHASSIS_ID: u8 = 1;
const PORT_ID: u8 = 2;
const TIME_TO_LIVE: u8 = 3;

/// IANA address family numbers, as ManAddrSubtype has them.
const FAMILY_IPV4: u8 = 1;
const FAMILY_IPV6: u8 = 2;

/// System capabilities by bit (§8.5.8.1), in the words of LLDP-MIB. There the first bit is the highest, here it is the lowest.
pub const CAPABILITIES: [&str; 8] =
    ["other", "repeater", "bridge", "wlanAccessPoint", "router", "telephone", "docsisCableDevice", "stationOnly"];

/// Takes the value of an optional TLV over; whether it could be used.
type Fill = fn(&mut Announcement, &[u8]) -> bool;

/// The optional TLVs of the basic set (§8.5.5 to §8.5.9).
const FILLS: [(u8, Fill); 5] = [
    (4, |said, value| fill(&mut said.row.port_descr, value)),
    (5, |said, value| fill(&mut said.row.sys_name, value)),
    (6, |said, value| fill(&mut said.row.sys_descr, value)),
    (7, |said, value| match value {
        [_, _, high, low, ..] => {
            said.row.capabilities = words(u16::from_be_bytes([*high, *low]));
            true
        }
        _ => false,
    }),
    (8, |said, value| match management_address(value) {
        Some(Some(address)) => {
            if !said.row.addresses.contains(&address) {
                said.row.addresses.push(address);
            }
            true
        }
        Some(None) => true,
        None => false,
    }),
];

/// Reads a data unit.
///
/// # Errors
/// One that the standard discards. A TTL of 0 (a shutdown, §9.1.2.5) is none.
pub fn decode(octets: &[u8]) -> Result<Announcement, Fault> {
    let mut tlvs = Tlvs(octets);
    let mut said = Announcement::new(Evidence::Lldp);
    let (subtype, value) = with_subtype(tlvs.mandatory(CHASSIS_ID)?)?;
    said.row.chassis_id = Some(id::chassis_id(Some(subtype), value).ok_or(Fault::NoId)?);
    let (subtype, value) = with_subtype(tlvs.mandatory(PORT_ID)?)?;
    said.row.port_id = Some(id::port_id(Some(subtype), value).ok_or(Fault::NoId)?);
    let [high, low, ..] = tlvs.mandatory(TIME_TO_LIVE)? else { return Err(Fault::CutOff) };
    said.ttl_seconds = u16::from_be_bytes([*high, *low]);
    loop {
        match tlvs.next() {
            Ok(Some((END, _))) | Ok(None) => return Ok(said),
            Ok(Some((CHASSIS_ID | PORT_ID | TIME_TO_LIVE, _))) => return Err(Fault::Order),
            Ok(Some((kind, value))) => {
                let fill = FILLS.iter().find(|(known, _)| *known == kind);
                // Types that are not of the basic set, and those of organizations, are no fault.
                said.passed_over += u32::from(fill.is_some_and(|(_, fill)| !fill(&mut said, value)));
            }
            Err(_cut_off) => {
                said.passed_over += 1;
                return Ok(said);
            }
        }
    }
}

/// What is left of a data unit.
struct Tlvs<'a>(&'a [u8]);

impl<'a> Tlvs<'a> {
    /// The next: 7 bits of type, 9 of length. Padding behind an end that was left out reads as an end.
    fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, Fault> {
        let (first, second, rest) = match self.0 {
            [] => return Ok(None),
            [first, second, rest @ ..] => (*first, *second, rest),
            _ => return Err(Fault::CutOff),
        };
        let length = usize::from(u16::from_be_bytes([first & 1, second]));
        let (value, rest) = rest.split_at_checked(length).ok_or(Fault::CutOff)?;
        self.0 = rest;
        Ok(Some((first >> 1, value)))
    }

    fn mandatory(&mut self, wanted: u8) -> Result<&'a [u8], Fault> {
        match self.next()? {
            Some((kind, value)) if kind == wanted => Ok(value),
            _ => Err(Fault::Order),
        }
    }
}

fn with_subtype(value: &[u8]) -> Result<(i64, &[u8]), Fault> {
    match value {
        [subtype, value @ ..] if !value.is_empty() => Ok((i64::from(*subtype), value)),
        _ => Err(Fault::NoId),
    }
}

/// A text that was not said before; an empty one says nothing, and is no fault.
fn fill(field: &mut Option<String>, value: &[u8]) -> bool {
    let is_first = field.is_none();
    if is_first {
        *field = text::known(value.split(|octet| *octet == 0).next().unwrap_or(value));
    }
    is_first
}

/// The enabled capabilities.
fn words(bits: u16) -> Vec<String> {
    let set = CAPABILITIES.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
    set.map(|(_, word)| (*word).to_owned()).collect()
}

/// Length of subtype and address, subtype, address, and a port and object that nobody needs (§8.5.9). `Some(None)` is no IP address.
fn management_address(value: &[u8]) -> Option<Option<IpAddr>> {
    let (length, rest) = value.split_first()?;
    let (family, address) = rest.get(..usize::from(*length))?.split_first()?;
    let address = match (*family, address.len()) {
        (FAMILY_IPV4, 4) | (FAMILY_IPV6, 16) => id::network_address(address),
        (FAMILY_IPV4 | FAMILY_IPV6, _) => return None,
        _ => None,
    };
    Some(address.filter(|address| !address.is_unspecified()))
}
