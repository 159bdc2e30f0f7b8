//! What operators do, on its way to the engine. Whoever gave it hears when it is in what is published, so that the next
//! question sees it.

use crate::engine::handle::AskError;
use crate::event::Body;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How long whoever gave an order waits until it is published: a publication comes a tenth of a second after it, and takes longer
/// where the engine has much to do. What waited longer is carried out all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// An order for the engine.
pub(super) struct Ordered {
    /// What is to be applied.
    pub(super) body: Body,
    /// Told when it is published.
    pub(super) receipt: Receipt,
}

/// What the engine keeps of an order until it is published.
pub(super) struct Receipt(SyncSender<()>);

/// What whoever gave the order waits with.
pub(super) struct Waiting(Receiver<()>);

impl Ordered {
    /// An order, and what to wait with.
    pub(super) fn new(body: Body) -> (Self, Waiting) {
        let (send, receive) = sync_channel(1);
        (Self { body, receipt: Receipt(send) }, Waiting(receive))
    }
}

impl Receipt {
    /// It is published.
    pub(super) fn published(self) {
        let _nobody_waits_any_more = self.0.try_send(());
    }
}

impl Waiting {
    /// Blocks until it is published, but not for ever. Errors: the engine ended before.
    pub(super) fn published(self) -> Result<(), AskError> {
        match self.0.recv_timeout(PATIENCE) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => Err(AskError::Gone),
        }
    }
}
