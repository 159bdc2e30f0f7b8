//! Which period a time belongs to: days of samples, months of minutes, years of hours, all in UTC.

use crate::model::Timestamp;
use crate::model::rollup::Level;

/// A day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// The number of the day of a time (milliseconds).
pub const fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY_MS)
}

/// What a period holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Samples of a day.
    Raw,
    /// Minutes of a month.
    Minute,
    /// Hours of a year.
    Hour,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Raw, Self::Minute, Self::Hour];

    /// Where rollups of a level are kept.
    pub const fn of_level(level: Level) -> Self {
        match level {
            Level::Minute => Self::Minute,
            Level::Hour => Self::Hour,
        }
    }

    /// The folder of its periods.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Minute => Level::Minute.word(),
            Self::Hour => Level::Hour.word(),
        }
    }

    /// Its number on disk.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// A period: days are counted from the epoch, months and years from the year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodKey {
    /// What it holds.
    pub kind: Kind,
    /// Its number.
    pub number: i64,
}

impl PeriodKey {
    /// The day of a number.
    pub const fn day(number: i64) -> Self {
        Self { kind: Kind::Raw, number }
    }

    /// The period of a time, milliseconds.
    pub fn of(kind: Kind, at: i64) -> Self {
        let number = match kind {
            Kind::Raw => day_of(at),
            Kind::Minute => year_and_month(at).map_or(0, |(year, month)| year * 12 + month - 1),
            Kind::Hour => year_and_month(at).map_or(0, |(year, _)| year),
        };
        Self { kind, number }
    }

    /// Its first millisecond.
    pub fn start(self) -> i64 {
        match self.kind {
            Kind::Raw => self.number * DAY_MS,
            Kind::Minute => first_of(self.number.div_euclid(12), self.number.rem_euclid(12) + 1),
            Kind::Hour => first_of(self.number, 1),
        }
    }

    /// The first millisecond after it.
    pub fn end(self) -> i64 {
        Self { number: self.number + 1, ..self }.start()
    }

    /// Its name: `YYYYMMDD`, `YYYYMM`, `YYYY`.
    pub fn name(self) -> String {
        let digits = match self.kind {
            Kind::Raw => 8,
            Kind::Minute => 6,
            Kind::Hour => 4,
        };
        Timestamp(self.start()).rfc3339().chars().filter(char::is_ascii_digit).take(digits).collect()
    }

    /// Its folder below the store's: `raw/YYYYMMDD`, `1m/YYYYMM`, `1h/YYYY`.
    pub fn folder(self) -> String {
        format!("{}/{}", self.kind.folder(), self.name())
    }

    /// As `store stats` names it: a day by its date alone.
    pub fn label(self) -> String {
        match self.kind {
            Kind::Raw => self.name(),
            Kind::Minute | Kind::Hour => self.folder(),
        }
    }

    /// From the name of its folder; `None` for any other.
    pub fn of_name(kind: Kind, name: &str) -> Option<Self> {
        if !name.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let year = name.get(..4)?;
        let month = if name.len() > 4 { name.get(4..6)? } else { "01" };
        let date = if name.len() > 6 { name.get(6..)? } else { "01" };
        let at = Timestamp::parse_absolute(&format!("{year}-{month}-{date}T00:00:00Z"))?;
        let key = Self::of(kind, at.millis());
        (key.name() == name).then_some(key)
    }
}

fn year_and_month(at: i64) -> Option<(i64, i64)> {
    let text = Timestamp(at).rfc3339();
    Some((text.get(..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?))
}

fn first_of(year: i64, month: i64) -> i64 {
    Timestamp::parse_absolute(&format!("{year:04}-{month:02}-01T00:00:00Z")).map_or(0, Timestamp::millis)
}

/// Whether a time can be kept: blocks begin within 32 bits of seconds, and periods have names of four digits of year.
pub const fn is_kept(at: i64) -> bool {
    at >= 0 && at < (u32::MAX as i64) * 1000 - DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, time: &str, folder: &str, bounds: (&str, &str)) {
        let parse = |text: &str| Timestamp::parse_absolute(text).unwrap().millis();
        let key = PeriodKey::of(kind, parse(time));
        assert_eq!(key.folder(), folder);
        assert_eq!((key.start(), key.end()), (parse(bounds.0), parse(bounds.1)));
        assert_eq!(PeriodKey::of_name(kind, folder.split_once('/').unwrap().1), Some(key));
    }

    #[test]
    fn periods_have_names_and_bounds() {
        check(Kind::Raw, "1970-01-01T00:00:00Z", "raw/19700101", ("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"));
        check(Kind::Raw, "2026-11-22T23:59:59Z", "raw/20261122", ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"));
        check(Kind::Minute, "2028-02-29T12:00:00Z", "1m/202802", ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"));
        check(Kind::Minute, "2026-12-31T23:59:59Z", "1m/202612", ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"));
        check(Kind::Hour, "2026-07-01T00:00:00Z", "1h/2026", ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"));
    }

    #[test]
    fn other_names_are_no_periods() {
        for wrong in ["2026112", "202611221", "20261122.damaged-1", "2026x122", "", "20261301", "202611"] {
            assert_eq!(PeriodKey::of_name(Kind::Raw, wrong), None, "{wrong}");
        }
        assert_eq!(PeriodKey::of_name(Kind::Hour, "202611"), None);
        assert_eq!(PeriodKey::of_name(Kind::Minute, "2026"), None);
    }
}
