//! The engine as its users see it.

use super::command::{Answer, Command};
use crate::model::Timestamp;
use crate::model::audit::Role;
use crate::query::ViewRequest;
use crate::state::view::View;
use std::sync::Arc;

/// A place on a console that watches a view; a new request for the same place replaces the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct WatchId(pub u8);

/// What the engine tells a console of its own accord, at most ten times a second for each watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The watched view changed, or is the first answer.
    View(WatchId, Arc<View>),
    /// A second passed; the engine's time.
    Clock(Timestamp),
    /// The connection to the engine that was attached is lost; someone is taking over.
    Lost(String),
    /// What whoever is at this console may do, at the engine that is told next.
    Role(Role),
    /// There is an engine again: attached to the process with this pid, or hosted here (`None`).
    Serving(Option<u32>),
}

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum AskError {
    /// The request itself is faulty: exit code 2.
    #[error("{0}")]
    Refused(String),
    /// The engine could not: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The engine is gone.
    #[error("the engine is gone")]
    Gone,
}

/// Where updates go. It must not block: the console's channel is unbounded in views only by latest-wins.
pub type Sink = Box<dyn Fn(Update) + Send + Sync>;

/// What stands behind a handle: a local engine, an attached one, or a store without collectors.
pub trait Backend: Send + Sync {
    /// Watches a view; replaces what `watch` watched before.
    fn watch(&self, watch: WatchId, request: ViewRequest);
    /// Stops watching.
    fn unwatch(&self, watch: WatchId);
    /// One view, now. Blocks; not for the UI thread.
    fn ask(&self, request: ViewRequest) -> Result<View, AskError>;
    /// Carries a command out. Blocks; not for the UI thread when it can take long.
    fn command(&self, command: Command) -> Result<Answer, AskError>;
    /// Where updates go from now on.
    fn subscribe(&self, sink: Sink);
    /// Ends it: a local engine flushes its history first.
    fn close(&self);
}

/// The engine, wherever it runs. Cheap to clone.
#[derive(Clone)]
pub struct Handle(Arc<dyn Backend>);

impl Handle {
    /// Of a backend.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self(backend)
    }
}

impl std::ops::Deref for Handle {
    type Target = dyn Backend;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}
