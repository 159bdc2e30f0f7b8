//! Echoes to known addresses, all the time: some in each interval, spread over it, so that loss is a share and not a word.

use super::reach::Reach;
use crate::model::poll::Echoes;
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Echoes to an address in its interval.
const ECHOES: u32 = 3;

/// Least time between two echoes to one address: short intervals have fewer.
const LEAST_GAP: Duration = Duration::from_secs(2);

/// Echoes in a row without an answer after which an address gets one in an interval.
const SILENT_AFTER: u32 = 2 * ECHOES;

/// Echoes waited for at one time; what falls due beyond waits.
const WAITING: usize = 2048;

/// What echoes came to, by address, until somebody takes it.
#[derive(Debug, Default)]
pub struct Windows(Mutex<FxHashMap<IpAddr, Echoes>>);

impl Windows {
    fn lock(&self) -> MutexGuard<'_, FxHashMap<IpAddr, Echoes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of the echoes since it was last taken; `None` where the address is not pinged.
    pub fn take(&self, address: IpAddr) -> Option<Echoes> {
        self.lock().get_mut(&address).map(std::mem::take)
    }

    fn note(&self, address: IpAddr, round_trip: Option<Duration>) {
        if let Some(echoes) = self.lock().get_mut(&address) {
            let millis = round_trip.map(|round_trip| round_trip.as_secs_f64() * 1000.0);
            echoes.sent = echoes.sent.saturating_add(1);
            echoes.answered = echoes.answered.saturating_add(u32::from(millis.is_some()));
            echoes.rtt_ms = echoes.rtt_ms.into_iter().chain(millis).reduce(f64::min);
        }
    }

    fn keep(&self, addresses: &FxHashMap<IpAddr, Pinged>) {
        let mut windows = self.lock();
        windows.retain(|address, _| addresses.contains_key(address));
        for address in addresses.keys() {
            windows.entry(*address).or_default();
        }
    }
}

/// One address.
struct Pinged {
    interval: Duration,
    due: Instant,
    /// Echoes in a row that were not answered.
    silent: u32,
}

impl Pinged {
    fn gap(&self) -> Duration {
        let gap = if self.silent >= SILENT_AFTER { self.interval } else { self.interval / ECHOES };
        gap.max(LEAST_GAP.min(self.interval)).max(Duration::from_millis(1))
    }
}

/// Addresses to ping, each with its interval.
pub type Addresses = Vec<(IpAddr, Duration)>;

/// See the module.
pub struct Rounds {
    reach: Arc<Reach>,
    timeout: Duration,
    windows: Arc<Windows>,
    addresses: FxHashMap<IpAddr, Pinged>,
    due: BTreeSet<(Instant, IpAddr)>,
    running: JoinSet<(IpAddr, Option<Duration>)>,
}

impl Rounds {
    /// Each echo is waited for so long. Nothing is sent before [`Self::run`].
    pub fn new(reach: Reach, timeout: Duration, windows: Arc<Windows>) -> Self {
        let (addresses, due, running) = (FxHashMap::default(), BTreeSet::new(), JoinSet::new());
        Self { reach: Arc::new(reach), timeout, windows, addresses, due, running }
    }

