//! `noctop daemon`: the engine without a screen, until a signal ends it.

use super::{Failure, Outcome, attach, config_check};
use crate::cli::{Common, EXIT_OK};
use crate::config;
use crate::engine::{self, Hosting, Update};
use crate::query::{Screen, ViewRequest};
use std::sync::mpsc;
use tokio::signal::unix::{SignalKind, signal};

/// Hosts the engine and serves consoles. SIGTERM, SIGINT and SIGHUP end it; its history is flushed first.
pub fn run(common: &Common) -> Outcome {
    let options = attach::options(common, Hosting::Always)?;
    warn(common);
    let (send, ended) = mpsc::channel();
    signals(send.clone()).map_err(|error| Failure::failed(format!("signals can't be listened for: {error}")))?;
    let handle = engine::open(options).map_err(attach::refused)?;
    eprintln!("noctop: the engine runs, pid {}; consoles attach with: noctop", std::process::id());
    handle.subscribe(Box::new(move |update| {
        if let Update::Lost(why) = update {
            let _ending_already = send.send(End::Failed(why));
        }
    }));
    if let Ok(view) = handle.ask(ViewRequest::new(Screen::Help, 0)) {
        for notice in view.chrome.notices {
            eprintln!("noctop: {notice}");
        }
    }
    let end = ended.recv();
    if let Ok(End::Signal(name)) = &end {
        eprintln!("noctop: {name}: ending");
    }
    handle.close();
    match end {
        Ok(End::Failed(why)) => Err(Failure::failed(why)),
        Ok(End::Signal(_)) | Err(_) => Ok(EXIT_OK),
    }
}

/// Says once what of the configuration works and should be otherwise. Errors: none; what is wrong with it was told before.
fn warn(common: &Common) {
    let Some(path) = config::find(common.config.as_deref()) else { return };
    let Ok(config) = config::read_file(&path) else { return };
    config::secret_facts(Some(&path), &config).iter().for_each(|fact| eprintln!("{}", config_check::warning(&path, fact)));
    engine::exposures(&config).iter().for_each(|sentence| eprintln!("noctop: warning: {sentence}"));
}

/// Why a daemon ends.
enum End {
    Signal(&'static str),
    /// The engine failed; whoever supervises the daemon starts it again.
    Failed(String),
}

/// Sends the name of the first signal that ends a daemon.
fn signals(send: mpsc::Sender<End>) -> std::io::Result<()> {
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
        let _ended_already = send.send(End::Signal(name));
    })?;
    Ok(())
}
