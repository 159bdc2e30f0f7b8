//! Views of flows for whoever watches: made at most once a second, of what exporters tell now or told then.

use super::flow_ledger::Ledger;
use super::flow_view::FlowViews;
use super::reader::{Live, Reader};
use super::reconcile::{Compared, reconcile};
use crate::analyse::talkers::FLOW_COLUMNS;
use crate::model::flow::{FlowLevel, TopAnswer, TopKey, TopRequest};
use crate::model::{DeviceId, TimeRange, Timestamp};
use crate::query::{FlowPart, Screen, ViewRequest};
use crate::state::State;
use crate::state::view::flows::{FlowPlace, PortFlows, Reason};
use crate::state::view::{InterfaceView, View, ViewBody};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Answers that are kept: those of some screens.
const MOST_KEPT: usize = 24;
/// A live answer is made anew once a second: collectors tell no more often.
const LEAST_KEPT_MS: i64 = 1_000;
/// And at the latest then, however wide its steps are.
const LONGEST_KEPT_MS: i64 = 10_000;
/// Points of the curves of an answer: nothing is new before the next one begins.
const POINTS: i64 = 120;
/// How much of the past tells what exporters told at a past time.
const TOLD_WITHIN: Duration = Duration::from_secs(600);
/// The same for what flowed through ports.
const LOADS_WITHIN: Duration = Duration::from_secs(7200);

/// Answers of the last moments.
#[derive(Default)]
pub(super) struct FlowCache(Mutex<VecDeque<Kept>>);

struct Kept {
    request: ViewRequest,
    moment: i64,
    body: ViewBody,
    fault: Option<String>,
}

impl FlowCache {
    fn find(&self, request: &ViewRequest, moment: i64) -> Option<(ViewBody, Option<String>)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|kept| kept.moment == moment && kept.request == *request)?;
        Some((found.body.clone(), found.fault.clone()))
    }

    fn keep(&self, made: Kept) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.request != made.request);
        if kept.len() >= MOST_KEPT {
            kept.pop_front();
        }
        kept.push_back(made);
    }
}

impl Reader {
    /// Changes what exporters tell.
    pub(super) fn write_ledger(&self, change: impl FnOnce(&mut Ledger)) {
        let mut ledger = self.ledger.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever reads it goes on reading the one of before.
        change(Arc::make_mut(&mut ledger));
    }

    /// What exporters tell at the time that a request is about.
    fn ledger_at(&self, request: &ViewRequest) -> Arc<Ledger> {
        let live = Arc::clone(&self.ledger.read().unwrap_or_else(PoisonError::into_inner));
        let Some(at) = request.at else { return live };
        let within = if request.screen == Screen::Interface { LOADS_WITHIN } else { TOLD_WITHIN };
        let mut past = self.told_until(at, within);
        past.sockets.clone_from(&live.sockets);
        Arc::new(past)
    }

    /// What exporters tell now; of a store that nobody serves what they told last before a time.
    pub(super) fn ledger_for(&self, at: Timestamp) -> Arc<Ledger> {
        let live = Arc::clone(&self.ledger.read().unwrap_or_else(PoisonError::into_inner));
        if live.streams().next().is_some() { live } else { Arc::new(self.told_until(at, TOLD_WITHIN)) }
    }

    fn told_until(&self, at: Timestamp, within: Duration) -> Ledger {
        let mut past = Ledger::default();
        let range = TimeRange { from: at.minus(within), to: at };
        let scanned = self.store().flow_talks_scan(FlowLevel::Minute, range, &mut |time| {
            past.remember(time);
            ControlFlow::Continue(())
        });
        if let Err(error) = scanned {
            tracing::debug!(%error, "what exporters told then can't be read");
        }
        past
    }

    /// Fills what a view shows of flows.
    pub(super) fn fill_flows(&self, view: &mut View, (state, live, request): (&State, &Live, &ViewRequest)) {
        if !matches!(view.body, ViewBody::Flows(_) | ViewBody::Capture(_) | ViewBody::Overview(_) | ViewBody::Interface(_)) {
            return;
        }
        let moment = moment(request, live.state.now());
        let own = matches!(view.body, ViewBody::Flows(_) | ViewBody::Capture(_));
        let (found, fault) = self.flow_answers.find(request, moment).unwrap_or_else(|| {
            let made = self.made(view, (state, request));
            let (body, fault) = made.clone();
            self.flow_answers.keep(Kept { request: request.clone(), moment, body, fault });
            made
        });
        match (&mut view.body, found) {
            (ViewBody::Overview(view), ViewBody::Overview(made)) => (view.talkers, view.flows) = (made.talkers, made.flows),
            (ViewBody::Interface(view), ViewBody::Interface(made)) => view.flows = made.flows,
            (body, found) => *body = found,
        }
        if own {
            view.chrome.fault = fault.or(view.chrome.fault.take());
        }
    }

    fn made(&self, view: &View, (state, request): (&State, &ViewRequest)) -> (ViewBody, Option<String>) {
        let ledger = self.ledger_at(request);
        let to = request.at.unwrap_or_else(|| state.now());
        let ask = |request: &TopRequest| {
            self.top(state, request).unwrap_or_else(|error| TopAnswer { fault: Some(error.to_string()), ..TopAnswer::default() })
        };
        let views = FlowViews { ask: &ask, state, ledger: &ledger, columns: FLOW_COLUMNS, countries: self.countries(), to };
        match &view.body {
            ViewBody::Capture(_) => {
                let (made, fault) = views.capture(request);
                (ViewBody::Capture(Box::new(made)), fault)
            }
            ViewBody::Overview(_) => {
                let mut made = crate::state::view::OverviewView::default();
                (made.talkers, made.flows) = views.overview();
                (ViewBody::Overview(Box::new(made)), None)
            }
            ViewBody::Interface(view) => {
                let mut made = InterfaceView::empty(TimeRange { from: view.from, to: view.to });
                made.flows = views.under(view).map(Box::new);
                (ViewBody::Interface(Box::new(made)), None)
            }
            _ => {
                let (made, fault) = match request.flows.part {
                    FlowPart::Table | FlowPart::Brief => views.table(request),
                    FlowPart::Detail => views.detail(request),
                };
                (ViewBody::Flows(Box::new(made)), fault)
            }
        }
    }
}

