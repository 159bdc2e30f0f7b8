//! The listeners of `[syslog] listen`, as the engine keeps them: a thread for datagrams and one for streams, none unless the configuration names
//! an address.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::syslog::{Bounds, Counters, Counts, Streams, Worker, WrongClock};
use crate::config::{Listeners, SyslogTls};
use crate::engine::command::{CollectorStatus, LineCounts};
use crate::engine::notice::About;
use crate::model::Function;
use crate::net::intake::Intake;
use crate::net::privilege;
use crate::net::stream::StreamListener;
use crate::net::tls_server::{ServerTls, TlsFiles};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// How often it is looked whose clock is wrong.
const LOOK: Duration = Duration::from_secs(30);

/// Senders that a notice names.
const MOST_NAMED: usize = 3;

/// What was heard by all sockets.
#[derive(Clone, Default)]
pub(super) struct Syslog {
    counters: Arc<Counters>,
    listening: Arc<AtomicBool>,
}

/// The sockets of `[syslog] listen`, and why there are not more.
#[derive(Default)]
struct Places {
    intakes: Vec<Intake>,
    streams: Vec<StreamListener>,
    /// Ports below 1024 that the process may not have.
    denied: Vec<SocketAddr>,
    faults: Vec<String>,
}

impl Syslog {
    /// Binds the addresses and starts the threads; what can't be bound is said on the screen.
    pub(super) fn start(
        &self,
        (runtime, hub, emitter): (&Runtime, &Arc<Hub>, &Emitter),
        (listeners, stop): (&Listeners, &CancellationToken),
    ) {
        let own = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let own = own.map_err(|error| format!("no runtime for streams: {error}"));
        let Places { intakes, streams, denied, mut faults } = places(listeners, own.as_ref().map_err(String::as_str));
        let is_heard = !intakes.is_empty() || !streams.is_empty();
        self.listening.store(is_heard, Relaxed);
        if !intakes.is_empty() {
            let worker = Worker { intakes, emitter: emitter.clone(), counters: Arc::clone(&self.counters) };
            let ending = stop.clone();
            faults.extend(spawn("noctop-syslog", move || worker.run(&ending)));
        }
        if let (Ok(own), false) = (own, streams.is_empty()) {
            let (emitter, counters) = (emitter.clone(), Arc::clone(&self.counters));
            let streams = Streams { listeners: streams, emitter, counters, bounds: Bounds::default() };
            let ending = stop.clone();
            faults.extend(spawn("noctop-syslog-s", move || own.block_on(streams.run(ending))));
        }
        if !denied.is_empty() || !faults.is_empty() {
            hub.refuse(Function::Syslog, (denied, &faults));
        }
        if is_heard {
            runtime.spawn(self.clone().look(Arc::clone(hub), stop.clone()));
        }
    }

    /// Says whose clock is wrong, as long as it is.
    async fn look(self, hub: Arc<Hub>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            match wrong_clocks(&self.counters.wrong_clocks()) {
                Some(sentence) => hub.notices.set(About::Clocks, sentence),
                None => hub.notices.clear(About::Clocks),
            };
        }
    }

    /// The counters in the shape of a collector's; none where nothing is listened to.
    pub(super) fn status(&self) -> Option<CollectorStatus> {
        self.listening.load(Relaxed).then(|| {
            let counts = self.counters.counts();
            let Counts { received, decoded, refused, dropped_kernel, dropped_queue, cut, masked, misdated, connections } = counts;
            let lines = Some(LineCounts { cut, masked, misdated, connections });
            CollectorStatus {
                name: "syslog".to_owned(),
                received,
                decoded,
                refused,
                dropped_kernel,
                dropped_queue,
                lines,
                ..CollectorStatus::default()
            }
        })
    }
}

/// A thread. Why it did not start.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Option<String> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let run = || {
        privilege::keep(&[]);
        run();
    };
    thread.spawn(run).err().map(|error| format!("all places: a thread did not start: {error}"))
}

