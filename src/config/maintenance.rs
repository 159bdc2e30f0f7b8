//! `[[maintenance]]`: times of work that are known before, once or every week.

use super::read::Section;
use super::value;
use crate::model::{Scope, Timestamp};
use crate::query::scope;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use std::time::Duration;
use toml::de::DeValue;

/// Work longer than this is no window but a state: four weeks.
const LONGEST: Duration = Duration::from_secs(28 * 86_400);

/// One `[[maintenance]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its name; no other has it.
    pub name: String,
    /// What is worked on.
    pub scope: Scope,
    /// When.
    pub when: When,
    /// Time zone of times that say none; the host's where nothing is written.
    pub zone: Option<TimeZone>,
    /// Why.
    pub note: Option<String>,
}

/// When planned work is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Once, from and until.
    Once(Moment, Moment),
    /// On these days at a time, for so long. No day is every day.
    Weekly(Vec<Weekday>, Time, Duration),
}

/// A time as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// With its offset from UTC.
    At(Timestamp),
    /// As clocks in the zone show it.
    Local(DateTime),
}

impl Moment {
    fn at(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Local(local) => local.to_zoned(zone.clone()).ok().map(|zoned| Timestamp(zoned.timestamp().as_millisecond())),
        }
    }
}

impl Planned {
    /// The window that goes on at a time, else the next: when it begins and ends. `None` where there is none any more.
    pub fn occurrence(&self, now: Timestamp, host: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let zone = self.zone.as_ref().unwrap_or(host);
        match &self.when {
            When::Once(from, until) => Some((from.at(zone)?, until.at(zone)?)).filter(|(_, until)| *until > now),
            When::Weekly(days, time, lasts) => {
                let back = i64::try_from(lasts.as_secs() / 86_400 + 1).ok()?;
                let today = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(zone.clone()).date();
                (-back..=8).find_map(|day| {
                    let date = today.checked_add(jiff::Span::new().days(day)).ok()?;
                    if !days.is_empty() && !days.contains(&date.weekday()) {
                        return None;
                    }
                    // A time that clocks skip in spring is that much later.
                    let from = Moment::Local(date.to_datetime(*time)).at(zone)?;
                    let until = from.plus(*lasts);
                    (until > now).then_some((from, until))
                })
            }
        }
    }
}

/// All of them, and all names different.
pub(super) fn read(root: &Section<'_, '_>) -> Vec<Planned> {
    let mut all: Vec<Planned> = Vec::new();
    for section in root.tables("maintenance") {
        let name_at = section.raw("name").map_or(section.start(), |name| name.span().start);
        let Some(planned) = one(section) else { continue };
        if all.iter().any(|known| known.name == planned.name) {
            root.fault(name_at, format!("there are two [[maintenance]] of the name {:?}", planned.name));
        }
        all.push(planned);
    }
    all
}

fn one(section: Section<'_, '_>) -> Option<Planned> {
    let name = section.get("name", value::text);
    if section.raw("name").is_none() {
        section.fault(section.start(), "[[maintenance]] needs a name");
    }
    let (scope, when) = (scope_of(&section), when(&section));
    let (zone, note) = (section.get("zone", zone), section.get("note", value::text));
    section.finish();
    Some(Planned { name: name?, scope: scope?, when: when?, zone, note })
}

fn scope_of(section: &Section<'_, '_>) -> Option<Scope> {
    let pair =
        |key: &'static str| section.raw(key).map(|_| section.list(key, value::text)).filter(|_| section.raw(key).is_some());
    let mut found: Vec<Option<Scope>> = Vec::new();
    found.extend(section.raw("device").map(|_| section.get("device", value::text).map(|name| scope::device(&name))));
    found.extend(section.raw("site").map(|_| section.get("site", value::text).map(Scope::Site)));
    found.extend(section.raw("interface").map(|_| section.get("interface", interface)));
    found.extend(pair("link").map(|ends| two(section, ("link", "DEVICE/INTERFACE"), &ends, scope::link)));
    found.extend(pair("path").map(|ends| two(section, ("path", "DEVICE"), &ends, |a, b| Ok(scope::path(a, b)))));
    found.extend(section.raw("all").map(|_| section.get("all", value::yes_or_no).filter(|all| *all).map(|_| Scope::All)));
    match found.as_slice() {
        [one] => one.clone(),
        _ => {
            section.fault(section.start(), "[[maintenance]] needs one of device, site, interface, link, path, all = true");
            None
        }
    }
}

fn interface(value: &DeValue<'_>) -> Result<Scope, String> {
    scope::interface(&value::text(value)?)
}

fn two(
    section: &Section<'_, '_>,
    (key, what): (&'static str, &str),
    ends: &[String],
    made: fn(&str, &str) -> Result<Scope, String>,
) -> Option<Scope> {
    let at = section.raw(key).map_or(section.start(), |value| value.span().start);
    let made = match ends {
        [a, b] => made(a, b),
        _ => Err(format!("a {key} is [\"{what}\", \"{what}\"]")),
    };
    made.map_err(|why| section.fault(at, format!("maintenance.{key}: {why}"))).ok()
}

fn when(section: &Section<'_, '_>) -> Option<When> {
    let has = |key: &'static str| section.raw(key).is_some();
    let (once, weekly) = (has("from") || has("until"), has("days") || has("at") || has("for"));
    let (from, until) = (section.get("from", moment), section.get("until", moment));
    let (days, at, lasts) = (section.list("days", weekday), section.get("at", time), section.get("for", length));
    let is_whole = |key: &'static str| has(key).then_some(());
    match (once, weekly) {
        (true, false) if is_whole("from").and(is_whole("until")).is_some() => {
            let (from, until) = (from?, until?);
            if let (Moment::At(a), Moment::At(b)) = (from, until)
                && a >= b
            {
                section.fault(section.start(), "maintenance ends before it begins");
                return None;
            }
            Some(When::Once(from, until))
        }
        (false, true) if is_whole("at").and(is_whole("for")).is_some() => Some(When::Weekly(days, at?, lasts?)),
        _ => {
            section.fault(section.start(), "[[maintenance]] needs from and until, or at, for and perhaps days");
            None
        }
    }
}

fn written(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::Datetime(at) => Ok(at.to_string()),
        other => value::text(other),
    }
}

