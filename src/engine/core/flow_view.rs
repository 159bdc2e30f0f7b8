//! The views of flows, made of what the store answers, of what exporters tell beside, and of the state's names.
//!
//! Start at [`FlowViews`]: `table` is the Flows screen, `detail` the row under the cursor, `port` the flows under an interface.

use super::flow_filter::{self, Book};
use super::flow_ledger::{Ledger, STALE_AFTER, Stream};
use super::flow_names::Names;
use crate::engine::country::Countries;
use crate::model::flow::{ExporterKey, FlowVersion, KeyValue, TopAnswer, TopKey, TopRequest, TopRow};
use crate::model::{TimeRange, Timestamp};
use crate::query::filter::Column;
use crate::query::{FlowPart, Sort, ViewRequest};
use crate::state::State;
use crate::state::view::Table;
use crate::state::view::flows::{
    CapturePort, CaptureView, ExporterRow, FlowBand, FlowCollector, FlowDetail, FlowHost, FlowMain, FlowRow, FlowsView,
};
use std::cmp::Ordering;
use std::net::IpAddr;
use std::time::Duration;

/// Rows that are asked for: what is sorted by another column is sorted among the largest.
const MOST_ROWS: usize = 500;
/// Groups out of which the largest conversation of each row is found.
const MOST_WAYS: usize = 4000;
/// Ways that a row shows in full.
const SHOWN_WAYS: usize = 4;
/// Points of a curve: two for each cell of a wide chart.
const STEPS: usize = 120;
/// Curves of the stacked history, beside what is left.
const BANDS: usize = 7;
/// Exporters that are shown.
const MOST_EXPORTERS: usize = 500;
/// The Overview's talkers are of the last minutes, whatever its graphs span.
pub(super) const OVERVIEW_SPAN: Duration = Duration::from_secs(300);
/// Talkers of the Overview.
const OVERVIEW_ROWS: usize = 10;
/// Talkers of each direction of a port.
const PORT_ROWS: usize = 10;
/// What rows are of unless the operator chose: conversations.
pub(super) const CONVERSATION: [TopKey; 3] = [TopKey::Src, TopKey::Dst, TopKey::App];
/// What of a conversation stands in the columns beside its keys.
const WAY: [TopKey; 6] = [TopKey::InIf, TopKey::OutIf, TopKey::Vlan, TopKey::Dscp, TopKey::Src, TopKey::Dst];
/// Standard normal quantile of 95 %: the relative error of an estimate out of `n` sampled packets is about this over √n.
/// Source: sFlow.org, Packet Sampling Basics.
const Z95: f64 = 1.96;

/// Answers who talked most.
pub(super) type Ask<'a> = &'a dyn Fn(&TopRequest) -> TopAnswer;

/// How the collectors do beside what exporters tell: what the engine knows of sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Sockets {
    /// Where flows are listened for.
    pub(in crate::engine) listen: Vec<String>,
    /// Datagrams that the kernel dropped.
    pub(in crate::engine) dropped_kernel: u64,
    /// Records that the engine had no time for.
    pub(in crate::engine) dropped_queue: u64,
    /// Ports that are captured or should be: name, frames dropped by the kernel, what is wrong.
    pub(in crate::engine) capture: Vec<(String, u64, Option<String>)>,
}

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct FlowViews<'a> {
    pub(super) ask: Ask<'a>,
    pub(super) state: &'a State,
    pub(super) ledger: &'a Ledger,
    /// Columns of flows in filters.
    pub(super) columns: &'a [Column],
    /// In which countries addresses are, where the user gave a file.
    pub(super) countries: Option<&'a Countries>,
    /// The end of every range.
    pub(super) to: Timestamp,
}

