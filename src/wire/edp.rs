//! EDP, Extreme's protocol: a head with the sender's MAC address, then parts of mark, type, length and value.
//!
//! It says no holding time; the reader gives it one. Slots and ports are counted from 0 on the wire and from 1 on the box.

use super::announcement::{Announcement, Fault};
use crate::model::{ChassisId, Evidence, MacAddr, PortId, text};

/// Seconds that an announcement holds: three of its 60-second intervals.
const HOLDS: u16 = 180;

/// What each part begins with.
const MARK: u8 = 0x99;

const END: u8 = 0;
const DISPLAY: u8 = 1;
const INFO: u8 = 2;

/// Reads an announcement.
///
/// # Errors
/// An unknown version, and one that is cut off in its head. The checksum is not looked at: devices differ in what they sum.
pub fn decode(octets: &[u8]) -> Result<Announcement, Fault> {
    let Some((head, mut rest)) = octets.split_first_chunk::<16>() else { return Err(Fault::CutOff) };
    let [version, _, l1, l2, _, _, _, _, id_high, id_low, mac @ ..] = *head;
    if version != 1 {
        return Err(Fault::Version);
    }
    let mac = MacAddr(mac);
    if [id_high, id_low] != [0, 0] || !mac.is_identity() {
        return Err(Fault::NoId);
    }
    let mut said = Announcement { ttl_seconds: HOLDS, ..Announcement::new(Evidence::Edp) };
    said.row.chassis_id = Some(ChassisId::Mac(mac));
    let length = usize::from(u16::from_be_bytes([l1, l2])).saturating_sub(head.len());
    rest = rest.get(..length).unwrap_or(rest);
    while let [MARK, kind, l1, l2, behind @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l1, *l2]));
        let Some((value, next)) = length.checked_sub(4).and_then(|length| behind.split_at_checked(length)) else {
            said.passed_over += 1;
            return Ok(said);
        };
        match *kind {
            END => return Ok(said),
            DISPLAY => said.row.sys_name = text::known(value.split(|octet| *octet == 0).next().unwrap_or(value)),
            INFO => said.passed_over += u32::from(!info(&mut said, value)),
            _ => {}
        }
        rest = next;
    }
    said.passed_over += u32::from(!rest.is_empty());
    Ok(said)
}

/// Slot, port, virtual chassis, six octets unused, version of the software.
fn info(said: &mut Announcement, value: &[u8]) -> bool {
    let [s1, s2, p1, p2, _, _, _, _, _, _, _, _, major, minor, patch, build, ..] = value else { return false };
    let (slot, port) = (u16::from_be_bytes([*s1, *s2]), u16::from_be_bytes([*p1, *p2]));
    said.row.port_id = Some(PortId::Name(format!("{}/{}", u32::from(slot) + 1, u32::from(port) + 1)));
    said.row.sys_descr = Some(format!("version {major}.{minor}.{patch}.{build}"));
    true
}
