//! The steps of a chain, in words: what something is on, since when, and how that is known.

use crate::model::{Alarm, CauseStep, Confirmed, Link};
use crate::state::State;
use crate::state::derive::tell::link_words;
use crate::state::reach::{Behind, By};

/// What everything else of the chain follows from.
pub(super) fn root(alarm: &Alarm) -> CauseStep {
    step(alarm, alarm.text.clone())
}

fn step(alarm: &Alarm, evidence: String) -> CauseStep {
    CauseStep { object: alarm.object.clone(), device: alarm.device.clone(), since: Some(alarm.raised_at), evidence }
}

/// Something on what another alarm is on.
pub(super) fn part(alarm: &Alarm, of: &Alarm) -> CauseStep {
    step(alarm, format!("is part of {}", of.object))
}

/// A port whose link leads to it.
pub(super) fn far_end(alarm: &Alarm, link: &Link) -> CauseStep {
    step(alarm, format!("is an end of that link, known {}", known_by(link)))
}

/// A session with a routing neighbour over it.
pub(super) fn session(alarm: &Alarm, neighbour: std::net::IpAddr) -> CauseStep {
    step(alarm, format!("is a session with {neighbour} over it"))
}

/// A member of an aggregate.
pub(super) fn member(alarm: &Alarm, of: &Alarm) -> CauseStep {
    step(alarm, format!("is a member of {}", of.object))
}

/// Something that is plugged in at a port, or served by a device.
pub(super) fn plugged(alarm: &Alarm, place: &str) -> CauseStep {
    step(alarm, format!("is plugged in at {place}"))
}

/// The devices from behind a root to the one that is behind it.
pub(super) fn hops(state: &State, behind: &Behind) -> Vec<CauseStep> {
    let hop = |hop: &crate::state::reach::Hop| {
        let evidence = match &hop.by {
            By::Link(link) => format!("{}, known {}", link_words(state, &link.a, &link.b), known_by(link)),
            By::Route => "is in a network that it routes for".to_owned(),
            By::Silence => "fell silent with it, and nothing answers any more".to_owned(),
        };
        let since = state.conditions.get(&hop.device).map(|condition| condition.since);
        CauseStep { object: state.name_of(&hop.device), device: Some(hop.device.clone()), since, evidence }
    };
    let others = behind.roots.get(1..).unwrap_or_default().iter().map(|root| CauseStep {
        object: state.name_of(root),
        device: Some(root.clone()),
        since: state.conditions.get(root).map(|condition| condition.since),
        evidence: "does not answer either, and is on the other way".to_owned(),
    });
    // What is down on the other ways stands before what is behind them all.
    let mut steps: Vec<CauseStep> = behind.chain.iter().map(hop).collect();
    let last = steps.pop();
    steps.into_iter().chain(others).chain(last).collect()
}

/// `by lldp at both ends, 100 %`
fn known_by(link: &Link) -> String {
    let words: Vec<&str> = link.evidence.iter().map(|evidence| evidence.word()).collect();
    let ends = match link.confirmed_by {
        Confirmed::Both => "at both ends",
        Confirmed::One => "at one end",
    };
    let blocked = if link.stp_blocked == Some(true) { ", blocked by spanning tree" } else { "" };
    format!("by {} {ends}, {:.0} %{blocked}", words.join(" and "), link.confidence * 100.0)
}
