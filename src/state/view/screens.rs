//! The view of each screen.

use super::Table;
use super::alarm::AlarmView;
use super::flows::{CaptureView, FlowCollector, FlowRow, FlowsView, PortFlows};
use super::logs::LogsView;
use super::rows::{AlarmRow, DeviceRow, EventRow, GaugeRow, InterfaceRow, LinkRow};
use super::switch::{PortDetail, SwitchView};
use super::timeline::{NearView, TimelineView};
use super::wireless::rows::WirelessView;
use crate::event::DiscoveryProgress;
use crate::model::bands::Band;
use crate::model::series::Point;
use crate::model::{DeviceId, DeviceStatus, HealthStatus, Role, Severity, TimeRange, Timestamp, Window};
use serde::{Deserialize, Serialize};

/// What every screen's first line needs, and the body of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Always in view.
    pub chrome: Chrome,
    /// The screen.
    pub body: ViewBody,
}

/// The chrome's figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chrome {
    /// The site's name from the config, or the host's.
    pub site: String,
    /// The time that the view shows.
    pub at: Timestamp,
    /// Whether that time is in the past by request.
    pub past: bool,
    /// Active critical alarms.
    pub critical: usize,
    /// Active major alarms.
    pub major: usize,
    /// Active minor alarms and warnings.
    pub minor: usize,
    /// Of these all, those that nobody acknowledged.
    pub unacknowledged: usize,
    /// What does not work and what to do about it: one sentence each (no permission for ICMP, store set aside, …).
    pub notices: Vec<String>,
    /// A fault of the request itself (filter error with its column, unknown device); the rest of the view is then unfiltered or empty.
    pub fault: Option<String>,
    /// Earliest time that can be gone back to.
    pub history_from: Option<Timestamp>,
}

/// The body of each screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "one for each screen")]
pub enum ViewBody {
    Overview(Box<OverviewView>),
    Topology(Box<GraphView>),
    Devices(Table<DeviceRow>),
    Device(Box<DeviceView>),
    Interfaces(Table<InterfaceRow>),
    Interface(Box<InterfaceView>),
    Links(Table<LinkRow>),
    Events(Table<EventRow>),
    Alarms(Table<AlarmRow>),
    Sensors(Table<GaugeRow>),
    Discovery(Box<DiscoveryView>),
    /// A screen that needs nothing but the chrome (help), or whose source is not collected.
    Empty,
    Flows(Box<FlowsView>),
    Capture(Box<CaptureView>),
    Vlans(Box<VlansView>),
    Wireless(Box<WirelessView>),
    Logs(Box<LogsView>),
    /// One alarm in full.
    Alarm(Box<AlarmView>),
    /// What happened, with how much of it when.
    Timeline(Box<TimelineView>),
    /// What happened on a device about a time.
    Near(Box<NearView>),
}

/// Counts and the worst of everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct OverviewView {
    pub devices_up: usize,
    pub devices_down: usize,
    pub devices_unreachable: usize,
    pub devices_unknown: usize,
    pub devices_maintenance: usize,
    pub interfaces_up: usize,
    /// Down although administratively up.
    pub interfaces_down: usize,
    pub interfaces_with_errors: usize,
    pub interfaces_flapping: usize,
    pub access_points_up: usize,
    pub access_points_down: usize,
    /// Who is on the wireless networks; `None` where no controller tells.
    pub wireless_clients: Option<usize>,
    pub links: usize,
    pub neighbours: usize,
    /// Polls that ended late or were skipped, of all; `None` before the first poll.
    pub missed_percent: Option<f64>,
    pub lag_p95_ms: Option<f64>,
    pub polls_per_second: Option<f64>,
    /// Traffic of the links nearest to the world (WAN: links of routers and firewalls), else of all links; bit/s.
    pub wan_in: Vec<Point>,
    pub wan_out: Vec<Point>,
    pub wan_in_bps: Option<f64>,
    pub wan_out_bps: Option<f64>,
    pub wan_p95_in_bps: Option<f64>,
    pub wan_p95_out_bps: Option<f64>,
    pub alarms: Table<AlarmRow>,
    pub busiest: Vec<LinkRow>,
    pub recent: Vec<EventRow>,
    /// Who talks most, of the last minutes; filled by the engine.
    pub talkers: Vec<FlowRow>,
    /// How the flow collector does; `None` where no flow was ever heard.
    pub flows: Option<FlowCollector>,
    /// Lines that came a second in the last minute; `None` where nothing listens. Filled by the engine.
    pub syslog_per_second: Option<f64>,
    pub traps_per_second: Option<f64>,
}

