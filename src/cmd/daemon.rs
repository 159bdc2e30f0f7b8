//! `noctop daemon`: the engine without a screen, until a signal ends it.

use super::{Failure, Outcome, attach};
use crate::cli::{Common, EXIT_OK};
use crate::engine::{self, Hosting, Update};
use std::sync::mpsc;
use tokio::signal::unix::{SignalKind, signal};

/// Hosts the engine and serves consoles. SIGTERM, SIGINT and SIGHUP end it; its history is flushed first.
pub fn run(common: &Common) -> Outcome {
    let options = attach::options(common, Hosting::Always)?;
    let ended = signals().map_err(|error| Failure::failed(format!("signals can't be listened for: {error}")))?;
    let handle = engine::open(options).map_err(attach::refused)?;
    eprintln!("noctop: the engine runs, pid {}; consoles attach with: noctop", std::process::id());
    handle.subscribe(Box::new(|update| match update {
        Update::Lost(why) => eprintln!("noctop: {why}"),
        Update::View(..) | Update::Clock(_) | Update::Serving(_) => {}
    }));
    // The sender lives as long as its thread, which ends with the process.
    let name = ended.recv().unwrap_or("the end of the signal thread");
    eprintln!("noctop: {name}: ending");
    handle.close();
    Ok(EXIT_OK)
}

/// The name of the first signal that ends a daemon.
fn signals() -> std::io::Result<mpsc::Receiver<&'static str>> {
    let (send, receive) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt, mut hangup) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?)
    };
    std::thread::Builder::new().name("noctop-signals".to_owned()).spawn(move || {
        let name = runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                _ = hangup.recv() => "SIGHUP",
            }
        });
        let _ended_already = send.send(name);
    })?;
    Ok(receive)
}
