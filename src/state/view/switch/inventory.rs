//! The parts of a device as a tree: what holds what, with what their sensors say.

use super::super::Table;
use super::PartRow;
use crate::model::{Device, GaugeKind, HealthStatus, Physical, PhysicalClass};
use crate::query::ViewRequest;
use crate::query::filter::{self, Column, Kind, Row, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Fields of the filter.
pub const PART_COLUMNS: &[Column] = &[
    Column { names: &["name", "part"], kind: Kind::Text },
    Column { names: &["class", "kind"], kind: Kind::Text },
    Column { names: &["model"], kind: Kind::Text },
    Column { names: &["serial"], kind: Kind::Text },
    Column { names: &["descr"], kind: Kind::Text },
    Column { names: &["version"], kind: Kind::Text },
    Column { names: &["maker", "vendor"], kind: Kind::Text },
    Column { names: &["port", "if"], kind: Kind::Text },
    Column { names: &["replaceable"], kind: Kind::Text },
];

/// The identity of a part for folding.
pub fn key(index: u32) -> String {
    format!("part:{index}")
}

/// A part among the others.
struct Node<'a> {
    part: &'a Physical,
    depth: usize,
    /// Place of the one above in the list.
    above: Option<usize>,
}

struct Searched<'a>(&'a Physical, Option<&'a str>);

impl Row for Searched<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        let part = self.0;
        let text = match column {
            0 => part.name.as_deref(),
            1 => Some(part.class.word()),
            2 => part.model.as_deref(),
            3 => part.serial.as_deref(),
            4 => part.descr.as_deref(),
            5 => part.software.as_deref().or(part.firmware.as_deref()).or(part.hardware.as_deref()),
            6 => part.maker.as_deref(),
            7 => self.1,
            _ => part.replaceable.map(|yes| if yes { "yes" } else { "no" }),
        };
        Value::text(text)
    }
}

/// The wanted window of the tree. What matches is shown with all that holds it; sensors are told of by what holds them unless searched for.
pub(in crate::state::view) fn inventory(
    device: &Device,
    (request, now): (&ViewRequest, crate::model::Timestamp),
) -> (Table<PartRow>, Option<String>) {
    let nodes = in_order(device);
    let (matcher, fault) = match filter::matcher(&request.filter, PART_COLUMNS, now) {
        Ok(matcher) => (Some(matcher), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let names = port_names(device);
    let matcher = matcher.filter(|matcher| !matcher.is_all());
    let is_match = |node: &Node<'_>| {
        let port = node.part.if_index.and_then(|index| names.get(&index.0)).map(String::as_str);
        match &matcher {
            Some(matcher) => matcher.matches(&Searched(node.part, port)),
            None => node.part.class != PhysicalClass::Sensor,
        }
    };
    let status = statuses(device, &nodes);
    let mut shown: Vec<bool> = nodes.iter().map(is_match).collect();
    if request.faults_only {
        for (shown, (status, _, _)) in shown.iter_mut().zip(&status) {
            *shown &= matches!(status, HealthStatus::Warning | HealthStatus::Critical);
        }
    }
    keep_above(&nodes, &mut shown);
    let folded: FxHashSet<&str> = request.folded.iter().map(String::as_str).collect();
    let mut rows = Vec::new();
    // Rows deeper than a folded one are left out until one as high comes.
    let mut under: Option<usize> = None;
    for ((node, shown), (status, sensors, inside)) in nodes.iter().zip(shown).zip(status) {
        if under.is_some_and(|depth| node.depth > depth) || !shown {
            continue;
        }
        let is_folded = inside > 0 && folded.contains(key(node.part.index).as_str());
        under = is_folded.then_some(node.depth);
        let port = node.part.if_index.and_then(|index| names.get(&index.0)).cloned();
        rows.push(PartRow { status, sensors, inside, folded: is_folded, ..row(node, port) });
    }
    let (matched, offset) = (rows.len(), request.window.offset.min(rows.len()));
    let rows = rows.into_iter().skip(offset).take(request.window.rows).collect();
    (Table { matched, total: device.parts.len(), offset, rows }, fault)
}

fn port_names(device: &Device) -> FxHashMap<u32, String> {
    device.interfaces.iter().map(|port| (port.if_index.0, port.name())).collect()
}

fn row(node: &Node<'_>, port: Option<String>) -> PartRow {
    let part = node.part;
    let named = [&part.name, &part.descr, &part.model].into_iter().flatten().find(|text| !text.trim().is_empty());
    PartRow {
        index: part.index,
        depth: node.depth,
        class: part.class,
        name: named.cloned().unwrap_or_else(|| format!("{} {}", part.class.word(), part.index)),
        descr: part.descr.clone(),
        model: part.model.clone(),
        serial: part.serial.clone(),
        hardware: part.hardware.clone(),
        firmware: part.firmware.clone(),
        software: part.software.clone(),
        maker: part.maker.clone(),
        replaceable: part.replaceable,
        port,
        status: HealthStatus::Unknown,
        sensors: 0,
        inside: 0,
        folded: false,
    }
}

/// All parts, each after what holds it, siblings by place and number. What holds itself stands at the top: agents have such rings.
fn in_order(device: &Device) -> Vec<Node<'_>> {
    let known: FxHashSet<u32> = device.parts.iter().map(|part| part.index).collect();
    let mut inside: FxHashMap<u32, Vec<&Physical>> = FxHashMap::default();
    let mut tops: Vec<&Physical> = Vec::new();
    for part in &device.parts {
        if part.within != part.index && known.contains(&part.within) {
            inside.entry(part.within).or_default().push(part);
        } else {
            tops.push(part);
        }
    }
    // Positions are counted among siblings of one kind (RFC 6933 entPhysicalParentRelPos).
    let order = |part: &&Physical| (part.class, part.position.unwrap_or(i32::MAX), part.index);
    inside.values_mut().for_each(|parts| parts.sort_by_key(order));
    tops.sort_by_key(order);
    let mut out: Vec<Node<'_>> = Vec::with_capacity(device.parts.len());
    let mut seen: FxHashSet<u32> = FxHashSet::default();
    let mut todo: Vec<(&Physical, usize, Option<usize>)> = tops.iter().rev().map(|part| (*part, 0, None)).collect();
    // Parts of a ring hang under nothing: they begin at the first of them.
    let mut rest = device.parts.iter();
    loop {
        while let Some((part, depth, above)) = todo.pop() {
            if !seen.insert(part.index) {
                continue;
            }
            let here = out.len();
            out.push(Node { part, depth, above });
            let below = inside.get(&part.index).into_iter().flatten().rev();
            todo.extend(below.map(|part| (*part, depth + 1, Some(here))));
        }
        match rest.find(|part| !seen.contains(&part.index)) {
            Some(part) => todo.push((part, 0, None)),
            None => return out,
        }
    }
}

