//! The thread that indexes log lines and joins indexes, behind everything else that wants the processor.

use crate::history::Store;
use crate::net::priority;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Between two looks for work. Lines are found before they are indexed, so that nothing waits for it.
const PACE: Duration = Duration::from_secs(1);

/// After the store refused: a disk that is full stays so for a while.
const REFUSED: Duration = Duration::from_secs(10);

/// Ends the thread when it is dropped: after the piece of work that it is at.
pub(super) struct Ending(#[expect(dead_code, reason = "it is dropped, not sent to")] Sender<()>);

/// What the thread does.
pub(super) struct Tending {
    store: Arc<dyn Store>,
    end: Receiver<()>,
}

impl Tending {
    /// The work, and what ends it.
    pub(super) fn new(store: Arc<dyn Store>) -> (Self, Ending) {
        let (send, end) = channel();
        (Self { store, end }, Ending(send))
    }

    /// Runs until it is ended, and has something else looked up that may have to wait for the disk.
    pub(super) fn run(&self, look_up: impl Fn()) {
        priority::step_back();
        let mut wait = PACE;
        while let Err(RecvTimeoutError::Timeout) = self.end.recv_timeout(wait) {
            look_up();
            wait = match self.store.logs().logs_tend() {
                Ok(true) => Duration::ZERO,
                Ok(false) => PACE,
                Err(error) => {
                    tracing::warn!(%error, "log lines could not be indexed; they are kept and found all the same");
                    REFUSED
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::MemoryStore;

    #[test]
    fn it_ends_at_once_when_it_waits() {
        let (work, ending) = Tending::new(Arc::new(MemoryStore::new()));
        drop(ending);
        work.run(|| {});
    }
}
