//! Notifications as the engine runs them: what changes in the state goes to the schedule once it is durable, what the schedule says
//! goes into the ledger and then out, a task for each receiver, and what became of it comes back as events.
//!
//! The engine never waits for any of this. The desk has a thread of its own, because the ledger is a file; a receiver that hangs holds
//! up itself alone.

use super::hub::Hub;
use crate::clock;
use crate::collect::Emitter;
use crate::config::Config;
use crate::engine::command::ReceiverStatus;
use crate::engine::core::Core;
use crate::engine::notice::About;
use crate::engine::writer::{Then, Writer};
use crate::event::{Body, Event};
use crate::history::{Ledger, Store, StoreError};
use crate::model::text::visible;
use crate::model::{Alarm, AlarmFacts, Notice};
use crate::notify::schedule::record::Record;
use crate::notify::schedule::{LaneStatus, Output};
use crate::notify::{Change, Failure, Letter, Scheduler, Sender, Standing};
use crate::state::State;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

/// Silences and maintenance end by time alone: so many seconds later that is seen.
const LOOK_TICKS: u32 = 5;

/// Where nothing is due it is looked at so often all the same: clocks are set.
const IDLE: Duration = Duration::from_secs(30);

/// Messages that are taken before the schedule is asked: a storm comes in one.
const BURST: usize = 256;

/// How long letters that are on their way are waited for at the end.
const LAST_LETTERS: Duration = Duration::from_millis(1500);

/// The ledger is rewritten when it has grown to so many octets, and to twice what it was when it was rewritten last.
const LEDGER_GROWS: u64 = 256 << 10;

/// How those do who are told: written by the desk, read by who asks.
#[derive(Debug, Default)]
pub(super) struct Receivers(Mutex<Vec<ReceiverStatus>>);

impl Receivers {
    /// As of the last time that anything was done.
    pub(super) fn all(&self) -> Vec<ReceiverStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, all: Vec<ReceiverStatus>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
    }
}

/// What the desk is told.
enum Message {
    Changes(Vec<Change>),
    Done(u64, Result<(), Failure>),
    Stop,
}

/// What was last said of an alarm.
#[derive(Clone)]
struct Said {
    alarm: Arc<Alarm>,
    counts: bool,
    acknowledged: Option<String>,
    children: u32,
}

impl Said {
    fn is(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.alarm, &other.alarm) || self.alarm == other.alarm)
            && (self.counts, &self.acknowledged, self.children) == (other.counts, &other.acknowledged, other.children)
    }
}

/// Looks at the state for what changed about alarms. On the engine's own thread.
pub(super) struct Feeder {
    to: mpsc::Sender<Message>,
    said: BTreeMap<String, Said>,
    changed: bool,
    ticks: u32,
    /// Whether everything that stood at the start was told.
    caught: bool,
    /// What found the writer's queue full.
    held: Option<Then>,
}

impl Feeder {
    /// Follows an event. Once a second, where anything changed, what is new is handed over after the next flush of the journal: nobody
    /// is told of an alarm that a kill could make unhappened.
    pub(super) fn follow(&mut self, core: &Core, (event, derived): (&Event, &[Event]), writer: &Writer) {
        self.changed |= !derived.is_empty();
        if !matches!(event.body, Body::Tick) {
            return;
        }
        if let Some(held) = self.held.take() {
            self.held = writer.after_flush(held).err();
            return;
        }
        self.ticks = self.ticks.wrapping_add(1);
        if !self.changed && !self.ticks.is_multiple_of(LOOK_TICKS) && self.caught {
            return;
        }
        self.changed = false;
        let changes = self.changes(core.state());
        if !changes.is_empty() {
            let to = self.to.clone();
            let then: Then = Box::new(move || {
                let _desk_is_gone = to.send(Message::Changes(changes));
            });
            self.held = writer.after_flush(then).err();
        }
    }

