//! Every shipped rule with what raises it and what clears it; what rules say over time; what is wrong with them.

mod shipped;

use super::object::{CollectorObject, ExporterObject};
use super::phase::{Known, hit, quiet};
use super::*;
use crate::model::upkeep::{CollectorReading, ExporterReading};
use crate::model::{Alarm, Severity, Timestamp};
use std::time::Duration;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + secs)
}

/// A rule on collectors that is ill while more than ten a second are refused and well under five.
fn rule(more: &str) -> Rule {
    let text = format!(
        "name = \"loud\"\non = \"collector\"\nseverity = \"minor\"\ntext = \"{{refusedPerSecond}} a second\"\n\
         when = \"refused>=10\"\nclear = \"refused<5\"\n{more}"
    );
    compile(&toml::from_str(&text).unwrap(), Origin::Configured).unwrap().unwrap()
}

fn refused(rule: &Rule, per_second: Option<u64>, secs: i64) -> Option<bool> {
    let before = CollectorReading::default();
    let now = CollectorReading { refused: per_second.unwrap_or_default(), ..CollectorReading::default() };
    let row = CollectorObject { now: &now, before: per_second.map(|_| &before), seconds: 1.0 };
    rule.ill(&row, (at(secs), None))
}

/// One object over time, as the state keeps it.
struct Story {
    rule: Rule,
    alarm: Option<Alarm>,
    watch: Option<Watch>,
    /// What was written to the journal.
    journal: Vec<(i64, String)>,
}

fn watch(secs: i64) -> Watch {
    Watch {
        id: String::new(),
        rule: String::new(),
        device: None,
        part: String::new(),
        well: false,
        since: at(secs),
        seen: at(secs),
        more: 0,
        hits: Vec::new(),
    }
}

impl Story {
    fn of(rule: Rule) -> Self {
        Self { rule, alarm: None, watch: None, journal: Vec::new() }
    }

    fn see(&mut self, secs: i64, ill: Option<bool>) {
        let mut watch = self.watch.take().unwrap_or_else(|| watch(secs));
        let (done, keep) = step(&self.rule, ill, at(secs), Known { alarm: self.alarm.as_ref(), watch: &mut watch });
        self.watch = keep.then_some(watch);
        self.take(secs, done);
    }

    fn hit(&mut self, secs: i64, times: u32) {
        let mut watch = self.watch.take().unwrap_or_else(|| watch(secs));
        let done = hit(&self.rule, (at(secs), times), Known { alarm: self.alarm.as_ref(), watch: &mut watch });
        self.watch = Some(watch);
        self.take(secs, done);
    }

    fn wait(&mut self, secs: i64) {
        let Some(mut watch) = self.watch.take() else { return };
        let (done, keep) = quiet(&self.rule, at(secs), Known { alarm: self.alarm.as_ref(), watch: &mut watch });
        self.watch = keep.then_some(watch);
        self.take(secs, done);
    }

    fn take(&mut self, secs: i64, done: Step) {
        match done {
            Step::Nothing => return,
            Step::Clear => self.alarm.as_mut().unwrap().cleared_at = Some(at(secs)),
            Step::Raise => {
                let again = self.alarm.as_ref().and_then(|known| Some((known.raised_at, damping::again(known, at(secs), 1)?)));
                let (raised_at, count, flap) = again.map_or((at(secs), 1, None), |(at, (count, flap))| (at, count, Some(flap)));
                self.alarm = Some(Alarm {
                    id: "loud@x".to_owned(),
                    rule: "loud".to_owned(),
                    severity: Severity::Minor,
                    object: "x".to_owned(),
                    device: None,
                    text: String::new(),
                    raised_at,
                    cleared_at: None,
                    count,
                    if_index: None,
                    runbook: None,
                    flap,
                });
            }
            Step::Count(times) => {
                let (count, flap) = damping::again(self.alarm.as_ref().unwrap(), at(secs), times).unwrap();
                let alarm = self.alarm.as_mut().unwrap();
                (alarm.count, alarm.flap) = (count, Some(flap));
            }
        }
        self.journal.push((secs, format!("{done:?}")));
    }

    fn stands(&self) -> bool {
        self.alarm.as_ref().is_some_and(|alarm| alarm.cleared_at.is_none())
    }
}

#[test]
fn between_the_two_lines_it_stays_as_it_was() {
    let rule = rule("");
    for (per_second, told) in [(Some(12), Some(true)), (Some(7), None), (Some(4), Some(false)), (None, None)] {
        assert_eq!(refused(&rule, per_second, 0), told, "{per_second:?}");
    }
    let mut story = Story::of(rule);
    for (secs, per_second, stands) in [(0, 7, false), (10, 12, true), (20, 7, true), (30, 4, false), (40, 7, false)] {
        let ill = refused(&story.rule, Some(per_second), secs);
        story.see(secs, ill);
        assert_eq!(story.stands(), stands, "{secs} s");
    }
}

