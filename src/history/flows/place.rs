//! Which file a block belongs to: ten minutes of records, a day of minutes, a month of hours, a year of days, all in UTC.

use crate::model::Timestamp;
use crate::model::flow::FlowLevel;

/// Ten minutes: at a million records a second a file of them is some 8 GB, so the cap can be kept by removing whole files.
const RECORDS_MS: i64 = 600_000;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Records as they were exported.
    Records,
    /// Sums by the minute.
    Minutes,
    /// Sums by the hour.
    Hours,
    /// Sums by the day.
    Days,
}

impl Kind {
    /// All of them, in the order in which they are given up.
    pub const ALL: [Self; 4] = [Self::Records, Self::Minutes, Self::Hours, Self::Days];

    /// The kind that holds a level's sums.
    pub const fn of_level(level: FlowLevel) -> Self {
        match level {
            FlowLevel::Minute => Self::Minutes,
            FlowLevel::Hour => Self::Hours,
            FlowLevel::Day => Self::Days,
        }
    }

    /// The folder of its files, below that of flows.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Minutes => FlowLevel::Minute.word(),
            Self::Hours => FlowLevel::Hour.word(),
            Self::Days => FlowLevel::Day.word(),
        }
    }

    /// Digits of a file's name: as many of `YYYYMMDDhhmm` as it takes.
    const fn digits(self) -> usize {
        match self {
            Self::Records => 12,
            Self::Minutes => 8,
            Self::Hours => 6,
            Self::Days => 4,
        }
    }
}

/// A file: what it holds, and the first moment of its stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileKey {
    /// What it holds.
    pub kind: Kind,
    /// Milliseconds.
    pub start: i64,
}

impl FileKey {
    /// The file of a time.
    pub fn of(kind: Kind, at: Timestamp) -> Self {
        let start = match kind {
            Kind::Records => at.0 - at.0.rem_euclid(RECORDS_MS),
            Kind::Minutes => FlowLevel::Day.start_of(at).0,
            Kind::Hours | Kind::Days => Self::parse(kind, &digits(at)).unwrap_or(0),
        };
        Self { kind, start }
    }

    /// The first moment after it.
    pub fn end(self) -> i64 {
        match self.kind {
            Kind::Records => self.start + RECORDS_MS,
            Kind::Minutes => self.start + FlowLevel::Day.millis(),
            // A month has 31 days at most, a year 366: the next one begins within the day after.
            Kind::Hours => Self::of(Kind::Hours, Timestamp(self.start + 31 * FlowLevel::Day.millis() + 1)).start,
            Kind::Days => Self::of(Kind::Days, Timestamp(self.start + 366 * FlowLevel::Day.millis() + 1)).start,
        }
    }

    /// `records/202611221250.dat`
    pub fn path(self) -> String {
        let name = digits(Timestamp(self.start));
        format!("{}/{}.dat", self.kind.folder(), name.get(..self.kind.digits()).unwrap_or(&name))
    }

    /// From the name of a file; `None` for any other.
    pub fn of_name(kind: Kind, name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".dat").filter(|stem| stem.len() == kind.digits())?;
        let key = Self { kind, start: Self::parse(kind, stem)? };
        (Self::of(kind, Timestamp(key.start)) == key).then_some(key)
    }

    /// The start that digits say, as many of them as a name has.
    fn parse(kind: Kind, digits: &str) -> Option<i64> {
        let known = digits.get(..kind.digits()).filter(|known| known.bytes().all(|byte| byte.is_ascii_digit()))?;
        let part = |from: usize, to: usize, else_: &'static str| known.get(from..to).unwrap_or(else_).to_owned();
        let date = format!("{}-{}-{}", part(0, 4, "1970"), part(4, 6, "01"), part(6, 8, "01"));
        let time = format!("{}:{}:00", part(8, 10, "00"), part(10, 12, "00"));
        Timestamp::parse_absolute(&format!("{date}T{time}Z")).map(Timestamp::millis)
    }
}

/// `YYYYMMDDhhmm…` of a time.
fn digits(at: Timestamp) -> String {
    at.rfc3339().chars().filter(char::is_ascii_digit).collect()
}

/// Whether a time can be kept: file names have four digits of year.
pub fn is_kept(at: Timestamp) -> bool {
    const FIRST: i64 = 0;
    const LAST: i64 = 253_402_300_799_000;
    (FIRST..LAST).contains(&at.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_names_and_bounds() {
        let parse = |text: &str| Timestamp::parse_absolute(text).unwrap();
        for (kind, path, start, end) in [
            (Kind::Records, "records/202602282350.dat", "2026-02-28T23:50:00Z", "2026-03-01T00:00:00Z"),
            (Kind::Minutes, "1m/20260228.dat", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"),
            (Kind::Hours, "1h/202602.dat", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            (Kind::Days, "1d/2026.dat", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ] {
            let key = FileKey::of(kind, parse("2026-02-28T23:59:59.5Z"));
            assert_eq!((key.path().as_str(), key.start, key.end()), (path, parse(start).0, parse(end).0));
            assert_eq!(FileKey::of_name(kind, path.split_once('/').unwrap().1), Some(key));
        }
        let december = FileKey::of(Kind::Hours, parse("2026-12-31T00:00:00Z"));
        assert_eq!(december.end(), parse("2027-01-01T00:00:00Z").0);
        for wrong in ["20260228.dat.new", "2026022.dat", "20261345.dat", "x.dat", ".dat"] {
            assert_eq!(FileKey::of_name(Kind::Minutes, wrong), None, "{wrong}");
        }
        assert!(!is_kept(Timestamp(-1)) && !is_kept(Timestamp(i64::MAX)) && is_kept(Timestamp(1)));
    }
}
