//! The one way by which the state changes: an event comes in, what follows from it comes out.
//!
//! Observations derive events, and every derived event is taken over by the same code whether it was just derived or is
//! read back from the journal. So the derived events alone make the same journalled state again.

use super::State;
use super::derive::Deriver;
use crate::event::{Body, DiscoveryProgress, Event};
use crate::model::{DeviceId, SampleBatch, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

/// What follows from an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Derived events, already taken over, in order: for the journal.
    pub derived: Vec<Event>,
    /// Samples for the series store.
    pub samples: Vec<SampleBatch>,
    /// Devices whose inventory is out of date: a neighbour came or went, a port with a link changed, the agent restarted or was
    /// silent. They are to be read anew.
    pub reread: BTreeSet<DeviceId>,
    /// Devices that are to be polled at once: something was said of them, or of what hangs on them, that a poll can tell for certain.
    pub poll_now: BTreeSet<DeviceId>,
}

/// No event is so much older than a tick before it, unless the host's clock was set back between them.
const SET_BACK: Duration = Duration::from_secs(30);

/// Applies an event. An observation yields what it derives; a derived event (replay) is taken over and yields nothing.
pub fn apply(state: &mut State, event: &Event) -> Applied {
    let was_set_back = matches!(event.body, Body::Tick) && state.now.since(event.at) > SET_BACK;
    // Events come a little out of order. Only a tick tells what time it is, and only it may turn time back: what would not be believed for
    // as long as the clock was set back would look stale all the while.
    state.now = if was_set_back { event.at } else { state.now.max(event.at) };
    let mut deriver = Deriver::new(state, event.at);
    let samples = if event.is_derived() {
        deriver.state.take(event);
        Vec::new()
    } else {
        observe(&mut deriver, &event.body)
    };
    if !event.is_derived() {
        deriver.conclude(matches!(event.body, Body::Tick));
    }
    Applied { derived: deriver.derived, samples, reread: deriver.reread, poll_now: deriver.poll_now }
}

/// What an observation leads to; samples are for the series store.
fn observe(deriver: &mut Deriver<'_>, body: &Body) -> Vec<SampleBatch> {
    match body {
        Body::Poll(reading) => return deriver.poll(reading),
        Body::Silent(silent) => return deriver.silent(silent).into_iter().collect(),
        Body::Wireless(reading) => return deriver.wireless(reading),
        Body::Bridge(reading) => return deriver.bridge(reading),
        Body::Inventory(inventory) => deriver.inventory(inventory),
        Body::Discovery(progress) => discovered(deriver.state, progress),
        Body::Tick => deriver.tick(),
        Body::Trap(trap) => deriver.trap(trap),
        Body::AlarmOrder(order) => deriver.handle(order),
        Body::Maintenance(act) => deriver.maintain(act),
        Body::Notice(notice) => deriver.noticed(notice),
        Body::Heard(all) => deriver.found_in_lines(all),
        Body::Elsewhere(found) => deriver.elsewhere(found),
        Body::Forget(order) => deriver.forget(order),
        Body::Upkeep(upkeep) => deriver.upkeep(upkeep),
        // They go to the flows' store and the logs' store; the state derives nothing from them.
        Body::Flows(_) | Body::FlowRecords(_) | Body::Logs(_) => {}
        // Derived, and taken over as they are.
        Body::DeviceSeen(_)
        | Body::DeviceMerged(..)
        | Body::DeviceStatus(_)
        | Body::InterfaceStatus(_)
        | Body::GaugeStatus(_)
        | Body::LinkSeen(_)
        | Body::LinkGone(_)
        | Body::NeighbourSeen(_)
        | Body::NeighbourGone(_)
        | Body::AlarmRaised(_)
        | Body::AlarmCleared(_)
        | Body::Restarted(_)
        | Body::DeviceReplaced(_)
        | Body::Endpoints(_)
        | Body::WirelessSeen(_)
        | Body::AccessPoint(_)
        | Body::AlarmHandled(_)
        | Body::BridgeSeen(_)
        | Body::SpanningTree(_)
        | Body::Explained(_)
        | Body::MaintenanceSet(_)
        | Body::MaintenanceOver(..)
        | Body::NoticeSeen(_)
        | Body::TrapSeen(_)
        | Body::DeviceForgotten(_) => {}
    }
    Vec::new()
}

fn discovered(state: &mut State, progress: &DiscoveryProgress) {
    // All tables were read: endpoints are placed at the next tick.
    if !progress.running {
        state.endpoints_at = Timestamp::default();
    }
    state.progress = Some(std::sync::Arc::new(progress.clone()));
}