    fn changes(&mut self, state: &State) -> Vec<Change> {
        let mut children: BTreeMap<&str, u32> = BTreeMap::new();
        for cause in state.alarms().filter_map(|alarm| state.cause(&alarm.id)) {
            *children.entry(cause.root.as_str()).or_default() += 1;
        }
        let (mut changes, mut standing) = (Vec::new(), BTreeSet::new());
        for alarm in state.alarms() {
            if let Some(cleared_at) = alarm.cleared_at {
                if self.said.remove(&alarm.id).is_some() || !self.caught {
                    changes.push(Change::Over(alarm.id.clone(), cleared_at));
                }
                continue;
            }
            standing.insert(alarm.id.as_str());
            let acknowledged =
                state.handling(&alarm.id).and_then(|handling| handling.acknowledged.as_ref()).map(|ack| ack.by.clone());
            let now = Said {
                alarm: Arc::clone(alarm),
                counts: state.is_active(alarm),
                acknowledged,
                children: children.get(alarm.id.as_str()).copied().unwrap_or(0),
            };
            if !self.said.get(&alarm.id).is_some_and(|said| said.is(&now)) {
                let (facts, counts) = (facts(state, (alarm, now.children)), now.counts);
                changes.push(Change::Stands(Box::new(Standing { facts, counts })));
                self.said.insert(alarm.id.clone(), now);
            }
        }
        // What went without clearing.
        let gone: Vec<String> = self.said.keys().filter(|id| !standing.contains(id.as_str())).cloned().collect();
        for id in gone {
            self.said.remove(&id);
            changes.push(Change::Over(id, state.now()));
        }
        if !std::mem::replace(&mut self.caught, true) {
            changes.push(Change::Caught);
        }
        changes
    }
}

/// What is known of an alarm.
fn facts(state: &State, (alarm, children): (&Alarm, u32)) -> AlarmFacts {
    let device = alarm.device.as_ref().and_then(|id| state.device(id));
    let acknowledged = state.handling(&alarm.id).and_then(|handling| handling.acknowledged.as_ref());
    AlarmFacts {
        alarm: alarm.clone(),
        device_name: alarm.device.as_ref().map(|id| state.name_of(id)),
        site: device.and_then(|device| device.sys_location.clone()),
        addresses: device.map(|device| device.addresses.clone()).unwrap_or_default(),
        role: device.map(|device| device.role),
        vendor: device.and_then(|device| device.vendor.clone()),
        acknowledged_by: acknowledged.map(|ack| ack.by.clone()),
        note: acknowledged.and_then(|ack| ack.note.clone()),
        children,
    }
}

/// The desk: the schedule, its ledger, and the receivers' tasks. On a thread of its own.
pub(super) struct Desk {
    scheduler: Scheduler,
    ledger: Box<dyn Ledger>,
    /// Octets of the ledger when it was rewritten last.
    rewritten: u64,
    config: Config,
    letters: BTreeMap<String, tokio::sync::mpsc::Sender<(u64, Letter)>>,
    send: mpsc::Sender<Message>,
    inbox: mpsc::Receiver<Message>,
    hub: Arc<Hub>,
    emitter: Emitter,
    runtime: Handle,
    /// Why the ledger could not be written.
    fault: Option<String>,
    first: Output,
}

impl Desk {
    /// Reads the ledger; `None` where nobody is to be told. Errors: a ledger that can't be opened or read, for without it everybody would be
    /// told everything again.
    pub(super) fn open(
        (config, store): (&Config, &dyn Store),
        (runtime, hub, emitter): (&Runtime, &Arc<Hub>, Emitter),
    ) -> Result<Option<Self>, String> {
        let plan = &config.notifications;
        if plan.receivers.is_empty() {
            return Ok(None);
        }
        let mut ledger = store.notice_ledger().map_err(|error| error.to_string())?;
        let records = ledger.read().map_err(|error| error.to_string())?;
        let records = records.iter().filter_map(|octets| Record::decode(octets)).collect();
        let (scheduler, first) = Scheduler::restore(plan.clone(), super::site(config), (records, clock::now()));
        let (send, inbox) = mpsc::channel();
        Ok(Some(Self {
            scheduler,
            rewritten: ledger.size(),
            ledger,
            config: config.clone(),
            letters: BTreeMap::new(),
            send,
            inbox,
            hub: Arc::clone(hub),
            emitter,
            runtime: runtime.handle().clone(),
            fault: None,
            first,
        }))
    }