/// `2026-12-01T22:00:00+09:00`, or as clocks show it: `2026-12-01T22:00`.
fn moment(value: &DeValue<'_>) -> Result<Moment, String> {
    let text = written(value)?;
    let absolute = Timestamp::parse_absolute(&text).map(Moment::At);
    let local = || text.parse::<DateTime>().ok().map(Moment::Local);
    absolute
        .or_else(local)
        .ok_or_else(|| format!("{text:?} is no time such as \"2026-12-01T22:00\" or \"2026-12-01T22:00:00+09:00\""))
}

fn time(value: &DeValue<'_>) -> Result<Time, String> {
    let text = written(value)?;
    text.parse().map_err(|_| format!("{text:?} is no time of day such as \"02:00\""))
}

fn weekday(value: &DeValue<'_>) -> Result<Weekday, String> {
    const DAYS: [(&str, Weekday); 7] = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    let text = value::text(value)?;
    let known = DAYS.iter().find(|(name, _)| *name == text).map(|(_, day)| *day);
    known.ok_or_else(|| format!("{text:?} is no day: mon tue wed thu fri sat sun"))
}

fn length(value: &DeValue<'_>) -> Result<Duration, String> {
    match value::duration(value)? {
        long if long > LONGEST => Err("maintenance lasts four weeks at most".to_owned()),
        length => Ok(length),
    }
}

fn zone(value: &DeValue<'_>) -> Result<TimeZone, String> {
    let text = value::text(value)?;
    TimeZone::get(&text).map_err(|_| format!("{text:?} is no time zone such as \"Asia/Seoul\" or \"UTC\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Result<Planned, String> {
        let parsed = crate::config::parse("x.toml", &format!("[[maintenance]]\nname = \"work\"\n{text}"));
        parsed.map(|config| config.maintenance[0].clone()).map_err(|faults| format!("{faults:?}"))
    }

    /// Seconds from `now` to the beginning and the end.
    fn check(text: &str, now: &str, expected: Option<(i64, i64)>) {
        let now = Timestamp::parse_absolute(now).unwrap();
        let found = plan(text).unwrap().occurrence(now, &TimeZone::UTC);
        assert_eq!(found.map(|(from, until)| (from.secs() - now.secs(), until.secs() - now.secs())), expected, "{text}");
    }

    #[test]
    fn a_window_is_the_one_that_goes_on_or_the_next() {
        // 2026-11-22 is a Sunday.
        let nightly = "device = \"core-1\"\nat = \"22:00\"\nfor = \"4h\"";
        check(nightly, "2026-11-22T12:00:00Z", Some((36_000, 50_400)));
        check(nightly, "2026-11-22T01:00:00Z", Some((-10_800, 3_600)));
        let weekly = format!("{nightly}\ndays = [\"sat\"]");
        check(&weekly, "2026-11-22T01:00:00Z", Some((-10_800, 3_600)));
        check(&weekly, "2026-11-22T03:00:00Z", Some((586_800, 601_200)));
        check(&format!("{nightly}\nzone = \"Asia/Seoul\""), "2026-11-22T12:00:00Z", Some((3_600, 18_000)));
        let once = "site = \"Seoul\"\nfrom = \"2026-11-22T13:00\"\nuntil = 2026-11-22T15:00:00Z";
        check(once, "2026-11-22T12:00:00Z", Some((3_600, 10_800)));
        check(once, "2026-11-22T15:00:00Z", None);
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        for (text, said) in [
            ("at = \"22:00\"\nfor = \"1h\"", "needs one of device"),
            ("device = \"a\"\nsite = \"b\"\nat = \"22:00\"\nfor = \"1h\"", "needs one of device"),
            ("device = \"a\"", "needs from and until"),
            ("device = \"a\"\nat = \"22:00\"", "needs from and until"),
            ("device = \"a\"\nat = \"25:00\"\nfor = \"1h\"", "no time of day"),
            ("device = \"a\"\nat = \"22:00\"\nfor = \"60d\"", "four weeks"),
            ("device = \"a\"\nat = \"22:00\"\nfor = \"1h\"\ndays = [\"son\"]", "no day"),
            ("device = \"a\"\nat = \"22:00\"\nfor = \"1h\"\nzone = \"Mars\"", "no time zone"),
            ("link = [\"a/1\"]\nat = \"22:00\"\nfor = \"1h\"", "a link is"),
            ("all = true\nfrom = \"2026-11-22T13:00:00Z\"\nuntil = \"2026-11-22T12:00:00Z\"", "before it begins"),
            ("all = true\nfrom = \"tomorrow\"\nuntil = \"2026-11-22T12:00:00Z\"", "no time such as"),
        ] {
            let error = plan(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