impl FlowViews<'_> {
    /// The Flows screen, and what is wrong with the request.
    pub(super) fn table(&self, request: &ViewRequest) -> (FlowsView, Option<String>) {
        let by = if request.flows.by.is_empty() { CONVERSATION.to_vec() } else { request.flows.by.clone() };
        let mut view = FlowsView { by, collector: self.collector(), exporters: self.exporters(), ..FlowsView::default() };
        let filter = match self.filter(&request.filter) {
            Ok(filter) => filter,
            Err(fault) => return (view, Some(fault)),
        };
        let asked = TopRequest {
            by: view.by.clone(),
            filter: filter.clone(),
            range: self.range(Duration::from_secs(u64::from(request.span_secs.max(1)))),
            limit: MOST_ROWS,
            steps: STEPS,
            compare_secs: request.compare_secs,
        };
        let mut answer = (self.ask)(&asked);
        let fault = answer.fault.take();
        view.history = self.history(&answer, &view.by);
        view.total_bps = bps(&answer);
        view.earlier_octets = earlier(&answer);
        let fault = fault.or(request.sort.as_ref().and_then(|sort| order(&mut answer.rows, sort)));
        let window = request.window;
        let (matched, offset) = (answer.rows.len(), window.offset.min(answer.rows.len()));
        let rows: Vec<TopRow> = answer.rows.into_iter().skip(offset).take(window.rows).collect();
        view.table = Table { matched, total: matched, offset, rows: self.rows((rows, &view.by), (&asked, request.flows.part)) };
        view.range = answer.range;
        view.resolution = answer.resolution;
        (view.groups, view.total, view.other, view.not_kept) = (answer.groups, answer.total, answer.other, answer.not_kept);
        view.steps = answer.steps;
        (view, fault)
    }

    /// One group in full: everything that the filter lets through.
    pub(super) fn detail(&self, request: &ViewRequest) -> (FlowsView, Option<String>) {
        let mut view = FlowsView { by: WAY.to_vec(), ..FlowsView::default() };
        let filter = match self.filter(&request.filter) {
            Ok(filter) => filter,
            Err(fault) => return (view, Some(fault)),
        };
        let range = self.range(Duration::from_secs(u64::from(request.span_secs.max(1))));
        let ask = TopRequest { by: WAY.to_vec(), filter, range, limit: SHOWN_WAYS, steps: STEPS, compare_secs: None };
        let mut answer = (self.ask)(&ask);
        let fault = answer.fault.take();
        let wanted = answer.rows.iter().flat_map(addresses_of).collect();
        let names = Names::of(self.state, self.ledger, &wanted);
        let ways: Vec<FlowMain> = answer.rows.iter().map(|row| main_of(&names, &row.keys)).collect();
        let hosts = ways.first().into_iter().flat_map(|way| [&way.src, &way.dst]).flatten();
        let told = |curve: &f32| *curve > 0.0;
        let at = |place: Option<usize>| place.and_then(|place| answer.steps.get(place)).copied();
        let largest = answer.rows.first().map(|row| row.sum);
        let known = |number: u32| (number != 0).then_some(number);
        let detail = FlowDetail {
            filter: request.filter.clone(),
            sum: answer.total,
            tcp_flags: largest.map(|sum| sum.tcp_flags).filter(|flags| *flags != 0),
            ases: [largest.and_then(|sum| known(sum.src_as)), largest.and_then(|sum| known(sum.dst_as))],
            first: at(answer.total_curve.iter().position(told)),
            last: at(answer.total_curve.iter().rposition(told)),
            curve: answer.total_curve.clone(),
            hosts: hosts.map(|(address, _)| self.host(&names, *address)).collect(),
            ways,
            error: error_of(answer.total.seen_packets, answer.total.sampling_interval),
        };
        view.total = answer.total;
        view.range = answer.range;
        view.steps = answer.steps;
        view.detail = Some(Box::new(detail));
        (view, fault)
    }

    /// The Capture screen: flows that this host sees itself.
    pub(super) fn capture(&self, request: &ViewRequest) -> (CaptureView, Option<String>) {
        let mut asked = request.clone();
        let only = format!("version={}", FlowVersion::Capture.word());
        asked.filter = if request.filter.trim().is_empty() { only } else { format!("({}) {only}", request.filter) };
        // The parenthesis stands before what was typed: a fault is told where it was typed.
        let (flows, fault) = match self.filter(&request.filter) {
            Ok(_) => self.table(&asked),
            Err(fault) => (FlowsView { by: CONVERSATION.to_vec(), ..FlowsView::default() }, Some(fault)),
        };
        (CaptureView { ports: self.capture_ports(), flows }, fault)
    }

    fn capture_ports(&self) -> Vec<CapturePort> {
        let own = self.ledger.streams().filter(|(key, _)| key.version == FlowVersion::Capture);
        let mut ports: Vec<CapturePort> = own
            .map(|(key, stream)| {
                let rates = stream.rates(self.to);
                CapturePort {
                    if_index: key.domain,
                    name: self
                        .ledger
                        .interface(key.address, key.domain)
                        .map_or_else(|| format!("idx {}", key.domain), str::to_owned),
                    packets: stream.counts.packets,
                    octets: stream.counts.octets,
                    packets_per_second: rates.map(|rates| rates.packets),
                    bps: rates.map(|rates| rates.octets * 8.0),
                    ..CapturePort::default()
                }
            })
            .collect();
        for (name, dropped, fault) in &self.ledger.sockets.capture {
            match ports.iter_mut().find(|port| port.name == *name) {
                Some(port) => (port.dropped, port.fault) = (*dropped, fault.clone()),
                None => ports.push(CapturePort {
                    name: name.clone(),
                    dropped: *dropped,
                    fault: fault.clone(),
                    ..CapturePort::default()
                }),
            }
        }
        ports
    }

    /// The largest talkers of the Overview, and the collector's line; `None` where no exporter was heard since the start.
    pub(super) fn overview(&self) -> (Vec<FlowRow>, Option<FlowCollector>) {
        let collector = Some(self.collector()).filter(|collector| collector.exporters > 0);
        let by = vec![TopKey::Src, TopKey::Dst];
        let ask = TopRequest {
            by: by.clone(),
            filter: String::new(),
            range: self.range(OVERVIEW_SPAN),
            limit: OVERVIEW_ROWS,
            steps: 0,
            compare_secs: None,
        };
        let mut rows = (self.ask)(&ask).rows;
        self.name((&mut rows, &by));
        (rows.into_iter().map(|top| FlowRow { top, main: FlowMain::default() }).collect(), collector)
    }

    /// The largest talkers into or out of a port, by the rule that counts a flow once in each direction: that of the key.
    pub(super) fn of_port(&self, (exporter, if_index): (IpAddr, u32), key: TopKey, range: TimeRange) -> Vec<FlowRow> {
        let mut by = vec![key];
        by.extend(CONVERSATION);
        let filter = format!("exporter={exporter} {}={if_index}", key.name());
        let ask = TopRequest { by, filter, range, limit: PORT_ROWS, steps: 0, compare_secs: None };
        let mut rows = (self.ask)(&ask).rows;
        rows.iter_mut().for_each(|row| {
            row.keys.remove(0);
        });
        self.name((&mut rows, &CONVERSATION));
        rows.into_iter().map(|top| FlowRow { top, main: FlowMain::default() }).collect()
    }

    /// A filter without names. Errors: its fault as a sentence.
    pub(super) fn filter(&self, text: &str) -> Result<String, String> {
        let book = Book { state: self.state, ledger: self.ledger };
        flow_filter::resolve(text, book, self.columns).map_err(|error| error.to_string())
    }

    /// The largest rows and what is left, as curves.
    fn history(&self, answer: &TopAnswer, by: &[TopKey]) -> Vec<FlowBand> {
        let mut largest: Vec<TopRow> = answer.rows.iter().take(BANDS).cloned().collect();
        self.name((&mut largest, by));
        let mut left = answer.total_curve.clone();
        let mut bands = Vec::with_capacity(BANDS + 1);
        for row in largest {
            for (left, value) in left.iter_mut().zip(&row.curve) {
                *left = (*left - value).max(0.0);
            }
            bands.push(FlowBand { keys: row.keys, names: row.names, curve: row.curve });
        }
        if left.iter().any(|value| *value > 0.0) {
            bands.push(FlowBand { keys: Vec::new(), names: Vec::new(), curve: left });
        }
        bands
    }

    /// Where a host hangs, and in which country it is.
    fn host(&self, names: &Names<'_>, address: IpAddr) -> FlowHost {
        FlowHost { country: self.countries.and_then(|countries| countries.of(address)), ..names.whereabouts(address) }
    }

    fn range(&self, span: Duration) -> TimeRange {
        TimeRange { from: self.to.minus(span), to: self.to }
    }

    /// Fills the names of rows.
    pub(super) fn name(&self, (rows, by): (&mut [TopRow], &[TopKey])) {
        let names = Names::for_rows(self.state, self.ledger, rows.iter());
        for row in rows {
            names.fill(by, row);
        }
    }

    /// Whole rows: with names, and with what the largest conversation of each has beside its keys.
    fn rows(&self, (mut rows, by): (Vec<TopRow>, &[TopKey]), (asked, part): (&TopRequest, FlowPart)) -> Vec<FlowRow> {
        self.name((&mut rows, by));
        let mut ways_by = by.to_vec();
        ways_by.extend(WAY);
        let ways = TopRequest { by: ways_by, limit: MOST_WAYS, steps: 0, compare_secs: None, ..asked.clone() };
        let ways = if rows.is_empty() || part == FlowPart::Brief { TopAnswer::default() } else { (self.ask)(&ways) };
        let keys = |way: &TopRow| way.keys.get(by.len()..).map(<[KeyValue]>::to_vec).unwrap_or_default();
        let found: Vec<Option<Vec<KeyValue>>> =
            rows.iter().map(|row| ways.rows.iter().find(|way| way.keys.starts_with(&row.keys)).map(keys)).collect();
        let wanted = found.iter().flatten().flatten().filter_map(address_of).collect();
        let names = Names::of(self.state, self.ledger, &wanted);
        rows.into_iter()
            .zip(found)
            .map(|(top, way)| FlowRow { top, main: way.map(|keys| main_of(&names, &keys)).unwrap_or_default() })
            .collect()
    }

    /// The collector's line.
    fn collector(&self) -> FlowCollector {
        let mut line = FlowCollector {
            listen: self.ledger.sockets.listen.clone(),
            dropped_kernel: self.ledger.sockets.dropped_kernel,
            dropped_queue: self.ledger.sockets.dropped_queue,
            ..FlowCollector::default()
        };
        for (key, stream) in self.ledger.streams() {
            let counts = &stream.counts;
            line.exporters += 1;
            line.stale += usize::from(self.is_stale(stream));
            if let Some(rates) = stream.rates(self.to) {
                line.flows_per_second = Some(line.flows_per_second.unwrap_or(0.0) + rates.flows);
            }
            line.lost = line.lost.saturating_add(counts.lost);
            line.loss_unknown |= counts.loss_unknown;
            line.unknown_template_sets = line.unknown_template_sets.saturating_add(counts.unknown_template_sets);
            line.waiting = line.waiting.saturating_add(counts.waiting);
            line.refused = line.refused.saturating_add(counts.refused.values().sum());
            if !line.versions.contains(&key.version) {
                line.versions.push(key.version);
            }
        }
        line.versions.sort_unstable();
        line
    }

    fn is_stale(&self, stream: &Stream) -> bool {
        self.to.since(stream.heard) > STALE_AFTER
    }

    /// Every exporter, the busiest first.
    fn exporters(&self) -> Vec<ExporterRow> {
        let wanted = self.ledger.streams().map(|(key, _)| key.address).collect();
        let names = Names::of(self.state, self.ledger, &wanted);
        let mut rows: Vec<ExporterRow> =
            self.ledger.streams().map(|(key, stream)| self.exporter(&names, (key, stream))).collect();
        let rate = |row: &ExporterRow| row.flows_per_second.unwrap_or(-1.0);
        rows.sort_by(|x, y| rate(y).total_cmp(&rate(x)).then_with(|| x.key.cmp(&y.key)));
        rows.truncate(MOST_EXPORTERS);
        rows
    }

    fn exporter(&self, names: &Names<'_>, (key, stream): (&ExporterKey, &Stream)) -> ExporterRow {
        let (place, counts) = (names.place(key.address), &stream.counts);
        ExporterRow {
            key: *key,
            name: names.exporter(key.address),
            device: place.device,
            flows_per_second: stream.rates(self.to).map(|rates| rates.flows),
            datagrams: counts.datagrams,
            flow_records: counts.flow_records,
            templates: counts.templates,
            unknown_template_sets: counts.unknown_template_sets,
            waiting: counts.waiting,
            lost: counts.lost,
            restarts: counts.restarts,
            loss_unknown: counts.loss_unknown,
            refused: counts.refused.values().sum(),
            implausible_times: counts.implausible_times,
            sampling_interval: (counts.sampling_interval != 0).then_some(counts.sampling_interval),
            heard: Some(stream.heard),
            stale: self.is_stale(stream),
        }
    }
}

