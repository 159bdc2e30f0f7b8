//! A scenario: a whole network as small typed facts, made from a file, a size, a seed and a moment.
//!
//! It must not know how it is asked (see [`view`](super::view)) nor what time it is: everything that changes is a function
//! in [`truth`](super::truth). Start at [`Scenario`]; `file` is the TOML, [`plan`] says which devices there are,
//! [`build`] cables them, [`trouble`] breaks something.

pub mod build;
pub mod export;
pub mod file;
pub mod kind;
pub mod parts;
pub mod plan;
pub mod tell;
pub mod tree;
pub mod trouble;

use super::shape::Load;
use crate::model::{MacAddr, Timestamp};
use ipnet::Ipv4Net;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

pub use kind::{Kind, LagNames, PortSpec};
pub use trouble::{PortTrouble, WireTrouble};

/// The campus that is built in.
pub const CAMPUS: &str = include_str!("../scenarios/campus.toml");

/// A core that falls, with all that is behind it.
pub const CORE_CUT: &str = include_str!("../scenarios/core-cut.toml");

/// The scenarios that are built in, by name; the first is the one that is meant where none is named.
pub const BUILT_IN: [(&str, &str); 2] = [("campus", CAMPUS), ("core-cut", CORE_CUT)];

/// What can be wrong with a scenario: every fault at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// It is not TOML, or has keys or values that don't belong there.
    #[error("{file}: {detail}")]
    Syntax {
        /// Which file
        file: String,
        /// Where and what, as the TOML reader says it
        detail: String,
    },
    /// It names what isn't there.
    #[error("{file}: {}", .faults.join("; "))]
    Faulty {
        /// Which file
        file: String,
        /// What is wrong, one sentence each
        faults: Vec<String>,
    },
}

/// What a file does not say: how large, which chance, when, and at which addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Devices with SNMP; `None` is what the file says.
    pub devices: Option<usize>,
    /// Seed of everything that looks like chance.
    pub seed: u64,
    /// The moment from which conditions count back.
    pub moment: Timestamp,
    /// Where the agents answer.
    pub network: Ipv4Net,
}

/// The network on which scenarios answer when nothing else is said: loopback, and apart from what else uses it.
pub const NETWORK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 100, 0, 0), 16);

impl Scale {
    /// The file's own size at `moment`.
    pub const fn at(moment: Timestamp, seed: u64) -> Self {
        Self { devices: None, seed, moment, network: NETWORK }
    }
}

/// Number of a device in its scenario.
pub type DeviceNumber = u32;

/// Number of a wire in its scenario.
pub type WireNumber = u32;

/// A port of a device: its place among the kind's ports; aggregates follow.
pub type PortNumber = u16;

/// Which end of a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Side {
    A,
    B,
}

impl Side {
    /// The far end.
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// One end of a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Device
    pub device: DeviceNumber,
    /// Port
    pub port: PortNumber,
}

/// A cable.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// The end further from the world
    pub a: End,
    /// The end nearer to it
    pub b: End,
    /// Nominal speed, bit/s
    pub speed_bps: u64,
    /// What goes from a to b
    pub forth: Load,
    /// What goes from b to a
    pub back: Load,
    /// A spanning tree blocks it at the end that is further from the root
    pub blocked: bool,
}

impl Wire {
    /// One of its ends.
    pub const fn end(&self, side: Side) -> End {
        match side {
            Side::A => self.a,
            Side::B => self.b,
        }
    }
}

/// A cabled port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cable {
    /// The port
    pub port: PortNumber,
    /// What is plugged in
    pub wire: WireNumber,
    /// Which end of it
    pub side: Side,
    /// The aggregate it belongs to: place in [`Node::lags`]
    pub lag: Option<u8>,
}

/// An aggregate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Its members: places in [`Node::cables`]
    pub members: Vec<u16>,
}

/// An address of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnAddress {
    /// Address and prefix length
    pub net: Ipv4Net,
    /// The port that has it
    pub port: PortNumber,
}

/// A device.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// sysName
    pub name: String,
    /// Place in [`Scenario::kinds`]
    pub kind: u16,
    /// Place in [`Scenario::groups`]
    pub group: u16,
    /// Site, from 0
    pub site: u16,
    /// Building, from 1; 0 is none
    pub building: u16,
    /// Floor, from 1
    pub floor: u16,
    /// Chassis MAC address; those of its ports follow
    pub mac: MacAddr,
    /// Where it answers; `None` is only heard of
    pub address: Option<Ipv4Addr>,
    /// Its priority as a bridge
    pub priority: u16,
    /// Its addresses, sorted
    pub addresses: Vec<OwnAddress>,
    /// Cabled ports, by port
    pub cables: Vec<Cable>,
    /// Aggregates
    pub lags: Vec<Lag>,
}

/// What the truth and the view need of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// sysLocation with placeholders
    pub location: String,
    /// ifAlias of what stands at its access ports
    pub desks: Vec<String>,
    /// ifAlias at the far end of its cables
    pub alias: Vec<String>,
    /// How they export flows
    pub export: Option<file::Export>,
}

/// A VLAN of every bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedVlan {
    /// VLAN id
    pub id: u16,
    /// Its name
    pub name: String,
    /// What single devices call it
    pub named: BTreeMap<String, String>,
    /// Devices whose trunks forgot it
    pub pruned: Vec<String>,
}

