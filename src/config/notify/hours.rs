//! Times of the day on days of the week, in a zone.

use crate::model::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

/// Days by their first letters, Monday first.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// A stretch of the day, which may go over midnight, on the days on which it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    from: Time,
    to: Time,
    days: Vec<Weekday>,
    zone: TimeZone,
}

impl Hours {
    /// Reads `22:00-07:00`, day by day, in the system's zone. Errors: a sentence.
    pub fn parse(between: &str) -> Result<Self, String> {
        let wrong = || format!("{between:?} is not FROM-TO such as \"22:00-07:00\"");
        let (from, to) = between.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (time(from).ok_or_else(wrong)?, time(to).ok_or_else(wrong)?);
        Ok(Self { from, to, days: DAYS.map(|(_, day)| day).to_vec(), zone: TimeZone::system() })
    }

    /// On these days alone.
    #[must_use]
    pub fn on(self, days: Vec<Weekday>) -> Self {
        if days.is_empty() { self } else { Self { days, ..self } }
    }

    /// In this zone.
    #[must_use]
    pub fn within(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    /// When the stretch ends that goes on at a time; `None` where none does.
    pub fn end(&self, at: Timestamp) -> Option<Timestamp> {
        let local = jiff::Timestamp::from_millisecond(at.millis()).ok()?.to_zoned(self.zone.clone());
        let today = local.date();
        let begun = [today.yesterday().ok()?, today];
        begun.into_iter().filter(|day| self.days.contains(&day.weekday())).find_map(|day| {
            let end_day = if self.to > self.from { day } else { day.tomorrow().ok()? };
            let (start, end) = (self.moment(day, self.from)?, self.moment(end_day, self.to)?);
            (start <= at && at < end).then_some(end)
        })
    }

    /// A time as the clocks of the zone show it.
    pub fn local(&self, at: Timestamp) -> String {
        let local = jiff::Timestamp::from_millisecond(at.millis()).map(|at| at.to_zoned(self.zone.clone()));
        local.map_or_else(|_| at.rfc3339(), |local| local.strftime("%Y-%m-%d %H:%M %Z").to_string())
    }

    fn moment(&self, day: Date, time: Time) -> Option<Timestamp> {
        let zoned = self.zone.to_zoned(day.to_datetime(time)).ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    // A day ends where the next begins.
    if (hour, minute) == (24, 0) { Some(Time::midnight()) } else { Time::new(hour, minute, 0, 0).ok() }
}

/// A day of the week by its first three letters. Errors: a sentence.
pub(super) fn day(text: &str) -> Result<Weekday, String> {
    let found = DAYS.iter().find(|(word, _)| *word == text).map(|(_, day)| *day);
    found.ok_or_else(|| format!("{text:?} is none of {}", DAYS.map(|(word, _)| word).join(" ")))
}

/// A zone by its name in the IANA database, or `local`. Errors: a sentence.
pub(super) fn zone(text: &str) -> Result<TimeZone, String> {
    if text == "local" {
        return Ok(TimeZone::system());
    }
    TimeZone::get(text)
        .map_err(|_| format!("{text:?} is no zone that this host knows, such as \"Europe/Berlin\", \"UTC\" or \"local\""))
}
