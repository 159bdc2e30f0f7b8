//! The document `noctop.topology/1` (contract §3), and `discover`'s formats.

mod parts;

use super::equipment::Device;
use super::tabular::{self, Format};
use super::wireless::{Owners, Wireless};
use super::{dot, graphml, json, mermaid, thousandths, tree};
use crate::model::topology::{Summary as Counts, Topology};
use crate::model::{self, Confirmed, LinkEnd, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How a topology is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub enum TopologyFormat {
    Table,
    Json,
    Ndjson,
    Csv,
    Tree,
    Dot,
    Mermaid,
    Graphml,
}

/// Which of its rows csv and table write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub enum TopologyRows {
    #[default]
    Devices,
    Links,
    Interfaces,
    Neighbours,
    Endpoints,
    Problems,
}

/// Writes a topology. The same network gives the same bytes, but for times and counters.
///
/// Errors: those of `out`.
pub fn write_topology(format: TopologyFormat, topology: &Topology, rows: TopologyRows, out: &mut dyn Write) -> io::Result<()> {
    match format {
        TopologyFormat::Json => json::write_document(&Document::new(topology), out),
        TopologyFormat::Ndjson => write_lines(&Document::new(topology), out),
        TopologyFormat::Csv => write_part(Format::Csv, topology, rows, out),
        TopologyFormat::Table => write_part(Format::Table, topology, rows, out),
        TopologyFormat::Tree => tree::write(topology, out),
        TopologyFormat::Dot => dot::write(topology, out),
        TopologyFormat::Mermaid => mermaid::write(topology, out),
        TopologyFormat::Graphml => graphml::write(topology, out),
    }
}

/// The whole document.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Document {
    /// `noctop.topology/1`
    pub schema: &'static str,
    /// RFC 3339
    pub taken_at: String,
    pub devices: Vec<Device>,
    pub neighbours: Vec<Neighbour>,
    pub links: Vec<Link>,
    pub endpoints: Vec<Endpoint>,
    pub problems: Vec<Problem>,
    pub summary: Summary,
}

/// The name of the shape and its version.
pub const SCHEMA: &str = "noctop.topology/1";

/// Something that was heard of and has no inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Neighbour {
    pub id: String,
    pub name: Option<String>,
    pub addresses: Vec<String>,
    pub mac: Option<String>,
    pub description: Option<String>,
    pub capabilities: Vec<String>,
}

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct End {
    /// A device's id, or a neighbour's.
    pub device: String,
    pub if_index: Option<u32>,
    pub port: Option<String>,
}

/// An undirected link; it stands once, `a` sorting before `b`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Link {
    pub a: End,
    pub b: End,
    /// lldp, cdp, fdp, edp, fdb, arp, stp, lacp, ospf, bgp, isis, manual
    pub evidence: Vec<&'static str>,
    /// both, one
    pub confirmed_by: &'static str,
    /// 0 to 1
    pub confidence: f64,
    /// Name of the aggregate of which it is a member.
    pub aggregate: Option<String>,
    pub stp_blocked: Option<bool>,
    pub speed_bps: Option<u64>,
    /// RFC 3339
    pub first_seen: Option<String>,
    /// RFC 3339: when something last spoke for it
    pub last_seen: Option<String>,
}

/// Where an address that is no device was seen.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Endpoint {
    pub mac: String,
    pub addresses: Vec<String>,
    pub device: String,
    pub if_index: Option<u32>,
    pub vlan: Option<u16>,
    /// 0 to 1
    pub confidence: f64,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Problem {
    /// Address and port, or the name as given.
    pub target: String,
    /// The device that answers there, where one is known.
    pub device: Option<String>,
    /// timeout, auth, unreachable, refused, partial, non-increasing, malformed, too-big, deadline, unresolved, out-of-scope
    pub reason: &'static str,
    pub detail: String,
}

/// Counts of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Summary {
    pub asked: u64,
    pub answered: u64,
    pub silent: u64,
    pub seconds: f64,
}

impl Document {
    /// Of the model's type, in the order of the contract whatever order it came in.
    pub fn new(topology: &Topology) -> Self {
        let mut devices: Vec<_> = topology.devices.iter().collect();
        devices.sort_by(|a, b| a.id.cmp(&b.id));
        let mut neighbours: Vec<_> = topology.neighbours.iter().collect();
        neighbours.sort_by(|a, b| a.id.cmp(&b.id));
        let mut links: Vec<_> = topology.links.iter().collect();
        links.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
        let mut endpoints: Vec<_> = topology.endpoints.iter().collect();
        endpoints.sort_by_key(|endpoint| endpoint.mac);
        let owners = Owners::of(topology);
        let wireless = |id| topology.wireless.get(id).map(|reading| Wireless::new(reading, &owners));
        Self {
            schema: SCHEMA,
            taken_at: topology.taken_at.rfc3339(),
            devices: devices.iter().map(|device| Device { wireless: wireless(&device.id), ..Device::new(device) }).collect(),
            neighbours: neighbours.iter().map(|neighbour| Neighbour::new(neighbour)).collect(),
            links: links.iter().map(|link| Link::new(link)).collect(),
            endpoints: endpoints.iter().map(|endpoint| Endpoint::new(endpoint)).collect(),
            problems: problems(topology),
            summary: Summary::new(topology.summary),
        }
    }
}

