//! What elements are called, and how their octets read: for what is shown, not for the hot path.

use super::octets::{u16_at, u32_at, unsigned};
use super::plan::told_time;
use super::template::{TemplateField, V9_SCOPE, VARIABLE};
use crate::model::flow::{Element, ElementKind, Elements, FieldValue};
use crate::model::{MacAddr, text};
use std::borrow::Cow;
use std::net::IpAddr;

/// The enterprise number of elements of the way back: that of IANA with the same number (RFC 5103 §6.1).
pub(super) const IPFIX_REVERSE: u32 = 29305;

/// CERT's elements of the way back have this bit set (YAF).
const CERT: u32 = 6871;
const CERT_REVERSE: u16 = 0x4000;

/// Cisco writes its own elements in v9, which knows no enterprises, with the enterprise bit and no enterprise number.
const CISCO: u32 = 9;

/// paddingOctets.
const PADDING: u16 = 210;

/// applicationId; MPLS label stack sections.
const APPLICATION_ID: u16 = 95;
const MPLS_LABELS: std::ops::RangeInclusive<u16> = 70..=79;

/// Lists in lists (RFC 6313) are read so deep.
const DEEPEST: usize = 4;

/// Octets of no known meaning are shown up to here: the rest of a packet is no reading.
const MOST_OCTETS: usize = 256;

/// Scopes of a v9 options template (RFC 3954 §6.1).
const SCOPES: [&str; 6] = ["scope0", "scopeSystem", "scopeInterface", "scopeLineCard", "scopeCache", "scopeTemplate"];

/// Whether a field holds nothing.
pub(super) fn is_padding(field: &TemplateField) -> bool {
    field.enterprise == 0 && field.number == PADDING
}

/// The element of a field, and whether it is its way back.
fn element(elements: &Elements, enterprise: u32, number: u16) -> Option<(&Element, bool)> {
    let forward = |element| (element, false);
    match enterprise {
        IPFIX_REVERSE => elements.get(0, number).map(|element| (element, true)),
        CERT if number & CERT_REVERSE != 0 => elements.get(CERT, number & !CERT_REVERSE).map(|element| (element, true)),
        0 if number & 0x8000 != 0 => elements.get(0, number).or_else(|| elements.get(CISCO, number & 0x7fff)).map(forward),
        _ => elements.get(enterprise, number).map(forward),
    }
}

/// Name and value of a field. `None` where it says nothing: padding, no octets, empty text.
pub(super) fn read<'a>(elements: &'a Elements, field: &TemplateField, octets: &[u8]) -> Option<(Cow<'a, str>, FieldValue)> {
    if octets.is_empty() || is_padding(field) {
        return None;
    }
    if field.enterprise == V9_SCOPE {
        let name =
            SCOPES.get(usize::from(field.number)).map_or_else(|| format!("scope{}", field.number).into(), |name| (*name).into());
        return Some((name, FieldValue::Unsigned(unsigned(octets))));
    }
    let Some((element, is_reverse)) = element(elements, field.enterprise, field.number) else {
        let name = format!("{}.{}", field.enterprise, field.number);
        return Some((name.into(), unknown(octets)));
    };
    let value = special(field, octets).or_else(|| value(elements, element.kind, octets, 0))?;
    let name = if is_reverse { Cow::Owned(reverse_name(&element.name)) } else { Cow::Borrowed(element.name.as_str()) };
    Some((name, value))
}

/// `octetDeltaCount` → `reverseOctetDeltaCount` (RFC 5103 §6.2).
fn reverse_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| format!("reverse{}{}", first.to_ascii_uppercase(), letters.as_str()))
}

/// Elements that are octets to IANA and have a reading of their own.
fn special(field: &TemplateField, octets: &[u8]) -> Option<FieldValue> {
    match (field.enterprise, field.number) {
        // Classification engine and selector (RFC 6759 §4.1).
        (0, APPLICATION_ID) => {
            let (engine, selector) = octets.split_first().filter(|(_, selector)| (1..=7).contains(&selector.len()))?;
            Some(FieldValue::Text(format!("{engine}:{}", unsigned(selector))))
        }
        // Label, experimental bits, bottom of stack (RFC 3032 §2.1).
        (0, number) if MPLS_LABELS.contains(&number) && octets.len() == 3 => {
            let bits = unsigned(octets);
            Some(FieldValue::Text(format!("{}/{}/{}", bits >> 4, bits >> 1 & 7, bits & 1)))
        }
        _ => None,
    }
}

