//! The scenario file as it is written: TOML into plain values, unknown keys refused.

pub use super::export::{Class, Export, ExportForm, Service, WorldFile};
mod condition;

pub use condition::{BindFile, ConditionFile, Unfed};

use crate::model::Role;
use crate::sim::shape::Profile;
use crate::sim::wlan::{Family, WlanFile};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A whole scenario file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// Name of the network
    pub name: String,
    /// The built-in scenario whose kinds and services it has as well, and whose VLANs where it names none
    pub like: Option<String>,
    /// sysContact of every device
    #[serde(default)]
    pub contact: String,
    /// The community that is answered; any other is met with silence
    #[serde(default = "public")]
    pub community: String,
    /// Names of further sites, used as the network grows; the first site has no prefix
    #[serde(default)]
    pub sites: Vec<String>,
    /// How it grows
    pub grow: Grow,
    /// VLANs of every bridge
    #[serde(default)]
    pub vlan: Vec<VlanFile>,
    /// Kinds of devices
    #[serde(default)]
    pub kind: Vec<KindFile>,
    /// Devices
    pub group: Vec<GroupFile>,
    /// Cables that are nobody's uplink
    #[serde(default)]
    pub wire: Vec<WireFile>,
    /// What is wrong in it
    #[serde(default)]
    pub condition: Vec<ConditionFile>,
    /// Wireless networks
    #[serde(default)]
    pub wlan: Vec<WlanFile>,
    /// What is talked
    #[serde(default)]
    pub service: Vec<Service>,
    /// Networks of the world outside
    #[serde(default)]
    pub world: Vec<WorldFile>,
}

impl ScenarioFile {
    /// Takes over what another has that is no device: kinds whose names are free, services and what they talk to, VLANs where there are none.
    pub fn take_after(&mut self, other: Self) {
        let own: std::collections::BTreeSet<String> = self.kind.iter().map(|kind| kind.name.clone()).collect();
        self.kind.extend(other.kind.into_iter().filter(|kind| !own.contains(&kind.name)));
        self.service.extend(other.service);
        self.world.extend(other.world);
        if self.vlan.is_empty() {
            self.vlan = other.vlan;
        }
    }
}

fn public() -> String {
    "public".to_owned()
}

/// How the network grows to more devices than its groups say.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grow {
    /// Buildings of the first site as written
    pub buildings: u16,
    /// Devices above which a building is followed by another
    pub building_devices: usize,
    /// Devices above which a site is followed by another
    pub site_devices: usize,
}

/// A VLAN.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VlanFile {
    pub id: u16,
    pub name: String,
    /// What single devices call it
    #[serde(default)]
    pub named: BTreeMap<String, String>,
    /// Devices whose trunks forgot it
    #[serde(default)]
    pub pruned: Vec<String>,
}

/// How a kind names its ports in LLDP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortIdStyle {
    /// lldpLocPortNum counts the ports from 1, the port id is the ifName (subtype 5).
    #[default]
    Name,
    /// lldpLocPortNum is the ifIndex, the port id its text (subtype 7).
    Index,
    /// lldpLocPortNum is the ifIndex, the port id the MAC address (subtype 3).
    Mac,
}