/// Of each part: the worst its sensors say, how many sensors hang on it directly, how many parts that are none are in it.
fn statuses(device: &Device, nodes: &[Node<'_>]) -> Vec<(HealthStatus, usize, usize)> {
    let gauges = device.health.gauges.iter().filter(|gauge| matches!(gauge.kind, GaugeKind::Sensor(_)));
    let by_name: FxHashMap<&str, HealthStatus> = gauges.map(|gauge| (gauge.name.as_str(), gauge.measured.status)).collect();
    let told = |text: &Option<String>| text.as_deref().and_then(|text| by_name.get(text)).copied();
    let mut out: Vec<(HealthStatus, usize, usize)> = nodes
        .iter()
        .map(|node| (told(&node.part.name).or_else(|| told(&node.part.descr)).unwrap_or(HealthStatus::Unknown), 0, 0))
        .collect();
    // From the leaves up: what stands above comes before.
    for at in (0..nodes.len()).rev() {
        let (Some(node), Some((status, _, inside))) = (nodes.get(at), out.get(at).copied()) else { continue };
        let Some(above) = node.above.and_then(|above| out.get_mut(above)) else { continue };
        if node.part.class == PhysicalClass::Sensor {
            above.1 += 1;
        } else {
            above.2 += inside + 1;
        }
        // A sensor says how that is which it sits in; a part that is ill stands for itself, and its housing is not ill for it.
        if node.part.class == PhysicalClass::Sensor && rank(status) > rank(above.0) {
            above.0 = status;
        }
    }
    out
}

const fn rank(status: HealthStatus) -> u8 {
    match status {
        HealthStatus::Unknown => 0,
        HealthStatus::Off => 1,
        HealthStatus::Ok => 2,
        HealthStatus::Warning => 3,
        HealthStatus::Critical => 4,
    }
}

/// Shows what holds anything that is shown.
fn keep_above(nodes: &[Node<'_>], shown: &mut [bool]) {
    for at in (0..nodes.len()).rev() {
        let above = nodes.get(at).and_then(|node| node.above);
        if let (Some(true), Some(above)) = (shown.get(at).copied(), above)
            && let Some(flag) = shown.get_mut(above)
        {
            *flag = true;
        }
    }
}