/// The folded graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GraphView {
    /// Nodes drawn, sorted by id.
    pub nodes: Vec<GraphNode>,
    /// Edges between them, sorted.
    pub edges: Vec<GraphEdge>,
    /// Devices and neighbours in all.
    pub total_nodes: usize,
    /// Links in all.
    pub total_links: usize,
    /// How many of them are folded away.
    pub folded_nodes: usize,
    /// VLAN ids that the network knows, ascending.
    pub vlans: Vec<u16>,
    /// The links of the subject device, for the side list.
    pub selected: Option<Box<DeviceRow>>,
    /// Its links, its own end as `a`.
    pub selected_links: Vec<LinkRow>,
}

/// A device, a neighbour, or a fold of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct GraphNode {
    /// A device id, a neighbour id, or `fold:PARENT:ROLE`.
    pub id: String,
    pub label: String,
    pub role: Role,
    /// 0 wan, 1 core, 2 distribution, 3 access, 4 leaves.
    pub layer: u8,
    pub status: DeviceStatus,
    pub alarm: Option<Severity>,
    /// More than one for a fold.
    pub count: usize,
    /// Of a fold: how many are up.
    pub count_up: usize,
    /// Whether it has no inventory of its own.
    pub neighbour: bool,
    /// Names of what is not well in a fold, worst first, at most four.
    pub faults: Vec<String>,
    /// Where it is, as sysLocation says; of what says nothing, where that is under which it hangs.
    pub site: Option<String>,
    /// How many of it the filter names; 0 where there is none.
    pub matches: usize,
}

/// One or more parallel links between two drawn nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct GraphEdge {
    pub a: String,
    pub b: String,
    pub a_port: Option<String>,
    pub b_port: Option<String>,
    /// How many links it stands for.
    pub count: usize,
    /// How many of them are up; `None` where it is not known.
    pub count_up: Option<usize>,
    pub speed_bps: Option<u64>,
    /// The larger direction's fraction of 1.
    pub utilisation: Option<f64>,
    pub errors_per_second: Option<f64>,
    pub stp_blocked: bool,
    /// Only one end says so.
    pub one_sided: bool,
}

/// One device with its ports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DeviceView {
    pub device: Option<DeviceRow>,
    pub interfaces: Table<InterfaceRow>,
    pub links: Vec<LinkRow>,
    pub alarms: Vec<AlarmRow>,
    pub recent: Vec<EventRow>,
    pub health: HealthView,
    /// It as a switch.
    pub switch: SwitchView,
    /// The maintenance that goes on at it.
    pub work: Option<Box<Window>>,
}

/// How a device is inside. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct HealthView {
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    /// The hottest.
    pub temperature_celsius: Option<f64>,
    pub poe_used_watts: Option<f64>,
    pub poe_budget_watts: Option<f64>,
    /// The worst status that any gauge has; unknown where none says how it is.
    pub worst: HealthStatus,
    /// Over the last hour, filled by the engine from the series store: percent, percent, degrees.
    pub cpu_spark: Vec<Option<f32>>,
    pub memory_spark: Vec<Option<f32>>,
    pub temperature_spark: Vec<Option<f32>>,
    /// All gauges: processors, memory, storage, PoE, supplies, sensors by class; each kind in the order of its tables.
    pub rows: Vec<GaugeRow>,
    /// The sensors of the window, by the filter and the sort of the request: where only the facts of the device were asked for.
    pub sensors: Table<GaugeRow>,
}

/// One interface with its graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct InterfaceView {
    pub row: Option<InterfaceRow>,
    /// First and last time of the graph.
    pub from: Timestamp,
    pub to: Timestamp,
    /// Of what the graph is made: `sample`, `1m` or `1h`.
    pub resolution: String,
    /// Filled by the engine from the series store; one point per step, `None` is a gap.
    pub in_bps: Vec<Band>,
    pub out_bps: Vec<Band>,
    /// The same some time earlier ([`crate::query::ViewRequest::compare_secs`]), at the times of this graph.
    pub earlier_in_bps: Vec<Point>,
    pub earlier_out_bps: Vec<Point>,
    /// Of both directions, per second.
    pub errors: Vec<Point>,
    pub discards: Vec<Point>,
    pub in_max_bps: Option<f64>,
    pub out_max_bps: Option<f64>,
    pub in_p95_bps: Option<f64>,
    pub out_p95_bps: Option<f64>,
    pub link: Option<LinkRow>,
    pub recent: Vec<EventRow>,
    /// It in full; `None` where the port is not known.
    pub detail: Option<Box<PortDetail>>,
    /// Its flows; `None` where no exporter tells of this device. Filled by the engine.
    pub flows: Option<Box<PortFlows>>,
}

impl InterfaceView {
    /// Of a port of which nothing is known, over a range.
    pub const fn empty(range: TimeRange) -> Self {
        Self {
            row: None,
            from: range.from,
            to: range.to,
            resolution: String::new(),
            in_bps: Vec::new(),
            out_bps: Vec::new(),
            earlier_in_bps: Vec::new(),
            earlier_out_bps: Vec::new(),
            errors: Vec::new(),
            discards: Vec::new(),
            in_max_bps: None,
            out_max_bps: None,
            in_p95_bps: None,
            out_p95_bps: None,
            link: None,
            recent: Vec::new(),
            detail: None,
            flows: None,
        }
    }
}

