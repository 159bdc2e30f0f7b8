//! The bounded channel from collectors to the engine.
//!
//! Polls and inventories wait ([`Emitter::send`]): a slow engine slows polling and no reading is lost. What may be lost is offered
//! ([`Emitter::offer`]) and counted when it is.

use crate::event::{Body, Event};
use crate::model::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::mpsc;

/// Where a collector puts its events. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Emitter {
    to: mpsc::Sender<Event>,
    dropped: Arc<AtomicU64>,
}

/// The engine no longer listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine no longer listens")]
pub struct Closed;

/// A channel that holds `size` events.
pub fn channel(size: usize) -> (Emitter, mpsc::Receiver<Event>) {
    let (to, from) = mpsc::channel(size.max(1));
    (Emitter { to, dropped: Arc::default() }, from)
}

impl Emitter {
    /// Waits until the channel has room.
    ///
    /// # Errors
    /// When the engine no longer listens. Cancel safety: a dropped future has sent all or nothing.
    pub async fn send(&self, at: Timestamp, body: Body) -> Result<(), Closed> {
        self.to.send(Event { at, body }).await.map_err(|_| Closed)
    }

    /// Puts the event into the channel if it has room, else drops and counts it. Whether it was taken.
    pub fn offer(&self, at: Timestamp, body: Body) -> bool {
        let taken = self.to.try_send(Event { at, body }).is_ok();
        if !taken {
            self.dropped.fetch_add(1, Relaxed);
        }
        taken
    }

    /// Events that wait for the engine.
    pub fn waiting(&self) -> usize {
        self.to.max_capacity() - self.to.capacity()
    }

    /// Whether an offer made now would be taken, as far as can be told.
    pub fn has_room(&self) -> bool {
        self.to.capacity() > 0
    }

    /// The counter of [`Self::dropped`], for who may not hold the channel open.
    pub fn dropped_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }

    /// Events dropped because the channel was full.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_offered_to_a_full_channel_is_counted() {
        let (emitter, mut events) = channel(1);
        assert_eq!((emitter.waiting(), emitter.has_room()), (0, true));
        assert!(emitter.offer(Timestamp(1), Body::Tick));
        assert_eq!((emitter.waiting(), emitter.has_room()), (1, false));
        assert!(!emitter.offer(Timestamp(2), Body::Tick));
        assert_eq!(emitter.dropped(), 1);
        assert_eq!(events.recv().await.map(|event| event.at), Some(Timestamp(1)));
        drop(events);
        assert_eq!(emitter.send(Timestamp(3), Body::Tick).await, Err(Closed));
    }
}
