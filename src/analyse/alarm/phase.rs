//! From one moment to the next: how long something has been so, and what is done about it.

use super::Rule;
use super::damping;
use crate::model::{Alarm, DeviceId, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is remembered of a rule on an object that is neither simply well nor simply ill: it is ill and not yet long enough, or an alarm
/// stands and it is well and not yet long enough, or an alarm is held and what it counts is still to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Id of the alarm that stands, or that would be raised.
    pub id: String,
    /// Name of the rule.
    pub rule: String,
    /// The device of the object.
    pub device: Option<DeviceId>,
    /// The part of the device, or what it is called where there is no device.
    pub part: String,
    /// Whether it is well now.
    pub well: bool,
    /// Since when it is as it is.
    pub since: Timestamp,
    /// When that was last found.
    pub seen: Timestamp,
    /// How often it came back without being told.
    pub more: u32,
    /// When it happened, of what has to happen several times: with how often.
    pub hits: Vec<(Timestamp, u32)>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// An alarm is raised, or raised again.
    Raise,
    /// The alarm that stands counts so many times more.
    Count(u32),
    /// The alarm clears.
    Clear,
}

/// What is known before: the alarm of the id, standing or cleared lately, and what is remembered.
pub struct Known<'a> {
    /// The alarm.
    pub alarm: Option<&'a Alarm>,
    /// What is remembered; it is changed.
    pub watch: &'a mut Watch,
}

/// After a silence of so long nothing is said of how long something has been so: the process was not there.
const FORGOTTEN: Duration = Duration::from_secs(900);

/// What an object that is ill, well, or of which it is not known (`None`) means. `false` in the second place is that nothing is to be
/// remembered.
pub fn step(rule: &Rule, ill: Option<bool>, at: Timestamp, known: Known<'_>) -> (Step, bool) {
    let Known { alarm, watch } = known;
    let is_forgotten = at.since(watch.seen) > FORGOTTEN;
    // So is a time that has not come yet: the host's clock was set back.
    if is_forgotten || at < watch.since {
        watch.since = at;
    }
    if ill.is_some() {
        watch.seen = at;
    }
    match (ill, alarm.filter(|alarm| alarm.cleared_at.is_none())) {
        // What is not known for a moment goes on as it was.
        (None, None) => (Step::Nothing, watch.since != at && !is_forgotten),
        (None, Some(_)) => (Step::Nothing, watch.well || watch.more > 0),
        (Some(true), None) => rising(rule, at, watch),
        (Some(true), Some(alarm)) => back(alarm, at, watch),
        (Some(false), None) => (Step::Nothing, false),
        (Some(false), Some(alarm)) => falling(rule, alarm, (at, watch)),
    }
}

fn rising(rule: &Rule, at: Timestamp, watch: &mut Watch) -> (Step, bool) {
    if watch.well {
        (watch.well, watch.since) = (false, at);
    }
    if at.since(watch.since) >= rule.lasts { (Step::Raise, false) } else { (Step::Nothing, true) }
}

/// It is ill while its alarm stands: as ever, or back after a while in which the alarm was held.
fn back(alarm: &Alarm, at: Timestamp, watch: &mut Watch) -> (Step, bool) {
    if std::mem::take(&mut watch.well) && damping::is_held(alarm, at) {
        watch.more = watch.more.saturating_add(1);
    }
    tell(alarm, at, watch)
}

fn falling(rule: &Rule, alarm: &Alarm, (at, watch): (Timestamp, &mut Watch)) -> (Step, bool) {
    if !watch.well {
        (watch.well, watch.since) = (true, at);
    }
    if watch.more > 0 {
        let (step, _) = tell(alarm, at, watch);
        return (step, true);
    }
    if at.since(watch.since) < rule.clear_for || damping::is_held(alarm, at) {
        (Step::Nothing, true)
    } else {
        (Step::Clear, false)
    }
}

/// What was counted is told now and then.
fn tell(alarm: &Alarm, at: Timestamp, watch: &mut Watch) -> (Step, bool) {
    let told = alarm.flap.map_or(alarm.raised_at, |flap| flap.at);
    if watch.more == 0 || at.since(told) < damping::PACE {
        return (Step::Nothing, watch.more > 0 || watch.well);
    }
    (Step::Count(std::mem::take(&mut watch.more)), watch.well)
}

/// Something happened so many times: what follows, of a rule on what happens. What is remembered stays until the alarm clears, or until the
/// times are too long ago.
pub fn hit(rule: &Rule, (at, times): (Timestamp, u32), known: Known<'_>) -> Step {
    let Known { alarm, watch } = known;
    (watch.well, watch.since, watch.seen) = (true, at, at);
    if let Some(alarm) = alarm.filter(|alarm| alarm.cleared_at.is_none()) {
        watch.more = watch.more.saturating_add(times);
        return tell(alarm, at, watch).0;
    }
    watch.hits.retain(|(when, _)| at.since(*when) < rule.within);
    watch.hits.push((at, times));
    let sum: u32 = watch.hits.iter().fold(0, |sum, (_, times)| sum.saturating_add(*times));
    // More than decide are not needed.
    let surplus = watch.hits.len().saturating_sub(usize::try_from(rule.count).unwrap_or(usize::MAX).max(1));
    watch.hits.drain(..surplus);
    if sum < rule.count {
        return Step::Nothing;
    }
    watch.hits.clear();
    Step::Raise
}

/// Nothing happened: whether what happened before is over, of a rule on what happens.
pub fn quiet(rule: &Rule, at: Timestamp, known: Known<'_>) -> (Step, bool) {
    let Known { alarm, watch } = known;
    let Some(alarm) = alarm.filter(|alarm| alarm.cleared_at.is_none()) else {
        watch.hits.retain(|(when, _)| at.since(*when) < rule.within);
        return (Step::Nothing, !watch.hits.is_empty());
    };
    if watch.more > 0 {
        return (tell(alarm, at, watch).0, true);
    }
    let over = !rule.clear_for.is_zero() && at.since(watch.since) >= rule.clear_for;
    if over { (Step::Clear, false) } else { (Step::Nothing, true) }
}
