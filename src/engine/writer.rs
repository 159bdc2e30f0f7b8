//! The one thread that writes to the store. The engine hands over and never waits; what does not fit the queue is counted.

use crate::clock::Stopwatch;
use crate::history::{Checkpoint, Store, StoreError};
use crate::model::flow::{FlowColumns, FlowTime};
use crate::model::{LogLine, SampleBatch, Timestamp};
use crate::net::privilege;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Pieces of work that may wait: some seconds of a large network's polls.
const QUEUE: usize = 4096;

/// Pieces that are written as one batch.
const BATCH: usize = 512;

/// What is written is on disk after so long: kill -9 loses at most this.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// Flow records are on disk after so long: shorter ones make smaller blocks, which take more room.
const FLOWS_FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// Flow records that may wait while the disk is slow: some 150 bytes each, so 150 MB.
const FLOWS_WAITING: usize = 1_000_000;

/// The parts of a checkpoint, made on the writer's thread.
pub(super) type Parts = Box<dyn FnOnce() -> Vec<(String, Vec<u8>)> + Send>;

/// What is done once everything that was handed over before it is on disk, or the disk has refused it. It must not block.
pub(super) type Then = Box<dyn FnOnce() + Send>;

enum Work {
    Records(Vec<(Timestamp, Vec<u8>)>),
    Samples(Vec<SampleBatch>),
    FlowRecords(Box<FlowColumns>),
    FlowTime(Box<FlowTime>),
    Logs(Vec<LogLine>),
    Checkpoint(Timestamp, Parts),
    Note(&'static str, Vec<u8>),
    Then(Then),
    End,
}

/// What could not be written.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// Pieces that found the queue full.
    pub(super) queue: AtomicU64,
    /// Pieces that the store refused.
    pub(super) store: AtomicU64,
    /// Values and records that the store had to let go while the disk refused.
    dropped: AtomicU64,
    /// Flow records that wait to be written.
    flows_waiting: AtomicUsize,
    /// Whether the last write was refused.
    pub(super) failing: AtomicBool,
    /// What it said.
    sentence: Mutex<String>,
}

