//! What a console or a headless command asks of the engine: a window on one screen's rows, at a time.

use super::alarms::{AlarmRequest, EventRequest};
use super::logs::LogRequest;
use crate::model::flow::TopKey;
use crate::model::wireless::RadioName;
use crate::model::{DeviceId, TimeRange, Timestamp, WifiBand};
use serde::{Deserialize, Serialize};

/// The screens of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub enum Screen {
    Overview,
    Topology,
    Devices,
    Device,
    Interfaces,
    Interface,
    Flows,
    Capture,
    Wireless,
    Alarms,
    Events,
    Logs,
    Vlans,
    Discovery,
    Help,
    /// Rows only, no screen: `noctop links`.
    Links,
    /// Rows only, no screen: `noctop sensors`.
    Sensors,
    /// What differs between two times.
    Diff,
}

impl Screen {
    /// All that `noctop shot` may draw, with their names.
    pub const NAMES: [(&'static str, Self); 16] = [
        ("overview", Self::Overview),
        ("topology", Self::Topology),
        ("devices", Self::Devices),
        ("device", Self::Device),
        ("interfaces", Self::Interfaces),
        ("interface", Self::Interface),
        ("flows", Self::Flows),
        ("capture", Self::Capture),
        ("wireless", Self::Wireless),
        ("alarms", Self::Alarms),
        ("events", Self::Events),
        ("logs", Self::Logs),
        ("vlans", Self::Vlans),
        ("discovery", Self::Discovery),
        ("help", Self::Help),
        ("diff", Self::Diff),
    ];

    /// From the name of the contract.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, screen)| *screen)
    }

    /// The name of the contract.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, screen)| *screen == self).map_or("links", |(name, _)| name)
    }
}

/// What a screen is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// One device.
    Device(DeviceId),
    /// One interface of it, by name.
    Interface(DeviceId, String),
}

/// A sort column and its direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// Field name of the contract (§5) or a short name of the filter language.
    pub column: String,
    /// Largest first.
    pub descending: bool,
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First row, from 0.
    pub offset: usize,
    /// How many; `usize::MAX` is all (headless).
    pub rows: usize,
}

impl Window {
    /// All rows.
    pub const ALL: Self = Self { offset: 0, rows: usize::MAX };
}

/// Which network the map is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MapLayer {
    /// Everything that is linked.
    #[default]
    L2,
    /// What carries one VLAN.
    Vlan(u16),
    /// What shares a subnet.
    L3,
}

/// How much of the map is unfolded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRequest {
    /// Only what lies within [`Self::hops`] of this device.
    pub focus: Option<DeviceId>,
    /// Hops about the focus.
    pub hops: u8,
    /// Folds that are opened, by their id.
    pub opened: Vec<String>,
    /// Fold level: 0 folds leaves and whole subtrees, 1 leaves only, 2 nothing.
    pub level: u8,
    /// Which network it is of; for [`Screen::Vlans`] the VLAN whose matrix is wanted.
    pub layer: MapLayer,
}

/// How flows are summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRequest {
    /// By what; empty is the screen's own.
    pub by: Vec<TopKey>,
    /// What of it.
    pub part: FlowPart,
}

/// What of the flows is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlowPart {
    /// Rows, history, exporters.
    #[default]
    Table,
    /// The same without what stands beside the keys of a row: a narrow screen has no room for it.
    Brief,
    /// One group in full: the one that the filter lets through.
    Detail,
}

/// What of the wireless networks is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WirelessRequest {
    /// Which rows.
    pub part: WirelessPart,
    /// Only this band; `None` is all.
    pub band: Option<WifiBand>,
    /// The radio that a detail is about.
    pub radio: Option<RadioName>,
}

/// Rows of the wireless networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WirelessPart {
    /// Access points, a row for each radio.
    #[default]
    Radios,
    /// Who is on them.
    Clients,
    /// Channels in use.
    Channels,
    /// Network names.
    Ssids,
    /// One radio with its clients and the channels about it.
    Detail,
}

/// What of a device is wanted beside its facts: what a section of the Device screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DevicePart {
    /// Its interfaces; window, filter and sort are theirs.
    #[default]
    Ports,
    /// Which port carries which VLAN.
    Vlans,
    /// Its place in the spanning tree, and the tree.
    SpanningTree,
    /// What it is made of; the filter is a search in it.
    Inventory,
    /// Nothing more than the facts, its health, links, alarms and events.
    Brief,
}

/// A windowed query. The same request serves live, past, local and attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewRequest {
    /// Which screen.
    pub screen: Screen,
    /// What it is about, for screens of one thing.
    pub subject: Option<Subject>,
    /// Filter expression (contract §6); empty is everything.
    pub filter: String,
    /// Sort column; `None` is the screen's own order.
    pub sort: Option<Sort>,
    /// Rows wanted.
    pub window: Window,
    /// The time asked about; `None` is now.
    pub at: Option<Timestamp>,
    /// Only rows with a fault.
    pub faults_only: bool,
    /// Span of graphs, seconds.
    pub span_secs: u32,
    /// How much earlier the curve is that graphs show beside the own one, seconds; `None` is none.
    pub compare_secs: Option<u32>,
    /// A range whose means are shown, filtered and sorted by in place of the rates of a moment.
    pub range: Option<TimeRange>,
    /// The map's folding, for [`Screen::Topology`].
    pub map: MapRequest,
    /// How flows are summed up, for [`Screen::Flows`] and [`Screen::Capture`].
    pub flows: FlowRequest,
    /// What of the wireless networks, for [`Screen::Wireless`].
    pub wireless: WirelessRequest,
    /// What of a device, for [`Screen::Device`].
    pub device: DevicePart,
    /// Groups of rows that are folded, by what stands at their head; where everything is folded, those that are not.
    pub folded: Vec<String>,
    /// What is asked of log lines, for [`Screen::Logs`].
    pub logs: LogRequest,
    /// What is asked of alarms, for [`Screen::Alarms`].
    pub alarms: AlarmRequest,
    /// What is asked of what happened, for [`Screen::Events`].
    pub events: EventRequest,
}

/// Graphs span an hour unless asked otherwise.
pub const DEFAULT_SPAN_SECS: u32 = 3600;

impl ViewRequest {
    /// The first window of a screen, now, unfiltered.
    pub fn new(screen: Screen, rows: usize) -> Self {
        Self {
            screen,
            subject: None,
            filter: String::new(),
            sort: None,
            window: Window { offset: 0, rows },
            at: None,
            faults_only: false,
            span_secs: DEFAULT_SPAN_SECS,
            compare_secs: None,
            range: None,
            map: MapRequest::default(),
            flows: FlowRequest::default(),
            wireless: WirelessRequest::default(),
            device: DevicePart::default(),
            folded: Vec::new(),
            logs: LogRequest::default(),
            alarms: AlarmRequest::default(),
            events: EventRequest::default(),
        }
    }
}
