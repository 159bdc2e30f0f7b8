//! Limits, clock, time zone.

use super::super::facts::{Clock, Limits, Zone};
use crate::clock;
use crate::model::Timestamp;
use crate::net::timekeeping::timekeeping;
use jiff::tz::TimeZone;
use std::fs;

/// Limits of a process; of this one where none is named, or where that one's can't be read.
pub(super) fn limits(pid: Option<u32>) -> Limits {
    let of = |who: &str| fs::read_to_string(format!("/proc/{who}/limits")).ok();
    let text = pid.and_then(|pid| of(&pid.to_string())).or_else(|| of("self")).unwrap_or_default();
    let (files, files_hard) = open_files(&text);
    Limits { files, files_hard }
}

/// `Max open files            1024                 524288               files`
fn open_files(limits: &str) -> (Option<u64>, Option<u64>) {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let mut figures =
        line.split_ascii_whitespace().map(|word| if word == "unlimited" { Some(u64::MAX) } else { word.parse().ok() });
    (figures.next().flatten(), figures.next().flatten())
}

/// The clock, beside the newest that the store remembers.
pub(super) fn clock(newest: Option<Timestamp>) -> Clock {
    let said = timekeeping();
    Clock { synchronised: said.map(|said| said.synchronised), error: said.map(|said| said.error), now: clock::now(), newest }
}

/// The time zone of this process.
pub(super) fn zone() -> Zone {
    let asked = std::env::var("TZ").ok().filter(|zone| !zone.is_empty());
    let found = TimeZone::try_system().ok().map(|zone| {
        let now = jiff::Timestamp::from_millisecond(clock::now().0).unwrap_or_default();
        let seconds = zone.to_offset(now).seconds();
        (zone.iana_name().or(asked.as_deref()).unwrap_or("local").to_owned(), offset(seconds))
    });
    Zone { asked, found }
}

/// `+09:00`
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_offsets_are_read_as_they_are_written() {
        let text = "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n";
        assert_eq!(open_files(text), (Some(1024), Some(524_288)));
        assert_eq!(open_files("Max open files   unlimited unlimited files"), (Some(u64::MAX), Some(u64::MAX)));
        assert_eq!(open_files("nonsense"), (None, None));
        assert_eq!([offset(32_400), offset(-12_600), offset(0)], ["+09:00", "-03:30", "+00:00"]);
        assert!(limits(None).files.is_some());
    }
}