    /// What looks at the state for it.
    pub(super) fn feeder(&self) -> Feeder {
        Feeder { to: self.send.clone(), said: BTreeMap::new(), changed: true, ticks: 0, caught: false, held: None }
    }

    /// Starts the receivers' tasks; what comes back runs the desk until `stop`.
    pub(super) fn run(mut self, runtime: &Runtime, stop: CancellationToken) -> impl FnOnce() + Send + 'static {
        for receiver in &self.config.notifications.receivers {
            // One letter at a time: the schedule gives the next when it knows what became of this one.
            let (send, letters) = tokio::sync::mpsc::channel(1);
            self.letters.insert(receiver.name.clone(), send);
            runtime.spawn(deliver(receiver.clone(), letters, self.send.clone()));
        }
        let ending = self.send.clone();
        runtime.spawn(async move {
            stop.cancelled().await;
            let _desk_is_gone = ending.send(Message::Stop);
        });
        move || self.work()
    }

    fn work(mut self) {
        let first = std::mem::take(&mut self.first);
        self.carry_out(first);
        loop {
            let now = clock::now();
            let output = self.scheduler.step(now);
            self.carry_out(output);
            self.tell();
            self.shorten();
            let wait = self.scheduler.wake().map_or(IDLE, |at| at.since(now)).min(IDLE);
            let first = match self.inbox.recv_timeout(wait) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let mut messages = vec![first];
            messages.extend(self.inbox.try_iter().take(BURST));
            if !messages.into_iter().all(|message| self.take(message)) {
                break;
            }
        }
        self.end();
    }

    /// False at the end.
    fn take(&mut self, message: Message) -> bool {
        let now = clock::now();
        match message {
            Message::Changes(changes) => changes.into_iter().for_each(|change| self.scheduler.change(now, change)),
            Message::Done(letter, result) => {
                let output = self.scheduler.done(now, letter, result);
                self.carry_out(output);
            }
            Message::Stop => return false,
        }
        true
    }

    /// Waits a little for what is on its way: what is known to have arrived is not uncertain later.
    fn end(mut self) {
        let watch = clock::Stopwatch::start();
        self.letters.clear();
        while self.scheduler.is_busy() {
            let Some(left) = LAST_LETTERS.checked_sub(watch.elapsed()) else { break };
            match self.inbox.recv_timeout(left) {
                Ok(message) => {
                    self.take(message);
                }
                Err(_) => break,
            }
        }
        if let Err(error) = self.ledger.sync() {
            tracing::error!(%error, "the ledger of notices could not be written");
        }
    }

    /// Writes down, sends, shows: in this order.
    fn carry_out(&mut self, output: Output) {
        let Output { records, letters, notices } = output;
        if !records.is_empty() {
            let octets: Vec<Vec<u8>> = records.iter().map(Record::encode).collect();
            let written = self.ledger.append(&octets);
            let written = if letters.is_empty() { written } else { written.and_then(|()| self.ledger.sync()) };
            self.fault = written.err().map(|error| self.ledger_fault(&error));
        }
        for (number, letter) in letters {
            let lane = self.letters.get(&letter.receiver);
            let refused = lane.is_none_or(|lane| lane.try_send((number, letter)).is_err());
            if refused {
                let failure = Failure { why: "its task ended".to_owned(), again: crate::notify::Again::Later(None) };
                let _desk_is_ours = self.send.send(Message::Done(number, Err(failure)));
            }
        }
        for notice in notices {
            self.show(notice);
        }
    }

    /// An alarm is told although it can't be written down: silence would be worse than hearing it twice.
    fn ledger_fault(&self, error: &StoreError) -> String {
        if self.fault.is_none() {
            tracing::error!(%error, "the ledger of notices can't be written");
        }
        format!("who was told about alarms can't be written down: {error}")
    }

    fn show(&self, notice: Notice) {
        let emit = self.emitter.send(clock::now(), Body::Notice(Box::new(notice)));
        let _the_engine_ended = self.runtime.block_on(emit);
    }

    /// Tells how receivers do: those who ask, and everybody where one fails.
    fn tell(&self) {
        let lanes = self.scheduler.lanes();
        let failing: Vec<String> = lanes.iter().filter_map(sentence).collect();
        let kind = |name: &str| {
            let receiver = self.config.notifications.receivers.iter().find(|receiver| receiver.name == name);
            receiver.map_or("", |receiver| receiver.way.word()).to_owned()
        };
        self.hub.receivers.set(lanes.into_iter().map(|lane| status(kind(&lane.name), lane)).collect());
        let sentences: Vec<String> = self.fault.iter().cloned().chain(failing).collect();
        if sentences.is_empty() {
            self.hub.notices.clear(About::Notify);
        } else {
            self.hub.notices.set(About::Notify, sentences.join("; "));
        }
    }

    /// Leaves in the ledger what is not over.
    fn shorten(&mut self) {
        let size = self.ledger.size();
        if size < LEDGER_GROWS || size < self.rewritten.saturating_mul(2) {
            return;
        }
        let octets: Vec<Vec<u8>> = self.scheduler.snapshot().iter().map(Record::encode).collect();
        match self.ledger.rewrite(&octets) {
            Ok(()) => self.rewritten = self.ledger.size(),
            Err(error) => self.fault = Some(self.ledger_fault(&error)),
        }
    }
}

