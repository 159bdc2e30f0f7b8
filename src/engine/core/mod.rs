//! One synchronous turn of the engine: an event in, what is to be written out; and the answers to questions.
//!
//! No task, no clock: the asynchronous engine, the read-only commands on a store that nobody serves and `shot --demo` all
//! stand on this. Start at [`Core`], then `reader` (answers), `past` (states of past times), `fill` (graphs).

mod fill;
mod flow_answers;
mod flow_filter;
#[cfg(test)]
mod flow_fixture;
mod flow_ledger;
mod flow_names;
mod flow_view;
mod flows;
mod gaps;
mod graphs;
mod logs;
mod moments;
mod over;
mod past;
mod queries;
mod reader;
mod reconcile;
mod rehearsal;
mod series;
#[cfg(test)]
mod tests;

pub(super) use flow_view::Sockets;
pub(super) use reader::{Live, PollFigures, Reader};

use super::flows::RunningFlows;
use super::record;
use crate::analyse::alarm::Ear;
use crate::analyse::alarm::{Rule, Rules};
use crate::collect::trap;
use crate::event::Event;
use crate::history::{Checkpoint, Store, StoreError};
use crate::model::flow::{FlowBatch, FlowTime};
use crate::model::heard::Heard;
use crate::model::log::LogDatagram;
use crate::model::series::Kept;
use crate::model::upkeep::ExporterReading;
use crate::model::{DeviceId, LogKind, LogLine, SampleBatch, Timestamp};
use crate::query::ViewRequest;
use crate::state::view::View;
use crate::state::{self, Settings, State, checkpoint};
use crate::wire::syslog;
use logs::LogBook;
use past::Unread;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Records of a past between two checkpoints: replaying them takes some milliseconds.
const SOWN_AT_ONCE: usize = 4096;

/// The state and what it is read from. Single owner.
pub struct Core {
    state: State,
    reader: Reader,
    unread: Unread,
    log_book: LogBook,
    /// Rules on log lines.
    ear: Ear,
}

/// What one event led to.
#[derive(Debug, Default)]
pub(super) struct Turned {
    /// What the state derived.
    pub(super) derived: Vec<Event>,
    /// The same, encoded for the journal.
    pub(super) records: Vec<(Timestamp, Vec<u8>)>,
    /// For the series.
    pub(super) samples: Vec<SampleBatch>,
    /// Devices that are to be read anew.
    pub(super) reread: BTreeSet<DeviceId>,
    /// Devices that are to be polled at once.
    pub(super) poll_now: BTreeSet<DeviceId>,
}

impl Core {
    /// The state as the store remembers it: the last checkpoint and the journal after it.
    ///
    /// Errors: those of the store. A record that can't be read is passed over and told ([`Core::unread`]).
    pub fn restore(store: Arc<dyn Store>, site: &str, settings: Settings) -> Result<Self, StoreError> {
        let ear = Ear::new(&settings.rules);
        let reader = Reader::new(store, site, settings);
        let restored = reader.restore()?;
        Ok(Self { state: restored.state, reader, unread: restored.unread, log_book: LogBook::default(), ear })
    }

    /// What of the journal could not be read when the store was restored, for operators; `None` where all of it was.
    pub fn unread(&self) -> Option<String> {
        self.unread.sentence()
    }

    /// Applies an event and writes what follows from it to the store. Blocks on the store.
    ///
    /// Errors: those of the store; the event is applied all the same.
    pub fn turn(&mut self, event: &Event) -> Result<(), StoreError> {
        let turned = self.apply(event);
        let store = Arc::clone(self.reader.store());
        if !turned.records.is_empty() {
            store.journal_append(&turned.records)?;
        }
        if turned.samples.is_empty() { Ok(()) } else { store.samples_append(&turned.samples) }
    }

    /// Applies a past: observations as ever, derived events as if the journal were read; both are journalled.
    ///
    /// Errors: those of the store.
    pub(super) fn sow(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        // A past is told by what changed: that nothing was measured in between means nothing.
        let settings = self.state.settings().clone();
        let rules = Rules::of(settings.rules.iter().filter(|rule| rule.missing.is_none()).map(|rule| Rule::clone(rule)));
        self.state.configure(Settings { rules: Arc::new(rules), ..settings.clone() });
        let sown = self.sow_under(events);
        self.state.configure(settings);
        sown
    }

    fn sow_under(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        let mut records = Vec::new();
        for event in events {
            let turned = self.apply(&event);
            let given = event.is_derived().then(|| record::encode(&event).ok().map(|record| (event.at, record)));
            records.extend(given.flatten());
            records.extend(turned.records);
            let samples = without_counters(turned.samples);
            if !samples.is_empty() {
                self.reader.store().samples_append(&samples)?;
            }
            if records.len() >= SOWN_AT_ONCE {
                self.reader.store().journal_append(&std::mem::take(&mut records))?;
                self.write_checkpoint()?;
            }
        }
        self.reader.store().journal_append(&records)?;
        self.write_checkpoint()
    }

