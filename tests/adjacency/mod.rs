//! A recorded network with the adjacencies that are known to be in it, and how far found links are from them.
//!
//! Expectations write ports as the protocol said them: names, ifIndex as text, MAC addresses. All are brought to ifIndex before
//! they are compared. A link is false where no row of the recordings speaks of it, where its far port is another than the
//! expectation names, or where it stands twice.
#![allow(clippy::unwrap_used, reason = "a test that can't read its expectation has to stop")]

use super::recording::assembled;
use noctop::model::{ChassisId, Device, Evidence, NeighbourRow, PortId};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A device that was recorded.
pub struct Recorded {
    pub name: String,
    pub file: PathBuf,
    pub device: Device,
}

struct Adjacency {
    from: (String, String),
    to: (String, String),
}

/// One scenario: what was recorded, and what is known to be there. Self-adjacencies are left out.
pub struct Scenario {
    pub name: String,
    pub recorded: Vec<Recorded>,
    expected: Vec<Adjacency>,
}

impl Scenario {
    pub fn read(path: &Path) -> Self {
        let json: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let text = |json: &Json, key: &str| json[key].as_str().unwrap().to_owned();
        let list = |key: &str| json[key].as_array().unwrap().clone();
        let recorded = list("recordings").into_iter().map(|recorded| {
            let file = path.with_file_name(text(&recorded, "file"));
            let mut device = assembled(&file);
            // All were recorded at one address, which is nobody's.
            device.addresses.retain(|address| !address.is_loopback());
            Recorded { name: text(&recorded, "device").to_lowercase(), file, device }
        });
        let recorded = recorded.collect();
        let end =
            |json: &Json, end: &str| (text(json, &format!("{end}_device")).to_lowercase(), text(json, &format!("{end}_port")));
        let expected = list("adjacencies").into_iter();
        let expected = expected.map(|json| Adjacency { from: end(&json, "source"), to: end(&json, "target") });
        let expected = expected.filter(|adjacency| adjacency.from.0 != adjacency.to.0).collect();
        let name = path.file_name().unwrap().to_string_lossy().replace(".EXPECTED-LINKS.json", "");
        Self { name, recorded, expected }
    }

    fn recorded(&self, name: &str) -> Option<&Device> {
        self.recorded.iter().find(|recorded| recorded.name == name).map(|recorded| &recorded.device)
    }
}

/// One end of a link, as any way of discovery tells it.
#[derive(Debug)]
pub struct End {
    /// The id of a device or neighbour.
    pub device: String,
    pub if_index: Option<u32>,
    pub port: Option<String>,
}

/// What was found: links, and by id what the two kinds of ends are called.
#[derive(Default)]
pub struct Found {
    pub links: Vec<[End; 2]>,
    /// The scenario's names of recorded devices.
    pub recorded: BTreeMap<String, String>,
    /// Names of neighbours, if they have one.
    pub neighbours: BTreeMap<String, Option<String>>,
}

impl Found {
    /// Of `discover --format json`; `name` tells which recorded device a device is.
    pub fn of_json(json: &Json, name: impl Fn(&Json) -> Option<String>) -> Self {
        let id = |json: &Json| json["id"].as_str().unwrap().to_owned();
        let list = |key: &str| json[key].as_array().unwrap().iter();
        let end = |json: &Json| End {
            device: json["device"].as_str().unwrap().to_owned(),
            if_index: json["ifIndex"].as_u64().and_then(|number| u32::try_from(number).ok()),
            port: json["port"].as_str().map(str::to_owned),
        };
        Self {
            links: list("links").map(|link| [end(&link["a"]), end(&link["b"])]).collect(),
            recorded: list("devices").filter_map(|device| Some((id(device), name(device)?.to_lowercase()))).collect(),
            neighbours: list("neighbours").map(|n| (id(n), n["name"].as_str().map(str::to_owned))).collect(),
        }
    }

