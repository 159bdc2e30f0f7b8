//! The closed list of words that a collector may say, and what the state derives from them.
//!
//! An event is serialisable, because a collector at a remote site will say the same words over a message bus later.
//! *Observations* come from collectors, the clock and operators. *Derived* events are made by `state::apply` out of
//! observations: they alone are journalled, and on replay they are read back, never derived again.

use crate::model::flow::{FlowBatch, FlowColumns};
use crate::model::heard::Heard;
use crate::model::inventory::Reason;
use crate::model::link::LinkKey;
use crate::model::log::{LogBatch, TrapDetail};
use crate::model::maintenance::{MaintenanceAct, Window};
use crate::model::poll::{Echoes, PollReading};
use crate::model::upkeep::Upkeep;
use crate::model::{
    AdminStatus, Alarm, AlarmAct, AlarmOrder, ApStatus, BridgeId, BridgeReading, Device, DeviceId, DeviceStatus, Endpoint,
    Explained, Forgetting, GaugeKind, HealthStatus, IfIndex, Inventory, Link, MacAddr, Neighbour, Notice, Oid, OperStatus,
    Severity, Timestamp, WirelessReading,
};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// Format version of [`Event`]: raised when the meaning of the bytes changes. Journal records carry it.
pub const EVENT_VERSION: u16 = 6;

/// The oldest format that is still read: each since then only added kinds.
pub const OLDEST_EVENT_VERSION: u16 = 5;

/// Something that happened, or was seen, at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub body: Body,
}

/// What happened. New kinds are added at the end: postcard numbers them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// Observation: a device was read whole.
    Inventory(Box<Inventory>),
    /// Observation: a poll was answered.
    Poll(Box<PollReading>),
    /// Observation: a known device did not answer its poll, or a target did not answer discovery.
    Silent(Silent),
    /// Observation: discovery went on.
    Discovery(DiscoveryProgress),
    /// Observation: a second passed. Nothing else tells the state the time.
    Tick,
    /// Derived: a device appeared, or its description changed.
    DeviceSeen(Box<Device>),
    /// Derived: two devices turned out to be one; the first is gone, the second stays.
    DeviceMerged(DeviceId, DeviceId),
    /// Derived: whether a device is reached changed.
    DeviceStatus(DeviceStatusChange),
    /// Derived: an interface's state changed.
    InterfaceStatus(InterfaceStatusChange),
    /// Derived: a link appeared or changed.
    LinkSeen(Box<Link>),
    /// Derived: a link is no longer said to exist.
    LinkGone(Box<LinkKey>),
    /// Derived: a neighbour without an inventory appeared or changed.
    NeighbourSeen(Box<Neighbour>),
    /// Derived: a neighbour is gone, or became a device.
    NeighbourGone(DeviceId),
    /// Derived: an alarm was raised, or raised again.
    AlarmRaised(Box<Alarm>),
    /// Derived: the alarm with this id cleared.
    AlarmCleared(String),
    /// Derived: an agent restarted (sysUpTime went back).
    Restarted(DeviceId),
    /// Derived: other hardware stands in a device's place.
    DeviceReplaced(Box<Replacement>),
    /// Derived: endpoints appeared, changed, moved or were forgotten; many in one event.
    Endpoints(Box<EndpointChanges>),
    /// Observation: a trap or inform came.
    Trap(Box<Trap>),
    /// Derived: how a sensor, a power supply or another part is changed.
    GaugeStatus(GaugeStatusChange),
    /// Observation: what was talked in a second. It goes to the flows' store; the state derives nothing from it.
    Flows(Box<FlowBatch>),
    /// Observation: flow records, to be kept whole for some time. They go to the flows' store alone.
    FlowRecords(Box<FlowColumns>),
    /// Observation: a wireless controller told all that it controls.
    Wireless(Box<WirelessReading>),
    /// Derived: the same every few minutes, for past times; a large one in several parts, of which the first replaces what was known.
    WirelessSeen(Box<WirelessPart>),
    /// Derived: an access point came, went, or took another channel.
    AccessPoint(Box<ApChange>),
    /// Observation: an operator does something about alarms.
    AlarmOrder(Box<AlarmOrder>),
    /// Derived: what was done about one alarm that stands: its id, who, what.
    AlarmHandled(Box<(String, String, AlarmAct)>),
    /// Observation: log lines. They go to the logs' store alone.
    Logs(Box<LogBatch>),
    /// Observation: the spanning tree and Power over Ethernet of a device were read.
    Bridge(Box<BridgeReading>),
    /// Derived: the same where it says otherwise than what was known; only what differs.
    BridgeSeen(Box<BridgeReading>),
    /// Derived: something happened in the spanning tree of a device.
    SpanningTree(Box<StpChange>),
    /// Derived: which alarms are explained by which others changed; many in one event.
    Explained(Vec<Explained>),
    /// Observation: an operator, or the plan in the configuration, begins or ends maintenance.
    Maintenance(Box<MaintenanceAct>),
    /// Derived: maintenance was begun or changed.
    MaintenanceSet(Box<Window>),
    /// Derived: the maintenance of this name is over; by whom, where somebody ended it.
    MaintenanceOver(String, Option<String>),
    /// Observation: what became of telling somebody about an alarm.
    Notice(Box<Notice>),
    /// Derived: the same, where the alarm is known.
    NoticeSeen(Box<Notice>),
    /// Derived: a trap said something that operators want to see among the events.
    TrapSeen(Box<TrapSeen>),
    /// Observation: rules found what they wait for in log lines.
    Heard(Vec<Heard>),
    /// Observation: how noctop's own collectors, its store and those who send it flows do.
    Upkeep(Box<Upkeep>),
    /// Observation: a device that does not answer where it was polled answers at another of its addresses.
    Elsewhere(Box<Elsewhere>),
    /// Observation: an operator says that devices are gone for good.
    Forget(Box<Forgetting>),
    /// Derived: a device is known no more, and who said so.
    DeviceForgotten(Box<(DeviceId, String)>),
}

