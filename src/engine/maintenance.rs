//! The thread that sums history up and keeps it within its limits, behind everything else that wants the processor.

use super::audit::Auditor;
use super::notice::{About, Notices};
use crate::clock;
use crate::config::{Config, Retention};
use crate::history::{KEEP_FLOW_RECORDS, Limits, Maintained, Store, StoreError};
use crate::net::priority;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The first time: an engine that has just started has better to do.
const FIRST: Duration = Duration::from_secs(60);

/// Between two times. A closed day is summed up so much later at most, and the cap exceeded for so long.
const PACE: Duration = Duration::from_secs(300);

/// Periods that a notice names; the log names all.
const NAMED: usize = 3;

/// What is kept, by the configuration.
#[derive(Clone, Copy, Debug)]
struct Keeping {
    raw: Duration,
    minute: Duration,
    hour: Duration,
    flow_records: Duration,
    logs: Duration,
    max_bytes: Option<u64>,
}

impl Keeping {
    /// Of a configuration.
    fn of(config: &Config) -> Self {
        let kept = &config.retention;
        let flow_records = config.listeners.keep_flow_records.unwrap_or(KEEP_FLOW_RECORDS);
        Self {
            raw: kept.raw,
            minute: kept.minute,
            hour: kept.hour,
            flow_records,
            logs: kept.logs,
            max_bytes: config.store.max_size,
        }
    }

    fn limits(self) -> Limits {
        let Self { raw, minute, hour, flow_records, logs, max_bytes } = self;
        Limits { now: clock::now(), raw, minute, hour, flow_records, logs, max_bytes }
    }
}

/// Ends the thread: at once where it waits, soon where it works.
pub(super) struct Ending {
    store: Arc<dyn Store>,
    _waits_for_this: Sender<()>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.store.stop_maintaining();
    }
}

/// What the thread does.
pub(super) struct Maintenance {
    store: Arc<dyn Store>,
    keeping: Keeping,
    retention: Retention,
    audit: Auditor,
    end: Receiver<()>,
}

impl Maintenance {
    /// The work, and what ends it.
    pub(super) fn new(store: Arc<dyn Store>, (config, audit): (&Config, Auditor)) -> (Self, Ending) {
        let (send, end) = channel();
        let (keeping, retention) = (Keeping::of(config), config.retention.clone());
        (Self { store: Arc::clone(&store), keeping, retention, audit, end }, Ending { store, _waits_for_this: send })
    }

    /// Runs until it is ended.
    pub(super) fn run(&self, notices: &Notices) {
        priority::step_back();
        let mut wait = FIRST;
        while let Err(RecvTimeoutError::Timeout) = self.end.recv_timeout(wait) {
            tell(&self.store.maintain(&self.keeping.limits()), notices);
            if let Err(error) = self.audit.forget(&self.retention) {
                tracing::error!(error, "the audit journal could not be kept within its limits");
            }
            wait = PACE;
        }
    }
}

/// Says what was done to the log, and to the screen what an operator must know.
fn tell(done: &Result<Maintained, StoreError>, notices: &Notices) {
    match done {
        Ok(done) => {
            if done.rolled_up > 0 || done.forgotten > 0 {
                tracing::info!(rolled_up = done.rolled_up, forgotten = done.forgotten, "history was summed up");
            }
            notices.clear(About::Maintenance);
            if !done.capped.is_empty() {
                tracing::warn!(removed = ?done.capped, "the store was over its cap");
                notices.set(About::Cap, capped(&done.capped));
            }
        }
        Err(error) => {
            tracing::error!(%error, "history could not be summed up or kept within its limits");
            notices.set(About::Maintenance, format!("history is not summed up nor kept within its limits: {error}"));
        }
    }
}

fn capped(removed: &[String]) -> String {
    let named = removed.get(..NAMED.min(removed.len())).unwrap_or_default().join(", ");
    let more = match removed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("the store reached [store] max_size: the oldest history was removed ({named}{more})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::MemoryStore;

    #[test]
    fn what_the_cap_removed_is_named_and_an_error_goes_when_it_is_over() {
        let notices = Notices::default();
        let names = |count: usize| (0..count).map(|n| format!("2026110{n}")).collect::<Vec<_>>();
        tell(&Err(StoreError::Absent("x".into())), &notices);
        assert_eq!(notices.sentences().len(), 1);
        tell(&Ok(Maintained { capped: names(5), ..Maintained::default() }), &notices);
        let said = "the store reached [store] max_size: the oldest history was removed (20261100, 20261101, 20261102 and 2 more)";
        assert_eq!(notices.sentences(), [said]);
        tell(&Ok(Maintained::default()), &notices);
        assert_eq!(notices.sentences(), [said], "what is gone stays gone");
    }

    #[test]
    fn it_ends_at_once_when_it_waits() {
        let store = Arc::new(MemoryStore::new());
        let (work, ending) = Maintenance::new(store, (&Config::default(), Auditor::default()));
        drop(ending);
        work.run(&Notices::default());
    }
}