fn problems(topology: &Topology) -> Vec<Problem> {
    let at: BTreeMap<String, String> = topology
        .devices
        .iter()
        .filter_map(|device| Some((device.snmp.as_ref()?.address.to_string(), device.id.to_string())))
        .collect();
    let mut problems: Vec<_> = topology
        .problems
        .iter()
        .map(|problem| Problem {
            target: problem.target.clone(),
            device: at.get(&problem.target).cloned(),
            reason: problem.reason.word(),
            detail: problem.detail.clone(),
        })
        .collect();
    problems.sort_by(|x, y| (&x.target, x.reason, &x.detail).cmp(&(&y.target, y.reason, &y.detail)));
    problems
}

impl Neighbour {
    fn new(neighbour: &model::Neighbour) -> Self {
        Self {
            id: neighbour.id.to_string(),
            name: neighbour.name.clone(),
            addresses: neighbour.addresses.iter().map(ToString::to_string).collect(),
            mac: neighbour.mac.map(|mac| mac.to_string()),
            description: neighbour.description.clone(),
            capabilities: neighbour.capabilities.clone(),
        }
    }
}

impl End {
    fn new(end: &LinkEnd) -> Self {
        Self { device: end.device.to_string(), if_index: end.if_index.map(|index| index.0), port: end.port.clone() }
    }
}

impl Link {
    fn new(link: &model::Link) -> Self {
        Self {
            a: End::new(&link.a),
            b: End::new(&link.b),
            evidence: link.evidence.iter().map(|evidence| evidence.word()).collect(),
            confirmed_by: confirmed(link.confirmed_by),
            confidence: thousandths(f64::from(link.confidence)),
            aggregate: link.aggregate.clone(),
            stp_blocked: link.stp_blocked,
            speed_bps: link.speed_bps,
            first_seen: link.first_seen.map(Timestamp::rfc3339),
            last_seen: link.last_seen.map(Timestamp::rfc3339),
        }
    }
}

impl Endpoint {
    fn new(endpoint: &model::Endpoint) -> Self {
        let mut addresses = endpoint.addresses.clone();
        addresses.sort_unstable();
        Self {
            mac: endpoint.mac.to_string(),
            addresses: addresses.iter().map(ToString::to_string).collect(),
            device: endpoint.device.to_string(),
            if_index: endpoint.if_index.map(|index| index.0),
            vlan: endpoint.vlan,
            confidence: thousandths(f64::from(endpoint.confidence)),
        }
    }
}

/// The contract's word for how many ends say so.
pub(crate) const fn confirmed(by: Confirmed) -> &'static str {
    match by {
        Confirmed::Both => "both",
        Confirmed::One => "one",
    }
}

impl Summary {
    fn new(counts: Counts) -> Self {
        Self { asked: counts.asked, answered: counts.answered, silent: counts.silent, seconds: thousandths(counts.seconds) }
    }
}

/// One line of ndjson.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Device(&'a Device),
    Neighbour(&'a Neighbour),
    Link(&'a Link),
    Endpoint(&'a Endpoint),
    Problem(&'a Problem),
    Summary(&'a Summary),
}

fn write_lines(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let devices = document.devices.iter().map(Line::Device);
    let neighbours = document.neighbours.iter().map(Line::Neighbour);
    let links = document.links.iter().map(Line::Link);
    let endpoints = document.endpoints.iter().map(Line::Endpoint);
    let problems = document.problems.iter().map(Line::Problem);
    let summary = std::iter::once(Line::Summary(&document.summary));
    for line in devices.chain(neighbours).chain(links).chain(endpoints).chain(problems).chain(summary) {
        json::write_compact(&line, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// A device as `--format ndjson` writes it while discovery goes on.
///
/// Errors: those of `out`.
pub fn write_device_line(device: &model::Device, out: &mut dyn Write) -> io::Result<()> {
    json::write_compact(&Line::Device(&Device::new(device)), out)?;
    out.write_all(b"\n")
}

fn write_part(format: Format, topology: &Topology, rows: TopologyRows, out: &mut dyn Write) -> io::Result<()> {
    let document = Document::new(topology);
    match rows {
        TopologyRows::Devices => tabular::write_rows(format, document.devices, out),
        TopologyRows::Links => tabular::write_rows(format, parts::named_links(topology, document.links), out),
        TopologyRows::Interfaces => tabular::write_rows(format, parts::interfaces(topology, document.devices), out),
        TopologyRows::Endpoints => tabular::write_rows(format, parts::placed_endpoints(topology, document.endpoints), out),
        TopologyRows::Neighbours => tabular::write_rows(format, document.neighbours, out),
        TopologyRows::Problems => tabular::write_rows(format, document.problems, out),
    }
}
