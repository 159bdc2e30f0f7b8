//! A store that nobody serves, read by a command: no collectors, no clock, nothing written.

use super::board::{Ear, Told};
use super::command::{Answer, Command};
use super::core::{Core, Live, Reader};
use super::handle::{AskError, WatchId};
use super::local::{settings, site};
use super::session::Session;
use crate::config::Config;
use crate::history::{Store, StoreError};
use crate::model::Timestamp;
use crate::model::audit::Role;
use crate::query::ViewRequest;
use crate::state::view::View;
use std::sync::Arc;

/// See the module.
pub(super) struct Offline {
    reader: Reader,
    live: Live,
    /// What "now" means here: the last thing that the store remembers.
    last: Option<Timestamp>,
    ear: Ear,
}

impl Offline {
    /// Errors: those of the store.
    pub(super) fn new(store: Arc<dyn Store>, config: &Config, ear: Ear) -> Result<Self, StoreError> {
        let last = store.span()?.map(|span| span.to);
        let mut core = Core::restore(store, &site(config), settings(config))?;
        if let Err(why) = core.know_countries(config.listeners.country_file.as_deref()) {
            tracing::warn!("{why}");
        }
        let unread = core.unread().into_iter().collect();
        Ok(Self { reader: core.reader(), live: core.live(unread, None), last, ear })
    }

    /// The request as of the last thing that the store remembers, and what marks its view as now.
    fn asked(&self, request: &ViewRequest) -> ViewRequest {
        ViewRequest { at: request.at.or(self.last), ..request.clone() }
    }
}

impl Session for Offline {
    fn watch(&self, watch: WatchId, generation: u64, request: ViewRequest) {
        let mut view = self.reader.answer(&self.live, &self.asked(&request));
        view.chrome.past = request.at.is_some();
        (self.ear)(Told::View(watch, generation, Arc::new(view)));
    }

    fn unwatch(&self, _: WatchId) {}

    fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
        let asked = self.reader.ask(&self.live, &self.asked(&request));
        let mut view = asked.map_err(|error| AskError::Failed(error.to_string()))?;
        view.chrome.past = request.at.is_some();
        Ok(view)
    }

    fn command(&self, command: Command) -> Result<Answer, AskError> {
        self.reader.command(&self.live, command)
    }

    fn close(&self) {}

    fn pid(&self) -> Option<u32> {
        None
    }

    fn role(&self) -> Role {
        Role::Operator
    }
}
