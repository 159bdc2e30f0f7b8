//! What a view shows of the series store: sparklines, graphs, percentiles; only for the rows that are in the window.

use crate::history::Store;
use crate::model::points;
use crate::model::series::Point;
use crate::model::{DeviceId, EntityKey, Metric, TimeRange, Timestamp};
use crate::state::view::screens::InterfaceView;
use crate::state::view::{InterfaceRow, LinkRow, OverviewView, View, ViewBody};
use std::time::Duration;

/// A sparkline spans an hour in ten points: what fits a column and is one glance.
const SPARK_SPAN: Duration = Duration::from_secs(3600);

/// See [`SPARK_SPAN`].
const SPARK_STEP: Duration = Duration::from_secs(360);

/// Steps of an hour for its 95th percentile; a whole number of them is a [`SPARK_STEP`].
const FINE_STEP: Duration = Duration::from_secs(30);

/// Rows that are filled: far more than a screen has, and a bound for `--limit`-less headless commands.
const MOST_ROWS: usize = 2000;

/// Points of a graph: two for each column of a wide terminal in braille.
const GRAPH_POINTS: u32 = 240;

/// The narrowest step of a graph: nothing is polled more often.
const LEAST_STEP: Duration = Duration::from_secs(10);

/// The span of a graph and what it is made of.
#[derive(Clone, Copy)]
pub(super) struct Filler<'a> {
    pub(super) store: &'a dyn Store,
    /// The end of every graph.
    pub(super) to: Timestamp,
    /// Width of graphs.
    pub(super) span: Duration,
}

