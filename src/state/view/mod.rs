//! What screens and headless rows are drawn from: plain data, complete for its window, made by the functions beside it.
//!
//! A view knows nothing of terminals and nothing of sockets. The console is sent views, never the state. Sparklines and
//! graphs come from the series store: the engine fills them into the rows of the window after the rows were chosen.
//! Start at [`answer`](fn@answer): a file for each table, `table` chooses rows, `graph` folds the map.

pub mod alarm;
mod alarms;
mod answer;
mod devices;
mod events;
pub mod flows;
mod gathered;
mod graph;
mod health;
mod interfaces;
mod links;
pub mod logs;
mod lookup;
pub mod over;
mod overview;
pub mod rows;
pub mod screens;
pub mod switch;
mod table;
pub mod timeline;
mod vlans;
pub mod wireless;

pub use crate::analyse::talkers::FLOW_COLUMNS;
pub use alarm::AlarmView;
pub use alarms::ALARM_COLUMNS;
pub use answer::{answer, answer_over, answer_with};
pub use devices::DEVICE_COLUMNS;
pub use events::EVENT_COLUMNS;
pub use health::SENSOR_COLUMNS;
pub use interfaces::INTERFACE_COLUMNS;
pub use links::LINK_COLUMNS;
pub use over::Over;
pub use overview::wan_ports;
pub use timeline::{EventLine, NearView, TimelineView};
pub use vlans::VLAN_COLUMNS;

pub use wireless::rows::{ChannelRow, ClientRow, RadioDetail, RadioRow, WirelessView};

pub use flows::{CaptureView, FlowRow, FlowsView, PortFlows};
pub use logs::{LogRow, LogsView};
pub use rows::{AlarmHead, AlarmRow, DeviceRow, EventRow, GaugeRow, InterfaceRow, LinkRow};
pub use screens::{
    Chrome, DiscoveryView, GraphEdge, GraphNode, GraphView, HealthView, InterfaceView, Name, NameKind, OverviewView, View,
    ViewBody, VlanDevice, VlanFault, VlanFaultKind, VlanPort, VlanRow, VlansView,
};

/// A window of rows and how many there are in all.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Table<R> {
    /// Rows that match the filter.
    pub matched: usize,
    /// Rows before filtering.
    pub total: usize,
    /// Index of the first row here.
    pub offset: usize,
    /// The rows of the window.
    pub rows: Vec<R>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { matched: 0, total: 0, offset: 0, rows: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
