//! A thread that reads sockets, decodes, and tells the engine once a second.

use super::counters::{Counters, Counts, ExporterHealth};
use super::gather::{Gather, PIECE_ROWS};
use crate::clock::{self, Stopwatch};
use crate::collect::{Emitter, Pulse};
use crate::event::Body;
use crate::model::Timestamp;
use crate::model::flow::{Elements, ExporterKey};
use crate::net::intake::{self, Intake, IntakeRoom};
use crate::wire::flow::{Decoder, Limits};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often flows are summed up and told.
const SECOND: Duration = Duration::from_secs(1);

/// Between two looks for whether it is to end, where nothing comes.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often what was learned of exporters is kept, so that a killed process has lost little: templates come every few minutes.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// After datagrams came, others are let come for so long: waking up for each one costs as much as decoding it, and a second is summed up
/// in any case.
const LET_COME: Duration = Duration::from_millis(2);

/// A socket holds a million datagrams a second for so long as [`LET_COME`] only if it has so much room. Units: octets.
const ROOM_TO_LET_COME: usize = 8 << 20;

/// Datagrams that are taken in a row before the time is looked at.
const ROUNDS: usize = 8;

/// Events that may wait for the engine before records are held back: they are large, and polls need room as well.
const MOST_WAITING: usize = 32;

/// Takes what was learned of exporters, to be given back to a later process.
pub type Keep = Box<dyn Fn(Vec<u8>) + Send>;

/// What a worker has.
pub struct Worker {
    /// From 0.
    pub number: usize,
    /// Its sockets: of each address one.
    pub intakes: Arc<[Intake]>,
    /// What numbers in templates mean.
    pub elements: Arc<Elements>,
    /// Bounds of its decoder.
    pub limits: Limits,
    /// Whether records are kept whole.
    pub keeps_records: bool,
    /// What earlier workers learned of exporters.
    pub learned: Vec<Vec<u8>>,
    /// Where it goes now and then.
    pub keep: Keep,
    /// Where events go.
    pub emitter: Emitter,
    /// Where its figures go.
    pub counters: Arc<Counters>,
    /// Beats while they are read.
    pub pulse: Pulse,
}

impl Worker {
    /// Runs until `stop`.
    ///
    /// # Errors
    /// The sockets can't be waited for.
    pub fn run(mut self, stop: &CancellationToken) -> Result<(), String> {
        Shift::new(&mut self).run(stop)
    }
}

/// A worker at work.
struct Shift<'a> {
    worker: &'a mut Worker,
    decoder: Decoder,
    gather: Gather,
    room: IntakeRoom,
    counts: Counts,
    /// Of the kernel, before this one began.
    dropped_before: u64,
    second: Stopwatch,
    kept: Stopwatch,
    /// When each exporter last sent flows, and how many it had sent.
    heard: BTreeMap<ExporterKey, (Option<Timestamp>, u64)>,
}

impl<'a> Shift<'a> {
    fn new(worker: &'a mut Worker) -> Self {
        let mut decoder = Decoder::new(Arc::clone(&worker.elements), worker.limits.clone());
        let mut gather = Gather::new(worker.keeps_records);
        for learned in &worker.learned {
            if decoder.restore(learned, &mut gather).is_err() {
                tracing::warn!(
                    worker = worker.number,
                    "templates of an earlier process could not be read; exporters send them again"
                );
            }
        }
        let dropped_before = worker.intakes.iter().map(Intake::dropped).sum();
        let (second, kept) = (Stopwatch::start(), Stopwatch::start());
        let remembered = decoder.streams().map(|(_, key, counts)| (key, (None, counts.flow_records + counts.replayed_records)));
        let (room, counts, heard) = (IntakeRoom::default(), Counts::default(), remembered.collect());
        Self { worker, decoder, gather, room, counts, dropped_before, second, kept, heard }
    }

    fn run(mut self, stop: &CancellationToken) -> Result<(), String> {
        let mut ready = Vec::new();
        let lets_come = self.worker.intakes.iter().all(|intake| intake.buffer_octets() >= ROOM_TO_LET_COME);
        while !stop.is_cancelled() {
            self.worker.pulse.beat();
            let patience = PATIENCE.min(SECOND.saturating_sub(self.second.elapsed()));
            intake::wait(&self.worker.intakes, patience, &mut ready)
                .map_err(|error| format!("flows can't be waited for: {error}"))?;
            for place in 0..ready.len() {
                if ready.get(place) == Some(&true) {
                    self.receive(place);
                }
            }
            if self.second.elapsed() >= SECOND {
                self.tell();
            } else if lets_come && ready.contains(&true) {
                std::thread::sleep(LET_COME);
            }
        }
        // What had come before the end counts.
        (0..self.worker.intakes.len()).for_each(|place| self.receive(place));
        self.tell();
        self.keep();
        Ok(())
    }

