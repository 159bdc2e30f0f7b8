//! The host's own ports and the frames on them: the one door of pnet's datalink part.
//!
//! pnet lists the ports ([`ports`]). What neighbours announce is heard by [`announcements`], over one socket for all ports; everything
//! that a port carries is read by a [`ring`], which the kernel fills and no call per frame empties (docs/decisions/0061-capture.md).
//! Nothing here knows what a frame means.

pub mod announcements;
pub mod ring;
mod socket;

pub use announcements::{Announcements, Heard, MAX_FRAME};
pub use ring::{Frame, Ring, RingOptions};

use crate::model::permission::{Function, granted};
use crate::model::{IfIndex, MacAddr};
use ipnet::IpNet;
use std::io;

/// One of the host's ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its number in the kernel, which is its ifIndex.
    pub if_index: IfIndex,
    /// Its name.
    pub name: String,
    /// Its hardware address.
    pub mac: Option<MacAddr>,
    /// Its addresses.
    pub addresses: Vec<IpNet>,
    /// Whether it is the loopback.
    pub is_loopback: bool,
    /// Whether it is to be up (IFF_UP).
    pub is_up: bool,
    /// Whether it works (IFF_RUNNING).
    pub is_running: bool,
}

/// The host's ports, by number.
pub fn ports() -> Vec<Port> {
    let mut ports: Vec<Port> = pnet::datalink::interfaces()
        .into_iter()
        .map(|port| Port {
            if_index: IfIndex(port.index),
            mac: port.mac.map(|mac| MacAddr([mac.0, mac.1, mac.2, mac.3, mac.4, mac.5])).filter(|mac| mac.is_identity()),
            addresses: port.ips.iter().filter_map(|net| IpNet::new(net.ip(), net.prefix()).ok()).collect(),
            is_loopback: port.is_loopback(),
            is_up: port.is_up(),
            is_running: port.is_running(),
            name: port.name,
        })
        .collect();
    ports.sort_by_key(|port| port.if_index);
    ports
}

/// Frames can't be heard.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The process may not do what is named.
    #[error("no permission {what}: {grant} grants it", what = .0, grant = granted(Function::Capture, 0))]
    NotPermitted(&'static str),
    /// There is no port of that name.
    #[error("there is no interface {0}")]
    NoPort(String),
    /// Something else.
    #[error("no packet socket: {0}")]
    Socket(#[from] io::Error),
}

/// The port of this name.
///
/// # Errors
/// There is none.
pub fn port(name: &str) -> Result<Port, CaptureError> {
    ports().into_iter().find(|port| port.name == name).ok_or_else(|| CaptureError::NoPort(name.to_owned()))
}
