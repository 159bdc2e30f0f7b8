//! Switching a port: what is wanted, what it would do, and what came of it.

use super::device::DeviceId;
use super::interface::IfIndex;
use serde::{Deserialize, Serialize};

/// Devices, neighbours and addresses that one plan names; more are counted.
pub const MAX_NAMED: usize = 12;

/// What is to be done to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortAct {
    /// ifAdminStatus up. Source: RFC 2863.
    Up,
    /// ifAdminStatus down.
    Down,
    /// pethPsePortAdminEnable false, and true again after some seconds. Source: RFC 3621.
    PoeCycle,
}

impl PortAct {
    /// The word of the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::PoeCycle => "poe-cycle",
        }
    }

    /// Its kind in the audit journal.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Up => "port.up",
            Self::Down => "port.down",
            Self::PoeCycle => "port.poe-cycle",
        }
    }
}

/// A port, and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortOrder {
    /// The device, by name or id.
    pub device: String,
    /// The port, by name, alias or ifIndex.
    pub port: String,
    /// What.
    pub act: PortAct,
}

/// An order that whoever gives it has seen the plan of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortSet {
    /// What.
    pub order: PortOrder,
    /// The device that the plan was about: a name may have come to mean another since.
    pub device: DeviceId,
    /// The port that it was about.
    pub if_index: IfIndex,
    /// Even if it may cut the way by which the device is managed.
    pub force: bool,
}

/// An object that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortStep {
    /// Its name: `ifAdminStatus.10101`.
    pub object: String,
    /// Its number.
    pub oid: String,
    /// Its value before; `None` where the agent told none.
    pub old: Option<String>,
    /// Its value after.
    pub new: String,
    /// What became of it; `None` while nothing was done.
    pub outcome: Option<String>,
}

/// What hangs on a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hanging {
    /// Devices and neighbours at the other ends of its links, with their ports.
    pub links: Vec<String>,
    /// Addresses that were seen behind it: how many.
    pub endpoints: usize,
    /// Some of them.
    pub addresses: Vec<String>,
    /// Devices that could not be reached any more: how many.
    pub cut: usize,
    /// Some of them.
    pub cut_off: Vec<String>,
    /// Why switching it may cut the way by which the device itself is managed.
    pub own_way: Option<String>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// What an order would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortPlan {
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub device_name: String,
    /// ifIndex
    pub if_index: IfIndex,
    /// The port's name.
    pub port: String,
    /// ifAlias
    pub alias: Option<String>,
    /// What is wanted.
    pub act: PortAct,
    /// Where the agent is asked.
    pub address: String,
    /// By which credential, by its name.
    pub credential: String,
    /// SNMP version
    pub version: String,
    /// What is set, in order.
    pub steps: Vec<PortStep>,
    /// ifOperStatus now.
    pub oper: Option<String>,
    /// Power over Ethernet at it now.
    pub power: Option<String>,
    /// What hangs on it.
    pub hanging: Hanging,
    /// Whether it is as wanted already.
    pub is_so: bool,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortEnd {
    /// It is as wanted, and the port came up, went down or gives power again.
    Done,
    /// It is as wanted, and the port did not follow in time.
    Unsettled,
    /// It was as wanted before: nothing was set.
    Already,
    /// It is not as wanted.
    Failed,
    /// It can't be told: the agent does not answer any more.
    Unknown,
}

impl PortEnd {
    /// The word of the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unsettled => "unsettled",
            Self::Already => "already",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortResult {
    /// What was planned, its steps with what became of them.
    pub plan: PortPlan,
    /// How it ended.
    pub end: PortEnd,
    /// That in words.
    pub text: String,
    /// ifOperStatus afterwards.
    pub oper: Option<String>,
    /// Where it stands in the audit journal.
    pub receipt: String,
}