    /// Applies an event; the caller writes.
    pub(super) fn apply(&mut self, event: &Event) -> Turned {
        let applied = state::apply(&mut self.state, event);
        let record = |event: &Event| record::encode(event).ok().map(|record| (event.at, record));
        let records = applied.derived.iter().filter_map(record).collect();
        Turned {
            records,
            derived: applied.derived,
            samples: applied.samples.into_iter().collect(),
            reread: applied.reread,
            poll_now: applied.poll_now,
        }
    }

    /// The answer to a request, now or at the time that it names.
    pub fn answer(&self, request: &ViewRequest) -> View {
        self.reader.answer(&self.live(Vec::new(), None), request)
    }

    /// The state as it is, for those who answer while it goes on.
    pub(super) fn live(&self, notices: Vec<String>, polling: Option<PollFigures>) -> Live {
        Live { state: self.state.clone(), notices, polling, listeners: Vec::new() }
    }

    /// Reads the user's database of countries, where one is named. Errors: a sentence; no address has a country then.
    pub(super) fn know_countries(&mut self, file: Option<&std::path::Path>) -> Result<(), String> {
        if let Some(file) = file {
            self.reader.know_countries(super::country::Countries::open(file)?);
        }
        Ok(())
    }

    /// What is talked now.
    pub(super) fn flows(&self) -> &RunningFlows {
        self.reader.running()
    }

    /// Adds what flow collectors heard in a second; returns what is to be kept of the minute that is over.
    pub(super) fn tell_flows(&self, at: Timestamp, batch: &FlowBatch) -> Vec<FlowTime> {
        self.reader.write_ledger(|ledger| ledger.hear(at, batch));
        self.reader.running().add(at, batch)
    }

    /// Reads what devices said in a past, as the listeners would have, and keeps it. Blocks on the store.
    ///
    /// Errors: those of the store. What is no line is passed over.
    pub(super) fn sow_logs(&mut self, datagrams: impl Iterator<Item = LogDatagram>) -> Result<(), StoreError> {
        let read = |datagram: &LogDatagram| match datagram.kind {
            LogKind::Syslog => syslog::read(&datagram.octets, (datagram.at, datagram.source)).ok(),
            LogKind::Trap => trap::line(&datagram.octets, (datagram.at, datagram.source)),
        };
        let mut lines: Vec<LogLine> = datagrams.filter_map(|datagram| read(&datagram)).collect();
        let now = self.state.now();
        self.join_logs(now, &mut lines);
        self.reader.store().logs().logs_append(lines)
    }

    /// Joins lines to devices; the caller has them stored.
    pub(super) fn join_logs(&mut self, at: Timestamp, lines: &mut [LogLine]) {
        self.log_book.look(&self.state, at);
        lines.iter_mut().for_each(|line| self.log_book.join(line));
    }

    /// What rules find in lines that are joined.
    pub(super) fn hear(&self, lines: &[LogLine]) -> Vec<Heard> {
        self.ear.hear(lines)
    }

    /// How those do who send flows.
    pub(super) fn exporters(&mut self, now: Timestamp) -> Vec<ExporterReading> {
        self.log_book.look(&self.state, now);
        let mut exporters = Vec::new();
        self.reader.write_ledger(|ledger| exporters = ledger.exporters(now));
        for exporter in &mut exporters {
            exporter.device = self.log_book.of_address(exporter.address);
        }
        exporters
    }

    /// How the sockets of flows do.
    pub(super) fn tell_sockets(&self, sockets: &Sockets) {
        self.reader.write_ledger(|ledger| ledger.sockets.clone_from(sockets));
    }

    /// The state.
    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    /// Another reader over the same store, for other threads.
    pub(super) fn reader(&self) -> Reader {
        self.reader.another()
    }

    /// A checkpoint of now: its time, and its parts, which are made when the closure is called.
    pub(super) fn checkpoint(&self) -> (Timestamp, super::writer::Parts) {
        let state = self.state.clone();
        (state.now(), Box::new(move || checkpoint::encode(&state)))
    }

    /// Writes a checkpoint of now. Blocks. Errors: those of the store.
    pub fn write_checkpoint(&self) -> Result<(), StoreError> {
        let (at, parts) = self.checkpoint();
        let store = self.reader.store();
        let seq = store.journal_append(&[])?;
        store.checkpoint_write(&Checkpoint { seq, at, parts: parts() })
    }
}

/// Samples without rows of counters. A past brings those with its own samples; what the state adds up begins at nothing, and both in one
/// series would be rates that nothing ever had.
fn without_counters(mut samples: Vec<SampleBatch>) -> Vec<SampleBatch> {
    for batch in &mut samples {
        batch.rows.retain(|row| !row.cells.iter().any(|cell| matches!(cell.metric.kept(), Kept::Counter { .. })));
    }
    samples.retain(|batch| !batch.rows.is_empty());
    samples
}
