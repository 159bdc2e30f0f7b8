//! Times as they stand at the head of a message. The year and the zone are often left out.

use super::digits;
use crate::model::Timestamp;
use crate::model::log::OwnTime;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// Names of months (RFC 3164 §4.1.2).
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Abbreviations of zones that devices write, with their offsets from UTC in minutes. Those that mean several are left out: the time then
/// counts as one without a zone.
const ZONES: [(&str, i32); 12] = [
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("KST", 540),
    ("JST", 540),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("EDT", -240),
    ("PDT", -420),
];

/// A time at the head of `text`, and what follows it. The time is `None` where it is one of the forms but can't be: 25:61, Feb 30,
/// or a vendor's uptime in its place.
pub(super) fn take(text: &str, received: Timestamp) -> Option<(Option<OwnTime>, &str)> {
    // Cisco: `*` the clock was never set, `.` it lost its source (IOS, "service timestamps").
    let bare = text.strip_prefix(['*', '.']).unwrap_or(text);
    named_month(bare, received).or_else(|| with_date(bare)).or_else(|| uptime(bare))
}

/// The next word and what follows it without blanks before.
fn next(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(' ');
    let end = text.find(' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (!word.is_empty()).then_some((word, rest))
}

/// `Nov 22 11:45:33`, `Nov  2 2026 11:45:33.102 KST:`, `2026 Nov 22 11:45:33`.
fn named_month(text: &str, received: Timestamp) -> Option<(Option<OwnTime>, &str)> {
    let (mut first, mut rest) = next(text)?;
    let mut year = None;
    if let Some(number) = digits::<i16>(first, 4).filter(|number| *number >= 1970) {
        year = Some(number);
        (first, rest) = next(rest)?;
    }
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(first)).and_then(|at| i8::try_from(at + 1).ok())?;
    let (day, rest) = next(rest)?;
    let day = digits::<i8>(day, 2)?;
    let (mut clock, mut rest) = next(rest)?;
    if let Some(number) = digits::<i16>(clock, 4) {
        year = Some(number);
        (clock, rest) = next(rest)?;
    }
    // Huawei: the offset right behind the time.
    let attached = clock.find(['+', '-']).and_then(|at| clock.split_at_checked(at));
    let (clock, offset) = attached.map_or((clock, None), |(clock, offset)| (clock, zone(offset).0));
    let (time, colon) = time_of(clock)?;
    // ArubaOS: the year stands behind the time.
    if let (false, None, Some((number, after))) = (colon, year, next(rest))
        && let Some(number) = digits::<i16>(number, 4).filter(|number| *number >= 1970)
    {
        (year, rest) = (Some(number), after);
    }
    let (offset, rest) = if colon || offset.is_some() { (offset, rest) } else { zone(rest) };
    let date = |year: i16| Date::new(year, month, day).ok();
    let at = time.and_then(|time| match year {
        Some(year) => at(date(year)?.to_datetime(time), offset),
        None => nearest_year(received, |year| at(date(year)?.to_datetime(time), offset)),
    });
    Some((at.map(|at| OwnTime { at, zoned: offset.is_some() }), behind(rest, colon)))
}

/// `2026-11-22T11:45:33.102+09:00`, `2026-11-22 11:45:33`, `2026/11/22 11:45:33`.
fn with_date(text: &str) -> Option<(Option<OwnTime>, &str)> {
    let (first, rest) = next(text)?;
    let date_of = |text: &str| {
        let mut parts = text.split(['-', '/']);
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        (parts.next().is_none() && year.len() == 4)
            .then(|| Some((digits::<i16>(year, 4)?, digits::<i8>(month, 2)?, digits::<i8>(day, 2)?)))
            .flatten()
    };
    if let Some((date, _)) = first.split_once('T')
        && date_of(date).is_some()
    {
        let colon = first.ends_with(':');
        let first = first.trim_end_matches(':');
        let zoned = Timestamp::parse_absolute(first).map(|at| OwnTime { at, zoned: true });
        let own = zoned.or_else(|| {
            let at = at(first.parse::<DateTime>().ok()?, None)?;
            Some(OwnTime { at, zoned: false })
        });
        return Some((own, behind(rest, colon)));
    }
    let (year, month, day) = date_of(first)?;
    let (clock, rest) = next(rest)?;
    let (time, colon) = time_of(clock)?;
    let (offset, rest) = if colon { (None, rest) } else { zone(rest) };
    let at = time.and_then(|time| at(Date::new(year, month, day).ok()?.to_datetime(time), offset));
    Some((at.map(|at| OwnTime { at, zoned: offset.is_some() }), behind(rest, colon)))
}