/// A kind of device.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindFile {
    /// Its name in this file
    pub name: String,
    /// What it is for
    pub role: Role,
    /// Vendor's name, as entPhysicalMfgName has it
    pub vendor: Option<String>,
    /// Model name, as entPhysicalModelName has it
    pub model: Option<String>,
    /// Operating system's version, also entPhysicalSoftwareRev
    pub os_version: Option<String>,
    /// Serial number; `{serial}` is what tells one from the other
    pub serial: Option<String>,
    /// What its vendor's own scalars say, by name; `{serial}` as above
    #[serde(default)]
    pub says: BTreeMap<String, String>,
    /// What it tells in tables of its own: of power, of the room, of telephones
    #[serde(default)]
    pub tells: Vec<TellFile>,
    /// sysDescr; `{name}` is the device's name
    #[serde(default)]
    pub sys_descr: String,
    /// sysObjectID; none: it has no SNMP and is only heard of
    pub sys_object_id: Option<String>,
    /// sysServices
    #[serde(default)]
    pub sys_services: u8,
    /// First three octets of its MAC addresses
    pub oui: String,
    /// Whether it speaks LLDP
    #[serde(default)]
    pub lldp: bool,
    /// Whether it speaks CDP
    #[serde(default)]
    pub cdp: bool,
    /// Whether it bridges: BRIDGE-MIB and Q-BRIDGE-MIB
    #[serde(default)]
    pub bridge: bool,
    /// Whether links to others of this sort have addresses of their own
    #[serde(default)]
    pub routed: bool,
    /// Whether it dies with the switch that feeds it
    #[serde(default)]
    pub poe: bool,
    /// Whether entPhysicalTable has its chassis
    #[serde(default)]
    pub entity: bool,
    /// What it is built of, beside its ports
    #[serde(default)]
    pub chassis: ChassisFile,
    /// Whether its access ports feed what is plugged in (RFC 3621)
    #[serde(default)]
    pub feeds: bool,
    /// Whose tables of wireless networks it has
    pub wlan: Option<Family>,
    /// How it names its ports in LLDP
    #[serde(default)]
    pub port_id: PortIdStyle,
    /// LLDP capabilities: bridge, router, wlanAccessPoint, telephone, stationOnly, other
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Its ports, by ifIndex
    pub ports: Vec<PortsFile>,
    /// How it names aggregates
    pub lag: Option<LagFile>,
}

/// What a device is built of. Ports belong to the member of a stack, or to the module in a chassis, that their names begin with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChassisFile {
    /// Members of a stack; 0 and 1 are none
    pub members: u16,
    /// Modules in slots
    pub modules: Vec<ModuleFile>,
    /// Model of the module that holds its uplinks, where they stand in one
    pub uplinks: Option<String>,
    /// Model of a power supply
    pub supply: Option<String>,
    /// Whether its sensors stand in CISCO-ENTITY-SENSOR-MIB, which knows light: those of optics are there too
    pub optics: bool,
}

/// A module in a slot of a chassis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleFile {
    /// Its slot
    pub slot: u16,
    /// What it is: `Line card`, `Supervisor`
    pub name: String,
    /// Its model
    pub model: String,
}

/// Cells of one object of a kind: texts, numbers by row, or a number that follows the day.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TellFile {
    /// Its name in `mibs/`
    pub object: String,
    /// Indexes of its rows; none is the one of a scalar
    #[serde(default)]
    pub rows: Vec<String>,
    /// By row; the last counts for all behind
    #[serde(default)]
    pub texts: Vec<String>,
    /// By row; the last counts for all behind
    #[serde(default)]
    pub numbers: Vec<i64>,
    /// At night, at the height of the day
    pub day: Option<[f64; 2]>,
    /// When it is something else
    #[serde(default)]
    pub during: Vec<DuringFile>,
}

/// A while in which cells are something else.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuringFile {
    /// On one device of the kind
    pub device: Option<String>,
    /// In one row, counted from 0
    pub row: Option<usize>,
    /// How long before the scenario's moment
    pub since: String,
    /// How long; none lasts
    pub took: Option<String>,
    /// What it is then
    pub is: f64,
    /// What it becomes until the end
    pub to: Option<f64>,
}

/// What a port is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortUse {
    /// Desks, phones, access points
    Access,
    /// Towards the core
    Up,
    /// Away from the core
    #[default]
    Down,
    /// Has the management address; no cable
    Management,
    /// Inside only
    Loopback,
}

