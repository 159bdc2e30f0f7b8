//! At which hours and days a rule holds.

use crate::model::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

/// Hours and days in a zone.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// From and to; past midnight where the second is earlier.
    hours: Option<(Time, Time)>,
    /// None is every day.
    days: Vec<Weekday>,
    zone: TimeZone,
}

/// Days by their first three letters.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Reads `08:00-20:00`. Errors: a sentence.
pub(super) fn hours(text: &str) -> Result<(Time, Time), String> {
    let time = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        // A day ends at 24:00, which is no time of it.
        match (hour.parse::<i8>().ok()?, minute.parse::<i8>().ok()?) {
            (24, 0) => Some(Time::midnight()),
            (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
        }
    };
    let both = text.split_once('-').and_then(|(from, to)| time(from).zip(time(to)));
    both.ok_or_else(|| format!("{text:?} is no time of the day such as \"08:00-20:00\""))
}

/// Reads `mon`. Errors: a sentence.
pub(super) fn day(text: &str) -> Result<Weekday, String> {
    let found = DAYS.iter().find(|(word, _)| text.to_ascii_lowercase().starts_with(word));
    found.map(|(_, day)| *day).ok_or_else(|| format!("{text:?} is no day: mon, tue, wed, thu, fri, sat or sun"))
}

impl Schedule {
    /// `None` where a rule holds always. Errors: the zone is not known.
    pub(super) fn new(hours: Option<(Time, Time)>, days: Vec<Weekday>, zone: Option<&str>) -> Result<Option<Self>, String> {
        let zone = match zone {
            Some(name) => {
                TimeZone::get(name).map_err(|_| format!("{name:?} is no time zone such as \"Asia/Seoul\" or \"UTC\""))?
            }
            None if hours.is_none() && days.is_empty() => return Ok(None),
            None => TimeZone::system(),
        };
        Ok((hours.is_some() || !days.is_empty()).then_some(Self { hours, days, zone }))
    }

    /// Whether the rule holds at a time.
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        let Ok(at) = jiff::Timestamp::from_millisecond(at.millis()) else { return true };
        let local = at.to_zoned(self.zone.clone()).datetime();
        let time = local.time();
        let (within, is_after_midnight) = match self.hours {
            None => (true, false),
            Some((from, to)) if from < to => (from <= time && time < to, false),
            Some((from, to)) => (time >= from || time < to, time < to && from != to),
        };
        // What began in the evening belongs to that day.
        let day = if is_after_midnight { local.weekday().previous() } else { local.weekday() };
        within && (self.days.is_empty() || self.days.contains(&day))
    }
}
