//! Maintenance: times for which what happens to a part of the network is nobody's alarm.

use super::device::DeviceId;
use super::link::{LinkEnd, LinkKey};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What is being worked on. What is inside or hangs on it alone is too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Everything.
    All,
    /// All devices of a site: whose location begins with this text.
    Site(String),
    /// A device with its ports and parts, and what is reached through it alone.
    Device(DeviceId),
    /// An interface, by name, and what is reached through it alone.
    Interface(DeviceId, String),
    /// A link: both its ports, and what is reached through it alone.
    Link(Box<LinkKey>),
    /// Every device and link on the shortest ways between two devices.
    Path(DeviceId, DeviceId),
}

impl Scope {
    /// In words, as it is listed.
    pub fn words(&self) -> String {
        let end = |end: &LinkEnd| format!("{} {}", end.device, end.port.as_deref().unwrap_or("?"));
        match self {
            Self::All => "all".to_owned(),
            Self::Site(site) => format!("site {site}"),
            Self::Device(id) => format!("device {id}"),
            Self::Interface(id, port) => format!("interface {id} {port}"),
            Self::Link(key) => format!("link {} - {}", end(&key.0), end(&key.1)),
            Self::Path(from, to) => format!("path {from} - {to}"),
        }
    }

    /// The devices that it names, by id or name.
    pub fn devices(&self) -> Vec<&DeviceId> {
        match self {
            Self::All | Self::Site(_) => Vec::new(),
            Self::Device(id) | Self::Interface(id, _) => vec![id],
            Self::Link(key) => vec![&key.0.device, &key.1.device],
            Self::Path(from, to) => vec![from, to],
        }
    }
}

/// A time of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// What it is called by whoever ends it; unique among those that are not over.
    pub name: String,
    /// What is worked on.
    pub scope: Scope,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Who said so; `configuration` where it is planned there.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}

impl Window {
    /// Whether it goes on at a time.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

/// What an operator does about maintenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MaintenanceAct {
    /// Work begins now or later.
    Begin(Box<Window>),
    /// The work of this name is over: by whom.
    End(String, String),
}