/// What a trap said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrapSeen {
    /// The device that it is of, where one is known.
    pub device: Option<DeviceId>,
    /// Who sent it.
    pub source: IpAddr,
    /// Its name; the number where no module names it.
    pub name: String,
    /// The interface that it is about.
    pub if_index: Option<IfIndex>,
    /// It in one line.
    pub text: String,
    /// How bad; `None` is no fault.
    pub severity: Option<Severity>,
}

impl Event {
    /// Whether the journal keeps it.
    pub const fn is_derived(&self) -> bool {
        !matches!(
            self.body,
            Body::Inventory(_)
                | Body::Poll(_)
                | Body::Silent(_)
                | Body::Discovery(_)
                | Body::Tick
                | Body::Trap(_)
                | Body::Flows(_)
                | Body::FlowRecords(_)
                | Body::Wireless(_)
                | Body::AlarmOrder(_)
                | Body::Logs(_)
                | Body::Bridge(_)
                | Body::Maintenance(_)
                | Body::Notice(_)
                | Body::Heard(_)
                | Body::Upkeep(_)
                | Body::Elsewhere(_)
                | Body::Forget(_)
        )
    }
}

/// An agent said on its own that something happened. Whoever can send a datagram can say so, unless it is of version 3: it is a reason to
/// look, and nothing is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trap {
    /// Who sent it.
    pub source: IpAddr,
    /// Whose it is, where it says so: agent-addr of version 1, or snmpTrapAddress (RFC 3584 §3.1).
    pub agent: Option<IpAddr>,
    /// SNMPv2-MIB snmpTrapOID; `None` where it was not told in the open.
    pub name: Option<Oid>,
    /// The interface that it is about.
    pub if_index: Option<IfIndex>,
    /// Whether the device is to be polled at once.
    pub poll: bool,
    /// Whether the device is to be read anew.
    pub reread: bool,
    /// What operators are to see; `None` where the same was told a moment ago.
    pub told: Option<Box<TrapTold>>,
}

/// What operators are to see of a trap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrapTold {
    /// The trap in words.
    pub detail: TrapDetail,
    /// How bad; `None` is no fault.
    pub severity: Option<Severity>,
    /// How many said the same since it was told last.
    pub count: u32,
}

/// No answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silent {
    /// The device, where it is a known one that was polled.
    pub device: Option<DeviceId>,
    /// Who was asked.
    pub target: SocketAddr,
    /// Why it counts as no answer.
    pub reason: Reason,
    /// A sentence for people.
    pub detail: String,
    /// Requests sent, repetitions included.
    pub sent: u32,
    /// ICMP echoes to it; `None` where it is not pinged.
    pub echoes: Option<Echoes>,
}

/// A device answers at another of its addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The device.
    pub device: DeviceId,
    /// Where it was polled and does not answer.
    pub silent: SocketAddr,
    /// Where it answers.
    pub answers: SocketAddr,
}

/// A device's status went from one word to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatusChange {
    /// The device.
    pub device: DeviceId,
    /// Before.
    pub from: DeviceStatus,
    /// After.
    pub to: DeviceStatus,
    /// Why, in words.
    pub reason: String,
}

