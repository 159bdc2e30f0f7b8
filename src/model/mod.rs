//! The nouns of the field: devices, interfaces, links, series, times, addresses.
//!
//! Nothing here opens a socket, reads a clock or knows a crate of the edge. Every other module may use these types and
//! these use none of ours. Start reading at [`device`], then [`inventory`] (what a collector reads of one device) and
//! [`series`] (what is measured).

pub mod access;
pub mod addr;
pub mod alarm;
pub mod audit;
pub mod bands;
pub mod device;
pub mod flow;
pub mod forget;
pub mod health;
pub mod heard;
pub mod identity;
pub mod interface;
pub mod inventory;
pub mod limit;
pub mod link;
pub mod log;
pub mod maintenance;
pub mod neighbour;
pub mod notice;
pub mod oid;
pub mod panic;
pub mod permission;
pub mod points;
pub mod poll;
pub mod port;
pub mod rollup;
pub mod secret;
pub mod series;
pub mod sighting;
pub mod switching;
pub mod text;
pub mod time;
pub mod topology;
pub mod unit;
pub mod upkeep;
pub mod wireless;

pub use access::{Credential, SnmpAccess, SnmpVersion};
pub use addr::MacAddr;
pub use alarm::{
    Acknowledgement, Alarm, AlarmAct, AlarmOrder, Cause, CauseRule, CauseStep, Episode, Explained, Flap, Handling, Severity,
    Silence,
};
pub use bands::Band;
pub use device::{Device, DeviceId, DeviceStatus, Role};
pub use forget::{ForgetOrder, Forgetting, Forgotten, Leaving};
pub use health::{Gauge, GaugeKind, Health, HealthStatus, Measured, SensorClass};
pub use interface::{AdminStatus, IfIndex, Interface, OperStatus};
pub use inventory::Inventory;
pub use limit::{AtLimit, Limit, LimitReading};
pub use link::{Confirmed, Evidence, Link, LinkEnd, LinkKey, Neighbour};
pub use log::{Facility, LogBatch, LogKind, LogLine, LogSeverity};
pub use maintenance::{MaintenanceAct, Scope, Window};
pub use neighbour::{ChassisId, NeighbourRow, PortId};
pub use notice::{AlarmFacts, Notice, NoticeKind, NoticeOutcome};
pub use oid::Oid;
pub use permission::{Capability, Disabled, Function, Rights, Started};
pub use rollup::{Level, Rollup};
pub use series::{EntityKey, Metric, Point, Sample, SampleBatch, SampleRow};
pub use sighting::{ArpRow, Endpoint, FdbRow, Sightings};
pub use switching::{
    Bridge, BridgeId, BridgeReading, Duplex, Physical, PhysicalClass, PoePort, PoeStatus, PortMode, PortReading, StpPort, StpRole,
};
pub use time::{TimeRange, Timestamp};
pub use wireless::{AccessPoint, ApStatus, Radio, Ssid, WifiBand, WirelessClient, WirelessReading};