/// The VLANs, and the ports of one of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VlansView {
    pub table: Table<VlanRow>,
    /// Which VLAN [`Self::devices`] is about.
    pub vlan: Option<u16>,
    /// Its devices: those with faults first, then by name; at most 500.
    pub devices: Vec<VlanDevice>,
    /// How many there are.
    pub devices_total: usize,
}

/// A VLAN across the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VlanRow {
    pub id: u16,
    /// Its names with how many devices call it so, the most usual first. More than one is a fault.
    pub names: Vec<(String, usize)>,
    /// Devices that know it.
    pub devices: usize,
    /// Ports that carry it alone, and those of them that are up.
    pub access_ports: usize,
    pub access_up: usize,
    /// Ports that carry others too.
    pub trunk_ports: usize,
    /// Ports that a spanning tree blocks.
    pub blocked_ports: usize,
    /// The root of its spanning tree, by name: that of most of its switches; `None` where none tells of one. With PVST and MSTP each VLAN may
    /// have another; what bridges tell by RFC 4188 is their common tree.
    pub root: Option<String>,
    /// Roots that its switches tell of.
    pub roots: usize,
    /// Pieces that no link joins.
    pub parts: usize,
    /// Links that carry it at one end only.
    pub broken: usize,
    /// Links whose ends have another VLAN untagged, one of them this one.
    pub native: usize,
    /// Stations seen in it.
    pub endpoints: usize,
    /// What its access ports receive and send, bit/s; `None` where none is measured.
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
}

impl VlanRow {
    /// Whether something is wrong with it.
    pub const fn is_fault(&self) -> bool {
        self.names.len() > 1 || self.broken > 0 || self.native > 0
    }
}

/// What one port is to a VLAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum VlanPort {
    /// Carries others only.
    Outside,
    /// Carries it alone.
    Access { up: bool },
    /// Carries it tagged, among others.
    Tagged { up: bool },
    /// Carries it untagged, among others that are tagged.
    Native { up: bool },
    /// A spanning tree blocks it.
    Blocked,
}

/// What a VLAN is on one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VlanDevice {
    pub id: DeviceId,
    pub name: String,
    /// What it calls the VLAN.
    pub vlan_name: Option<String>,
    /// Its switch ports in order, at most 512.
    pub ports: Vec<VlanPort>,
    /// The names of those that carry it, shortened: `Gi1/0/1-12`.
    pub untagged: String,
    pub tagged: String,
    /// Where the VLAN ends at the other side of a link.
    pub faults: Vec<VlanFault>,
}

/// A link at which a VLAN is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VlanFault {
    pub port: String,
    pub peer: String,
    pub peer_port: String,
    pub kind: VlanFaultKind,
}

/// What is wrong at a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VlanFaultKind {
    /// The other end does not carry it.
    PeerLacks,
    /// This end does not carry it.
    Lacks,
    /// The ends have different VLANs untagged.
    Native,
}

/// How discovery goes, and what it brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DiscoveryView {
    /// `None` before the first run.
    pub progress: Option<DiscoveryProgress>,
    /// Devices and links that appeared, changed or went away in the last run.
    pub changes: Table<EventRow>,
    pub devices: usize,
    pub links: usize,
    pub neighbours: usize,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NameKind {
    /// A device with an inventory.
    Device,
    /// An interface of a device.
    Port,
    /// A neighbour without an inventory: found on the port that hears it.
    Neighbour,
    /// An address behind a port.
    Endpoint,
    /// An access point.
    Ap,
    /// A wireless client.
    Client,
    /// An alarm that stands.
    Alarm,
    /// A VLAN.
    Vlan,
    /// An address that no device has: its flows.
    Host,
}

impl NameKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Port => "interface",
            Self::Neighbour => "neighbour",
            Self::Endpoint => "address",
            Self::Ap => "AP",
            Self::Client => "client",
            Self::Alarm => "alarm",
            Self::Vlan => "VLAN",
            Self::Host => "host",
        }
    }
}

/// One name that can be jumped to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// What it is of.
    pub kind: NameKind,
    /// What it is called, and what a search looks into.
    pub text: String,
    /// Where it is, in words: a model and place, the port that it hangs on; empty where there is nothing to say.
    pub place: String,
    /// The device that it is, or is on.
    pub device: Option<DeviceId>,
    /// That device's name.
    pub device_name: String,
    /// The interface's name, where it is one or hangs on one.
    pub port: Option<String>,
    /// What its own screen knows it by: the id of an alarm, the hardware address of a client, the number of a VLAN, an address.
    pub key: String,
}
