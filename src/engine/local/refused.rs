//! Whoever asks for the metrics without the token is written down: of each address at once, and then once a minute how often.

use super::hub::Hub;
use crate::clock;
use crate::engine::audit::{Attempts, Counted, PAGE, WINDOW, over_http};
use crate::engine::notice::About;
use crate::model::audit::{Act, Class, Outcome};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked which minutes are over: so late at most a number is told.
const LOOK: Duration = Duration::from_secs(WINDOW.as_secs() / 6);

/// Why they got nothing.
const WHY: &str = "the token is missing or another";

/// See the module.
pub(super) struct Refusals {
    hub: Arc<Hub>,
    /// What was asked for, and where.
    what: String,
    attempts: Mutex<Attempts>,
}

impl Refusals {
    pub(super) fn new(hub: &Arc<Hub>, (path, address): (&str, SocketAddr)) -> Arc<Self> {
        Arc::new(Self { hub: Arc::clone(hub), what: format!("{path} at {address}"), attempts: Mutex::default() })
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody was refused. Called inside a tokio runtime; does not block.
    pub(super) fn add(self: &Arc<Self>, address: IpAddr) {
        let told = self.attempts().add(address, clock::now());
        if let Some(counted) = told {
            let this = Arc::clone(self);
            tokio::task::spawn_blocking(move || this.write(counted));
        }
    }

    /// Writes down what was counted, until `stop`; then the rest.
    pub(super) async fn look(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let ends = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let told = if ends { self.attempts().rest() } else { self.attempts().due(clock::now()) };
            let this = Arc::clone(&self);
            let _written_or_said =
                tokio::task::spawn_blocking(move || told.into_iter().for_each(|counted| this.write(counted))).await;
            if ends {
                return;
            }
        }
    }

    fn write(&self, (address, count): Counted) {
        let words = if count == 1 { "ask for the metrics".to_owned() } else { format!("ask for the metrics {count} times") };
        let act = Act::new(Class::Security, PAGE, &self.what).words(&words).with("count", &count.to_string());
        // Refused all the same.
        if let Err(error) = self.hub.audit.record(&over_http(address), act, Outcome::Refused(WHY.to_owned())) {
            self.hub.notices.set(About::Audit, error.to_string());
        }
    }
}