    /// Pings until cancelled, or until nobody says any more whom.
    pub async fn run(mut self, mut wanted: watch::Receiver<Arc<Addresses>>, cancel: CancellationToken) {
        wanted.mark_changed();
        loop {
            let next = self.due.first().map(|(at, _)| *at).filter(|_| self.running.len() < WAITING);
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                changed = wanted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let addresses = Arc::clone(&wanted.borrow_and_update());
                    self.plan(&addresses, now());
                }
                Some(Ok((address, round_trip))) = self.running.join_next() => self.done(address, round_trip),
                () = due => self.start_due(now()),
            }
        }
    }

    /// Takes over whom to ping. What is known keeps its pace.
    fn plan(&mut self, wanted: &Addresses, at: Instant) {
        let mut known = std::mem::take(&mut self.addresses);
        self.due.clear();
        for (address, interval) in wanted {
            let pinged = known.remove(address).map(|pinged| Pinged { interval: *interval, ..pinged });
            let pinged = pinged.unwrap_or_else(|| Pinged {
                interval: *interval,
                due: at + phase(*address, *interval / ECHOES),
                silent: 0,
            });
            self.due.insert((pinged.due, *address));
            self.addresses.insert(*address, pinged);
        }
        self.windows.keep(&self.addresses);
    }

    fn start_due(&mut self, at: Instant) {
        while self.running.len() < WAITING {
            let Some((due, address)) = self.due.first().filter(|(due, _)| *due <= at).copied() else { return };
            self.due.pop_first();
            let Some(pinged) = self.addresses.get_mut(&address) else { continue };
            // Even where some were late, they keep their distance.
            pinged.due = (due + pinged.gap()).max(at + pinged.gap() / 2);
            self.due.insert((pinged.due, address));
            let (reach, timeout, is_silent) = (Arc::clone(&self.reach), self.timeout, pinged.silent > 0);
            self.running.spawn(async move {
                let round_trip =
                    if is_silent { reach.ping_silent(address, timeout).await } else { reach.ping(address, timeout).await };
                (address, round_trip)
            });
        }
    }

    fn done(&mut self, address: IpAddr, round_trip: Option<Duration>) {
        self.windows.note(address, round_trip);
        if let Some(pinged) = self.addresses.get_mut(&address) {
            pinged.silent = if round_trip.is_some() { 0 } else { pinged.silent.saturating_add(1) };
        }
    }
}

/// The address's own place within `span`.
fn phase(address: IpAddr, span: Duration) -> Duration {
    let mut hasher = FxHasher::default();
    address.hash(&mut hasher);
    let share = f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(0)) / f64::from(u32::MAX);
    span.mul_f64(share)
}

/// tokio's own clock.
fn now() -> Instant {
    sleep(Duration::ZERO).deadline()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([127, 9, 7, last])
    }

    #[tokio::test]
    async fn addresses_are_pinged_and_what_came_of_it_is_taken_once() {
        let Ok(reach) = Reach::open(Some(20_000)) else { return };
        let windows = Arc::<Windows>::default();
        let wanted: Addresses = (1..=20).map(|last| (address(last), Duration::from_millis(30))).collect();
        let (sender, receiver) = watch::channel(Arc::new(wanted));
        let rounds = Rounds::new(reach, Duration::from_secs(5), Arc::clone(&windows));
        let cancel = CancellationToken::new();
        let running = tokio::spawn(rounds.run(receiver, cancel.clone()));
        let all =
            |windows: &Windows| (1..=20).all(|last| windows.lock().get(&address(last)).is_some_and(|seen| seen.answered > 1));
        while !all(&windows) {
            tokio::task::yield_now().await;
        }
        sender.send_replace(Arc::default());
        cancel.cancel();
        assert!(running.await.is_ok());
        let seen = (1..=20).filter_map(|last| windows.take(address(last)));
        assert!(seen.into_iter().all(|echoes| echoes.sent == echoes.answered && echoes.rtt_ms.is_some()));
        assert_eq!(windows.take(address(99)), None, "not pinged");
    }

    #[test]
    fn the_silent_are_asked_once_an_interval_and_the_others_more_often() {
        let gap = |seconds, silent| Pinged { interval: Duration::from_secs(seconds), due: now_std(), silent }.gap().as_secs();
        assert_eq!([gap(30, 0), gap(30, 6), gap(5, 0), gap(1, 0)], [10, 30, 2, 1]);
    }

    fn now_std() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_window_is_the_quickest_round_trip_and_the_loss() {
        let windows = Windows::default();
        windows.lock().insert(address(1), Echoes::default());
        for millis in [Some(3), None, Some(2)] {
            windows.note(address(1), millis.map(Duration::from_millis));
        }
        windows.note(address(2), None);
        let taken = windows.take(address(1)).unwrap();
        assert_eq!((taken.sent, taken.answered, taken.rtt_ms), (3, 2, Some(2.0)));
        assert_eq!(windows.take(address(1)), Some(Echoes::default()), "taken");
        assert_eq!(windows.take(address(2)), None);
    }
}
