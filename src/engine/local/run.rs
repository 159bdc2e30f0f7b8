//! The loop of the engine's own thread: the only writer of the state.

use super::hub::Hub;
use super::notify::Feeder;
use super::ordered::{Ordered, Receipt};
use super::planned::Plan;
use super::polling::Polling;
use crate::clock::{self, Stopwatch};
use crate::engine::board::Told;
use crate::engine::command::CollectorStatus;
use crate::engine::core::{Core, PollFigures, Sockets, Turned};
use crate::engine::notice::About;
use crate::engine::writer::Writer;
use crate::event::{Body, Event};
use crate::model::Timestamp;
use crate::model::upkeep::{CollectorReading, Upkeep};
use crate::state::view::logs::LogListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Least time between two publications: no watch is answered more often.
const PUBLISH_PACE: Duration = Duration::from_millis(100);

/// Nothing else tells the state the time.
const TICK: Duration = Duration::from_secs(1);

/// Events that are applied before anything else gets its turn.
const BURST: usize = 256;

/// How often rules are told how noctop's own does: they look at rates over some seconds.
const UPKEEP: Duration = Duration::from_secs(10);

/// A checkpoint is written after so many derived events: replaying them takes some milliseconds.
const CHECKPOINT_EVENTS: usize = 5_000;

/// And after an hour, if anything was derived at all. What is too old is forgotten at the same time.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(3600);

/// What is told to those who know what to poll: called after each change of the state.
pub(super) type AfterChange = Box<dyn FnMut(&Core, (&Event, &Turned)) + Send>;

