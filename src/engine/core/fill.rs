//! What a view shows of the series store: sparklines, graphs, percentiles; only for the rows that are in the window.

use super::graphs::{self, Graphs, Window, coarser};
use crate::model::bands::Band;
use crate::model::points;
use crate::model::series::{Point, named_part};
use crate::model::wireless::RadioName;
use crate::model::wireless::radio_part;
use crate::model::{DeviceId, EntityKey, GaugeKind, Metric, SensorClass, Timestamp};
use crate::state::view::rows::GaugeRow;
use crate::state::view::screens::{HealthView, InterfaceView};
use crate::state::view::{InterfaceRow, LinkRow, OverviewView, View, ViewBody, WirelessView};
use std::time::Duration;

/// A sparkline spans an hour in ten points: what fits a column and is one glance.
const SPARK_SPAN: Duration = Duration::from_secs(3600);
/// See [`SPARK_SPAN`].
const SPARK_STEP: Duration = Duration::from_secs(360);
/// Steps of an hour for its 95th percentile; a whole number of them is a [`SPARK_STEP`].
const FINE_STEP: Duration = Duration::from_secs(30);
/// Rows that are filled: far more than a screen has, and a bound for `--limit`-less headless commands.
const MOST_ROWS: usize = 2000;

/// Sensors that a section is about and of which the span is shown: what a screen has room for.
const MOST_TRENDS: usize = 48;

