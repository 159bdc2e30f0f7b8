//! The listeners of `[syslog] listen`, as the engine keeps them: a thread for datagrams and one for streams, none unless the configuration names
//! an address.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::syslog::{Bounds, Counters, Counts, Streams, Worker, WrongClock};
use crate::config::{Listeners, SyslogTls};
use crate::engine::command::{CollectorStatus, LineCounts};
use crate::engine::notice::About;
use crate::engine::supervise::{Turn, Work, keep_thread};
use crate::model::Function;
use crate::net::intake::Intake;
use crate::net::stream::StreamPlace;
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
    streams: Vec<StreamPlace>,
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
        let Places { intakes, streams, denied, faults } = places(listeners);
        let is_heard = !intakes.is_empty() || !streams.is_empty();
        self.listening.store(is_heard, Relaxed);
        if !intakes.is_empty() {
            let intakes: Arc<[Intake]> = intakes.into();
            let (emitter, counters) = (emitter.clone(), Arc::clone(&self.counters));
            let make = move |turn: &Turn| {
                let (intakes, pulse) = (Arc::clone(&intakes), turn.pulse.clone());
                let worker = Worker { intakes, emitter: emitter.clone(), counters: Arc::clone(&counters), pulse };
                let work: Work = Box::new(move |turn| worker.run(&turn.stop));
                Ok(Some(work))
            };
            runtime.spawn(keep_thread(hub.wards.enter("syslog", "syslog"), stop.clone(), make));
        }
        if !streams.is_empty() {
            let (streams, emitter, counters) = (Arc::new(streams), emitter.clone(), Arc::clone(&self.counters));
            let make = move |_: &Turn| {
                let (streams, emitter, counters) = (Arc::clone(&streams), emitter.clone(), Arc::clone(&counters));
                let work: Work = Box::new(move |turn| listen(&streams, (emitter, counters), turn));
                Ok(Some(work))
            };
            runtime.spawn(keep_thread(hub.wards.enter("syslog", "syslog-s"), stop.clone(), make));
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

/// Reads streams, in a runtime of their own, until they are to end.
fn listen(places: &[StreamPlace], (emitter, counters): (Emitter, Arc<Counters>), turn: &Turn) -> Result<(), String> {
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let own = own.map_err(|error| format!("no runtime for streams: {error}"))?;
    let _inside = own.enter();
    let listeners = places.iter().map(StreamPlace::listen).collect::<Result<Vec<_>, _>>();
    let listeners = listeners.map_err(|error| format!("streams can't be listened for: {error}"))?;
    let streams = Streams { listeners, emitter, counters, bounds: Bounds::default(), pulse: turn.pulse.clone() };
    own.block_on(streams.run(turn.stop.clone()))
}

/// Binds what is configured.
fn places(listeners: &Listeners) -> Places {
    let mut places = Places::default();
    let mut tls: Option<Result<Arc<ServerTls>, String>> = None;
    for place in &listeners.syslog {
        let bound = match place.split_once(':') {
            Some(("udp", address)) => bind(address, |address| Intake::bind(address, 1)).map(|bound| places.intakes.extend(bound)),
            Some((transport @ ("tcp" | "tls"), address)) => {
                let secured =
                    (transport == "tls").then(|| tls.get_or_insert_with(|| load(listeners.syslog_tls.as_ref())).clone());
                secured.transpose().map_err(Refused::Other).and_then(|secured| {
                    bind(address, |address| StreamPlace::bind(address, secured)).map(|bound| places.streams.push(bound))
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

    fn faults(listen: &[&str]) -> Vec<String> {
        let listeners = Listeners { syslog: listen.iter().map(|place| (*place).to_owned()).collect(), ..Listeners::default() };
        places(&listeners).faults
    }

    #[test]
    fn what_can_not_be_heard_says_why() {
        assert!(faults(&["udp:127.0.0.1:0", "tcp:127.0.0.1:0"]).is_empty());
        let listeners = Listeners { syslog: vec!["udp:127.0.0.1:0".to_owned()], ..Listeners::default() };
        let taken = places(&listeners);
        let address = taken.intakes[0].address().unwrap();
        let why = faults(&[&format!("udp:{address}"), "tls:127.0.0.1:0"]);
        assert!(why[0].starts_with(&format!("udp:{address}: ")));
        assert_eq!(why[1], "tls:127.0.0.1:0: [syslog] certificate and key are not configured");
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