fn sentence(lane: &LaneStatus) -> Option<String> {
    let failing = lane.failing.as_ref()?;
    Some(format!("{} takes no notices: {}; {} wait", visible(&lane.name), failing.why, lane.waiting))
}

fn status(kind: String, lane: LaneStatus) -> ReceiverStatus {
    let LaneStatus { name, figures, waiting, failing } = lane;
    ReceiverStatus {
        name,
        kind,
        sent: figures.sent,
        failed: figures.failed,
        given_up: figures.given_up,
        uncertain: figures.uncertain,
        waiting,
        last_sent: figures.last_sent,
        failing_since: failing.as_ref().map(|failing| failing.since),
        retry_at: failing.as_ref().map(|failing| failing.retry_at),
        failing: failing.map(|failing| failing.why),
    }
}

/// Sends a receiver its letters, one after the other, and says what became of each.
async fn deliver(
    receiver: crate::config::notify::Receiver,
    mut letters: tokio::sync::mpsc::Receiver<(u64, Letter)>,
    told: mpsc::Sender<Message>,
) {
    let mut sender: Option<Arc<Sender>> = None;
    while let Some((number, letter)) = letters.recv().await {
        let made = sender.clone().map_or_else(|| Sender::new(receiver.clone()).map(Arc::new), Ok);
        let result = match made {
            Ok(made) => {
                sender = Some(Arc::clone(&made));
                // A panic is a fault of ours and no reason to be silent from then on.
                let sending = tokio::spawn(async move { made.send(&letter).await });
                sending.await.unwrap_or_else(|_| Err(failed("sending it failed: a fault in noctop".to_owned())))
            }
            Err(why) => Err(failed(why)),
        };
        let _desk_is_gone = told.send(Message::Done(number, result));
    }
}

fn failed(why: String) -> Failure {
    Failure { why, again: crate::notify::Again::Later(None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_receiver_that_fails_is_said_with_what_waits() {
        let failing = crate::notify::schedule::Failing {
            since: Timestamp(0),
            attempts: 2,
            retry_at: Timestamp(9),
            why: "hooks.example.net: it can't be reached".to_owned(),
        };
        let lane = LaneStatus { name: "noc".to_owned(), figures: Default::default(), waiting: 3, failing: Some(failing) };
        assert_eq!(sentence(&lane).unwrap(), "noc takes no notices: hooks.example.net: it can't be reached; 3 wait");
        let status = status("webhook".to_owned(), lane);
        assert_eq!((status.waiting, status.retry_at), (3, Some(Timestamp(9))));
    }
}