/// An answer is made again when this number changes.
fn moment(request: &ViewRequest, now: Timestamp) -> i64 {
    let step = i64::from(request.span_secs).saturating_mul(1000) / POINTS;
    now.millis().div_euclid(step.clamp(LEAST_KEPT_MS, LONGEST_KEPT_MS))
}

impl FlowViews<'_> {
    /// The flows of a port, under its graph; `None` where its device exports none.
    fn under(&self, view: &InterfaceView) -> Option<PortFlows> {
        let row = view.row.as_ref()?;
        let exporter = self.exporter_of(&row.device)?;
        let (if_index, range) = (row.if_index.0, TimeRange { from: view.from, to: view.to.min(self.to) });
        let place = FlowPlace {
            exporter,
            if_index: Some(if_index),
            name: row.name.clone(),
            device: Some(row.device.clone()),
            also: self
                .ledger
                .interface(exporter, if_index)
                .filter(|told| !told.eq_ignore_ascii_case(&row.name))
                .map(str::to_owned),
        };
        let graph = TimeRange { from: view.from, to: view.to };
        let side = |inward: bool| {
            let minutes = self.ledger.minutes((exporter, if_index, inward), (range.from, range.to));
            let bands = if inward { &view.in_bps } else { &view.out_bps };
            reconcile(Compared { minutes: &minutes, bands, range: graph, told: self.to }, self.reasons(exporter))
        };
        Some(PortFlows {
            inward: self.of_port((exporter, if_index), TopKey::InIf, range),
            outward: self.of_port((exporter, if_index), TopKey::OutIf, range),
            reconciled: [side(true), side(false)],
            exporter: Some(place),
        })
    }

    /// The address under which a device exports flows.
    fn exporter_of(&self, device: &DeviceId) -> Option<IpAddr> {
        let device = self.state.device(device)?;
        super::flow_names::addresses_of(device).find(|address| self.ledger.exports(*address))
    }

    /// What may make flows and counters differ at an exporter.
    fn reasons(&self, exporter: IpAddr) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut lost = 0u64;
        for stream in self.ledger.streams_of(exporter) {
            let counts = &stream.counts;
            lost = lost.saturating_add(counts.lost);
            let reason = match counts.sampling_interval {
                0 => Some(Reason::RateUnknown),
                1 => None,
                rate => Some(Reason::Sampling(rate)),
            };
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
            if counts.loss_unknown && !reasons.contains(&Reason::LossUnknown) {
                reasons.push(Reason::LossUnknown);
            }
        }
        if lost > 0 {
            reasons.push(Reason::Loss(lost));
        }
        reasons.push(Reason::Headers(0.0));
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::core::flow_fixture as fixture;
    use crate::model::{Band, Point};
    use crate::state::view::ViewBody;

    #[test]
    fn an_answer_is_made_anew_once_a_second_and_of_a_long_span_less_often() {
        let of = |span_secs: u32, millis: i64| {
            moment(&ViewRequest { span_secs, ..ViewRequest::new(Screen::Flows, 10) }, Timestamp(millis))
        };
        assert_eq!((of(300, 10_000), of(300, 12_499)), (of(300, 10_900), of(300, 10_100)));
        assert_ne!(of(60, 10_900), of(60, 11_000));
        assert_eq!(of(86_400, 10_000), of(86_400, 19_999));
    }

    #[test]
    fn flows_of_a_port_are_held_against_its_counters() {
        let (state, ledger) = (fixture::state(), fixture::ledger());
        let ask = |_: &TopRequest| TopAnswer::default();
        let views =
            FlowViews { ask: &ask, state: &state, ledger: &ledger, columns: FLOW_COLUMNS, countries: None, to: fixture::at(0) };
        let device = state.devices().find(|device| device.name() == "wan-1").unwrap().id.clone();
        let subject = Some(crate::query::Subject::Interface(device, "Gi0/1".to_owned()));
        let request = ViewRequest { subject, span_secs: 600, ..ViewRequest::new(Screen::Interface, 10) };
        let ViewBody::Interface(mut view) = crate::state::view::answer(&state, &request).body else { panic!("interface") };
        (view.from, view.to) = (fixture::at(-600), fixture::at(0));
        // 60 kB a minute are told of flows; the counters say 10 % more.
        let band = |step: i64| Band::from(Point { at: fixture::at(-600 + 15 * step), value: Some(8800.0) });
        view.in_bps = (1..=40).map(band).collect();
        let flows = views.under(&view).unwrap();
        let [inward, outward] = flows.reconciled;
        let inward = inward.unwrap();
        assert_eq!((inward.flow_octets, inward.counter_octets), (480_000, 528_000));
        assert!((inward.difference + 0.0909).abs() < 0.001, "{}", inward.difference);
        assert!(inward.reasons.contains(&Reason::Sampling(100)) && inward.reasons.contains(&Reason::Loss(3)), "{inward:?}");
        assert_eq!(outward, None);
        assert_eq!(flows.exporter.unwrap().also.as_deref(), Some("Port One"));
    }
}