    /// The names by which the expectation may know an end.
    fn called(&self, end: &End) -> Vec<String> {
        if let Some(name) = self.recorded.get(&end.device) {
            return vec![name.clone()];
        }
        let id = end.device.trim_start_matches("neighbour:").to_lowercase();
        let name = self.neighbours.get(&end.device).cloned().flatten().unwrap_or_default().to_lowercase();
        vec![name, format!("chassis-{}", id.replace(':', "")), id.replace(':', " "), id]
    }
}

/// How far what was found is from what is known.
pub struct Score {
    pub scenario: String,
    pub expected: usize,
    pub missing: Vec<String>,
    pub wrong: Vec<String>,
}

impl Score {
    pub fn found(&self) -> usize {
        self.expected - self.missing.len()
    }

    /// Of the adjacencies that are known, in percent.
    pub fn percent(&self) -> f64 {
        if self.expected == 0 { 100.0 } else { 100.0 * self.found() as f64 / self.expected as f64 }
    }

    pub fn of(scenario: &Scenario, found: &Found) -> Self {
        let mut missing = Vec::new();
        let mut wrong = Vec::new();
        for adjacency in &scenario.expected {
            let there: Vec<(&End, &End)> =
                ways(found).filter(|(near, far)| is_between(scenario, found, adjacency, (near, far))).collect();
            let right = there.iter().any(|(_, far)| far_port_agrees(scenario, adjacency, far));
            let text = format!("{} {} - {} {}", adjacency.from.0, adjacency.from.1, adjacency.to.0, adjacency.to.1);
            if !right {
                missing.push(text.clone());
                wrong.extend(there.iter().map(|(near, far)| format!("expected {text}, found {near:?} - {far:?}")));
            }
        }
        let baseless = found.links.iter().filter(|link| !has_basis(scenario, found, link));
        wrong.extend(baseless.map(|link| format!("nobody speaks of {:?} - {:?}", link[0], link[1])));
        wrong.extend(doubled(found));
        Self { scenario: scenario.name.clone(), expected: scenario.expected.len(), missing, wrong }
    }
}

/// Prints what was expected and found, scenario by scenario, and says what is not good enough.
pub fn report(how: &str, scores: &[Score]) -> Vec<String> {
    println!("\n{how}\n{:32} {:>8} {:>6} {:>8} {:>6} {:>8}", "scenario", "expected", "found", "missing", "false", "percent");
    let mut faults = Vec::new();
    for score in scores {
        let (missing, wrong) = (score.missing.len(), score.wrong.len());
        println!(
            "{:32} {:>8} {:>6} {missing:>8} {wrong:>6} {:>7.1}%",
            score.scenario,
            score.expected,
            score.found(),
            score.percent()
        );
        for line in score
            .missing
            .iter()
            .map(|text| format!("missing: {text}"))
            .chain(score.wrong.iter().map(|text| format!("false: {text}")))
        {
            println!("    {line}");
        }
        if score.percent() < 95.0 || wrong > 0 {
            faults.push(format!("{how}, {}: {:.1} % found, {wrong} false", score.scenario, score.percent()));
        }
    }
    faults
}

fn ways(found: &Found) -> impl Iterator<Item = (&End, &End)> {
    found.links.iter().flat_map(|[a, b]| [(a, b), (b, a)])
}

fn is_between(scenario: &Scenario, found: &Found, adjacency: &Adjacency, (near, far): (&End, &End)) -> bool {
    let Some(device) = scenario.recorded(&adjacency.from.0) else { return false };
    // Port 0 stands for a port that the recording does not tell; some recordings have no interface table.
    let port = &adjacency.from.1;
    let said = |number: u32| number.to_string() == *port || near.port.as_ref() == Some(port);
    let same_port = port == "0" || near.if_index.is_none_or(|number| said(number) || numbers(device, port).contains(&number));
    found.called(near).contains(&adjacency.from.0) && found.called(far).contains(&adjacency.to.0) && same_port
}

