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

/// Finds out that the host's clock was set, by a clock that nobody sets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steps(Option<(Timestamp, Stopwatch)>);

/// A difference of so much between the two clocks is a step: they are read at slightly different moments, and clocks are slewed. Units: ms.
const STEP_MS: i64 = 2000;

impl Steps {
    /// How far the clock was set since the last look, where it was; forward is positive. A host that slept looks as if it had been set
    /// forward. Units: ms.
    pub fn look(&mut self, now: Timestamp) -> Option<i64> {
        self.look_at(now, Stopwatch::start())
    }

    fn look_at(&mut self, now: Timestamp, moment: Stopwatch) -> Option<i64> {
        let (before, since) = self.0.replace((now, moment))?;
        let passed = i64::try_from(since.until(&moment).as_millis()).unwrap_or(i64::MAX);
        let step = now.millis().saturating_sub(before.millis()).saturating_sub(passed);
        (step.abs() >= STEP_MS).then_some(step)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_noticed_and_one_that_runs_is_not() {
        let (begun, mut steps) = (Instant::now(), Steps::default());
        let mut look = |wall, secs| steps.look_at(Timestamp(wall), Stopwatch::at(begun + Duration::from_secs(secs)));
        assert_eq!(look(1_000_000, 0), None, "the first look");
        assert_eq!(look(1_001_900, 1), None, "almost a second late");
        assert_eq!(look(4_602_900, 2), Some(3_600_000));
        assert_eq!(look(4_603_900, 3), None, "once");
        assert_eq!(look(1_003_900, 4), Some(-3_601_000));
    }
}