/// The 95 % error of sums that rest on so many sampled packets; `None` where nothing is sampled.
pub(super) fn error_of(seen_packets: u64, sampling_interval: u32) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "an error of an estimate")]
    let seen = seen_packets as f64;
    (sampling_interval > 1 && seen_packets > 0).then(|| Z95 / seen.sqrt())
}

/// Bit/s of everything over the range that was looked at.
#[allow(clippy::cast_precision_loss, reason = "a rate needs no more")]
fn bps(answer: &TopAnswer) -> Option<f64> {
    let range = answer.range?;
    let secs = range.to.since(range.from).as_secs_f64();
    (secs > 0.0).then(|| answer.total.octets as f64 * 8.0 / secs)
}

/// Octets of all rows the same time earlier; `None` where it is not known of any.
fn earlier(answer: &TopAnswer) -> Option<u64> {
    answer.rows.iter().filter_map(|row| row.earlier_octets).reduce(u64::saturating_add)
}

/// Sorts rows by a column of the screen. Returns what is wrong with it.
fn order(rows: &mut [TopRow], sort: &Sort) -> Option<String> {
    let column = COLUMNS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&sort.column)).map(|(_, compare)| *compare);
    let Some(compare) = column else { return Some(format!("there is no column `{}` to sort by", sort.column)) };
    rows.sort_by(|x, y| if sort.descending { compare(y, x) } else { compare(x, y) });
    None
}