/// Ports of one sort.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortsFile {
    /// ifName; `{n}` is the port's number
    pub name: String,
    /// ifDescr; as the name when left out
    pub descr: Option<String>,
    /// How many
    #[serde(default = "one")]
    pub count: u16,
    /// Number of the first
    #[serde(default = "one")]
    pub first: u16,
    /// ifIndex of the first
    pub index: u32,
    /// From one ifIndex to the next
    #[serde(default = "one_wide")]
    pub step: u32,
    /// IANAifType: 6 is ethernetCsmacd
    #[serde(default = "ethernet")]
    pub if_type: u32,
    /// `1G`, `100M`
    pub speed: String,
    /// What they are for
    #[serde(default)]
    pub r#use: PortUse,
}

const fn one() -> u16 {
    1
}

const fn one_wide() -> u32 {
    1
}

const fn ethernet() -> u32 {
    6
}

/// How aggregates are named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LagFile {
    /// ifName; `{n}` is its number
    pub name: String,
    /// ifDescr; as the name when left out
    pub descr: Option<String>,
    /// ifIndex of number 1; above those of the ports
    pub index: u32,
}

/// Where a group stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// So many at each site
    #[default]
    Site,
    /// So many in each building
    Building,
}

/// How many: the same everywhere, or by building.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Count {
    /// The same everywhere
    Same(u16),
    /// For building 1, 2, …; the last goes on
    Each(Vec<u16>),
}

/// Devices of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupFile {
    /// sysName; `{b}` building, `{n}` or `{nn}` number, `{f}` floor
    pub name: String,
    /// Kind, or one for each building in turn
    pub kind: OneOrMore,
    /// Single ones of another kind, by name
    #[serde(default)]
    pub instead: BTreeMap<String, String>,
    /// How many
    pub count: Count,
    /// Bridge priorities of the first, second, …; that of the standard when left out (IEEE 802.1D-2004 table 17-2)
    #[serde(default)]
    pub priority: Vec<u16>,
    /// Per site or building
    #[serde(default)]
    pub per: Per,
    /// Number of the first, and from one to the next
    #[serde(default = "counting")]
    pub numbers: [u16; 2],
    /// sysLocation
    #[serde(default)]
    pub location: String,
    /// Names of what stands at its access ports (ifAlias), by chance; `{n}` is a small number
    #[serde(default)]
    pub desks: Vec<String>,
    /// ifAlias at the far end of its cables; `to {name}` when left out
    #[serde(default)]
    pub alias: Vec<String>,
    /// Cables towards the core
    #[serde(default)]
    pub uplinks: Vec<UplinkFile>,
    /// Octets per second that it takes itself at its busiest hour, as `40M` bit/s
    pub load: Option<String>,
    /// How much of what it takes is also sent
    #[serde(default = "quarter")]
    pub sends: f64,
    /// Curve of its week
    #[serde(default)]
    pub profile: Profile,
    /// Weight when the network grows; 0 stays as it is
    #[serde(default)]
    pub grows: u16,
    /// How they export flows; they don't when left out
    pub flows: Option<Export>,
}

const fn counting() -> [u16; 2] {
    [1, 1]
}

const fn quarter() -> f64 {
    0.25
}

/// A name, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One
    One(String),
    /// Several
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::More(names) => names,
        }
    }
}

/// A cable of a group's devices.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UplinkFile {
    /// To which device: a name with the same placeholders, `*` at its end for each in turn
    pub to: String,
    /// How many; more than one make an aggregate
    #[serde(default = "one")]
    pub count: u16,
    /// Which of the far end's ports
    #[serde(default)]
    pub at: PortUse,
    /// Share of the load that takes this way
    #[serde(default = "whole")]
    pub share: f64,
    /// A spanning tree blocks it
    #[serde(default)]
    pub blocked: bool,
}

const fn whole() -> f64 {
    1.0
}

/// A cable between two named devices.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireFile {
    /// One end
    pub a: String,
    /// The other
    pub b: String,
    /// How many; more than one make an aggregate
    #[serde(default = "one")]
    pub count: u16,
    /// Which ports of both
    #[serde(default)]
    pub at: PortUse,
    /// bit/s each way at the busiest hour
    pub load: String,
    /// A spanning tree blocks it
    #[serde(default)]
    pub blocked: bool,
}