/// The span of a graph and what it is made of.
#[derive(Clone, Copy)]
pub(super) struct Filler<'a> {
    pub(super) graphs: Graphs<'a>,
    /// The end of every graph.
    pub(super) to: Timestamp,
    /// Width of graphs.
    pub(super) span: Duration,
    /// How much earlier the curve beside a port's own is, seconds.
    pub(super) compare: Option<u32>,
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
                if let Some(row) = &device.device {
                    self.health(&row.id, &mut device.health);
                }
            }
            ViewBody::Interfaces(table) => self.interfaces(&mut table.rows),
            ViewBody::Interface(interface) => self.interface(interface),
            ViewBody::Links(table) => self.links(&mut table.rows),
            ViewBody::Devices(_)
            | ViewBody::Events(_)
            | ViewBody::Alarms(_)
            | ViewBody::Sensors(_)
            | ViewBody::Discovery(_)
            | ViewBody::Flows(_)
            | ViewBody::Capture(_)
            | ViewBody::Vlans(_)
            | ViewBody::Logs(_)
            | ViewBody::Timeline(_)
            | ViewBody::Near(_)
            | ViewBody::Empty => {}
            ViewBody::Alarm(view) => {
                if let Some(port) = &mut view.port {
                    self.interfaces(std::slice::from_mut(port));
                }
            }
            ViewBody::Wireless(view) => self.wireless(view),
        }
    }

    /// How busy the radios of the window were in the last hour, and who was on the one in full.
    fn wireless(self, view: &mut WirelessView) {
        let spark = |name: &RadioName, metric| {
            let entity = EntityKey { device: name.controller.clone(), part: name.slot.map(|slot| radio_part(name.key, slot)) };
            let fine = self.graphs.points(&entity, metric, self.hour(FINE_STEP));
            larger_of(&coarser(&fine, self.hour(SPARK_STEP)), &[])
        };
        for row in view.radios.rows.iter_mut().take(MOST_ROWS).filter(|row| row.name.slot.is_some()) {
            row.spark = spark(&row.name, Metric::ChannelUtilisationPercent);
        }
        // The detail's curves go over the span that is looked at.
        let curve = |name: &RadioName, metric| {
            let entity = EntityKey { device: name.controller.clone(), part: name.slot.map(|slot| radio_part(name.key, slot)) };
            larger_of(&self.graphs.points(&entity, metric, self.graph()), &[])
        };
        if let Some(detail) = view.detail.as_mut().filter(|detail| detail.row.name.slot.is_some()) {
            detail.utilisation_spark = curve(&detail.row.name, Metric::ChannelUtilisationPercent);
            detail.clients_spark = curve(&detail.row.name, Metric::Clients);
        }
    }

    fn graph(self) -> Window {
        Window::graph(self.to, self.span)
    }

    /// An hour in steps that end with those of a sparkline.
    fn hour(self, step: Duration) -> Window {
        Window { to: self.to, span: SPARK_SPAN, step: SPARK_STEP }.aligned().with_step(step)
    }

    fn both(self, entity: &EntityKey, window: Window) -> (Vec<Point>, Vec<Point>) {
        let points = |metric| self.graphs.points(entity, metric, window);
        (points(Metric::InBps), points(Metric::OutBps))
    }

    fn interfaces(self, rows: &mut [InterfaceRow]) {
        for row in rows.iter_mut().take(MOST_ROWS) {
            let entity = EntityKey { device: row.device.clone(), part: Some(row.name.clone()) };
            // The usual span of graphs is that of sparklines: then one reading serves both.
            let (inward, outward) = self.both(&entity, self.hour(FINE_STEP));
            row.spark = larger_of(&coarser(&inward, self.hour(SPARK_STEP)), &coarser(&outward, self.hour(SPARK_STEP)));
            let (inward, outward) = if self.span == SPARK_SPAN { (inward, outward) } else { self.both(&entity, self.graph()) };
            (row.p95_in_bps, row.p95_out_bps) = (points::p95(&inward), points::p95(&outward));
        }
    }

    fn spark(self, entity: &EntityKey) -> Vec<Option<f32>> {
        let (inward, outward) = self.both(entity, self.hour(FINE_STEP));
        larger_of(&coarser(&inward, self.hour(SPARK_STEP)), &coarser(&outward, self.hour(SPARK_STEP)))
    }

    /// Gauges of the device itself over an hour.
    fn health(self, device: &DeviceId, view: &mut HealthView) {
        let entity = EntityKey { device: device.clone(), part: None };
        let spark = |metric| {
            let fine = self.graphs.points(&entity, metric, self.hour(FINE_STEP));
            larger_of(&coarser(&fine, self.hour(SPARK_STEP)), &[])
        };
        view.cpu_spark = spark(Metric::CpuPercent);
        view.memory_spark = spark(Metric::MemoryPercent);
        view.temperature_spark = spark(Metric::TemperatureCelsius);
        // Only the screens that show them ask for sensors.
        if view.sensors.total > 0 {
            self.gauges(device, view);
        }
    }

    /// How sensors went: those of the window over an hour, those that a section is about over the span of the screen.
    fn gauges(self, device: &DeviceId, view: &mut HealthView) {
        let series = |row: &GaugeRow| {
            let name = format!("{}{}", row.kind.series()?, row.name);
            Some(EntityKey { device: device.clone(), part: Some(named_part(None, &name)) })
        };
        let is_state = |row: &GaugeRow| row.kind == GaugeKind::Sensor(SensorClass::State);
        for row in view.sensors.rows.iter_mut().take(MOST_ROWS).filter(|row| !is_state(row)) {
            let Some(entity) = series(row) else { continue };
            let fine = self.graphs.points(&entity, Metric::NamedGauge, self.hour(FINE_STEP));
            row.spark = larger_of(&coarser(&fine, self.hour(SPARK_STEP)), &[]);
        }
        let told = view.rows.iter_mut().filter(|row| row.subject.is_some() && !is_state(row));
        for row in told.take(MOST_TRENDS) {
            let Some(entity) = series(row) else { continue };
            row.spark = larger_of(&self.graphs.points(&entity, Metric::NamedGauge, self.graph()), &[]);
        }
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
        let window = self.graph();
        let range = window.range();
        (view.from, view.to) = (range.from, range.to);
        let Some(row) = &mut view.row else { return };
        let entity = EntityKey { device: row.device.clone(), part: Some(row.name.clone()) };
        let (inward, outward) =
            (self.graphs.curve(&entity, Metric::InBps, window), self.graphs.curve(&entity, Metric::OutBps, window));
        inward.resolution.clone_into(&mut view.resolution);
        (view.in_max_bps, view.out_max_bps) = (graphs::largest(&inward.bands), graphs::largest(&outward.bands));
        (view.in_p95_bps, view.out_p95_bps) = (graphs::p95(&inward.bands), graphs::p95(&outward.bands));
        (view.in_bps, view.out_bps) = (inward.bands.to_vec(), outward.bands.to_vec());
        let both = |[one, other]: [Metric; 2]| {
            let known = [one, other].map(|metric| self.graphs.points(&entity, metric, window));
            sum(&known.into_iter().filter(|points| !points.is_empty()).collect::<Vec<_>>())
        };
        view.errors = both([Metric::InErrors, Metric::OutErrors]);
        view.discards = both([Metric::InDiscards, Metric::OutDiscards]);
        if let Some(earlier) = self.compare.map(|secs| Duration::from_secs(secs.into())) {
            view.earlier_in_bps = self.earlier(&entity, (Metric::InBps, window), earlier);
            view.earlier_out_bps = self.earlier(&entity, (Metric::OutBps, window), earlier);
        }
        (row.p95_in_bps, row.p95_out_bps) = (view.in_p95_bps, view.out_p95_bps);
        row.spark = self.spark(&entity);
        if let Some(link) = &mut view.link {
            self.links(std::slice::from_mut(link));
        }
    }

    /// A curve of some time earlier, brought to the times of now.
    fn earlier(self, entity: &EntityKey, (metric, window): (Metric, Window), earlier: Duration) -> Vec<Point> {
        let before = Window { to: window.to.minus(earlier), ..window };
        let curve = self.graphs.curve(entity, metric, before);
        curve.bands.iter().map(Band::point).map(|point| Point { at: point.at.plus(earlier), ..point }).collect()
    }

    fn overview(self, view: &mut OverviewView, wan: &[EntityKey]) {
        let window = self.graph();
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
