//! Serves `/metrics` where the configuration asks for it.

use super::hub::Hub;
use super::refused;
use crate::config::Listeners;
use crate::engine::metrics::{self, Snapshot, Wanted};
use crate::engine::notice::About;
use crate::model::Function;
use crate::net::http::{Page, Served, Server};
use crate::net::http_guard::Guard;
use crate::net::tls_server::{ServerTls, TlsFiles};
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
    let teller = Arc::clone(hub);
    let guard = match guard(listeners) {
        Ok(guard) => Guard { refused: Some(Arc::new(move |address| refused::add(&teller, address))), ..guard },
        Err(why) => {
            hub.notices.set(About::Metrics, format!("no metrics at {address}: {why}"));
            return;
        }
    };
    let wanted = if listeners.metrics_polled { Wanted::Polled } else { Wanted::Own };
    let of = Arc::clone(hub);
    let page: Page = Arc::new(move |out| {
        let live = of.live();
        let snapshot = Snapshot { status: of.status().ok(), live: &live, queue: of.queue.load(Ordering::Relaxed) };
        metrics::page(&snapshot, wanted, out)
    });
    let served = Served { path: metrics::PATH, content_type: metrics::CONTENT_TYPE, page, guard };
    let hub = Arc::clone(hub);
    runtime.spawn(refused::look(Arc::clone(&hub), stop.clone()));
    runtime.spawn(async move {
        if let Err(error) = server.serve(served, stop).await {
            hub.notices.set(About::Metrics, format!("metrics are not served any more: {error}"));
        }
    });
}

/// What guards the page. Errors: a sentence; nothing is served then, least of all to everyone.
///
/// The configuration refuses an address that others can reach without certificate and token; it is looked at once more here, where
/// the door is opened.
fn guard(listeners: &Listeners) -> Result<Guard, String> {
    let files = listeners.metrics_tls.clone().map(|(certificate, key)| TlsFiles { certificate, key, client_ca: None });
    let tls = files.map(ServerTls::load).transpose().map_err(|error| error.to_string())?.map(Arc::new);
    let token = listeners.metrics_token.clone();
    let is_open = listeners.metrics.is_some_and(|address| !address.ip().is_loopback());
    if is_open && (tls.is_none() || token.is_none()) {
        return Err("others than this host can ask there, and certificate, key or token is missing".to_owned());
    }
    Ok(Guard { tls, token, refused: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_others_reach_is_opened_without_a_guard() {
        let listeners = |address: &str| Listeners { metrics: address.parse().ok(), ..Listeners::default() };
        for (address, opens) in
            [("127.0.0.1:9464", true), ("[::1]:9464", true), ("0.0.0.0:9464", false), ("192.0.2.1:9464", false)]
        {
            assert_eq!(guard(&listeners(address)).is_ok(), opens, "{address}");
        }
    }
}