impl Filler<'_> {
    /// Fills a view. `wan` are the ports whose traffic the Overview sums up.
    pub(super) fn fill(self, view: &mut View, wan: &[EntityKey]) {
        match &mut view.body {
            ViewBody::Overview(overview) => self.overview(overview, wan),
            ViewBody::Topology(graph) => self.links(&mut graph.selected_links),
            ViewBody::Device(device) => {
                self.interfaces(&mut device.interfaces.rows);
                self.links(&mut device.links);
            }
            ViewBody::Interfaces(table) => self.interfaces(&mut table.rows),
            ViewBody::Interface(interface) => self.interface(interface),
            ViewBody::Links(table) => self.links(&mut table.rows),
            ViewBody::Devices(_)
            | ViewBody::Events(_)
            | ViewBody::Alarms(_)
            | ViewBody::Sensors(_)
            | ViewBody::Discovery(_)
            | ViewBody::Empty => {}
        }
    }

    fn step(self) -> Duration {
        (self.span / GRAPH_POINTS).max(LEAST_STEP)
    }

    fn range(self, span: Duration) -> TimeRange {
        TimeRange { from: self.to.minus(span), to: self.to }
    }

    /// A graph's points; none where the store can't be read, which its own counters tell.
    fn series(self, entity: &EntityKey, metric: Metric, (span, step): (Duration, Duration)) -> Vec<Point> {
        let range = self.range(span);
        let samples = self.store.samples_read(entity, metric, range).unwrap_or_default();
        if samples.is_empty() {
            return Vec::new();
        }
        let step = u32::try_from(step.as_secs()).unwrap_or(u32::MAX);
        points::stepped(&points::points(metric, &samples, range), step, range)
    }

    fn both(self, entity: &EntityKey, window: (Duration, Duration)) -> (Vec<Point>, Vec<Point>) {
        (self.series(entity, Metric::InBps, window), self.series(entity, Metric::OutBps, window))
    }

    fn interfaces(self, rows: &mut [InterfaceRow]) {
        for row in rows.iter_mut().take(MOST_ROWS) {
            let entity = EntityKey { device: row.device.clone(), part: Some(row.name.clone()) };
            // The usual span of graphs is that of sparklines: then one reading serves both.
            if self.span == SPARK_SPAN {
                let (inward, outward) = self.both(&entity, (SPARK_SPAN, FINE_STEP));
                (row.p95_in_bps, row.p95_out_bps) = (points::p95(&inward), points::p95(&outward));
                row.spark = larger_of(&self.coarse(&inward), &self.coarse(&outward));
            } else {
                let (inward, outward) = self.both(&entity, (self.span, self.step()));
                (row.p95_in_bps, row.p95_out_bps) = (points::p95(&inward), points::p95(&outward));
                row.spark = self.spark(&entity);
            }
        }
    }

    /// Fine points in the steps of a sparkline.
    fn coarse(self, points: &[Point]) -> Vec<Point> {
        let step = u32::try_from(SPARK_STEP.as_secs()).unwrap_or(u32::MAX);
        if points.is_empty() { Vec::new() } else { points::stepped(points, step, self.range(SPARK_SPAN)) }
    }

    fn spark(self, entity: &EntityKey) -> Vec<Option<f32>> {
        let (inward, outward) = self.both(entity, (SPARK_SPAN, SPARK_STEP));
        larger_of(&inward, &outward)
    }

    fn links(self, rows: &mut [LinkRow]) {
        for row in rows.iter_mut().take(MOST_ROWS) {
            let ends = [(&row.a_device, &row.a_port), (&row.b_device, &row.b_port)];
            let spark =
                ends.into_iter().filter_map(|(device, port)| port_key(device, port.as_deref())).map(|key| self.spark(&key));
            row.spark = spark.into_iter().find(|spark| !spark.is_empty()).unwrap_or_default();
        }
    }

    fn interface(self, view: &mut InterfaceView) {
        (view.from, view.to) = (self.to.minus(self.span), self.to);
        let Some(row) = &mut view.row else { return };
        let entity = EntityKey { device: row.device.clone(), part: Some(row.name.clone()) };
        let graph = |metric| self.series(&entity, metric, (self.span, self.step()));
        view.in_bps = graph(Metric::InBps);
        view.out_bps = graph(Metric::OutBps);
        view.in_errors = graph(Metric::InErrors);
        view.out_errors = graph(Metric::OutErrors);
        view.in_max_bps = points::max(&view.in_bps);
        view.out_max_bps = points::max(&view.out_bps);
        view.in_p95_bps = points::p95(&view.in_bps);
        view.out_p95_bps = points::p95(&view.out_bps);
        (row.p95_in_bps, row.p95_out_bps) = (view.in_p95_bps, view.out_p95_bps);
        row.spark = self.spark(&entity);
        if let Some(link) = &mut view.link {
            self.links(std::slice::from_mut(link));
        }
    }

    fn overview(self, view: &mut OverviewView, wan: &[EntityKey]) {
        let window = (self.span, self.step());
        let (inward, outward): (Vec<_>, Vec<_>) = wan.iter().map(|port| self.both(port, window)).unzip();
        let known = |series: Vec<Vec<Point>>| series.into_iter().filter(|points| !points.is_empty()).collect::<Vec<_>>();
        view.wan_in = sum(&known(inward));
        view.wan_out = sum(&known(outward));
        view.wan_p95_in_bps = points::p95(&view.wan_in);
        view.wan_p95_out_bps = points::p95(&view.wan_out);
        self.links(&mut view.busiest);
    }
}

fn port_key(device: &DeviceId, port: Option<&str>) -> Option<EntityKey> {
    port.map(|port| EntityKey { device: device.clone(), part: Some(port.to_owned()) })
}

/// Point by point the larger of two series over the same steps; one that is empty says nothing.
fn larger_of(a: &[Point], b: &[Point]) -> Vec<Option<f32>> {
    let (a, b) = (if a.is_empty() { b } else { a }, if b.is_empty() { a } else { b });
    #[allow(clippy::cast_possible_truncation, reason = "a sparkline has eight heights")]
    let narrow = |value: f64| value as f32;
    a.iter().zip(b).map(|(a, b)| both_or_one(a.value, b.value, f64::max).map(narrow)).collect()
}

/// Point by point the sum of what is known; a point is known where any is.
fn sum(series: &[Vec<Point>]) -> Vec<Point> {
    let mut total: Vec<Point> = series.first().cloned().unwrap_or_default();
    for other in series.iter().skip(1) {
        for (total, point) in total.iter_mut().zip(other) {
            total.value = both_or_one(total.value, point.value, |a, b| a + b);
        }
    }
    total
}

fn both_or_one(a: Option<f64>, b: Option<f64>, both: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (known, None) | (None, known) => known,
    }
}
