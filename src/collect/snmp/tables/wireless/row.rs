//! One row of a rule: what its index names, and what its columns say.

use super::super::columns::{Columns, text_to_nul};
use super::super::health::number;
use crate::mib::wireless::{ReadAs, Source, WirelessField as Field, WirelessIndex};
use crate::mib::{Registry, WirelessRule};
use crate::model::poll::Counter;
use crate::model::wireless::{MAX_NAME, WifiBand};
use crate::model::{MacAddr, Timestamp};
use crate::wire::snmp::Value;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// The cells of a rule, by column and index.
pub(super) struct Cells<'a> {
    rule: &'static WirelessRule,
    columns: FxHashMap<&'static str, FxHashMap<&'a [u32], &'a Value>>,
}

impl<'a> Cells<'a> {
    pub(super) fn of(rule: &'static WirelessRule, columns: &'a Columns) -> Self {
        let names = rule.columns();
        Self { rule, columns: names.into_iter().map(|name| (name, columns.rows(name).collect())).collect() }
    }

    /// All rows whose index can be read, in order.
    pub(super) fn rows(&self, at: Timestamp) -> impl Iterator<Item = Row<'_>> {
        let indexes: BTreeSet<&'a [u32]> = self.columns.values().flat_map(|rows| rows.keys().copied()).collect();
        indexes
            .into_iter()
            .filter_map(move |index| Some(Row { cells: self, place: Place::read(&self.rule.index, index)?, index, at }))
    }
}

/// What an index names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ap: Option<MacAddr>,
    pub(super) ap_id: Option<String>,
    pub(super) slot: Option<u16>,
    pub(super) channel: Option<u16>,
    pub(super) client: Option<MacAddr>,
    pub(super) bssid: Option<MacAddr>,
    pub(super) address: Option<IpAddr>,
    pub(super) name: Option<String>,
}

impl Place {
    /// `None` where the index is not one of this form: agents send what they like.
    pub(super) fn read(parts: &[WirelessIndex], mut arcs: &[u32]) -> Option<Self> {
        let mut place = Self::default();
        for part in parts {
            let (own, rest) = part.split(arcs)?;
            arcs = rest;
            match part {
                WirelessIndex::AccessPoint => place.ap = Some(MacAddr(octets(own)?.try_into().ok()?)),
                WirelessIndex::ClientOctets => {
                    place.client = Some(MacAddr(octets(own)?.try_into().ok()?));
                }
                WirelessIndex::ApId => place.ap_id = Some(crate::model::text::known(&octets(own)?)?),
                WirelessIndex::Client => place.client = Some(MacAddr(octets(own)?.try_into().ok()?)),
                WirelessIndex::Bssid => place.bssid = Some(MacAddr(octets(own)?.try_into().ok()?)),
                WirelessIndex::Slot => place.slot = Some(u16::try_from(*own.first()?).ok()?),
                WirelessIndex::Channel => place.channel = Some(u16::try_from(*own.first()?).ok()?),
                WirelessIndex::Ipv4 => {
                    let address = <[u8; 4]>::try_from(octets(own)?).ok()?;
                    place.address = known_address(IpAddr::V4(Ipv4Addr::from(address)));
                }
                WirelessIndex::Name => place.name = crate::model::text::known(&octets(own)?).map(|name| cut(&name)),
                WirelessIndex::Number => {}
            }
        }
        arcs.is_empty().then_some(place)
    }
}

fn octets(arcs: &[u32]) -> Option<Vec<u8>> {
    arcs.iter().map(|arc| u8::try_from(*arc).ok()).collect()
}

/// An InetAddress (RFC 4001): four or sixteen octets.
fn raw_address(octets: &[u8]) -> Option<IpAddr> {
    let four = || <[u8; 4]>::try_from(octets).ok().map(IpAddr::from);
    four().or_else(|| <[u8; 16]>::try_from(octets).ok().map(IpAddr::from))
}

/// A count, where it is one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was found to be a whole number that fits")]
fn whole(number: f64) -> Option<u32> {
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

/// 0.0.0.0 is how tables say that there is none.
fn known_address(address: IpAddr) -> Option<IpAddr> {
    (!address.is_unspecified()).then_some(address)
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_NAME).collect()
}

/// A row.
pub(super) struct Row<'a> {
    cells: &'a Cells<'a>,
    /// What its index names.
    pub(super) place: Place,
    index: &'a [u32],
    at: Timestamp,
}

