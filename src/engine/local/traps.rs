//! The listener of `[traps] listen`, as the engine keeps it: a thread of its own, none unless the configuration names an address.
//!
//! Of version 3 this host is an engine too, to which informs are sent: its id and how often it started are kept in the store, as is how far
//! the clocks of the senders were heard.

use super::hub::Hub;
use crate::clock;
use crate::collect::Emitter;
use crate::collect::snmp::tries::Tries;
use crate::collect::trap::{Counters, Counts, Keep, OwnEngine, Receiver, Worker};
use crate::config::Config;
use crate::engine::command::{CollectorStatus, TrapCounts};
use crate::engine::notice::About;
use crate::engine::supervise::{Turn, Work, keep_thread};
use crate::engine::writer::Notes;
use crate::mib::modules::Folders;
use crate::mib::{Registry, smi};
use crate::model::Function;
use crate::net::intake::Intake;
use crate::wire::snmp::usm::{Senders, window};
use std::io::{ErrorKind, Read};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// The name in the store of this host's engine.
const ENGINE: &str = "trap-engine";

/// The name in the store of the senders' clocks.
const SENDERS: &str = "trap-senders";

/// Octets of chance in an engine id: no two hosts have the same.
const CHANCE: usize = 12;

/// What was heard by all sockets.
#[derive(Clone, Default)]
pub(super) struct Traps {
    counters: Arc<Counters>,
    /// This host's engine id, once it listens.
    engine_id: Arc<OnceLock<String>>,
}

impl Traps {
    /// Binds the addresses and starts the thread; what can't be bound is said on the screen.
    pub(super) fn start(
        &self,
        (runtime, hub, emitter): (&Runtime, &Arc<Hub>, &Emitter),
        (config, notes, tries): (&Config, &Notes, Arc<Tries>),
        stop: &CancellationToken,
    ) {
        let (mut intakes, mut denied, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let addresses = &config.listeners.traps;
        for address in addresses {
            match Intake::bind_beside(*address, 1, addresses) {
                Ok(bound) => intakes.extend(bound),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => denied.push(*address),
                Err(error) => others.push(format!("{address}: {error}")),
            }
        }
        if !denied.is_empty() || !others.is_empty() {
            hub.refuse(Function::Traps, (denied, &others));
        }
        if intakes.is_empty() {
            return;
        }
        let own = own_engine(hub, notes);
        self.engine_id.set(own.hex()).ok();
        let making = Arc::new(Making {
            intakes: intakes.into(),
            own,
            config: config.clone(),
            hub: Arc::clone(hub),
            notes: notes.clone(),
            emitter: emitter.clone(),
            tries,
            counters: Arc::clone(&self.counters),
        });
        let (ward, stop) = (hub.wards.enter("trap", "traps"), stop.clone());
        runtime.spawn(keep_thread(ward, stop, move |_| {
            let making = Arc::clone(&making);
            let work: Work = Box::new(move |turn| making.worker(turn).run(&turn.stop));
            Ok(Some(work))
        }));
    }

    /// The counters in the shape of a collector's; none where nothing is listened to.
    pub(super) fn status(&self) -> Option<CollectorStatus> {
        let engine_id = self.engine_id.get()?.clone();
        let counts = self.counters.counts();
        let Counts { received, decoded, refused, discoveries, acknowledged, repeated, folded, dropped_kernel, dropped_queue } =
            counts;
        let traps = Some(TrapCounts { engine_id, acknowledged, repeated, discoveries, folded });
        let name = "trap".to_owned();
        Some(CollectorStatus {
            name,
            received,
            decoded,
            refused,
            dropped_kernel,
            dropped_queue,
            traps,
            ..CollectorStatus::default()
        })
    }
}

/// What a worker is made of, in its own thread and each time anew: keys and modules take time, and what comes meanwhile waits in the sockets.
struct Making {
    intakes: Arc<[Intake]>,
    own: OwnEngine,
    config: Config,
    hub: Arc<Hub>,
    notes: Notes,
    emitter: Emitter,
    tries: Arc<Tries>,
    counters: Arc<Counters>,
}

impl Making {
    fn worker(&self, turn: &Turn) -> Worker {
        let mib = self.names();
        turn.pulse.beat();
        let kept = self.hub.reader.store().meta_get(SENDERS).ok().flatten().unwrap_or_default();
        let receiver = Receiver::new(&self.config.credentials, self.own.clone(), Senders::restore(&kept));
        let notes = self.notes.clone();
        let keep: Keep = Box::new(move |octets| notes.set(SENDERS, octets));
        Worker {
            intakes: Arc::clone(&self.intakes),
            mib,
            receiver,
            keep,
            emitter: self.emitter.clone(),
            tries: Arc::clone(&self.tries),
            counters: Arc::clone(&self.counters),
            pulse: turn.pulse.clone(),
        }
    }