/// A network.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name
    pub name: String,
    /// sysContact
    pub contact: String,
    /// The community that is answered
    pub community: String,
    /// Seed of what looks like chance
    pub seed: u64,
    /// The moment from which conditions count back
    pub moment: Timestamp,
    /// Where the agents answer
    pub network: Ipv4Net,
    /// VLANs of every bridge
    pub vlans: Vec<NamedVlan>,
    /// Kinds of devices
    pub kinds: Vec<Kind>,
    /// Groups of the file
    pub groups: Vec<Group>,
    /// Names of the sites
    pub sites: Vec<String>,
    /// All devices; those with an address come in the order of their addresses
    pub nodes: Vec<Node>,
    /// All cables
    pub wires: Vec<Wire>,
    /// Wires with something wrong
    pub wire_troubles: FxHashMap<WireNumber, WireTrouble>,
    /// Ports with something wrong
    pub port_troubles: FxHashMap<(DeviceNumber, PortNumber), PortTrouble>,
    /// Parts that failed, by entPhysicalIndex: whether they were taken out
    pub part_troubles: FxHashMap<(DeviceNumber, u32), bool>,
    /// The place of each bridge in its spanning tree
    pub trees: FxHashMap<DeviceNumber, tree::Branch>,
    /// When devices were silent
    pub outages: FxHashMap<DeviceNumber, Vec<trouble::Outage>>,
    /// When part of the network was not reached, and for want of which device
    pub cuts: Vec<trouble::Cut>,
    /// What devices say beside their everyday
    pub sayings: Vec<trouble::Told<trouble::Line>>,
    /// What devices notify of beside their everyday
    pub notifications: Vec<trouble::Told<trouble::Notification>>,
    /// What comes on top along whole paths
    pub surges: Vec<trouble::Surge>,
    /// Wireless networks
    pub wlans: Vec<super::wlan::WlanFile>,
    /// What is talked
    pub services: Vec<file::Service>,
    /// Networks of the world outside
    pub world: Vec<file::WorldFile>,
    by_address: FxHashMap<Ipv4Addr, DeviceNumber>,
}

impl Scenario {
    /// From the text of a file.
    ///
    /// # Errors
    /// Every fault of the file at once, with its place where the TOML reader knows it.
    pub fn parse(file: &str, text: &str, scale: Scale) -> Result<Self, ScenarioError> {
        let faulty = |fault| ScenarioError::Faulty { file: file.to_owned(), faults: vec![fault] };
        let mut parsed = read(file, text)?;
        if let Some(like) = parsed.like.take() {
            let other = BUILT_IN.iter().find(|(name, _)| *name == like);
            let (name, text) = other.ok_or_else(|| faulty(format!("like: there is no built-in scenario {like}")))?;
            parsed.take_after(read(name, text)?);
        }
        build::build(&parsed, scale).map_err(|faults| ScenarioError::Faulty { file: file.to_owned(), faults })
    }

    /// A scenario that is built in; `None` where none has this name.
    ///
    /// # Errors
    /// None in a released binary: a test builds them all.
    pub fn built_in(name: &str, scale: Scale) -> Option<Result<Self, ScenarioError>> {
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Some(Self::parse(&format!("{name}.toml"), text, scale))
    }

    /// The campus that is built in.
    ///
    /// # Errors
    /// None in a released binary: a test builds it.
    pub fn campus(scale: Scale) -> Result<Self, ScenarioError> {
        Self::parse("campus.toml", CAMPUS, scale)
    }

    /// A device.
    pub fn node(&self, device: DeviceNumber) -> Option<&Node> {
        self.nodes.get(device as usize)
    }

    /// Its kind.
    pub fn kind(&self, node: &Node) -> Option<&Kind> {
        self.kinds.get(usize::from(node.kind))
    }

    /// Its number by the address where it answers.
    pub fn at_address(&self, address: Ipv4Addr) -> Option<DeviceNumber> {
        self.by_address.get(&address).copied()
    }

    /// Its number by name.
    pub fn named(&self, name: &str) -> Option<DeviceNumber> {
        self.nodes.iter().zip(0..).find(|(node, _)| node.name == name).map(|(_, number)| number)
    }

    /// The devices that answer SNMP: number and address, in the order of their addresses.
    pub fn agents(&self) -> impl Iterator<Item = (DeviceNumber, Ipv4Addr, &Node)> {
        self.nodes.iter().zip(0..).filter_map(|(node, number)| node.address.map(|address| (number, address, node)))
    }

    /// The agents that are reached from the first of all devices through this one alone.
    pub fn behind_alone(&self, device: DeviceNumber) -> Vec<DeviceNumber> {
        let mut seen = vec![false; self.nodes.len()];
        let mut open: Vec<DeviceNumber> = (0..).take(1).filter(|first| *first != device).collect();
        while let Some(at) = open.pop() {
            let Some(mark) = seen.get_mut(at as usize).filter(|mark| !**mark) else { continue };
            *mark = true;
            let cables = self.node(at).map_or(&[][..], |node| &node.cables);
            let far = cables.iter().filter_map(|cable| Some(self.wires.get(cable.wire as usize)?.end(cable.side.other()).device));
            open.extend(far.filter(|far| *far != device));
        }
        let is_lost = |number: &DeviceNumber| *number != device && !seen.get(*number as usize).is_some_and(|seen| *seen);
        self.agents().map(|(number, ..)| number).filter(is_lost).collect()
    }

    /// sysLocation of a device.
    pub fn location(&self, node: &Node) -> String {
        let group = self.groups.get(usize::from(node.group));
        let site = self.sites.get(usize::from(node.site)).map_or("", String::as_str);
        let fields = plan::Fields { site, building: node.building, floor: node.floor, number: 0 };
        group.map_or_else(String::new, |group| fields.fill(&group.location))
    }
}

fn read(file: &str, text: &str) -> Result<file::ScenarioFile, ScenarioError> {
    toml::from_str(text).map_err(|error| ScenarioError::Syntax { file: file.to_owned(), detail: error.to_string() })
}
