//! Neighbours that this host itself hears while a run goes on: they are followed as those of a device are.

use crate::model::NeighbourRow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// What is heard, and how long a run waits for it at least.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Who is heard, changed whenever that changes.
    pub rows: watch::Receiver<Arc<Vec<NeighbourRow>>>,
    /// The run does not end sooner; a neighbour speaks every 30 or 60 seconds.
    pub at_least: Duration,
}

/// A run's ear. Without a [`Heard`] it hears nothing and keeps nobody waiting.
pub(super) struct Ear {
    rows: Option<watch::Receiver<Arc<Vec<NeighbourRow>>>>,
    until: Instant,
    is_over: bool,
}

impl Ear {
    /// Who was heard before is told first.
    pub(super) fn new(heard: Option<&Heard>) -> Self {
        let mut rows = heard.map(|heard| heard.rows.clone());
        rows.iter_mut().for_each(watch::Receiver::mark_changed);
        let at_least = heard.map_or(Duration::ZERO, |heard| heard.at_least);
        Self { rows, until: sleep(at_least).deadline(), is_over: at_least.is_zero() }
    }

    /// Whether a run may end.
    pub(super) fn is_over(&self) -> bool {
        self.is_over && !self.rows.as_ref().is_some_and(|rows| rows.has_changed().unwrap_or(false))
    }

    /// Who is heard, when that changed, and nobody when the run may end; never where nothing is to be told any more.
    ///
    /// Cancel safety: nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Arc<Vec<NeighbourRow>>> {
        let Self { rows, until, is_over } = self;
        loop {
            let changed = async {
                match rows {
                    Some(rows) => rows.changed().await.is_ok().then(|| Arc::clone(&rows.borrow_and_update())),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = changed => match changed {
                    Some(rows) => return Some(rows),
                    None => *rows = None,
                },
                () = sleep_until(*until), if !*is_over => {
                    *is_over = true;
                    return None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Evidence;

    #[tokio::test(start_paused = true)]
    async fn a_run_waits_as_long_as_it_is_told_and_takes_what_comes() {
        let (publish, rows) = watch::channel(Arc::new(vec![NeighbourRow::new(Evidence::Lldp)]));
        let mut ear = Ear::new(Some(&Heard { rows, at_least: Duration::from_secs(35) }));
        assert_eq!(ear.next().await.map(|rows| rows.len()), Some(1), "who was there before");
        publish.send_replace(Arc::default());
        assert_eq!(ear.next().await.map(|rows| rows.len()), Some(0));
        assert!(!ear.is_over());
        let start = Instant::now();
        assert_eq!(ear.next().await, None);
        assert_eq!((start.elapsed().as_secs(), ear.is_over()), (35, true));
        publish.send_replace(Arc::new(vec![NeighbourRow::new(Evidence::Cdp)]));
        assert!(!ear.is_over(), "what was heard in the last moment is followed");
        assert_eq!(ear.next().await.map(|rows| rows.len()), Some(1));
        assert!(ear.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn without_ears_nobody_is_kept_waiting() {
        assert!(Ear::new(None).is_over());
    }
}