    /// What is built in, and the modules that the configuration names.
    fn names(&self) -> Arc<Registry> {
        let mib = &self.config.mib;
        let folders = Folders::new(mib.folders.clone()).and(&Folders::of_net_snmp());
        let own = if mib.modules.is_empty() { Ok(Vec::new()) } else { smi::load(&folders, &mib.modules) };
        let own = own.unwrap_or_else(|error| {
            self.hub.notices.set(About::Traps, format!("traps are named without the modules of [mib] modules: {error}"));
            Vec::new()
        });
        Arc::new(Registry::with_objects(own))
    }
}

/// This host as an engine: the id stays, and each start counts (RFC 3414 §2.2.1).
fn own_engine(hub: &Hub, notes: &Notes) -> OwnEngine {
    let kept = hub.reader.store().meta_get(ENGINE).ok().flatten();
    let own = next_engine(kept.as_deref(), chance);
    let octets = [own.boots.to_be_bytes().as_slice(), &own.id].concat();
    notes.set(ENGINE, octets);
    own
}

/// The engine of this process, after that of an earlier one. A new id where there was none, or where it can't be counted any more.
fn next_engine(kept: Option<&[u8]>, chance: impl FnOnce() -> [u8; CHANCE]) -> OwnEngine {
    let earlier = kept.and_then(|octets| octets.split_first_chunk::<4>()).map(|(boots, id)| (u32::from_be_bytes(*boots), id));
    let started = clock::now();
    match earlier.filter(|(boots, id)| *boots < window::LAST_BOOTS - 1 && !id.is_empty()) {
        Some((boots, id)) => OwnEngine { id: id.to_vec(), boots: boots + 1, started },
        // RFC 3411 §5: the highest bit, an enterprise number, which noctop has none of, and octets of its own making.
        None => OwnEngine { id: [[0x80, 0, 0, 0, 5].as_slice(), &chance()].concat(), boots: 1, started },
    }
}

fn chance() -> [u8; CHANCE] {
    let mut octets = [0; CHANCE];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut octets));
    if read.is_err() {
        let (now, pid) = (clock::now().0.to_be_bytes(), std::process::id().to_be_bytes());
        octets.iter_mut().zip(now.into_iter().chain(pid)).for_each(|(octet, from)| *octet = from);
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_id_stays_and_its_boots_count() {
        let first = next_engine(None, || [7; CHANCE]);
        assert_eq!((first.hex().as_str(), first.boots), ("8000000005070707070707070707070707", 1));
        let kept = [5u32.to_be_bytes().as_slice(), &first.id].concat();
        let next = next_engine(Some(&kept), || [8; CHANCE]);
        assert_eq!((next.id, next.boots), (first.id.clone(), 6));
        let worn = [(window::LAST_BOOTS - 1).to_be_bytes().as_slice(), &first.id].concat();
        assert_eq!(next_engine(Some(&worn), || [8; CHANCE]).boots, 1);
        assert_eq!(next_engine(Some(&[1, 2]), || [8; CHANCE]).boots, 1);
    }
}
