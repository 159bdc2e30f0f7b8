//! States of past times: the last checkpoint before, and the journal from there.

use crate::engine::record::{self, Unreadable};
use crate::event::EVENT_VERSION;
use crate::history::{AtQuery, Store, StoreError};
use crate::model::{DeviceId, Metric, Timestamp, unit};
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::{self, LiveSample, Settings, State, checkpoint};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// States that are kept: stepping back and forth with `{` and `}` goes over the same few.
const KEPT: usize = 6;

/// Records that are read at once.
const BATCH: usize = 4096;

/// Values not older than this are shown at a past time: three polls of the slowest interval that backfilled pasts have.
const WITHIN_SECS: u32 = 900;

/// A state out of the store.
#[derive(Clone)]
pub(super) struct Restored {
    pub(super) state: State,
    /// The last record that is in it.
    pub(super) seq: u64,
    /// What of the past could not be read.
    pub(super) unread: Unread,
}

/// What of a past could not be read, and is missing from the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unread {
    /// Journal records.
    pub(super) records: u64,
    /// Checkpoints.
    pub(super) checkpoints: u64,
    /// The format of the last record or checkpoint that another noctop wrote.
    pub(super) format: Option<u16>,
}

impl Unread {
    /// What operators are to know; `None` where everything was read.
    pub(super) fn sentence(self) -> Option<String> {
        let Self { records, checkpoints, format } = self;
        match (records, checkpoints, format) {
            (0, 0, _) => None,
            (_, _, None) => {
                let records = unit::counted(records, "journal record", "journal records");
                let checkpoints = unit::counted(checkpoints, "checkpoint", "checkpoints");
                Some(format!("{records} and {checkpoints} could not be read and were passed over"))
            }
            (_, _, Some(format)) => Some(format!(
                "{} and {} of another noctop (format {format}, this one reads {EVENT_VERSION}) are kept and passed \
                 over: devices, alarms and events of then are not shown; graphs, flows and logs are",
                unit::counted(records, "event", "events"),
                unit::counted(checkpoints, "checkpoint", "checkpoints")
            )),
        }
    }
}

/// A past state with what was measured then, as far as a screen shows it.
struct Shown {
    at: Timestamp,
    measured: Measured,
    state: Arc<State>,
    unread: Unread,
}

/// What of the measured values is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Measured {
    device: Option<DeviceId>,
    metrics: &'static [Metric],
}

/// The cache.
pub(super) struct Past {
    settings: Settings,
    bases: Mutex<VecDeque<(Timestamp, Restored)>>,
    shown: Mutex<VecDeque<Shown>>,
}

impl Past {
    pub(super) const fn new(settings: Settings) -> Self {
        Self { settings, bases: Mutex::new(VecDeque::new()), shown: Mutex::new(VecDeque::new()) }
    }

    /// The state at the time that a request names, with the rates of then, and what is missing from it.
    pub(super) fn state(
        &self,
        store: &dyn Store,
        (at, request): (Timestamp, &ViewRequest),
    ) -> Result<(Arc<State>, Unread), StoreError> {
        let measured = Measured::of(request);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shown.iter().find(|known| known.at == at && known.measured == measured) {
            return Ok((Arc::clone(&known.state), known.unread));
        }
        // The journal and the series lie in different databases: both are read at once.
        let (restored, samples) = std::thread::scope(|scope| {
            let reading = scope.spawn(|| measured.read(store, at));
            (self.at(store, at), reading.join())
        });
        let Restored { mut state, unread, .. } = restored?;
        // A fault of noctop's own goes on to whoever asked, as if the thread were this one.
        let samples = samples.unwrap_or_else(|fault| std::panic::resume_unwind(fault));
        state.set_live(samples?);
        let state = Arc::new(state);
        keep(&mut shown, Shown { at, measured, state: Arc::clone(&state), unread });
        Ok((state, unread))
    }

    /// The state at a time, without what was measured.
    pub(super) fn at(&self, store: &dyn Store, at: Timestamp) -> Result<Restored, StoreError> {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = bases.iter().find(|(time, _)| *time == at) {
            return Ok(known.clone());
        }
        // What was shown a moment ago is nearer than any checkpoint when time is stepped forward.
        let nearest = bases.iter().filter(|(time, _)| *time <= at).max_by_key(|(time, _)| *time).cloned();
        let restored = restore(store, (at, &self.settings), nearest)?;
        keep(&mut bases, (at, restored.clone()));
        Ok(restored)
    }
}

