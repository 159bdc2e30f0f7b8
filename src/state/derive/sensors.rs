//! What a change of a sensor's status means: words, how bad it is, and the alarm that stands while it is so.
//!
//! A sensor that says what it is about has words of its own. Of memory, storage and supplies there are no alarms: they fill up slowly, and
//! paper runs out every day.

use super::alarms::raise;
use crate::event::{Body, GaugeStatusChange};
use crate::model::health::Limits;
use crate::model::{Alarm, Device, Gauge, GaugeKind, HealthStatus, Severity, Timestamp};
use crate::state::State;

const SENSOR: &str = "sensor";

/// What a status means of what a sensor is about; what stands in no row is told by its class.
const WORDS: [(&str, HealthStatus, &str, Severity); 8] = [
    ("source", HealthStatus::Critical, "on battery: the mains are gone", Severity::Critical),
    ("source", HealthStatus::Warning, "not on mains as usual: battery, bypass or voltage correction", Severity::Major),
    ("source", HealthStatus::Ok, "on mains", Severity::Cleared),
    ("battery", HealthStatus::Critical, "the battery fails", Severity::Critical),
    ("battery", HealthStatus::Warning, "the battery is low or has to be replaced", Severity::Major),
    ("trunk", HealthStatus::Critical, "the trunk is down", Severity::Major),
    ("trunk", HealthStatus::Ok, "the trunk is up", Severity::Cleared),
    ("outlet", HealthStatus::Off, "the outlet is off", Severity::Warning),
];

fn gauge_of<'a>(state: &'a State, change: &GaugeStatusChange) -> Option<&'a Gauge> {
    let is_it = |gauge: &&Gauge| gauge.kind == change.kind && gauge.name == change.name;
    state.devices.get(&change.device)?.health.gauges.iter().find(is_it)
}

/// Which words a sensor's states have: a subject of its own, and only where it is a state.
fn words(gauge: &Gauge, status: HealthStatus) -> Option<(&'static str, Severity)> {
    let subject = gauge.class.as_deref().filter(|_| gauge.kind == GaugeKind::Sensor(crate::model::SensorClass::State))?;
    WORDS.iter().find(|(of, when, ..)| *of == subject && *when == status).map(|(.., text, severity)| (*text, *severity))
}

/// A change in words, and how bad it is.
pub(super) fn told(state: &State, change: &GaugeStatusChange) -> (String, Option<Severity>) {
    if let Some((text, severity)) = gauge_of(state, change).and_then(|gauge| words(gauge, change.to)) {
        return (text.to_owned(), Some(severity).filter(|severity| *severity != Severity::Cleared));
    }
    let severity = match change.to {
        HealthStatus::Critical => Some(Severity::Major),
        HealthStatus::Warning | HealthStatus::Off => Some(Severity::Warning),
        HealthStatus::Ok | HealthStatus::Unknown => None,
    };
    (format!("{} {} > {}", change.kind.word(), change.from.word(), change.to.word()), severity)
}

fn alarm_of(device: &Device, name: &str) -> String {
    format!("{SENSOR}@{}/{name}", device.id)
}

/// The alarm on a sensor: raised while it is ill, cleared when it is well, off or gone. Nobody knowing how it is changes nothing.
pub(super) fn changed(state: &State, at: Timestamp, change: &GaugeStatusChange) -> Option<Body> {
    let (device, gauge) = (state.devices.get(&change.device)?, gauge_of(state, change)?);
    let id = alarm_of(device, &change.name);
    let standing = state.alarms.get(&id).is_some_and(|alarm| alarm.cleared_at.is_none());
    let severity = match change.to {
        _ if !matches!(change.kind, GaugeKind::Sensor(_)) => return None,
        HealthStatus::Ok | HealthStatus::Off => return standing.then_some(Body::AlarmCleared(id)),
        HealthStatus::Unknown => return None,
        HealthStatus::Critical => Severity::Major,
        HealthStatus::Warning => Severity::Minor,
    };
    let own = words(gauge, change.to);
    let alarm = Alarm {
        id,
        rule: SENSOR.to_owned(),
        severity: own.map_or(severity, |(_, severity)| severity),
        object: format!("{} {}", device.name(), change.name),
        device: Some(device.id.clone()),
        text: own.map_or_else(|| beyond(gauge, change.to), |(text, _)| text.to_owned()),
        raised_at: at,
        cleared_at: None,
        count: 1,
        if_index: None,
        runbook: None,
        flap: None,
    };
    Some(raise(state, at, alarm))
}

/// Whether an alarm is on a sensor that a device has no more.
pub(super) fn is_on_lost(alarm: &Alarm, device: &Device) -> bool {
    alarm.rule == SENSOR
        && alarm.device.as_ref() == Some(&device.id)
        && !device.health.gauges.iter().any(|gauge| alarm.id == alarm_of(device, &gauge.name))
}

/// `temperature is critical, bearable 18 to 27`.
fn beyond(gauge: &Gauge, status: HealthStatus) -> String {
    let Limits { low_critical, low_warning, high_warning, high_critical } = gauge.limits;
    let (class, status) = (gauge.kind.word(), status.word());
    match (low_warning.or(low_critical), high_warning.or(high_critical)) {
        (Some(low), Some(high)) => format!("{class} {status}, well between {low} and {high}"),
        (None, Some(high)) => format!("{class} {status}, well below {high}"),
        (Some(low), None) => format!("{class} {status}, well above {low}"),
        (None, None) => format!("{class} {status}"),
    }
}