fn far_port_agrees(scenario: &Scenario, adjacency: &Adjacency, far: &End) -> bool {
    let named = scenario.recorded(&adjacency.to.0).map(|device| numbers(device, &adjacency.to.1)).unwrap_or_default();
    far.if_index.is_none_or(|number| named.is_empty() || named.contains(&number))
}

/// Ports that a text of the expectation can mean.
fn numbers(device: &Device, text: &str) -> BTreeSet<u32> {
    let is_it = |port: &&noctop::model::Interface| {
        let mac = port.mac.map(|mac| mac.to_string().replace(':', " "));
        let index = port.if_index.to_string();
        let names = [port.if_name.as_deref(), port.if_descr.as_deref(), port.if_alias.as_deref(), mac.as_deref(), Some(&index)];
        names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(text))
    };
    device.interfaces.iter().filter(is_it).map(|port| port.if_index.0).collect()
}

/// Whether a row of LLDP, CDP or the like at one of the ends, or the expectation, speaks of the link.
fn has_basis(scenario: &Scenario, found: &Found, [a, b]: &[End; 2]) -> bool {
    let expected = |near: &End, far: &End| scenario.expected.iter().any(|known| is_between(scenario, found, known, (near, far)));
    let told = |near: &End, far: &End| {
        let device = found.recorded.get(&near.device).and_then(|name| scenario.recorded(name));
        device.is_some_and(|device| {
            let mut rows = device.neighbours.iter().filter(|row| {
                let here = row.local_if_index.is_none_or(|number| near.if_index.is_none_or(|port| port == number.0));
                here && matches!(row.protocol, Evidence::Lldp | Evidence::Cdp | Evidence::Fdp | Evidence::Edp)
            });
            rows.any(|row| speaks_of(row, scenario, found, far))
        })
    };
    expected(a, b) || expected(b, a) || told(a, b) || told(b, a)
}

fn speaks_of(row: &NeighbourRow, scenario: &Scenario, found: &Found, far: &End) -> bool {
    let short = |name: &str| name.split(['.', '(']).next().unwrap_or_default().trim().to_lowercase();
    let chassis = row.chassis_id.as_ref().map(ToString::to_string).unwrap_or_default().to_lowercase();
    let port = match &row.port_id {
        Some(PortId::Mac(mac)) => mac.to_string(),
        _ => String::new(),
    };
    let name = row.sys_name.clone().or(match &row.chassis_id {
        Some(ChassisId::Text(text)) => Some(text.clone()),
        _ => None,
    });
    let Some(device) = found.recorded.get(&far.device).and_then(|name| scenario.recorded(name)) else {
        let addresses: Vec<String> = row.addresses.iter().map(ToString::to_string).collect();
        return found.called(far).iter().filter(|text| !text.is_empty()).any(|text| {
            *text == chassis
                || *text == port
                || addresses.contains(text)
                || name.as_ref().is_some_and(|name| name.to_lowercase() == *text)
        });
    };
    let own = device.chassis_id.as_ref().map(ToString::to_string);
    let macs: BTreeSet<String> = device.interfaces.iter().filter_map(|port| port.mac).map(|mac| mac.to_string()).collect();
    own.is_some_and(|own| own.to_lowercase() == chassis)
        || macs.contains(&chassis)
        || macs.contains(&port)
        || row.addresses.iter().any(|address| device.addresses.contains(address))
        || matches!((&name, &device.sys_name), (Some(said), Some(own)) if short(said) == short(own))
}

/// Ports that stand in two links to the same device, or to the same port of the same neighbour: one cable seen as two.
fn doubled(found: &Found) -> Vec<String> {
    let mut seen: BTreeSet<(&str, u32, &str, Option<&str>)> = BTreeSet::new();
    let mut doubled = Vec::new();
    for (near, far) in ways(found) {
        let Some(number) = near.if_index else { continue };
        let port = if found.recorded.contains_key(&far.device) { None } else { far.port.as_deref() };
        if !seen.insert((&near.device, number, &far.device, port)) {
            doubled.push(format!("twice: {} {number} - {} {port:?}", near.device, far.device));
        }
    }
    doubled
}
