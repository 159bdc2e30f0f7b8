//! Filters of alarms and quiet hours; what is wrong with tables is in tests/config.

use super::*;
use crate::model::{Alarm, AlarmFacts, Role, Severity, Timestamp};

fn facts() -> AlarmFacts {
    let alarm = Alarm {
        id: "device-down@chassis:1".to_owned(),
        rule: "device-down".to_owned(),
        severity: Severity::Major,
        object: "dist-2".to_owned(),
        device: Some(crate::model::DeviceId::new("chassis:1")),
        text: "2 polls not answered".to_owned(),
        raised_at: Timestamp(0),
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    AlarmFacts {
        alarm,
        device_name: Some("dist-2".to_owned()),
        site: Some("HQ/B2".to_owned()),
        addresses: vec!["10.0.0.7".parse().unwrap()],
        role: Some(Role::Switch),
        vendor: None,
        acknowledged_by: None,
        note: None,
        children: 12,
    }
}

#[test]
fn filters_of_alarms_look_at_the_alarm_and_its_device() {
    for (text, wanted) in [
        ("sev>=major", true),
        ("sev>=critical", false),
        ("sev>=warning and site:hq", true),
        ("site:b3", false),
        ("ip:10.0.0.0/24", true),
        ("role:switch not vendor:cisco", true),
        ("children>10", true),
        ("rule:interface or device:chassis:1", true),
        ("dist-2", true),
    ] {
        assert_eq!(AlarmFilter::parse(text).unwrap().matches(&facts()), wanted, "{text}");
    }
    let fault = AlarmFilter::parse("sev>=major and sight:b3").unwrap_err();
    assert!(fault.contains("column 16") && fault.contains("no field `sight`"), "{fault}");
}

fn end(hours: &Hours, at: &str) -> Option<String> {
    hours.end(Timestamp::parse_absolute(at).unwrap()).map(Timestamp::rfc3339)
}

#[test]
fn quiet_hours_go_over_midnight_on_the_days_on_which_they_begin() {
    let zone = hours::zone("UTC").unwrap();
    let hours = Hours::parse("22:00-07:00").unwrap().on(vec![hours::day("fri").unwrap()]).within(zone);
    // 2026-11-27 is a Friday.
    for (at, until) in [
        ("2026-11-27T21:59:59Z", None),
        ("2026-11-27T22:00:00Z", Some("2026-11-28T07:00:00Z")),
        ("2026-11-28T06:59:59Z", Some("2026-11-28T07:00:00Z")),
        ("2026-11-28T07:00:00Z", None),
        ("2026-11-28T23:00:00Z", None),
        ("2026-11-27T06:00:00Z", None),
    ] {
        assert_eq!(end(&hours, at).as_deref(), until, "{at}");
    }
}

#[test]
fn quiet_hours_follow_the_clocks_of_their_zone() {
    let berlin = hours::zone("Europe/Berlin").unwrap();
    let hours = Hours::parse("22:00-07:00").unwrap().within(berlin);
    // Summer time ends at 01:00Z: the night has an hour more.
    assert_eq!(end(&hours, "2026-10-24T20:00:00Z").as_deref(), Some("2026-10-25T06:00:00Z"));
    assert_eq!(end(&hours, "2026-10-24T19:59:00Z"), None);
    assert_eq!(
        end(&Hours::parse("00:00-24:00").unwrap().within(hours::zone("UTC").unwrap()), "2026-10-24T20:00:00Z").as_deref(),
        Some("2026-10-25T00:00:00Z")
    );
}

#[test]
fn hours_that_are_none_are_refused() {
    for wrong in ["", "22:00", "22:00-25:00", "9:00-17:00", "22:00-07:60", "-", "22.00-07.00"] {
        assert!(Hours::parse(wrong).is_err(), "{wrong:?}");
    }
}
