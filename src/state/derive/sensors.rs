//! What a change of a sensor's status means in words. What alarms follow from it, rules say.

use crate::analyse::alarm::object::means;
use crate::event::GaugeStatusChange;
use crate::model::{Gauge, HealthStatus, Severity};
use crate::state::State;

fn gauge_of<'a>(state: &'a State, change: &GaugeStatusChange) -> Option<&'a Gauge> {
    let is_it = |gauge: &&Gauge| gauge.kind == change.kind && gauge.name == change.name;
    state.devices.get(&change.device)?.health.gauges.iter().find(is_it)
}

/// A change in words, and how bad it is.
pub(super) fn told(state: &State, change: &GaugeStatusChange) -> (String, Option<Severity>) {
    if let Some((text, severity)) = gauge_of(state, change).and_then(|gauge| means(gauge, change.to)) {
        return (text.to_owned(), Some(severity).filter(|severity| *severity != Severity::Cleared));
    }
    let severity = match change.to {
        HealthStatus::Critical => Some(Severity::Major),
        HealthStatus::Warning | HealthStatus::Off => Some(Severity::Warning),
        HealthStatus::Ok | HealthStatus::Unknown => None,
    };
    (format!("{} {} > {}", change.kind.word(), change.from.word(), change.to.word()), severity)
}