/// Something happened in the spanning tree of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StpChange {
    /// The device.
    pub device: DeviceId,
    /// What happened.
    pub change: StpEvent,
}

/// What happens in spanning trees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StpEvent {
    /// It takes another bridge for the root: before, after.
    Root(BridgeId, BridgeId),
    /// The topology changed so many times since the reading before.
    Topology(u32),
    /// A port, by its name, went from one state to another.
    Port(String, String, String),
}

/// Other hardware in a device's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replacement {
    /// The device that stood there; it is gone.
    pub old: DeviceId,
    /// What stands there now.
    pub new: Device,
}

/// Endpoints that changed between two looks at all tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EndpointChanges {
    /// Appeared, moved, or described otherwise; by hardware address.
    pub seen: Vec<Endpoint>,
    /// Forgotten, or found to be a device's own.
    pub gone: Vec<MacAddr>,
}

/// Endpoints that one [`EndpointChanges`] holds at most, so that no journal record grows without bound: about 64 KiB.
pub const MAX_ENDPOINT_CHANGES: usize = 1000;

/// An interface's status went from one word to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceStatusChange {
    /// The device.
    pub device: DeviceId,
    /// The interface's number.
    pub if_index: IfIndex,
    /// The interface's name at that time.
    pub name: String,
    /// ifAdminStatus after.
    pub admin: Option<AdminStatus>,
    /// ifOperStatus before.
    pub from: Option<OperStatus>,
    /// ifOperStatus after.
    pub to: Option<OperStatus>,
}

/// A part of a device went from one status to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GaugeStatusChange {
    /// The device.
    pub device: DeviceId,
    /// What it measures.
    pub kind: GaugeKind,
    /// Its name.
    pub name: String,
    /// Before.
    pub from: HealthStatus,
    /// After.
    pub to: HealthStatus,
}

/// A part of what is known of a wireless controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WirelessPart {
    /// Its number, from 0.
    pub part: u16,
    /// What is in it.
    pub reading: WirelessReading,
}

/// Access points and clients that one [`WirelessPart`] holds at most, so that no journal record grows without bound: about 64 KiB.
pub const MAX_PART: (usize, usize) = (256, 800);

/// Something happened to an access point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApChange {
    /// Its controller.
    pub controller: DeviceId,
    /// The address by which the controller knows it.
    pub key: MacAddr,
    /// Its name.
    pub name: String,
    /// What happened.
    pub change: ApEvent,
}

/// What happens to access points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApEvent {
    /// It is there for the first time.
    New,
    /// Its status went from one word to another.
    Status(ApStatus, ApStatus),
    /// A radio, by its slot, went from one channel to another.
    Channel(u16, u16, u16),
    /// It was down for so long that it is forgotten.
    Forgotten,
}

/// How far a discovery run is. Each message holds the whole, so that a lost one does no harm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DiscoveryProgress {
    /// Number of the run since the engine started, from 1.
    pub run: u32,
    /// What was asked for, as given.
    pub targets: Vec<String>,
    /// Networks that may be asked.
    pub scope: Vec<String>,
    /// When the run began.
    pub started_at: Timestamp,
    /// Whether it goes on, is paused, or is over.
    pub running: bool,
    /// Whether the operator paused it.
    pub paused: bool,
    /// The phases, in order.
    pub phases: Vec<DiscoveryPhase>,
    /// Addresses asked so far.
    pub asked: u64,
    /// Addresses that answered.
    pub answered: u64,
    /// Addresses that were silent.
    pub silent: u64,
    /// Distinct devices.
    pub devices: u64,
    /// Links; the collector leaves it 0, the state knows them.
    pub links: u64,
    /// In flight now.
    pub in_flight: u64,
    /// Estimated seconds left; `None` while it can't be said.
    pub seconds_left: Option<f64>,
    /// The latest failures, at most [`MAX_FAILURES`].
    pub failures: Vec<crate::model::inventory::Problem>,
    /// All failures.
    pub failed: u64,
}

/// Failures kept in one [`DiscoveryProgress`]: what a screen can show; the rest is counted.
pub const MAX_FAILURES: usize = 64;

/// One phase of a discovery run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DiscoveryPhase {
    /// `reach`, `snmp`, `inventory`, `neighbours`
    pub name: String,
    /// Done.
    pub done: u64,
    /// Waiting or in flight.
    pub queued: u64,
    /// Failed.
    pub failed: u64,
    /// 95th percentile of its duration, milliseconds.
    pub p95_ms: Option<f64>,
}