type Compare = fn(&TopRow, &TopRow) -> Ordering;

/// Columns that rows can be sorted by.
const COLUMNS: [(&str, Compare); 8] = [
    ("octets", |x, y| x.sum.octets.cmp(&y.sum.octets)),
    ("bps", |x, y| x.sum.octets.cmp(&y.sum.octets)),
    ("share", |x, y| x.sum.octets.cmp(&y.sum.octets)),
    ("packets", |x, y| x.sum.packets.cmp(&y.sum.packets)),
    ("flows", |x, y| x.sum.flows.cmp(&y.sum.flows)),
    ("as", |x, y| x.sum.dst_as.cmp(&y.sum.dst_as)),
    ("change", |x, y| change(x).total_cmp(&change(y))),
    ("name", |x, y| x.keys.cmp(&y.keys)),
];

/// Octets now over octets then; what is not known is the smallest.
#[allow(clippy::cast_precision_loss, reason = "an order needs no more")]
fn change(row: &TopRow) -> f64 {
    row.earlier_octets.map_or(f64::NEG_INFINITY, |earlier| row.sum.octets as f64 / (earlier as f64).max(1.0))
}

const fn address_of(value: &KeyValue) -> Option<IpAddr> {
    match value {
        KeyValue::Address(address) | KeyValue::Exporter(address) | KeyValue::Interface(address, _) => Some(*address),
        _ => None,
    }
}