#[test]
fn it_has_to_last_and_to_be_over_for_so_long() {
    let mut story = Story::of(rule("for = \"1m\"\nclear_for = \"2m\""));
    let steps = [
        (0, true, false),
        (30, true, false),
        (40, false, false),
        (50, true, false),
        (100, true, false),
        (110, true, true),
        (120, false, true),
        (200, true, true),
        (210, false, true),
        (320, false, true),
        (330, false, false),
    ];
    for (secs, ill, stands) in steps {
        story.see(secs, Some(ill));
        assert_eq!(story.stands(), stands, "{secs} s");
    }
    assert_eq!(story.journal, [(110, "Raise".to_owned()), (330, "Clear".to_owned())]);
}

#[test]
fn an_alarm_waits_no_hour_because_the_clock_was_set_back_by_one() {
    let mut story = Story::of(rule("for = \"1m\"\nclear_for = \"2m\""));
    for (secs, ill, stands) in
        [(3600, true, false), (10, true, false), (80, true, true), (3800, false, true), (300, false, true), (430, false, false)]
    {
        story.see(secs, Some(ill));
        assert_eq!(story.stands(), stands, "{secs} s");
    }
}

#[test]
fn what_is_not_known_neither_raises_nor_clears() {
    let mut story = Story::of(rule("for = \"1m\""));
    for (secs, ill, stands) in
        [(0, Some(true), false), (30, None, false), (50, Some(true), false), (60, Some(true), true), (130, None, true)]
    {
        story.see(secs, ill);
        assert_eq!(story.stands(), stands, "{secs} s");
    }
}

#[test]
fn what_nobody_looked_at_for_long_begins_anew() {
    let mut story = Story::of(rule("for = \"10m\""));
    story.see(0, Some(true));
    story.see(7_200, Some(true));
    assert!(!story.stands(), "noctop was away in between");
    story.see(7_800, Some(true));
    assert!(story.stands());
}

#[test]
fn a_hundred_flaps_in_an_hour_are_one_alarm_with_a_count() {
    let mut story = Story::of(rule(""));
    for flap in 0..100 {
        story.see(flap * 36, Some(true));
        story.see(flap * 36 + 18, Some(false));
    }
    let alarm = story.alarm.clone().unwrap();
    assert_eq!((alarm.raised_at, story.stands()), (at(0), true));
    let counted = alarm.count + story.watch.as_ref().map_or(0, |watch| watch.more);
    assert_eq!(counted, 100);
    let written = |word: &str| story.journal.iter().filter(|(_, done)| done.starts_with(word)).count();
    assert_eq!((written("Raise"), written("Clear")), (3, 2), "only before it was known to flap");
    assert!(written("Count") <= 60, "{} in an hour", written("Count"));
    let mut secs = 99 * 36 + 18;
    while story.stands() {
        secs += 10;
        story.see(secs, Some(false));
    }
    let quiet = secs - (99 * 36 + 18);
    assert!((1_200..=1_860).contains(&quiet), "it is well {quiet} s after the last flap");
    assert_eq!(story.alarm.unwrap().count, 100);
}

#[test]
fn the_same_an_hour_later_is_another_alarm() {
    let mut story = Story::of(rule(""));
    for (secs, count) in [(0, 1), (300, 2), (3_900, 1)] {
        story.see(secs, Some(true));
        assert_eq!(story.alarm.as_ref().map(|alarm| alarm.count), Some(count), "{secs} s");
        story.see(secs + 10, Some(false));
    }
}

#[test]
fn what_happens_often_enough_is_told_until_it_is_over() {
    let text = "name = \"x\"\non = \"log\"\nwhen = \"x\"\nseverity = \"minor\"\ntext = \"x\"\ncount = 5\nwithin = \"1m\"\nclear_for = \"5m\"";
    let mut story = Story::of(compile(&toml::from_str(text).unwrap(), Origin::Configured).unwrap().unwrap());
    for (secs, stands) in [(0, false), (10, false), (20, false), (30, false), (70, false), (75, false), (79, true)] {
        story.hit(secs, 1);
        assert_eq!(story.stands(), stands, "{secs} s");
    }
    story.hit(100, 7);
    story.wait(200);
    assert_eq!(story.alarm.as_ref().map(|alarm| alarm.count), Some(8));
    story.wait(399);
    assert!(story.stands());
    story.wait(401);
    assert!(!story.stands());
    story.hit(5_000, 5);
    assert!(story.stands(), "five at once");
}