    /// Takes and decodes what a socket has, up to some batches.
    fn receive(&mut self, place: usize) {
        let Some(intake) = self.worker.intakes.get(place) else { return };
        for _ in 0..ROUNDS {
            let (decoder, gather) = (&mut self.decoder, &mut self.gather);
            let taken = intake.take(&mut self.room, |sender, received, octets| {
                gather.received = received;
                decoder.datagram(sender.ip(), received, octets, gather);
            });
            // An error is about one datagram: the next may be sound.
            let taken = taken.unwrap_or(0);
            self.counts.received += taken as u64;
            if self.gather.held() >= PIECE_ROWS {
                hand_over(&mut self.gather, &self.worker.emitter);
            }
            if taken == 0 {
                break;
            }
        }
    }

    /// Says what the last second brought. Where the engine has no room the second grows longer: nothing of it is lost.
    fn tell(&mut self) {
        let elapsed = std::mem::replace(&mut self.second, Stopwatch::start()).elapsed();
        let now = clock::now();
        hand_over(&mut self.gather, &self.worker.emitter);
        if self.worker.emitter.has_room()
            && let Some(batch) = self.gather.take_batch(&self.decoder, now)
        {
            self.worker.emitter.offer(now, Body::Flows(Box::new(batch)));
        }
        self.figures(now, elapsed);
        if self.kept.elapsed() >= KEEP_EVERY {
            self.kept = Stopwatch::start();
            self.keep();
        }
    }

    fn keep(&mut self) {
        let learned = self.decoder.save();
        self.worker.learned = vec![learned.clone()];
        (self.worker.keep)(learned);
    }

    /// Puts the figures where they are read.
    fn figures(&mut self, now: Timestamp, elapsed: Duration) {
        let dropped: u64 = self.worker.intakes.iter().map(Intake::dropped).sum();
        let left_out = self.gather.left_out;
        let mut refused: BTreeMap<String, u64> =
            self.decoder.totals().refused.by_word().map(|(word, count)| (word.to_owned(), count)).collect();
        let (mut health, mut heard) = (Vec::new(), BTreeMap::new());
        for (_, key, counts) in self.decoder.streams() {
            for (word, count) in &counts.refused {
                *refused.entry(word.clone()).or_default() += count;
            }
            let flows = counts.flow_records + counts.replayed_records;
            let (last, before) = self.heard.get(&key).copied().unwrap_or_default();
            let at = if flows == before { last } else { Some(now) };
            heard.insert(key, (at, flows));
            #[allow(clippy::cast_precision_loss, reason = "a rate that people read")]
            let flows_per_second = flows.saturating_sub(before) as f64 / elapsed.as_secs_f64().max(0.001);
            health.push(ExporterHealth { key, counts, flows_per_second, heard: at });
        }
        self.heard = heard;
        let beyond = [
            ("more-exporters-in-a-second", left_out.exporters),
            ("no-room-for-port", left_out.loads),
            ("no-room-for-fields", left_out.fields),
            ("no-room-for-name", left_out.names),
        ];
        refused.extend(beyond.into_iter().filter(|(_, count)| *count > 0).map(|(reason, count)| (reason.to_owned(), count)));
        self.counts.refused = refused;
        self.counts.decoded = self.gather.decoded;
        self.counts.dropped_kernel = dropped.saturating_sub(self.dropped_before);
        self.counts.dropped_queue = left_out.held;
        self.counts.exporters = health.len();
        self.worker.counters.set(self.worker.number, self.counts.clone(), Some(health));
    }
}

/// Gives the records to the engine if it has room; else they are held for a while, and those beyond are dropped.
fn hand_over(gather: &mut Gather, emitter: &Emitter) {
    gather.settle();
    if gather.held() == 0 || emitter.waiting() >= MOST_WAITING {
        return;
    }
    let piece = gather.take_records();
    let (at, rows) = (piece.received, piece.len() as u64);
    if !emitter.offer(at, Body::FlowRecords(Box::new(piece))) {
        gather.left_out.held += rows;
    }
}