/// Octets of an element that is not known: text where they read as such, else a number, else as they are.
fn unknown(octets: &[u8]) -> FieldValue {
    let trimmed = octets.iter().rposition(|octet| *octet != 0).map_or(&[][..], |last| octets.get(..=last).unwrap_or_default());
    let is_text = octets.len() > 8 && !trimmed.is_empty() && trimmed.iter().all(|octet| matches!(octet, 0x20..=0x7e));
    match octets.len() {
        _ if is_text => FieldValue::Text(text::from_octets(trimmed)),
        1..=8 => FieldValue::Unsigned(unsigned(octets)),
        _ => shown(octets),
    }
}

fn shown(octets: &[u8]) -> FieldValue {
    FieldValue::Octets(octets.get(..MOST_OCTETS).unwrap_or(octets).to_vec())
}

/// A value of a kind (RFC 7011 §6.1); numbers may be shorter than their kind (§6.2).
fn value(elements: &Elements, kind: ElementKind, octets: &[u8], depth: usize) -> Option<FieldValue> {
    let length = octets.len();
    match kind {
        ElementKind::Unsigned if length <= 8 => Some(FieldValue::Unsigned(unsigned(octets))),
        ElementKind::Signed if (1..=8).contains(&length) => {
            let unused = 64 - 8 * u32::try_from(length).unwrap_or(8);
            #[allow(clippy::cast_possible_wrap, reason = "two's complement")]
            Some(FieldValue::Signed((unsigned(octets) << unused) as i64 >> unused))
        }
        ElementKind::Float if length == 4 => Some(FieldValue::Float(f64::from(f32::from_bits(u32_at(octets, 0))))),
        ElementKind::Float if length == 8 => Some(FieldValue::Float(f64::from_bits(unsigned(octets)))),
        // 1 is true, 2 is false (RFC 7011 §6.1.5).
        ElementKind::Boolean if length == 1 => match octets {
            [1] => Some(FieldValue::Boolean(true)),
            [2] => Some(FieldValue::Boolean(false)),
            _ => Some(FieldValue::Unsigned(unsigned(octets))),
        },
        ElementKind::MacAddress => {
            Some(<[u8; 6]>::try_from(octets).map_or_else(|_| shown(octets), |mac| FieldValue::Mac(MacAddr(mac))))
        }
        ElementKind::Ipv4Address | ElementKind::Ipv6Address => {
            Some(address(octets).map_or_else(|| shown(octets), FieldValue::Ip))
        }
        ElementKind::String => text::known(octets).map(FieldValue::Text),
        ElementKind::DateTimeSeconds | ElementKind::DateTimeMilliseconds if (1..=8).contains(&length) => {
            Some(FieldValue::Time(told_time(kind, octets)))
        }
        ElementKind::DateTimeMicroseconds | ElementKind::DateTimeNanoseconds if length == 8 => {
            Some(FieldValue::Time(told_time(kind, octets)))
        }
        ElementKind::BasicList => Some(basic_list(elements, octets, depth).unwrap_or_else(|| shown(octets))),
        _ => Some(shown(octets)),
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    }
}

/// A list of values of one element (RFC 6313 §4.5.1). `None` where it is cut off, or too deep.
fn basic_list(elements: &Elements, octets: &[u8], depth: usize) -> Option<FieldValue> {
    if depth >= DEEPEST || octets.len() < 5 {
        return None;
    }
    let (mut number, length) = (u16_at(octets, 1), u16_at(octets, 3));
    let (mut enterprise, mut rest) = (0, octets.get(5..)?);
    if number & 0x8000 != 0 {
        enterprise = u32_at(rest, 0);
        number &= 0x7fff;
        rest = rest.get(4..)?;
    }
    let kind = element(elements, enterprise, number).map_or(ElementKind::OctetArray, |(element, _)| element.kind);
    let mut values = Vec::new();
    while !rest.is_empty() {
        let (start, length) = if length == VARIABLE { variable(rest, 0)? } else { (0, usize::from(length)) };
        let octets = rest.get(start..start + length)?;
        values.extend(value(elements, kind, octets, depth + 1));
        rest = rest.get(start + length..).filter(|_| start + length > 0)?;
    }
    Some(FieldValue::List(values))
}

/// Where a field of variable length begins, and its length (RFC 7011 §7).
#[inline]
pub(super) fn variable(octets: &[u8], at: usize) -> Option<(usize, usize)> {
    match *octets.get(at)? {
        255 => octets.get(at + 1..at + 3).map(|length| (at + 3, usize::from(u16_at(length, 0)))),
        length => Some((at + 1, usize::from(length))),
    }
}
