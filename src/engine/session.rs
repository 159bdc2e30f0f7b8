//! What a console's handle stands on: an engine in this process, one behind a socket, or a store that nobody serves.

use super::command::{Answer, Command};
use super::handle::{AskError, WatchId};
use crate::model::audit::Role;
use crate::query::ViewRequest;
use crate::state::view::View;

/// One console's access to an engine. Views and the clock come back through the ear that it was made with.
pub(super) trait Session: Send + Sync {
    /// Watches; `generation` comes back with each view, so that those of a replaced request are known.
    fn watch(&self, watch: WatchId, generation: u64, request: ViewRequest);
    /// Stops watching.
    fn unwatch(&self, watch: WatchId);
    /// One view, once. Blocks.
    fn ask(&self, request: ViewRequest) -> Result<View, AskError>;
    /// Carries out. Blocks.
    fn command(&self, command: Command) -> Result<Answer, AskError>;
    /// Ends it; an engine in this process ends with it.
    fn close(&self);
    /// The process that serves, where it is another one.
    fn pid(&self) -> Option<u32>;
    /// What whoever uses it may do.
    fn role(&self) -> Role;
}