/// Binds what is configured. Streams belong to the runtime that reads them.
fn places(listeners: &Listeners, own: Result<&Runtime, &str>) -> Places {
    let mut places = Places::default();
    let mut tls: Option<Result<Arc<ServerTls>, String>> = None;
    for place in &listeners.syslog {
        let bound = match place.split_once(':') {
            Some(("udp", address)) => bind(address, |address| Intake::bind(address, 1)).map(|bound| places.intakes.extend(bound)),
            Some((transport @ ("tcp" | "tls"), address)) => {
                let secured =
                    (transport == "tls").then(|| tls.get_or_insert_with(|| load(listeners.syslog_tls.as_ref())).clone());
                own.map_err(|why| Refused::Other(why.to_owned())).and_then(|own| {
                    let _inside = own.enter();
                    let secured = secured.transpose().map_err(Refused::Other)?;
                    bind(address, |address| StreamListener::bind(address, secured)).map(|bound| places.streams.push(bound))
                })
            }
            _ => Err(Refused::Other("it names neither udp:, tcp: nor tls:".to_owned())),
        };
        match bound {
            Ok(()) => {}
            Err(Refused::Denied(address)) => places.denied.push(address),
            Err(Refused::Other(fault)) => places.faults.push(format!("{place}: {fault}")),
        }
    }
    places
}

fn load(tls: Option<&SyslogTls>) -> Result<Arc<ServerTls>, String> {
    let Some(SyslogTls { certificate, key, client_ca }) = tls.cloned() else {
        return Err("[syslog] certificate and key are not configured".to_owned());
    };
    ServerTls::load(TlsFiles { certificate, key, client_ca }).map(Arc::new).map_err(|error| error.to_string())
}

/// Why there is no socket.
enum Refused {
    /// The process may not have that port.
    Denied(SocketAddr),
    Other(String),
}

/// Errors: why there is no socket.
fn bind<T>(address: &str, open: impl FnOnce(SocketAddr) -> std::io::Result<T>) -> Result<T, Refused> {
    let address: SocketAddr = address.parse().map_err(|_| Refused::Other("no address and port".to_owned()))?;
    open(address).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => Refused::Denied(address),
        _ => Refused::Other(error.to_string()),
    })
}

/// What is to be said of clocks that are wrong.
fn wrong_clocks(wrong: &[WrongClock]) -> Option<String> {
    let named: Vec<String> = wrong.iter().take(MOST_NAMED).map(named).collect();
    let more = wrong.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty())
        .then(|| format!("clocks of senders of syslog are wrong: {}{more}; lines are kept by when they came", named.join(", ")))
}

fn named(wrong: &WrongClock) -> String {
    let WrongClock { source, off_secs, zoned } = wrong;
    let way = if *off_secs < 0 { "behind" } else { "ahead" };
    let zone = if *zoned { "" } else { " (beside its zone)" };
    format!("{source} is {} {way}{zone}", crate::model::unit::age(off_secs.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(listen: &[&str], own: Result<&Runtime, &str>) -> Vec<String> {
        let listeners = Listeners { syslog: listen.iter().map(|place| (*place).to_owned()).collect(), ..Listeners::default() };
        places(&listeners, own).faults
    }

    #[test]
    fn what_can_not_be_heard_says_why() {
        let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert!(faults(&["udp:127.0.0.1:0", "tcp:127.0.0.1:0"], Ok(&own)).is_empty());
        let listeners = Listeners { syslog: vec!["udp:127.0.0.1:0".to_owned()], ..Listeners::default() };
        let taken = places(&listeners, Ok(&own));
        let address = taken.intakes[0].address().unwrap();
        let why = faults(&[&format!("udp:{address}"), "tls:127.0.0.1:0"], Ok(&own));
        assert!(why[0].starts_with(&format!("udp:{address}: ")));
        assert_eq!(why[1], "tls:127.0.0.1:0: [syslog] certificate and key are not configured");
        assert_eq!(faults(&["tcp:127.0.0.1:0"], Err("none")), ["tcp:127.0.0.1:0: none"]);
    }

    #[test]
    fn wrong_clocks_are_named_the_worst_first() {
        let wrong = |source: u8, off_secs, zoned| WrongClock { source: [10, 0, 0, source].into(), off_secs, zoned };
        assert_eq!(wrong_clocks(&[]), None);
        let sentence = wrong_clocks(&[wrong(1, 7200, true), wrong(2, -300, false), wrong(3, 200, true), wrong(4, 190, true)]);
        let sentence = sentence.unwrap();
        assert!(sentence.contains("10.0.0.1 is 2h") && sentence.contains("10.0.0.2 is 5m"), "{sentence}");
        assert!(sentence.contains("behind (beside its zone)") && sentence.contains(" and 1 more;"), "{sentence}");
    }
}
