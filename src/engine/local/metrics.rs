//! Serves `/metrics` where the configuration asks for it.

use super::hub::Hub;
use crate::config::Listeners;
use crate::engine::metrics::{self, Snapshot, Wanted};
use crate::engine::notice::About;
use crate::model::Function;
use crate::net::http::{Page, Served, Server};
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Starts serving; an address that can't be had is told on every screen, and the engine goes on without.
pub(super) fn serve(runtime: &Runtime, hub: &Arc<Hub>, (listeners, stop): (&Listeners, CancellationToken)) {
    let Some(address) = listeners.metrics else { return };
    let _inside = runtime.enter();
    let server = match Server::bind(address) {
        Ok(server) => server,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return hub.refuse(Function::Metrics, (vec![address], &[])),
        Err(error) => return hub.refuse(Function::Metrics, (Vec::new(), &[format!("{address}: {error}")])),
    };
    if !address.ip().is_loopback() {
        let what = format!("metrics at {address} can be read by everyone who reaches it: there is no password");
        hub.notices.set(About::Metrics, what);
    }
    let wanted = if listeners.metrics_polled { Wanted::Polled } else { Wanted::Own };
    let of = Arc::clone(hub);
    let page: Page = Arc::new(move |out| {
        let live = of.live();
        let snapshot = Snapshot { status: of.status().ok(), live: &live, queue: of.queue.load(Ordering::Relaxed) };
        metrics::page(&snapshot, wanted, out)
    });
    let served = Served { path: metrics::PATH, content_type: metrics::CONTENT_TYPE, page };
    let hub = Arc::clone(hub);
    runtime.spawn(async move {
        if let Err(error) = server.serve(served, stop).await {
            hub.notices.set(About::Metrics, format!("metrics are not served any more: {error}"));
        }
    });
}
