//! Devices that changed are read anew at once, not at the next run of discovery.
//!
//! The state says who ([`crate::state::Applied::reread`]); here stands when, and that a port which flaps does not have its device read
//! all the time. Neighbours that nobody knows yet are followed, the others are not asked again.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::snmp::Client;
use crate::collect::snmp::crawl::{Control, CrawlOptions, Keep, Progress, crawl};
use crate::engine::core::Core;
use crate::model::DeviceId;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// After a change it takes some seconds until the neighbours have heard each other (IEEE 802.1AB §9.2.5.22: msgFastTx).
const SETTLE: Duration = Duration::from_secs(5);

/// Between two readings of one device; doubled each time that it changes again after the first [`QUICK`], up to the second.
const GAP: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));

/// Readings in a row without a longer gap: somebody who patches cables sees at once what came of it.
const QUICK: u32 = 8;

/// Devices read in one go.
const AT_ONCE: usize = 256;

/// Who is to be read anew, as the engine's thread says it. At most one entry a device.
#[derive(Clone, Default)]
pub(super) struct Wanted(Arc<Shared>);

#[derive(Default)]
struct Shared {
    devices: Mutex<BTreeMap<DeviceId, SocketAddr>>,
    some: Notify,
}

impl Wanted {
    /// Takes over who is to be read anew, with the address at which it answers.
    pub(super) fn add(&self, core: &Core, reread: &BTreeSet<DeviceId>) {
        if reread.is_empty() {
            return;
        }
        let address = |id: &DeviceId| Some(core.state().device(id)?.snmp.as_ref()?.address);
        let found = reread.iter().filter_map(|id| Some((id.clone(), address(id)?)));
        self.0.devices.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
        self.0.some.notify_one();
    }

    fn take(&self) -> BTreeMap<DeviceId, SocketAddr> {
        std::mem::take(&mut *self.0.devices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When a device is read, and how long it has to wait after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    address: SocketAddr,
    /// When it is due; `None` is not wanted.
    due: Option<Instant>,
    last: Option<Instant>,
    gap: Duration,
    /// Readings since it was calm.
    readings: u32,
}

/// Who waits for which turn.
#[derive(Debug, Default)]
struct Turns(BTreeMap<DeviceId, Turn>);

impl Turns {
    fn want(&mut self, (id, address): (DeviceId, SocketAddr), now: Instant) {
        let turn = self.0.entry(id).or_insert(Turn { address, due: None, last: None, gap: GAP.0, readings: 0 });
        turn.address = address;
        let earliest = turn.last.map_or(now, |last| last + turn.gap);
        turn.due.get_or_insert(earliest.max(now + SETTLE));
    }

    /// Takes those whose turn it is, and forgets those that have been quiet for long.
    fn take_due(&mut self, now: Instant) -> Vec<SocketAddr> {
        self.0.retain(|_, turn| turn.due.is_some() || turn.last.is_none_or(|last| now < last + 2 * turn.gap));
        let due = self.0.values_mut().filter(|turn| turn.due.is_some_and(|due| due <= now)).take(AT_ONCE);
        due.map(|turn| {
            // Wanted again before it was forgotten: it changes all the time.
            turn.readings = turn.readings.saturating_add(1);
            turn.gap = if turn.readings > QUICK { (turn.gap * 2).min(GAP.1) } else { turn.gap };
            turn.due = None;
            turn.last = Some(now);
            turn.address
        })
        .collect()
    }

    fn next(&self) -> Option<Instant> {
        self.0.values().filter_map(|turn| turn.due).min()
    }
}

/// What reads them.
pub(super) struct Rereader {
    pub(super) client: Client,
    pub(super) emitter: Emitter,
    pub(super) hub: Arc<Hub>,
    pub(super) wanted: Wanted,
    /// Everything but the targets.
    pub(super) options: CrawlOptions,
}

impl Rereader {
    /// Reads devices anew until `stop`.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut turns = Turns::default();
        loop {
            let next = turns.next();
            let due = async {
                match next {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wanted.0.some.notified() => {}
                () = due => {}
            }
            let now = sleep(Duration::ZERO).deadline();
            self.wanted.take().into_iter().for_each(|wanted| turns.want(wanted, now));
            let targets = turns.take_due(now);
            if !targets.is_empty() {
                tracing::debug!(?targets, "devices that changed are read anew");
                self.read(&targets, &stop).await;
                tracing::debug!(?targets, "devices that changed were read anew");
            }
        }
    }

    async fn read(&self, targets: &[SocketAddr], stop: &CancellationToken) {
        let live = self.hub.live();
        let known: Vec<IpAddr> = live.state.devices().flat_map(|device| device.addresses.iter().copied()).collect();
        let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
        let options = CrawlOptions { targets, known, progress: Progress::Untold, ..self.options.clone() };
        let (_never_paused, paused) = watch::channel(false);
        let control = Control { paused, cancel: stop.child_token(), keep: Keep::default() };
        if let Err(faults) = crawl(&self.client, &options, &self.emitter, control).await {
            tracing::error!(?faults, "devices that changed could not be read anew");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> (DeviceId, SocketAddr) {
        (DeviceId::new("addr:10.0.0.1"), "10.0.0.1:161".parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_changes_all_the_time_is_read_more_and_more_rarely() {
        let start = Instant::now();
        let (mut now, mut turns, mut gaps) = (start, Turns::default(), Vec::new());
        let mut last = start;
        // It changes each second for an hour.
        while now < start + Duration::from_secs(3600) {
            turns.want(wanted(), now);
            if !turns.take_due(now).is_empty() {
                gaps.push((now - last).as_secs());
                last = now;
            }
            now += Duration::from_secs(1);
        }
        assert_eq!(gaps, [5, 30, 30, 30, 30, 30, 30, 30, 30, 60, 120, 240, 480, 600, 600, 600, 600]);
    }

    #[tokio::test(start_paused = true)]
    async fn changes_in_one_go_are_one_reading_and_calm_is_forgotten() {
        let (now, mut turns) = (Instant::now(), Turns::default());
        turns.want(wanted(), now);
        turns.want(wanted(), now + Duration::from_secs(4));
        assert_eq!(turns.next(), Some(now + SETTLE));
        assert_eq!(turns.take_due(now + SETTLE).len(), 1);
        assert_eq!((turns.next(), turns.take_due(now + Duration::from_secs(120)).len()), (None, 0));
        assert_eq!(turns.0.len(), 0);
    }
}
