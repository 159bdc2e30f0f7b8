//! Log lines: joined to devices as they come, and the Logs screen made of what the store keeps.
//!
//! Start at [`LogBook::join`] (whose line it is), then [`Reader::fill_logs`] (the screen).

use super::flow_names::addresses_of;
use super::reader::{Live, Reader};
use crate::clock::Stopwatch;
use crate::history::StoreError;
use crate::history::logs::{FoundLine, LogOrder, LogQuestion, LogRate, Patience, PatternQuestion, RateSteps};
use crate::model::log::{JoinedBy, LogDevice};
use crate::model::{Device, DeviceId, IfIndex, LogLine, Role, TimeRange, Timestamp};
use crate::query::filter::{self, Expr};
use crate::query::{LogPart, ViewRequest, Window};
use crate::state::State;
use crate::state::view::logs::{LogNear, LogRow, LogStep, LogsView};
use crate::state::view::{Table, View, ViewBody};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How old the book of addresses and names may be: a device that was found a moment ago has its lines within this time.
const BOOK_KEPT: Duration = Duration::from_secs(10);

/// Words of a line that are held against the names of a device's interfaces.
const MOST_WORDS: usize = 24;

/// Rates: two columns for each cell of a wide screen.
const STEPS: u32 = 240;

/// Spans from which lines are counted by whole minutes, seconds.
const MINUTES_FROM: u64 = 3600;

/// Near in time.
const NEAR: Duration = Duration::from_secs(120);

/// Events and alarms beside a line.
const MOST_NEAR: usize = 12;

/// Over what lines a second are told.
const RATE_OVER: Duration = Duration::from_secs(60);

/// Rows that an answer holds at most: far more than a screen has, and a bound for `--limit`-less commands.
const MOST_ROWS: usize = 20_000;

/// Whose addresses and names are whose. Made anew now and then: lines come far more often than devices change.
#[derive(Default)]
pub(super) struct LogBook {
    made: Option<Timestamp>,
    addresses: FxHashMap<IpAddr, Arc<Device>>,
    names: FxHashMap<String, Arc<Device>>,
}

impl LogBook {
    /// Brings it up to date where it is too old.
    pub(super) fn look(&mut self, state: &State, now: Timestamp) {
        if self.made.is_some_and(|made| now.since(made) < BOOK_KEPT && made <= now) {
            return;
        }
        self.made = Some(now);
        self.addresses.clear();
        self.names.clear();
        for device in state.devices() {
            for address in addresses_of(device) {
                self.addresses.entry(address).or_insert_with(|| Arc::clone(device));
            }
            let name = device.name().to_lowercase();
            let short = name.split('.').next().unwrap_or_default().to_owned();
            for name in [name, short] {
                self.names.entry(name).or_insert_with(|| Arc::clone(device));
            }
        }
    }

    /// Finds the device of a line and the interface that it names.
    ///
    /// The sender's address decides. What a line says of its host counts only where a host passes it on (a log server, or nobody that
    /// is known): else whoever can send a datagram could speak for any switch.
    pub(super) fn join(&self, line: &mut LogLine) {
        let sender = self.addresses.get(&line.source);
        let passed_on = sender.is_none_or(|device| passes_on(device.role));
        let said = line.host.as_deref().filter(|_| passed_on).and_then(|host| self.said(host));
        let Some((device, by)) =
            said.map(|device| (device, JoinedBy::Host)).or_else(|| sender.map(|device| (device, JoinedBy::Address)))
        else {
            return;
        };
        let port = line.trap.as_ref().and_then(|trap| trap.if_index).and_then(|if_index| port_at(device, if_index));
        let port = port.or_else(|| port_in(device, &line.text));
        if let Some(trap) = &line.trap {
            line.text = trap.sentence(port.as_deref());
        }
        line.device = Some(LogDevice { id: device.id.clone(), name: device.name().into(), by, port });
    }

    /// The device that has an address.
    pub(super) fn of_address(&self, address: IpAddr) -> Option<DeviceId> {
        self.addresses.get(&address).map(|device| device.id.clone())
    }

    fn said(&self, host: &str) -> Option<&Arc<Device>> {
        match host.parse::<IpAddr>() {
            Ok(address) => self.addresses.get(&address),
            Err(_) => {
                let name = host.to_lowercase();
                self.names.get(&name).or_else(|| self.names.get(name.split('.').next()?))
            }
        }
    }
}

/// Whether a device of this role passes on what others say.
const fn passes_on(role: Role) -> bool {
    matches!(role, Role::Server | Role::Host | Role::Unknown)
}

fn port_at(device: &Device, if_index: IfIndex) -> Option<String> {
    device.interface(if_index).map(crate::model::Interface::name)
}

