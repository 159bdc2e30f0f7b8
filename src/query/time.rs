//! Times and durations as people write them: RFC 3339, `@UNIX`, and `-15m` relative to a given now.

use crate::model::Timestamp;
use std::time::Duration;

/// Units of durations, in seconds.
const UNITS: [(&str, u64); 6] = [("ms", 0), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];

/// Reads a time. `now` and `-0s` are the given now.
pub fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text == "now" {
        return Some(now);
    }
    match text.strip_prefix('-') {
        Some(ago) => duration(ago).map(|ago| now.minus(ago)),
        None => Timestamp::parse_absolute(text),
    }
}

/// Reads a duration: one or more whole numbers with a unit: `500ms`, `45s`, `15m`, `1h30m`, `7d`, `2w`.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let unit_len = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let (_, seconds) = UNITS.iter().find(|(known, _)| *known == unit)?;
        let part = match seconds {
            0 => Duration::from_millis(number),
            seconds => Duration::from_secs(number.checked_mul(*seconds)?),
        };
        total = total.checked_add(part)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_are_relative_to_the_given_now() {
        let now = Timestamp::from_secs(10_000);
        assert_eq!(parse("-15m", now), Some(Timestamp::from_secs(9_100)));
        assert_eq!(parse("@5", now), Some(Timestamp(5000)));
        assert_eq!(parse("1970-01-01T00:00:07Z", now), Some(Timestamp(7000)));
        assert_eq!(parse("yesterday", now), None);
    }

    #[test]
    fn durations_add_up_and_nonsense_is_refused() {
        assert_eq!(duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        for text in ["", "15", "m", "5x", "99999999999999999999s", "18446744073709551615w"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