/// Cisco's `service timestamps uptime`: `1w2d:`, `00:00:35:`. No time of day.
fn uptime(text: &str) -> Option<(Option<OwnTime>, &str)> {
    let (first, rest) = next(text)?;
    let bare = first.strip_suffix(':')?;
    let is_span = bare.len() >= 2
        && bare.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'y' | b'w' | b'd' | b'h'))
        && bare.bytes().any(|byte| !byte.is_ascii_digit());
    let is_clock = bare.split(':').count() == 3 && bare.split(':').all(|part| digits::<u32>(part, 5).is_some());
    (is_span || is_clock).then(|| (None, rest.trim_start_matches(' ')))
}

/// `11:45:33.102` and whether a colon ends it. The time is `None` where it can't be; the whole is where it has another form.
fn time_of(word: &str) -> Option<(Option<Time>, bool)> {
    let bare = word.strip_suffix(':').unwrap_or(word);
    let mut parts = bare.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, "0"));
    let (hour, minute, second) = (digits::<i8>(hour, 2)?, digits::<i8>(minute, 2)?, digits::<i8>(second, 2)?);
    let nanos =
        fraction.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{:0<9.9}", fraction).parse().ok()).flatten()?;
    // A leap second is the last that there is.
    Some((Time::new(hour, minute, second.min(59), nanos).ok().filter(|_| second <= 60), bare.len() < word.len()))
}

/// A zone in minutes, where one stands at the head of `text`, and what follows it.
fn zone(text: &str) -> (Option<i32>, &str) {
    let Some((first, rest)) = next(text) else { return (None, text) };
    let name = first.trim_end_matches(':');
    if let Some((_, minutes)) = ZONES.iter().find(|(known, _)| *known == name) {
        return (Some(*minutes), rest);
    }
    let sign = match name.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        // An abbreviation that stands before a colon is a zone, whichever it is.
        _ if first.ends_with(':') && (2..=5).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            return (None, rest);
        }
        _ => return (None, text),
    };
    let figures: String = name.chars().skip(1).filter(|c| *c != ':').collect();
    match digits::<i32>(&figures, 4).filter(|_| figures.len() == 4) {
        Some(figures) if figures / 100 <= 14 && figures % 100 < 60 => (Some(sign * (figures / 100 * 60 + figures % 100)), rest),
        _ => (None, text),
    }
}

fn behind(rest: &str, colon: bool) -> &str {
    let rest = rest.trim_start_matches(' ');
    if colon { rest } else { rest.strip_prefix(": ").unwrap_or(rest) }
}

fn at(civil: DateTime, offset_minutes: Option<i32>) -> Option<Timestamp> {
    let millis = civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Some(Timestamp(millis - i64::from(offset_minutes.unwrap_or(0)) * 60_000))
}

/// Of the year of receipt and its neighbours the one in which the time is nearest to the receipt: a line of December comes in January.
fn nearest_year(received: Timestamp, at: impl Fn(i16) -> Option<Timestamp>) -> Option<Timestamp> {
    let year = jiff::Timestamp::from_millisecond(received.0).ok()?.to_zoned(TimeZone::UTC).year();
    let candidates = [year - 1, year, year + 1].into_iter().filter_map(at);
    candidates.min_by_key(|at| (at.0 - received.0).abs())
}