/// The interface that a text names by its ifName or ifDescr.
fn port_in(device: &Device, text: &str) -> Option<String> {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '"' | '\'' | ';' | '=' | '<' | '>' | '[' | ']'));
    let words = words.map(|word| word.trim_end_matches([':', '.']));
    // The names of ports have a letter or a slash, and a figure.
    let like =
        |word: &&str| word.len() > 2 && word.bytes().any(|b| b.is_ascii_digit()) && !word.bytes().all(|b| b.is_ascii_digit());
    words.filter(like).take(MOST_WORDS).find_map(|word| {
        let is_it = |name: &Option<String>| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(word));
        device.interfaces.iter().find(|port| is_it(&port.if_name) || is_it(&port.if_descr)).map(crate::model::Interface::name)
    })
}

impl Reader {
    /// Fills what a view shows of log lines.
    pub(super) fn fill_logs(
        &self,
        view: &mut View,
        (state, live, request): (&State, &Live, &ViewRequest),
    ) -> Result<(), StoreError> {
        let to = request.at.unwrap_or_else(|| live.state.now());
        match &mut view.body {
            ViewBody::Overview(overview) => {
                let rates = self.last_minute(to)?;
                let listens = |name: &str| live.listeners.iter().any(|listener| listener.name == name);
                let kept = self.store().logs().logs_kept()?.lines > 0;
                let rate = |name: &str, count: u32| (kept || listens(name)).then(|| per_second(count));
                overview.syslog_per_second = rate("syslog", rates.all - rates.traps);
                overview.traps_per_second = rate("trap", rates.traps);
            }
            ViewBody::Logs(logs) => {
                let (made, fault) = match request.logs.part {
                    LogPart::Table => self.log_table((to, live), request)?,
                    LogPart::Patterns => self.log_patterns((to, live), request)?,
                    LogPart::Near(number) => (self.near(state, number)?, None),
                };
                **logs = made;
                view.chrome.fault = fault.or(view.chrome.fault.take());
            }
            _ => {}
        }
        Ok(())
    }

    fn log_table(&self, (to, live): (Timestamp, &Live), request: &ViewRequest) -> Result<(LogsView, Option<String>), StoreError> {
        let store = self.store().logs();
        let kept = store.logs_kept()?;
        // Lines that came after the last tick are there as well.
        let until = if request.at.is_some() { to } else { Timestamp(i64::MAX) };
        let range = request.logs.within.unwrap_or(TimeRange { from: Timestamp(i64::MIN), to: until });
        let range = TimeRange { from: range.from, to: range.to.min(until) };
        let steps = steps(request, to);
        let mut view = LogsView {
            range: Some(TimeRange {
                from: steps.from,
                to: steps.from.plus(steps.step * u32::try_from(steps.count).unwrap_or(1)),
            }),
            step_secs: u32::try_from(steps.step.as_secs()).unwrap_or(u32::MAX),
            kept_from: kept.span.map(|span| span.from),
            dropped: kept.dropped,
            listeners: live.listeners.clone(),
            per_second: (kept.lines > 0).then(|| self.last_minute(to).map(|rates| per_second(rates.all))).transpose()?,
            ..LogsView::default()
        };
        let filter = match filter::parse(&request.filter) {
            Ok(filter) => filter,
            Err(error) => return Ok((view, Some(error.to_string()))),
        };
        let window = Window { rows: request.window.rows.min(MOST_ROWS), ..request.window };
        let question = LogQuestion {
            filter,
            range,
            now: to,
            window,
            seek: request.logs.seek,
            order: LogOrder::OldestFirst,
            fold: request.logs.fold,
            faults_only: request.faults_only,
            rates: Some(steps),
            patience: patience(),
        };
        let answer = store.logs_ask(&question)?;
        let row = |found: FoundLine| LogRow {
            number: found.number,
            line: (*found.line).clone(),
            count: found.count,
            first: found.first,
        };
        view.lines = answer.lines;
        let total = usize::try_from(answer.total).unwrap_or(usize::MAX);
        let rows = answer.rows.into_iter().map(row).collect();
        view.table = Table { matched: answer.matched, total, offset: answer.offset, rows };
        view.rates = answer.rates.into_iter().map(step_of).collect();
        view.looked_from = answer.looked_from;
        Ok((view, answer.fault))
    }

    /// The patterns of the range that is looked into, else of the span until the view's time.
    fn log_patterns(
        &self,
        (to, live): (Timestamp, &Live),
        request: &ViewRequest,
    ) -> Result<(LogsView, Option<String>), StoreError> {
        let store = self.store().logs();
        let span = Duration::from_secs(u64::from(request.span_secs.max(STEPS / 4)));
        let range = request.logs.within.unwrap_or(TimeRange { from: to.minus(span), to });
        let kept = store.logs_kept()?;
        let mut view = LogsView {
            range: Some(range),
            kept_from: kept.span.map(|span| span.from),
            dropped: kept.dropped,
            listeners: live.listeners.clone(),
            ..LogsView::default()
        };
        let filter = match filter::parse(&request.filter) {
            Ok(filter) => filter,
            Err(error) => return Ok((view, Some(error.to_string()))),
        };
        let window = Window { rows: request.window.rows.min(MOST_ROWS), ..request.window };
        let question = PatternQuestion { filter, range, now: to, faults_only: request.faults_only, window, patience: patience() };
        let answer = store.logs_patterns(&question)?;
        view.lines = answer.lines;
        view.looked_from = answer.looked_from;
        view.patterns = Table { matched: answer.matched, total: answer.matched, offset: answer.offset, rows: answer.rows };
        Ok((view, answer.fault))
    }

