//! The collector of `[flows] listen`, as the engine keeps it: threads of its own, none unless the configuration names an address.

use super::hub::Hub;
use crate::collect::Emitter;
use crate::collect::flow::{self, Counters, Counts, ExporterHealth, Keep, MOST_WORKERS, Worker};
use crate::config::Listeners;
use crate::engine::command::{CollectorStatus, FlowExporter};
use crate::engine::notice::About;
use crate::engine::supervise::{Turn, Work, keep_thread};
use crate::engine::writer::Notes;
use crate::mib::elements;
use crate::model::Function;
use crate::net::intake::Intake;
use crate::wire::flow::Limits;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// The names in the store of what each worker learned of exporters.
const LEARNED: [&str; MOST_WORKERS] = ["flow-exporters-0", "flow-exporters-1", "flow-exporters-2", "flow-exporters-3"];

/// Exporters in a status, the busiest first: more than anybody reads, and no flood makes it longer.
const MOST_TOLD: usize = 256;

/// How often it is looked whether flows are lost.
const LOOK: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Clone, Default)]
pub(super) struct Flows {
    counters: Arc<Counters>,
    listening: Arc<AtomicBool>,
    buffer_octets: Arc<AtomicUsize>,
}

impl Flows {
    /// Binds the addresses and starts the workers; what can't be bound is said on the screen.
    pub(super) fn start(
        &self,
        (runtime, hub, emitter): (&Runtime, &Arc<Hub>, &Emitter),
        (listeners, notes): (&Listeners, &Notes),
        stop: &CancellationToken,
    ) {
        let addresses = &listeners.flows;
        let (mut denied, mut others, mut by_worker) = (Vec::new(), Vec::new(), Vec::<Vec<Intake>>::new());
        for address in addresses {
            match Intake::bind_beside(*address, flow::workers(), addresses) {
                Ok(intakes) => {
                    self.buffer_octets.store(intakes.iter().map(Intake::buffer_octets).min().unwrap_or(0), Relaxed);
                    by_worker.resize_with(by_worker.len().max(intakes.len()), Vec::new);
                    by_worker.iter_mut().zip(intakes).for_each(|(of, intake)| of.push(intake));
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied => denied.push(*address),
                Err(error) => others.push(format!("{address}: {error}")),
            }
        }
        if !denied.is_empty() || !others.is_empty() {
            hub.refuse(Function::Flows, (denied, &others));
        }
        if by_worker.is_empty() {
            return;
        }
        self.listening.store(true, Relaxed);
        let store = hub.reader.store();
        let learned: Vec<Vec<u8>> = LEARNED.iter().filter_map(|name| store.meta_get(name).ok().flatten()).collect();
        for ((number, intakes), name) in by_worker.into_iter().enumerate().zip(LEARNED) {
            let mut making = Making {
                number,
                name,
                intakes: intakes.into(),
                keeps_records: listeners.keep_flow_records != Some(Duration::ZERO),
                learned: Arc::new(Mutex::new(learned.clone())),
                notes: notes.clone(),
                emitter: emitter.clone(),
                counters: Arc::clone(&self.counters),
                is_first: true,
            };
            let ward = hub.wards.enter("flow", &format!("flows-{number}"));
            let stop = stop.clone();
            runtime.spawn(keep_thread(ward, stop, move |turn| Ok(Some(making.work(turn)))));
        }
        runtime.spawn(self.clone().look(Arc::clone(hub), stop.clone()));
    }

    /// Says what is lost while it is being lost.
    async fn look(self, hub: Arc<Hub>, stop: CancellationToken) {
        let mut last = (0, 0);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let Counts { dropped_kernel, dropped_queue, .. } = self.counters.counts();
            if let Some(sentence) = loss(last, (dropped_kernel, dropped_queue), self.buffer_octets.load(Relaxed)) {
                hub.notices.set(About::FlowLoss, sentence);
            }
            last = (dropped_kernel, dropped_queue);
        }
    }

    /// The counters in the shape of a collector's; none where nothing is listened to.
    pub(super) fn status(&self) -> Option<CollectorStatus> {
        self.listening.load(Relaxed).then(|| {
            let Counts { received, decoded, refused, dropped_kernel, dropped_queue, exporters: _ } = self.counters.counts();
            CollectorStatus {
                name: "flow".to_owned(),
                received,
                decoded,
                refused,
                dropped_kernel,
                dropped_queue,
                flows: Some(self.counters.health(MOST_TOLD).into_iter().map(told).collect()),
                ..CollectorStatus::default()
            }
        })
    }
}

/// What a worker is made of, each time anew: the sockets outlast it, and what it learned.
struct Making {
    number: usize,
    /// Where what it learned is kept in the store.
    name: &'static str,
    intakes: Arc<[Intake]>,
    keeps_records: bool,
    learned: Arc<Mutex<Vec<Vec<u8>>>>,
    notes: Notes,
    emitter: Emitter,
    counters: Arc<Counters>,
    is_first: bool,
}

impl Making {
    /// A worker with what was kept last.
    fn work(&mut self, turn: &Turn) -> Work {
        if !std::mem::take(&mut self.is_first) {
            self.counters.failed(self.number);
        }
        let (notes, name, shared) = (self.notes.clone(), self.name, Arc::clone(&self.learned));
        let keep: Keep = Box::new(move |learned| {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = vec![learned.clone()];
            notes.set(name, learned);
        });
        let worker = Worker {
            number: self.number,
            intakes: Arc::clone(&self.intakes),
            elements: elements::builtin(),
            limits: Limits::default(),
            keeps_records: self.keeps_records,
            learned: self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            keep,
            emitter: self.emitter.clone(),
            counters: Arc::clone(&self.counters),
            pulse: turn.pulse.clone(),
        };
        Box::new(move |turn| worker.run(&turn.stop))
    }
}

/// What is to be said of datagrams and flows that were dropped since the last look.
fn loss(last: (u64, u64), now: (u64, u64), buffer_octets: usize) -> Option<String> {
    if now.0 > last.0 {
        let mib = buffer_octets / (1024 * 1024);
        return Some(format!(
            "{} datagrams of flows were dropped by the kernel, whose buffer holds {mib} MiB: raise net.core.rmem_max and start again",
            now.0
        ));
    }
    (now.1 > last.1).then(|| format!("{} flow records were not kept: the store is too slow for them; the sums are whole", now.1))
}

fn told(health: ExporterHealth) -> FlowExporter {
    let ExporterHealth { key, counts, flows_per_second, heard } = health;
    FlowExporter {
        exporter: key.address,
        version: key.version.word().to_owned(),
        observation_domain_id: key.domain,
        flows_per_second,
        flow_records: counts.flow_records + counts.replayed_records,
        lost: (!counts.loss_unknown).then_some(counts.lost),
        restarts: counts.restarts,
        templates: counts.templates,
        waiting: counts.waiting,
        sampling_interval: Some(counts.sampling_interval).filter(|interval| *interval > 0),
        heard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_said_with_what_to_do_about_it() {
        let check = |last, now, expected: Option<&str>| {
            let sentence = loss(last, now, 4 * 1024 * 1024);
            assert_eq!(sentence.is_some(), expected.is_some());
            assert!(sentence.unwrap_or_default().contains(expected.unwrap_or_default()));
        };
        check((0, 0), (0, 0), None);
        check((3, 5), (3, 5), None);
        check(
            (3, 5),
            (4, 5),
            Some("4 datagrams of flows were dropped by the kernel, whose buffer holds 4 MiB: raise net.core.rmem_max"),
        );
        check((3, 5), (3, 6), Some("6 flow records were not kept"));
    }
}