/// The engine's own things; nobody else has them.
pub(super) struct Engine {
    pub(super) core: Core,
    pub(super) events: Receiver<Event>,
    /// What operators do about alarms and maintenance.
    pub(super) ordered: Receiver<Ordered>,
    pub(super) writer: Writer,
    pub(super) hub: Arc<Hub>,
    pub(super) after_change: AfterChange,
    pub(super) polling: Arc<Polling>,
    pub(super) pending: Pending,
    /// Manual links as the operator wrote them.
    pub(super) manual_links: Vec<String>,
    /// Where flows are listened for and captured.
    pub(super) sockets: Sockets,
    /// Where log lines are listened for, by the names of the collectors.
    pub(super) log_sockets: [(&'static str, Vec<String>); 2],
    /// Tells those who tell people what changed; `None` where nobody is to be told.
    pub(super) feeder: Option<Feeder>,
    /// The maintenance that the configuration plans.
    pub(super) plan: Plan,
}

/// What is not yet published or checkpointed.
#[derive(Default)]
pub(super) struct Pending {
    publish: bool,
    /// Orders that were applied, of those who wait until that is published.
    receipts: Vec<Receipt>,
    figures: Option<PollFigures>,
    derived: usize,
    losses: u64,
    listeners: Vec<LogListener>,
    /// When it was last told how noctop's own does; by a clock that nobody sets.
    upkeep: Option<Stopwatch>,
    /// What the host's clock was at the last tick.
    wall: clock::Steps,
}

/// What is said of datagrams for which there was no room.
fn dropped_by_the_kernel(what: &str, lost: u64) -> String {
    format!("{lost} datagrams of {what} were dropped by the kernel: raise net.core.rmem_max and start again")
}

/// At once, and then at this pace; after a suspended host once, not for each time that was missed.
fn every(pace: Duration) -> Interval {
    let mut interval = interval(pace);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

impl Engine {
    /// Runs until `stop`, then takes what collectors still hand over until they have all gone (their channel closes) or
    /// `give_up`, and has everything written.
    pub(super) async fn run(mut self, stop: CancellationToken, give_up: Duration) {
        let (mut tick, mut publish, mut hourly) = (every(TICK), every(PUBLISH_PACE), every(CHECKPOINT_INTERVAL));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(event) = self.events.recv() => self.burst(event),
                Some(order) = self.ordered.recv() => self.obey(order),
                _ = tick.tick() => self.tick(),
                _ = publish.tick(), if self.pending.publish => self.publish(),
                _ = hourly.tick() => self.checkpoint(),
            }
        }
        let drain = async {
            while let Some(event) = self.events.recv().await {
                self.burst(event);
            }
        };
        let _all_gone_or_given_up = tokio::time::timeout(give_up, drain).await;
        self.publish();
        self.checkpoint();
        self.core.flows().finish().into_iter().for_each(|time| self.writer.flow_time(time));
        self.writer.finish();
    }

    fn burst(&mut self, first: Event) {
        self.take(first);
        for _ in 1..BURST {
            let Ok(event) = self.events.try_recv() else { break };
            self.take(event);
        }
    }

    /// Flows and log lines are no state: they go to the running minute and to the store, without a copy. Everything else is applied.
    fn take(&mut self, event: Event) {
        match event.body {
            Body::FlowRecords(records) => self.writer.flow_records(records),
            Body::Flows(batch) => {
                let over = self.core.tell_flows(event.at, &batch);
                over.into_iter().for_each(|time| self.writer.flow_time(time));
                self.turn(&Event { at: event.at, body: Body::Flows(batch) });
            }
            Body::Logs(batch) => {
                let mut lines = batch.lines;
                self.core.join_logs(event.at, &mut lines);
                let heard = self.core.hear(&lines);
                self.writer.logs(lines);
                if !heard.is_empty() {
                    self.turn(&Event { at: event.at, body: Body::Heard(heard) });
                }
                self.pending.publish = true;
            }
            body => self.turn(&Event { at: event.at, body }),
        }
    }

    fn tick(&mut self) {
        let now = clock::now();
        self.look_at_clock(now);
        self.hub.queue.store(self.events.len(), Ordering::Relaxed);
        for body in self.plan.due(now, self.core.state()) {
            self.turn(&Event { at: now, body });
        }
        self.turn(&Event { at: now, body: Body::Tick });
        self.core.flows().tick(now).into_iter().for_each(|time| self.writer.flow_time(time));
        self.pending.figures = self.polling.figures();
        self.look_at_losses();
        self.look_at_manual_links();
        self.look_at_limits(now);
        self.look_at_sockets();
        self.look_at_listeners();
        self.look_at_collectors();
        self.tell_upkeep(now);
        self.hub.board.tell_all(&Told::Clock(now));
    }

    /// Applies what an operator does.
    fn obey(&mut self, order: Ordered) {
        self.turn(&Event { at: clock::now(), body: order.body });
        self.pending.receipts.push(order.receipt);
    }

    fn turn(&mut self, event: &Event) {
        let turned = self.core.apply(event);
        // A tick that changed nothing is published too: rows become stale by time alone.
        self.pending.publish = true;
        self.pending.derived += turned.derived.len();
        (self.after_change)(&self.core, (event, &turned));
        self.writer.records(turned.records);
        self.writer.samples(turned.samples);
        if let Some(feeder) = &mut self.feeder {
            feeder.follow(&self.core, (event, &turned.derived), &self.writer);
        }
        if self.pending.derived >= CHECKPOINT_EVENTS {
            self.checkpoint();
        }
    }

    fn publish(&mut self) {
        self.pending.publish = false;
        let mut live = self.core.live(self.hub.notices.sentences(), self.pending.figures);
        live.listeners.clone_from(&self.pending.listeners);
        self.hub.publish(live);
        self.pending.receipts.drain(..).for_each(Receipt::published);
    }

    fn checkpoint(&mut self) {
        if std::mem::take(&mut self.pending.derived) > 0 {
            let (at, parts) = self.core.checkpoint();
            self.writer.checkpoint(at, parts);
        }
    }

    /// Tells the rules how noctop's own does.
    fn tell_upkeep(&mut self, now: Timestamp) {
        if self.pending.upkeep.is_some_and(|told| told.elapsed() < UPKEEP) {
            return;
        }
        self.pending.upkeep = Some(Stopwatch::start());
        let wards = Arc::clone(&self.hub.wards);
        let reading = |status: CollectorStatus| CollectorReading {
            failure: wards.failure(&status.name),
            name: status.name,
            received: status.received,
            refused: status.refused.values().sum(),
            dropped: status.dropped_kernel.saturating_add(status.dropped_queue),
            lag_seconds: status.lag_seconds,
        };
        let mut collectors: Vec<CollectorReading> = (self.hub.counts)().into_iter().map(reading).collect();
        collectors.push(CollectorReading {
            name: "store".to_owned(),
            dropped: self.hub.losses.total(),
            failure: self.hub.losses.failure(),
            ..CollectorReading::default()
        });
        let exporters = self.core.exporters(now);
        let limits = self.hub.limits.readings();
        self.turn(&Event { at: now, body: Body::Upkeep(Box::new(Upkeep { collectors, exporters, limits })) });
    }

    /// Tells the screens of flows how the sockets do.
    fn look_at_sockets(&mut self) {
        if self.sockets.listen.is_empty() && self.sockets.capture.is_empty() {
            return;
        }
        let fault = self.hub.notices.of(About::Capture);
        for status in (self.hub.counts)() {
            match status.name.as_str() {
                "flow" => {
                    (self.sockets.dropped_kernel, self.sockets.dropped_queue) = (status.dropped_kernel, status.dropped_queue);
                }
                // The kernel counts for all ports together.
                "capture" => self.sockets.capture.iter_mut().for_each(|(_, dropped, _)| *dropped = status.dropped_kernel),
                _ => {}
            }
        }
        self.sockets.capture.iter_mut().for_each(|(.., why)| why.clone_from(&fault));
        self.core.tell_sockets(&self.sockets);
    }

    /// Tells the screens of logs how the listeners do.
    fn look_at_listeners(&mut self) {
        if self.log_sockets.iter().all(|(_, listen)| listen.is_empty()) {
            return;
        }
        let counts = (self.hub.counts)();
        let told = |(name, listen): &(&'static str, Vec<String>)| {
            let status = counts.iter().find(|status| status.name == *name).cloned().unwrap_or_default();
            LogListener {
                name: (*name).to_owned(),
                listen: listen.clone(),
                received: status.received,
                decoded: status.decoded,
                refused: status.refused.values().sum(),
                dropped: status.dropped_kernel + status.dropped_queue,
            }
        };
        self.pending.listeners = self.log_sockets.iter().filter(|(_, listen)| !listen.is_empty()).map(told).collect();
        let lost = |name: &str| counts.iter().find(|status| status.name == name).map_or(0, |status| status.dropped_kernel);
        let lost = [("syslog", lost("syslog")), ("traps", lost("trap"))];
        let lost: Vec<String> =
            lost.iter().filter(|(_, lost)| *lost > 0).map(|(what, lost)| dropped_by_the_kernel(what, *lost)).collect();
        if !lost.is_empty() {
            self.pending.publish |= self.hub.notices.set(About::LineLoss, lost.join("; "));
        }
    }

    /// Says that this host's clock was set: what was measured around it has gaps, or stands twice.
    fn look_at_clock(&mut self, now: Timestamp) {
        let Some(step) = self.pending.wall.look(now) else { return };
        let (way, by) = if step < 0 { ("back", step.unsigned_abs()) } else { ("forward", step.unsigned_abs()) };
        let by = crate::model::unit::age((by + 500) / 1000);
        let what = format!(
            "the clock of this host went {way} by {by} at {}: rates around it are left out, and times of events may not follow each other",
            now.rfc3339()
        );
        self.hub.notices.set(About::HostClock, what);
    }

    /// Says which collectors failed or hang, as long as they do.
    fn look_at_collectors(&mut self) {
        let changed = match self.hub.wards.sentence() {
            Some(what) => self.hub.notices.set(About::Collectors, what),
            None => self.hub.notices.clear(About::Collectors),
        };
        self.pending.publish |= changed;
    }

    /// Says which manual links name what is not known, once there is something known.
    fn look_at_manual_links(&mut self) {
        let state = self.core.state();
        let unknown = state.unknown_manual().iter().filter_map(|place| self.manual_links.get(*place));
        let unknown: Vec<&str> = unknown.map(String::as_str).collect();
        if unknown.is_empty() || state.devices().len() == 0 {
            self.hub.notices.clear(About::ManualLinks);
        } else {
            let what = format!("manual links name ports that are not known: {}", unknown.join(", "));
            self.hub.notices.set(About::ManualLinks, what);
        }
    }

    /// Says which bounds were reached lately.
    fn look_at_limits(&self, now: Timestamp) {
        self.core.state().tell_limits();
        self.hub.limits.look(now);
        match self.hub.limits.sentence(now) {
            None => self.hub.notices.clear(About::Limits),
            Some(what) => self.hub.notices.set(About::Limits, what),
        };
    }

    /// Says what is lost while it is being lost, and what was lost after.
    fn look_at_losses(&mut self) {
        let (failure, lost) = (self.hub.losses.failure(), self.hub.losses.total());
        let changed = match (failure, lost) {
            (Some(why), _) => self.hub.notices.set(
                About::Writing,
                format!("history is not written: {why}; {lost} records and polls are lost; free space on its disk"),
            ),
            (None, 0) => self.hub.notices.clear(About::Writing),
            (None, _) => {
                self.hub.notices.set(About::Writing, format!("history has gaps: {lost} records and polls could not be written"))
            }
        };
        // What was lost is in the state, and with the next checkpoint in the past as well.
        if lost != self.pending.losses {
            self.pending.losses = lost;
            self.pending.derived += 1;
        }
        self.pending.publish |= changed;
    }
}