fn keep<T>(kept: &mut VecDeque<T>, newest: T) {
    if kept.len() >= KEPT {
        kept.pop_front();
    }
    kept.push_back(newest);
}

/// The state at a time, from the nearer of a known state and the last checkpoint before it.
pub(super) fn restore(
    store: &dyn Store,
    (at, settings): (Timestamp, &Settings),
    nearest: Option<(Timestamp, Restored)>,
) -> Result<Restored, StoreError> {
    let mut restored = match nearest {
        Some((_, known)) => known,
        None => from_checkpoint(store, at, settings)?,
    };
    loop {
        let records = store.journal_read(restored.seq, at, BATCH)?;
        for record in &records {
            match record::decode(&record.bytes) {
                Ok(event) => {
                    state::apply(&mut restored.state, &event);
                }
                Err(error) => {
                    // A whole journal of another format is one line, not a million.
                    if restored.unread.records == 0 {
                        tracing::warn!(seq = record.seq, %error, "journal records are passed over");
                    }
                    restored.unread.records += 1;
                    if let Unreadable::Version(format) = error {
                        restored.unread.format = Some(format);
                    }
                }
            }
            restored.seq = record.seq;
        }
        if records.len() < BATCH {
            break;
        }
    }
    if at.millis() < i64::MAX {
        restored.state.set_now(at);
    }
    Ok(restored)
}

fn from_checkpoint(store: &dyn Store, at: Timestamp, settings: &Settings) -> Result<Restored, StoreError> {
    let (mut before, mut unread) = (at, Unread::default());
    while let Some(found) = store.checkpoint_before(before)? {
        match checkpoint::decode(&found.parts, settings.clone()) {
            Ok(state) => return Ok(Restored { state, seq: found.seq, unread }),
            Err(error) => {
                tracing::warn!(at = %found.at, %error, "a checkpoint can't be read; the one before is taken");
                unread.checkpoints += 1;
                before = Timestamp(found.at.millis() - 1);
            }
        }
    }
    Ok(Restored { state: State::new(settings.clone()), seq: 0, unread })
}

impl Measured {
    const NOTHING: &'static [Metric] = &[];
    const TRAFFIC: &'static [Metric] = &[Metric::InBps, Metric::OutBps, Metric::InErrors, Metric::OutErrors];
    const DEVICE: &'static [Metric] = &[
        Metric::InBps,
        Metric::OutBps,
        Metric::RttMs,
        Metric::LossPercent,
        Metric::CpuPercent,
        Metric::MemoryPercent,
        Metric::TemperatureCelsius,
    ];

    /// What a screen shows. Each metric of each entity costs time, and a large network has 250,000 of them.
    fn of(request: &ViewRequest) -> Self {
        let subject = match &request.subject {
            Some(Subject::Device(device) | Subject::Interface(device, _)) => Some(device.clone()),
            None => None,
        };
        // A range has figures of its own.
        if request.range.is_some() {
            return Self { device: None, metrics: Self::NOTHING };
        }
        let (device, metrics) = match request.screen {
            Screen::Devices => (None, Self::DEVICE),
            Screen::Device | Screen::Interface => (subject, &Metric::ALL[..]),
            Screen::Interfaces => (subject, &Metric::INTERFACE[..]),
            Screen::Overview | Screen::Topology | Screen::Links | Screen::Vlans => (None, Self::TRAFFIC),
            Screen::Sensors => (None, &Metric::NAMED[..1]),
            Screen::Flows
            | Screen::Capture
            | Screen::Wireless
            | Screen::Alarms
            | Screen::Events
            | Screen::Logs
            | Screen::Discovery
            | Screen::Help
            | Screen::Diff => (None, Self::NOTHING),
        };
        Self { device, metrics }
    }

    fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Vec<LiveSample>, StoreError> {
        if self.metrics.is_empty() {
            return Ok(Vec::new());
        }
        let query = AtQuery { device: self.device.as_ref(), at, within_secs: WITHIN_SECS, metrics: self.metrics };
        let found = store.samples_at(&query)?;
        let each = found.into_iter().flat_map(|of| {
            let entity = of.entity;
            of.metrics.into_iter().map(move |last| LiveSample {
                entity: Arc::clone(&entity),
                metric: last.metric,
                before: last.before,
                last: last.last,
            })
        });
        Ok(each.collect())
    }
}
