//! Single addresses: whether they answer, and how fast.

use super::counts::{Counters, Counts};
use crate::collect::pacing::Pacer;
use crate::net::icmp::{PingError, Pinger};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Echoes waiting for their reply at one time: with more, the crate's receive buffer and its own map begin to show in the round trip.
const IN_FLIGHT: usize = 64;

/// Echoes to addresses that were silent the last time, which are not expected to reply, waiting at one time.
const SILENT_IN_FLIGHT: usize = 1024;

/// Echoes a second unless told otherwise: a round trip is measured calmly, or it measures this process.
const PACE: u32 = 1000;

/// Sends echoes one after the other at an even pace.
pub struct Reach {
    pinger: Pinger,
    places: Semaphore,
    silent_places: Semaphore,
    pace: Pacer,
    counters: Arc<Counters>,
}

impl Reach {
    /// Opens the sockets; `rate` is echoes a second at most. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When ICMP is not permitted.
    pub fn open(rate: Option<u32>) -> Result<Self, PingError> {
        let pace = Pacer::new(Some(rate.unwrap_or(PACE)));
        let (places, silent_places) = (Semaphore::new(IN_FLIGHT), Semaphore::new(SILENT_IN_FLIGHT));
        Ok(Self { pinger: Pinger::open()?, places, silent_places, pace, counters: Arc::default() })
    }

    /// The same, counting there.
    #[must_use]
    pub fn counting(mut self, counters: Arc<Counters>) -> Self {
        self.counters = counters;
        self
    }

    /// The round trip; `None` where the address is silent.
    pub async fn ping(&self, address: IpAddr, timeout: Duration) -> Option<Duration> {
        self.ping_in(&self.places, address, timeout).await
    }

    /// The same of an address that was silent the last time: it holds up nobody who answers.
    pub async fn ping_silent(&self, address: IpAddr, timeout: Duration) -> Option<Duration> {
        self.ping_in(&self.silent_places, address, timeout).await
    }

    async fn ping_in(&self, places: &Semaphore, address: IpAddr, timeout: Duration) -> Option<Duration> {
        // The semaphore is never closed.
        let _place = places.acquire().await.ok()?;
        self.pace.turn().await;
        self.counters.sent.fetch_add(1, Relaxed);
        let round_trip = self.pinger.ping(address, timeout).await;
        self.counters.answered.fetch_add(u64::from(round_trip.is_some()), Relaxed);
        round_trip
    }

    /// What came of it so far.
    pub fn counts(&self) -> Counts {
        self.counters.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn loopback_answers_and_is_counted() {
        let Ok(reach) = Reach::open(Some(20_000)) else { return };
        for last in 1..=20 {
            assert!(reach.ping(IpAddr::from([127, 9, 9, last]), Duration::from_secs(5)).await.is_some());
        }
        assert_eq!((reach.counts().sent, reach.counts().answered), (20, 20));
    }
}
