//! Whoever asks for the metrics without the token is written down: of each address at once, and then once a minute how often.

use super::hub::Hub;
use crate::clock;
use crate::engine::audit::{Attempts, Counted, PAGE, WINDOW, over_http};
use crate::engine::metrics::PATH;
use crate::engine::notice::About;
use crate::model::audit::{Act, Class, Outcome};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked which minutes are over: so late at most a number is told.
const LOOK: Duration = Duration::from_secs(WINDOW.as_secs() / 6);

/// Why they got nothing.
const WHY: &str = "the token is missing or another";

/// What was refused and is not all told yet.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Attempts>);

impl Refusals {
    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody was refused. Called inside a tokio runtime; does not block.
pub(super) fn add(hub: &Arc<Hub>, address: IpAddr) {
    let told = hub.refusals.attempts().add(address, clock::now());
    if let Some(counted) = told {
        let hub = Arc::clone(hub);
        tokio::task::spawn_blocking(move || write(&hub, counted));
    }
}

/// Writes down what was counted in minutes that are over, until `stop`.
pub(super) async fn look(hub: Arc<Hub>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let told = hub.refusals.attempts().due(clock::now());
        let hub = Arc::clone(&hub);
        let _written_or_said =
            tokio::task::spawn_blocking(move || told.into_iter().for_each(|counted| write(&hub, counted))).await;
    }
}

/// Writes down what is left: the journal ends.
pub(super) fn finish(hub: &Hub) {
    let rest = hub.refusals.attempts().rest();
    rest.into_iter().for_each(|counted| write(hub, counted));
}

fn write(hub: &Hub, (address, count): Counted) {
    let words = if count == 1 { "ask for the metrics".to_owned() } else { format!("ask for the metrics {count} times") };
    let act = Act::new(Class::Security, PAGE, PATH).words(&words).with("count", &count.to_string());
    // Refused all the same.
    if let Err(error) = hub.audit.record(&over_http(address), act, Outcome::Refused(WHY.to_owned())) {
        hub.notices.set(About::Audit, error.to_string());
    }
}