fn addresses_of(row: &TopRow) -> impl Iterator<Item = IpAddr> {
    row.keys.iter().filter_map(address_of)
}

/// What the keys of a way ([`WAY`]) say.
fn main_of(names: &Names<'_>, keys: &[KeyValue]) -> FlowMain {
    let [in_if, out_if, vlan, dscp, src, dst] = [0, 1, 2, 3, 4, 5].map(|at| keys.get(at));
    let exporter = in_if.and_then(address_of).or_else(|| out_if.and_then(address_of));
    let port = |value: Option<&KeyValue>| match (value?, exporter) {
        (KeyValue::Interface(exporter, if_index), _) => Some((*exporter, *if_index)),
        (KeyValue::Number(number), Some(exporter)) => Some((exporter, u32::try_from(*number).ok()?)),
        _ => None,
    };
    // ifIndex 0 is no port: the flow came from, or went to, the exporter itself.
    let port =
        |value| port(value).filter(|(_, if_index)| *if_index != 0).map(|(exporter, if_index)| names.port(exporter, if_index));
    let number = |value: Option<&KeyValue>| match value {
        Some(KeyValue::Number(number)) => u16::try_from(*number).ok(),
        _ => None,
    };
    let host = |value: Option<&KeyValue>| value.and_then(address_of).map(|address| (address, names.host(address)));
    FlowMain {
        exporter: exporter.map(|exporter| names.place(exporter)),
        in_if: port(in_if),
        out_if: port(out_if),
        vlan: number(vlan).filter(|vlan| *vlan != 0),
        dscp: number(dscp).and_then(|dscp| u8::try_from(dscp).ok()),
        src: host(src),
        dst: host(dst),
    }
}

#[cfg(test)]
mod tests;