    fn last_minute(&self, to: Timestamp) -> Result<LogRate, StoreError> {
        let question = LogQuestion {
            rates: Some(RateSteps { from: to.minus(RATE_OVER), step: RATE_OVER, count: 1 }),
            ..everything(TimeRange { from: to.minus(RATE_OVER), to })
        };
        let answer = self.store().logs().logs_ask(&question)?;
        Ok(answer.rates.first().copied().unwrap_or_default())
    }

    /// What happened on the device of a line at about the time of the line.
    fn near(&self, state: &State, number: u64) -> Result<LogsView, StoreError> {
        let store = self.store().logs();
        let mut near = LogNear { number, ..LogNear::default() };
        if let Some(line) = store.logs_line(number)?
            && let Some(device) = &line.device
        {
            let range = TimeRange { from: line.received.minus(NEAR), to: line.received.plus(NEAR) };
            let events = state.recent().filter(|event| event.device.as_ref() == Some(&device.id) && range.contains(event.at));
            near.events = events.take(MOST_NEAR).map(|event| (**event).clone()).collect();
            let stood = |alarm: &&Arc<crate::model::Alarm>| {
                alarm.device.as_ref() == Some(&device.id)
                    && alarm.raised_at <= range.to
                    && alarm.cleared_at.is_none_or(|cleared| cleared >= range.from)
            };
            near.alarms = state.alarms().filter(stood).take(MOST_NEAR).map(|alarm| (**alarm).clone()).collect();
            near.lines = self.lines_of(&device.id, range)?.saturating_sub(1);
        }
        Ok(LogsView { near: Some(Box::new(near)), ..LogsView::default() })
    }

    fn lines_of(&self, device: &DeviceId, range: TimeRange) -> Result<u64, StoreError> {
        let filter =
            filter::parse(&format!("device=\"{}\"", device.as_str().replace('"', "\\\""))).unwrap_or(Expr::And(Vec::new()));
        let answer = self.store().logs().logs_ask(&LogQuestion { filter, ..everything(range) })?;
        Ok(answer.lines)
    }
}

/// A question about all lines of a range that wants none of them.
fn everything(range: TimeRange) -> LogQuestion {
    LogQuestion {
        filter: Expr::And(Vec::new()),
        range,
        now: range.to,
        window: Window { offset: 0, rows: 0 },
        seek: None,
        order: LogOrder::OldestFirst,
        fold: false,
        faults_only: false,
        rates: None,
        patience: Patience::default(),
    }
}

/// How long a question may take: then it is answered of the newest lines alone.
const PATIENCE: Duration = Duration::from_secs(3);

fn patience() -> Patience {
    let since = Stopwatch::start();
    Patience::until(move || since.elapsed() >= PATIENCE)
}

/// The steps of the rates: those of the range that is looked into, else of the span until the view's time. Spans of an hour and more are
/// counted by whole minutes. Steps begin at whole steps, so that nothing moves between two of them.
fn steps(request: &ViewRequest, to: Timestamp) -> RateSteps {
    let span = Duration::from_secs(u64::from(request.span_secs.max(STEPS / 4)));
    let range = request.logs.within.unwrap_or(TimeRange { from: to.minus(span), to });
    let secs = range.to.since(range.from).as_secs();
    let fine = secs.div_ceil(u64::from(STEPS)).max(1);
    let step_secs = if secs >= MINUTES_FROM { fine.div_ceil(60) * 60 } else { fine };
    let count = secs.div_ceil(step_secs).max(1);
    let step = i64::try_from(step_secs).unwrap_or(i64::MAX).saturating_mul(1000);
    let last = range.to.0.div_euclid(step).saturating_add(1).saturating_mul(step);
    let from = Timestamp(last.saturating_sub(step.saturating_mul(i64::try_from(count).unwrap_or(1))));
    RateSteps { from, step: Duration::from_secs(step_secs), count: usize::try_from(count).unwrap_or(1) }
}

fn per_second(count: u32) -> f64 {
    f64::from(count) / RATE_OVER.as_secs_f64()
}

const fn step_of(rate: LogRate) -> LogStep {
    let LogRate { all, errors, warnings, traps } = rate;
    LogStep { all, errors, warnings, traps }
}

#[cfg(test)]
mod tests;
