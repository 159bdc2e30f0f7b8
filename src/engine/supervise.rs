//! Collectors are kept running: a panic in one is caught, counted, and the collector started again after a while.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The wait before the first restart; it doubles with each, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// A collector that fails again and again is tried once a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How often collectors were started again.
#[derive(Debug, Default)]
pub(super) struct Restarts(AtomicU64);

impl Restarts {
    /// So far.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs what `make` makes until it ends by itself or `stop` is cancelled; after a panic it is made anew.
pub(super) async fn keep_running<F>(
    name: &'static str,
    (stop, restarts): (CancellationToken, &Restarts),
    mut make: impl FnMut() -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut wait = FIRST_WAIT;
    while !stop.is_cancelled() {
        let Err(error) = tokio::spawn(make()).await else { return };
        restarts.0.fetch_add(1, Ordering::Relaxed);
        tracing::error!(collector = name, %error, wait = ?wait, "a collector failed and is started again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_counted_and_the_collector_is_started_again() {
        let (restarts, mut starts) = (Restarts::default(), 0);
        keep_running("test", (CancellationToken::new(), &restarts), || {
            starts += 1;
            let fails = starts < 3;
            async move { assert!(!fails, "the collector fails") }
        })
        .await;
        assert_eq!((restarts.count(), starts), (2, 3));
    }
}
