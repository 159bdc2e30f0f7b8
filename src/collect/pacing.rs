//! How fast a collector may send, over all addresses together.

use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Sends in slices of this length: tokio's timer counts milliseconds, so single gaps could not be kept at thousands a second.
const SLICE: Duration = Duration::from_millis(10);

/// Lets through so many datagrams a second, in slices, without saving up what was not used.
pub struct Pacer(Option<Mutex<Slice>>);

struct Slice {
    ticks: Interval,
    quota: u32,
    left: u32,
}

impl Pacer {
    /// `rate` datagrams a second; `None` does not hold anything back. Must be called inside a tokio runtime.
    pub fn new(rate: Option<u32>) -> Self {
        Self(rate.map(|rate| {
            let rate = rate.max(1);
            let slices = u32::try_from(Duration::from_secs(1).as_nanos() / SLICE.as_nanos()).unwrap_or(1);
            let quota = (rate / slices).max(1);
            let mut ticks = interval(Duration::from_secs(1) * quota / rate);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            Mutex::new(Slice { ticks, quota, left: 0 })
        }))
    }

    /// Waits until one more may be sent. Fair: first come, first served.
    pub async fn turn(&self) {
        self.turns(1).await;
    }

    /// Waits until at least one more may be sent, and takes up to `wanted` turns; how many.
    ///
    /// Cancel safety: a dropped future has taken no turn.
    pub async fn turns(&self, wanted: u32) -> u32 {
        let Some(slice) = &self.0 else { return wanted };
        let mut slice = slice.lock().await;
        if slice.left == 0 {
            slice.ticks.tick().await;
            slice.left = slice.quota;
        }
        let taken = slice.left.min(wanted);
        slice.left -= taken;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn several_turns_are_taken_at_once_and_never_more_than_a_slice_holds() {
        let pacer = Pacer::new(Some(10_000));
        let mut taken = Vec::new();
        for _ in 0..5 {
            taken.push(pacer.turns(64).await);
        }
        assert_eq!(taken, [64, 36, 64, 36, 64]);
        assert_eq!(Pacer::new(None).turns(64).await, 64);
    }

    async fn seconds_for(rate: u32, sends: u32) -> f64 {
        let pacer = Pacer::new(Some(rate));
        let start = Instant::now();
        for _ in 0..sends {
            pacer.turn().await;
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_slow_and_fast() {
        for (rate, sends, seconds) in [(5, 11, 2.0), (1000, 2010, 2.0), (150, 301, 2.0), (50_000, 100_500, 2.0)] {
            let took = seconds_for(rate, sends).await;
            assert!((took - seconds).abs() < 0.05, "{sends} at {rate} a second took {took}");
        }
    }
}