#[test]
fn a_rule_holds_in_its_hours_and_on_its_days() {
    // 2026-11-26 is a Thursday.
    for (schedule, time, holds) in [
        ("between = \"08:00-20:00\"", "2026-11-26T07:59:00Z", false),
        ("between = \"08:00-20:00\"", "2026-11-26T08:00:00Z", true),
        ("between = \"08:00-20:00\"", "2026-11-26T20:00:00Z", false),
        ("between = \"22:00-06:00\"", "2026-11-26T23:00:00Z", true),
        ("between = \"22:00-06:00\"", "2026-11-26T12:00:00Z", false),
        ("between = \"18:00-24:00\"", "2026-11-26T23:59:00Z", true),
        ("days = [\"thu\"]", "2026-11-26T00:00:00Z", true),
        ("days = [\"sat\", \"sun\"]", "2026-11-26T00:00:00Z", false),
        ("between = \"22:00-06:00\"\ndays = [\"wed\"]", "2026-11-26T03:00:00Z", true),
        ("between = \"22:00-06:00\"\ndays = [\"wed\"]", "2026-11-26T23:00:00Z", false),
    ] {
        let rule = rule(&format!("{schedule}\nzone = \"UTC\""));
        let now = CollectorReading { refused: 50, ..CollectorReading::default() };
        let row = CollectorObject { now: &now, before: Some(&CollectorReading::default()), seconds: 1.0 };
        let when = Timestamp::parse_absolute(time).unwrap();
        assert_eq!(rule.ill(&row, (when, None)), Some(holds), "{schedule} {time}");
    }
    let seoul = rule("between = \"08:00-20:00\"\nzone = \"Asia/Seoul\"");
    let now = CollectorReading { refused: 50, ..CollectorReading::default() };
    let row = CollectorObject { now: &now, before: Some(&CollectorReading::default()), seconds: 1.0 };
    assert_eq!(seoul.ill(&row, (Timestamp::parse_absolute("2026-11-26T23:30:00Z").unwrap(), None)), Some(true));
}

#[test]
fn texts_have_the_values_of_the_object_in_them() {
    let now =
        ExporterReading { address: "192.0.2.7".parse().unwrap(), device: None, datagrams: 900, lost: Some(100), heard: at(0) };
    let before = ExporterReading { datagrams: 0, lost: Some(0), ..now.clone() };
    for (text, told) in [
        ("{exporter} lost {lostShare}", "192.0.2.7 lost 10 %"),
        ("silent for {silent}[ at {device}]", "silent for 1m"),
        ("silent[ for {silent}]", "silent for 1m"),
        ("{device} {lost}", "- 10"),
        ("{count} times", "3 times"),
    ] {
        let toml = format!("name = \"x\"\non = \"flow-exporter\"\nwhen = \"\"\nseverity = \"minor\"\ntext = '{text}'");
        let rule = compile(&toml::from_str(&toml).unwrap(), Origin::Configured).unwrap().unwrap();
        let row = ExporterObject { now: &now, before: Some(&before), seconds: 10.0, device: None, at: at(90) };
        assert_eq!(rule.text(&row, Said { count: Some(3), ..Said::default() }), told, "{text}");
    }
}

#[test]
fn faults_name_their_key_and_character() {
    let base = [("name", "\"x\""), ("on", "\"device\""), ("when", "\"cpu>90%\""), ("severity", "\"minor\""), ("text", "\"x\"")];
    for (key, value, told) in [
        ("name", "\"Bad Name\"", ("name", None)),
        ("on", "\"printer\"", ("on", None)),
        ("when", "\"cpu>90% nosuch:1\"", ("when", Some(8))),
        ("clear", "\"cpu>many\"", ("clear", Some(4))),
        ("severity", "\"bad\"", ("severity", None)),
        ("severity", "[{ is = \"minor\", when = \"cpu>x\" }]", ("severity", Some(4))),
        ("text", "\"at {nosuch}\"", ("text", Some(4))),
        ("text", "\"at {cpu\"", ("text", Some(3))),
        ("for", "\"long\"", ("for", None)),
        ("between", "\"8-20\"", ("between", None)),
        ("days", "[\"someday\"]", ("days", None)),
        ("zone", "\"Nowhere/Land\"", ("zone", None)),
        ("count", "3", ("count", None)),
        ("by", "\"port\"", ("by", None)),
        ("change", "\"nosuch\"", ("change", None)),
    ] {
        let mut lines: Vec<(&str, &str)> = base.iter().copied().filter(|(known, _)| *known != key).collect();
        lines.push((key, value));
        let text: String = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let fault = compile(&toml::from_str(&text).unwrap(), Origin::Configured).unwrap_err();
        assert_eq!((fault.key, fault.at), told, "{key} = {value}: {}", fault.what);
    }
}

#[test]
fn a_rule_of_the_same_name_stands_in_place_and_can_be_taken_away() {
    let spec = |text: &str| toml::from_str::<RuleSpec>(text).unwrap();
    let over = [
        spec("name = \"cpu\"\non = \"device\"\nwhen = \"cpu>50%\"\nseverity = \"critical\"\ntext = \"x\""),
        spec("name = \"memory\"\nenabled = false"),
    ];
    let rules = Rules::over_shipped(&over).unwrap();
    assert_eq!(rules.named("cpu").map(|rule| rule.origin), Some(Origin::Configured));
    assert!(rules.named("memory").is_none());
    assert_eq!(rules.iter().len(), Rules::shipped().iter().len() - 1);
    assert!(rules.on(On::Device).iter().all(|rule| rule.name() != "memory"));
    assert_eq!(Duration::ZERO, rules.named("cpu").unwrap().lasts);
}
