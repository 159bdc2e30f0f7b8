//! The one door of `now()`. Nothing else in the crate asks what time it is.

use crate::model::Timestamp;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The wall clock of this host.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// The wall clock of this host, as finely as it is told. Units: nanoseconds since the epoch.
pub fn nanos() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
}

/// A moment on a line of time that no step of the host's clock moves: the wall clock when this was first asked, and what has passed since.
/// A suspended host does not count (Linux: `CLOCK_MONOTONIC`).
pub fn steady(moment: &Stopwatch) -> Timestamp {
    static ORIGIN: OnceLock<(Instant, Timestamp)> = OnceLock::new();
    let (origin, wall) = ORIGIN.get_or_init(|| (Instant::now(), now()));
    match moment.0.checked_duration_since(*origin) {
        Some(since) => wall.plus(since),
        None => wall.minus(origin.saturating_duration_since(moment.0)),
    }
}

/// A clock that never steps, for measuring how long something took.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Started at this moment of a clock that runs beside this one: tokio's, which tests pause and move.
    pub const fn at(moment: Instant) -> Self {
        Self(moment)
    }

    /// Started this long ago, so that a test need not wait.
    #[cfg(test)]
    pub fn started(ago: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_sub(ago).unwrap_or(now))
    }

    /// How long ago it was started.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The time from this start to a later one; zero when the other is earlier.
    pub fn until(&self, later: &Self) -> Duration {
        later.0.saturating_duration_since(self.0)
    }
}