impl Row<'_> {
    fn value(&self, column: &str) -> Option<&Value> {
        self.cells.columns.get(column)?.get(self.index).copied()
    }

    /// What the first source of a field that says something says.
    fn first<T>(&self, field: Field, read: impl Fn(&Source, &Value) -> Option<T>) -> Option<T> {
        let (_, sources) = self.cells.rule.says.iter().find(|(known, _)| *known == field)?;
        sources.iter().find_map(|source| read(source, self.value(&source.column)?))
    }

    /// A text, cut to what a pane can show.
    pub(super) fn text(&self, field: Field) -> Option<String> {
        self.first(field, |_, value| {
            let text = text_to_nul(value)?;
            Some(cut(text.trim())).filter(|text| !text.is_empty())
        })
    }

    /// A text, or a number as one.
    pub(super) fn naming(&self, field: Field) -> Option<String> {
        self.first(field, |source, value| match value.as_i64() {
            Some(number) => (!source.absent.contains(&number)).then(|| number.to_string()),
            None => text_to_nul(value).map(|text| cut(text.trim())).filter(|text| !text.is_empty()),
        })
    }

    /// What the words of a number mean.
    pub(super) fn word(&self, field: Field) -> Option<String> {
        self.first(field, |source, value| self.meant(source, value))
    }

    /// A band, and whether it follows from a channel's number alone.
    pub(super) fn band(&self, field: Field) -> Option<(WifiBand, bool)> {
        self.first(field, |source, value| {
            let band = WifiBand::from_word(&self.meant(source, value)?)?;
            Some((band, source.read_as == Some(ReadAs::BandOfChannel)))
        })
    }

    fn meant(&self, source: &Source, value: &Value) -> Option<String> {
        if source.read_as == Some(ReadAs::BandOfText) {
            let text = text_to_nul(value)?;
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
            return WifiBand::from_word(text.get(..end)?).map(|band| band.word().to_owned());
        }
        let number = value.as_i64()?;
        match source.read_as {
            Some(ReadAs::BandOfMhz) => Some(WifiBand::of_mhz(u32::try_from(number).ok()?)?.0.word().to_owned()),
            Some(ReadAs::BandOfChannel) => WifiBand::of_channel(u16::try_from(number).ok()?).map(|band| band.word().to_owned()),
            _ => source.words.get(Registry::global().object(&source.column)?.word(number)?).cloned(),
        }
    }

    /// A number.
    fn number(&self, field: Field) -> Option<f64> {
        self.first(field, |source, value| {
            if !source.words.is_empty() {
                return self.meant(source, value)?.parse().ok();
            }
            if value.as_i64().is_some_and(|number| source.absent.contains(&number)) {
                return None;
            }
            let raw = number(value)?;
            match source.read_as {
                Some(ReadAs::PlaceInList) => self.in_list(source, raw),
                Some(ReadAs::ChannelOfMhz) => Some(f64::from(WifiBand::of_mhz(whole(raw)?)?.1)),
                Some(ReadAs::SignedOctet) if (128.0..256.0).contains(&raw) => Some(raw - 256.0),
                _ => Some(raw * source.factor.unwrap_or(1.0)),
            }
        })
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating by definition of `as`")]
    fn in_list(&self, source: &Source, place: f64) -> Option<f64> {
        let list = text_to_nul(self.value(source.with.as_deref()?)?)?;
        let at = (place as usize).checked_sub(1)?;
        list.split(',').nth(at)?.trim().parse().ok()
    }

    /// A whole number, where it fits.
    #[allow(clippy::cast_possible_truncation, reason = "saturating by definition of `as`; what does not fit is refused then")]
    pub(super) fn whole<T: TryFrom<i64>>(&self, field: Field) -> Option<T> {
        let number = self.number(field).filter(|number| number.is_finite())?;
        T::try_from(number.round() as i64).ok()
    }

    /// A figure.
    #[allow(clippy::cast_possible_truncation, reason = "figures of radios are small")]
    pub(super) fn figure(&self, field: Field) -> Option<f32> {
        self.number(field).map(|number| number as f32).filter(|number| number.is_finite())
    }

    /// A figure between 0 and 100; beyond it says nothing.
    pub(super) fn percent(&self, field: Field) -> Option<f32> {
        self.figure(field).filter(|percent| (0.0..=100.0).contains(percent))
    }

    /// A counter by the type that the agent gives it.
    pub(super) fn counter(&self, field: Field) -> Option<Counter> {
        self.first(field, |_, value| match value {
            Value::Counter64(count) => Some(Counter::Bits64(*count)),
            _ => value.as_u64().map(|count| u32::try_from(count).map_or(Counter::Bits64(count), Counter::Bits32)),
        })
    }

    /// A hardware address.
    pub(super) fn mac(&self, field: Field) -> Option<MacAddr> {
        self.first(field, |_, value| MacAddr::from_octets_or_text(value.as_octets()?)).filter(|mac| mac.0 != [0; 6])
    }

    /// An address.
    pub(super) fn address(&self, field: Field) -> Option<IpAddr> {
        let address = self.first(field, |_, value| match value {
            Value::IpAddress(address) => Some(IpAddr::V4(*address)),
            _ => text_to_nul(value).and_then(|text| text.trim().parse().ok()).or_else(|| raw_address(value.as_octets()?)),
        });
        address.and_then(known_address)
    }

    /// When something began that is told by how long it lasts; whole seconds, so that two readings say the same.
    pub(super) fn since(&self, field: Field) -> Option<Timestamp> {
        self.first(field, |source, value| {
            let lasted = value.as_u64().filter(|lasted| *lasted > 0)?;
            let millis = match source.read_as {
                Some(ReadAs::TicksAgo) => lasted.checked_mul(10)?,
                _ => lasted.checked_mul(1000)?,
            };
            let began = self.at.minus(Duration::from_millis(millis));
            (began.millis() > 0).then(|| Timestamp::from_secs(began.secs()))
        })
    }
}
