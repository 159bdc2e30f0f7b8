//! Reachability by ICMP echo, at a pace that loses no replies. Knows nothing of SNMP. The sockets are `net::icmp`'s.

use crate::collect::pacing::Pacer;
use crate::net::icmp::{PingError, Pinger};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Echoes waiting for their reply at one time. Silent addresses hold a place for the whole wait, so that it is far more than what
/// answers within one.
const IN_FLIGHT: usize = 1024;

/// Echoes a second unless told otherwise: a /16 in half a minute, and replies never fill the receive buffer.
const PACE: u32 = 2000;

/// Sends echoes one after the other at an even pace.
pub struct Reach {
    pinger: Pinger,
    places: Semaphore,
    pace: Pacer,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    answered: AtomicU64,
}

impl Reach {
    /// Opens the sockets; `rate` is echoes a second at most. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When ICMP is not permitted.
    pub fn open(rate: Option<u32>) -> Result<Self, PingError> {
        let pace = Pacer::new(Some(rate.unwrap_or(PACE)));
        Ok(Self { pinger: Pinger::open()?, places: Semaphore::new(IN_FLIGHT), pace, counts: Counts::default() })
    }

    /// The round trip; `None` where the address is silent.
    pub async fn ping(&self, address: IpAddr, timeout: Duration) -> Option<Duration> {
        // The semaphore is never closed.
        let _place = self.places.acquire().await.ok()?;
        self.pace.turn().await;
        self.counts.sent.fetch_add(1, Relaxed);
        let round_trip = self.pinger.ping(address, timeout).await;
        self.counts.answered.fetch_add(u64::from(round_trip.is_some()), Relaxed);
        round_trip
    }

    /// Echoes sent, and those answered.
    pub fn counts(&self) -> (u64, u64) {
        (self.counts.sent.load(Relaxed), self.counts.answered.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sweep_of_loopback_loses_nothing() {
        let Ok(reach) = Reach::open(Some(20_000)) else { return };
        let addresses = (1..=200).map(|last| IpAddr::from([127, 9, 9, last]));
        let reach = &reach;
        let pings = addresses.map(|address| async move { reach.ping(address, Duration::from_secs(5)).await.is_some() });
        let mut answered = 0;
        for ping in pings {
            answered += u64::from(ping.await);
        }
        assert_eq!((answered, reach.counts()), (200, (200, 200)));
    }
}