impl Losses {
    fn said(&self, pieces: usize, why: &str) {
        self.store.fetch_add(pieces as u64, Ordering::Relaxed);
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::error!(why, "the store refuses to write");
        }
        *self.sentence.lock().unwrap_or_else(PoisonError::into_inner) = why.to_owned();
    }

    /// Why the store refuses at present.
    pub(super) fn failure(&self) -> Option<String> {
        let failing = self.failing.load(Ordering::Relaxed);
        failing.then(|| self.sentence.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Everything that was lost.
    pub(super) fn total(&self) -> u64 {
        [&self.queue, &self.store, &self.dropped].iter().map(|lost| lost.load(Ordering::Relaxed)).sum()
    }
}

/// See the module.
pub(super) struct Writer {
    send: SyncSender<Work>,
    thread: Option<JoinHandle<()>>,
    losses: Arc<Losses>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(store: Arc<dyn Store>) -> std::io::Result<Self> {
        let (send, receive) = sync_channel(QUEUE);
        let losses = Arc::new(Losses::default());
        let theirs = Arc::clone(&losses);
        let thread = std::thread::Builder::new().name("noctop-history".to_owned());
        let thread = thread.spawn(move || {
            privilege::keep(&[]);
            Pen::new(store, theirs).run(&receive);
        })?;
        Ok(Self { send, thread: Some(thread), losses })
    }

    /// What could not be written.
    pub(super) fn losses(&self) -> &Arc<Losses> {
        &self.losses
    }

    /// Records for the journal.
    pub(super) fn records(&self, records: Vec<(Timestamp, Vec<u8>)>) {
        if !records.is_empty() {
            let pieces = records.len();
            let _lost_and_counted = self.hand_over(Work::Records(records), pieces);
        }
    }

    /// Samples for the series.
    pub(super) fn samples(&self, batches: Vec<SampleBatch>) {
        if !batches.is_empty() {
            let pieces = batches.len();
            let _lost_and_counted = self.hand_over(Work::Samples(batches), pieces);
        }
    }

    /// Flow records.
    pub(super) fn flow_records(&self, records: Box<FlowColumns>) {
        let pieces = records.len();
        if self.losses.flows_waiting.load(Ordering::Relaxed) + pieces > FLOWS_WAITING {
            self.losses.queue.fetch_add(pieces as u64, Ordering::Relaxed);
            return;
        }
        self.losses.flows_waiting.fetch_add(pieces, Ordering::Relaxed);
        if !self.hand_over(Work::FlowRecords(records), pieces) {
            self.losses.flows_waiting.fetch_sub(pieces, Ordering::Relaxed);
        }
    }

    /// What was talked in a stretch of time.
    pub(super) fn flow_time(&self, time: FlowTime) {
        let _lost_and_counted = self.hand_over(Work::FlowTime(Box::new(time)), 1);
    }

    /// Log lines, joined to their devices.
    pub(super) fn logs(&self, lines: Vec<LogLine>) {
        if !lines.is_empty() {
            let pieces = lines.len();
            let _lost_and_counted = self.hand_over(Work::Logs(lines), pieces);
        }
    }

    /// A checkpoint of the state after all records that were handed over before.
    pub(super) fn checkpoint(&self, at: Timestamp, parts: Parts) {
        let _lost_and_counted = self.hand_over(Work::Checkpoint(at, parts), 1);
    }

    /// Does something after the next flush. Errors: the queue is full; it is given back, for later.
    pub(super) fn after_flush(&self, then: Then) -> Result<(), Then> {
        match self.send.try_send(Work::Then(then)) {
            Err(TrySendError::Full(Work::Then(then)) | TrySendError::Disconnected(Work::Then(then))) => Err(then),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// For small named values, from other tasks.
    pub(super) fn notes(&self) -> Notes {
        Notes { send: self.send.clone(), losses: Arc::clone(&self.losses) }
    }

    /// False where the queue is full: the pieces are lost and counted.
    fn hand_over(&self, work: Work, pieces: usize) -> bool {
        let refused = matches!(self.send.try_send(work), Err(TrySendError::Full(_) | TrySendError::Disconnected(_)));
        if refused {
            self.losses.queue.fetch_add(pieces as u64, Ordering::Relaxed);
        }
        !refused
    }

    /// Writes what waits, flushes and ends the thread. Blocks as long as the disk does.
    pub(super) fn finish(mut self) {
        let _thread_is_gone = self.send.send(Work::End);
        if let Some(thread) = self.thread.take() {
            let _panicked_and_counted = thread.join();
        }
    }
}

/// Keeps small named values in the store, by the writer's thread.
#[derive(Clone)]
pub(super) struct Notes {
    send: SyncSender<Work>,
    losses: Arc<Losses>,
}

impl Notes {
    /// Sets one. Where the queue is full the value is lost and counted: the next one takes its place.
    pub(super) fn set(&self, name: &'static str, value: Vec<u8>) {
        if self.send.try_send(Work::Note(name, value)).is_err() {
            self.losses.queue.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Pen {
    store: Arc<dyn Store>,
    losses: Arc<Losses>,
    last_seq: Option<u64>,
    dirty: bool,
    /// Since when flow records wait that are not on disk.
    flows_wait: Option<Stopwatch>,
    /// What is done after the next flush.
    then: Vec<Then>,
    /// Small named values that the disk refused.
    held: BTreeMap<&'static str, Vec<u8>>,
}

impl Pen {
    fn new(store: Arc<dyn Store>, losses: Arc<Losses>) -> Self {
        Self { store, losses, last_seq: None, dirty: false, flows_wait: None, then: Vec::new(), held: BTreeMap::new() }
    }

    fn run(mut self, receive: &Receiver<Work>) {
        let mut since_flush = Stopwatch::start();
        let mut goes_on = true;
        while goes_on {
            match receive.recv_timeout(FLUSH_INTERVAL.saturating_sub(since_flush.elapsed())) {
                Ok(first) => {
                    let mut works = vec![first];
                    works.extend(receive.try_iter().take(BATCH));
                    goes_on = !works.iter().any(|work| matches!(work, Work::End));
                    self.guarded(works.len(), |pen| pen.write(works));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => goes_on = false,
            }
            if since_flush.elapsed() >= FLUSH_INTERVAL {
                self.guarded(0, |pen| {
                    pen.flush();
                    pen.flush_flows(FLOWS_FLUSH_INTERVAL);
                });
                since_flush = Stopwatch::start();
            }
        }
        self.guarded(0, |pen| {
            pen.flush();
            pen.flush_flows(Duration::ZERO);
        });
    }

    /// Does something with the store. A panic costs what was at hand, which is counted, and the next piece is tried as ever.
    fn guarded(&mut self, pieces: usize, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.losses.said(pieces, "a fault in noctop (the writer panicked; the log has where)");
            self.dirty = true;
        }
    }

    /// Makes flow records durable that wait for so long.
    fn flush_flows(&mut self, after: Duration) {
        if self.flows_wait.as_ref().is_some_and(|since| since.elapsed() >= after) {
            self.flows_wait = None;
            if let Err(error) = self.store.flows_flush() {
                self.refused(0, &error);
            }
        }
    }

    /// Writes what was heard of flows. What the store refuses it counts itself.
    fn flows(&mut self, write: impl FnOnce(&dyn Store) -> Result<(), StoreError>) {
        if let Err(error) = write(&*self.store) {
            self.refused(0, &error);
        }
        self.dirty = true;
        self.flows_wait.get_or_insert_with(Stopwatch::start);
    }

    /// Writes a batch, pieces of a kind together as long as no other kind comes between.
    fn write(&mut self, works: Vec<Work>) {
        let (mut records, mut samples) = (Vec::new(), Vec::new());
        for work in works {
            match work {
                Work::Records(more) => records.extend(more),
                Work::Samples(more) => samples.extend(more),
                Work::FlowRecords(records) => {
                    self.flows(|store| store.flow_records_append(&records));
                    self.losses.flows_waiting.fetch_sub(records.len(), Ordering::Relaxed);
                }
                Work::FlowTime(time) => self.flows(|store| store.flow_talks_append(&time)),
                Work::Logs(lines) => {
                    let pieces = lines.len();
                    if let Err(error) = self.store.logs().logs_append(lines) {
                        self.refused(pieces, &error);
                    }
                    // Where nothing else is written, as beside a daemon that only listens, lines alone make a flush due.
                    self.dirty = true;
                }
                Work::Checkpoint(at, parts) => {
                    self.journal(std::mem::take(&mut records));
                    self.checkpoint(at, parts);
                }
                Work::Note(name, value) => self.note(name, value),
                Work::Then(then) => self.then.push(then),
                // Nothing comes after it.
                Work::End => {}
            }
        }
        self.journal(records);
        self.series(&samples);
    }

    fn journal(&mut self, records: Vec<(Timestamp, Vec<u8>)>) {
        if records.is_empty() {
            return;
        }
        match self.store.journal_append(&records) {
            Ok(last) => {
                self.last_seq = Some(last);
                self.dirty = true;
            }
            Err(error) => self.refused(records.len(), &error),
        }
    }

    fn series(&mut self, batches: &[SampleBatch]) {
        if batches.is_empty() {
            return;
        }
        match self.store.samples_append(batches) {
            Ok(()) => self.dirty = true,
            Err(error) => self.refused(batches.len(), &error),
        }
    }

    fn checkpoint(&mut self, at: Timestamp, parts: Parts) {
        // An append of nothing tells the number of the last record.
        let last = self.last_seq.map_or_else(|| self.store.journal_append(&[]), Ok);
        let written = last.and_then(|seq| self.store.checkpoint_write(&Checkpoint { seq, at, parts: parts() }));
        match written {
            Ok(()) => self.dirty = true,
            // The journal has what it was made of, and the next one comes.
            Err(error) => self.refused(0, &error),
        }
    }

    /// Keeps a small named value. What the disk refuses is tried again when it takes something, where no later value has come.
    fn note(&mut self, name: &'static str, value: Vec<u8>) {
        match self.store.meta_set(name, &value) {
            Ok(()) => drop(self.held.remove(name)),
            Err(error) => {
                self.held.insert(name, value);
                self.refused(0, &error);
            }
        }
    }

    /// Counts what was refused, and has the next flush find out whether the disk still refuses.
    fn refused(&mut self, pieces: usize, error: &StoreError) {
        self.losses.said(pieces, &error.to_string());
        self.dirty = true;
    }

    /// What was appended is safe with the store, which holds it in memory while the disk is full; only a flush that succeeds says
    /// that the disk takes it.
    fn flush(&mut self) {
        if std::mem::take(&mut self.dirty) {
            self.flush_store();
        }
        // A full disk is no reason to keep silent about an alarm.
        std::mem::take(&mut self.then).into_iter().for_each(|then| then());
    }

    fn flush_store(&mut self) {
        match self.store.flush() {
            Ok(()) => {
                self.losses.failing.store(false, Ordering::Relaxed);
                std::mem::take(&mut self.held).into_iter().for_each(|(name, value)| self.note(name, value));
            }
            Err(error) => {
                self.refused(0, &error);
                // What it could not hold any longer.
                let dropped = self.store.stats().map_or(0, |stats| stats.lost);
                self.losses.dropped.store(dropped, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests;
