//! What differs between the network at two times.

use super::derive::tell::link_words;
use super::{PortCondition, State};
use crate::model::{Device, Link, OperStatus, Timestamp, unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One difference between two times (contract §5 `diff`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffRow {
    /// `added`, `removed`, `changed`
    pub change: String,
    /// What: `device core-1`, `link core-1 Te1/1 - dist-1 49`, `interface core-1 Te1/1`
    pub object: String,
    /// Before, in words; `None` when added.
    pub before: Option<String>,
    /// After, in words; `None` when removed.
    pub after: Option<String>,
    /// When the journal says that it changed.
    pub at: Option<Timestamp>,
}

/// A field of a device that is compared.
type Field = (&'static str, fn(&Device) -> Option<String>);

const FIELDS: [Field; 12] = [
    ("name", |d| d.sys_name.clone()),
    ("description", |d| d.sys_descr.clone()),
    ("location", |d| d.sys_location.clone()),
    ("contact", |d| d.sys_contact.clone()),
    ("vendor", |d| d.vendor.clone()),
    ("model", |d| d.model.clone()),
    ("os", |d| d.os.clone()),
    ("os version", |d| d.os_version.clone()),
    ("serial", |d| d.serial.clone()),
    ("role", |d| Some(d.role.word().to_owned())),
    ("addresses", |d| Some(joined(d.addresses.iter()))),
    ("vlans", |d| Some(joined(d.vlans.iter().map(|vlan| vlan.id)))),
];

fn joined(values: impl Iterator<Item = impl ToString>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
}

/// Everything that differs: devices and their ports, links, neighbours, by id.
pub fn diff(before: &State, after: &State) -> Vec<DiffRow> {
    let mut rows = Vec::new();
    for (id, old, new) in union(&before.devices, &after.devices) {
        match (old, new) {
            (None, Some(new)) => {
                let at = after.condition(id).map(|condition| condition.first_seen);
                rows.push(row("added", format!("device {}", new.name()), (None, Some(summary(new))), at));
            }
            (Some(old), None) => rows.push(row("removed", format!("device {}", old.name()), (Some(summary(old)), None), None)),
            (Some(old), Some(new)) => changed_device(&mut rows, (before, after), (old, new)),
            (None, None) => {}
        }
    }
    links(&mut rows, before, after);
    for (id, old, new) in union(&before.neighbours, &after.neighbours) {
        let object = |state: &State| format!("neighbour {}", state.name_of(id));
        match (old, new) {
            (None, Some(_)) => rows.push(row("added", object(after), (None, Some("heard".to_owned())), None)),
            (Some(_), None) => rows.push(row("removed", object(before), (Some("heard".to_owned()), None), None)),
            _ => {}
        }
    }
    rows
}

fn row(change: &str, object: String, (before, after): (Option<String>, Option<String>), at: Option<Timestamp>) -> DiffRow {
    DiffRow { change: change.to_owned(), object, before, after, at }
}

/// Both maps' keys in order, each with both values.
type Both<'a, K, V> = (&'a K, Option<&'a Arc<V>>, Option<&'a Arc<V>>);
fn union<'a, K: Ord, V>(before: &'a BTreeMap<K, Arc<V>>, after: &'a BTreeMap<K, Arc<V>>) -> impl Iterator<Item = Both<'a, K, V>> {
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(key, old)| (key, Some(old), None));
    let mut all: Vec<Both<'a, K, V>> = after.iter().map(|(key, new)| (key, before.get(key), Some(new))).chain(gone).collect();
    all.sort_by(|x, y| x.0.cmp(y.0));
    all.into_iter()
}

fn summary(device: &Device) -> String {
    let words: Vec<&str> = [&device.vendor, &device.model, &device.os_version].into_iter().filter_map(Option::as_deref).collect();
    let what = if words.is_empty() { device.role.word().to_owned() } else { words.join(" ") };
    format!("{what}, {}", unit::counted(device.interfaces.len(), "port", "ports"))
}

fn changed_device(rows: &mut Vec<DiffRow>, (before, after): (&State, &State), (old, new): (&Arc<Device>, &Arc<Device>)) {
    let object = format!("device {}", new.name());
    if let (Some(was), Some(is)) = (before.condition(&old.id), after.condition(&new.id)) {
        if was.status != is.status {
            let words = (Some(was.status.word().to_owned()), Some(is.status.word().to_owned()));
            rows.push(row("changed", object.clone(), words, Some(is.since)));
        }
        if was.restarted_at != is.restarted_at && is.restarted_at.is_some() {
            rows.push(row(
                "changed",
                object.clone(),
                (Some("running".to_owned()), Some("restarted".to_owned())),
                is.restarted_at,
            ));
        }
    }
    if !Arc::ptr_eq(old, new) {
        for (name, field) in FIELDS {
            let (was, is) = (field(old), field(new));
            if was != is {
                let say = |value: Option<String>| Some(format!("{name} {}", value.as_deref().unwrap_or("-")));
                rows.push(row("changed", object.clone(), (say(was), say(is)), None));
            }
        }
    }
    ports(rows, (before, after), (old, new));
}

fn ports(rows: &mut Vec<DiffRow>, (before, after): (&State, &State), (old, new): (&Device, &Device)) {
    let object = |device: &Device, name: &str| format!("interface {} {name}", device.name());
    let was = |device: &Device, index| before.condition(&device.id).and_then(|condition| condition.port(index)).cloned();
    for port in &new.interfaces {
        let is = after.condition(&new.id).and_then(|condition| condition.port(port.if_index));
        if old.interface(port.if_index).is_none() {
            rows.push(row("added", object(new, &port.name()), (None, Some(words(is))), None));
            continue;
        }
        let before = was(old, port.if_index);
        if before.as_ref().map(|p| (p.admin, p.oper)) != is.map(|p| (p.admin, p.oper)) {
            let since = is.and_then(|port| port.since);
            rows.push(row("changed", object(new, &port.name()), (Some(words(before.as_ref())), Some(words(is))), since));
        }
    }
    for port in old.interfaces.iter().filter(|port| new.interface(port.if_index).is_none()) {
        let before = words(was(old, port.if_index).as_ref());
        rows.push(row("removed", object(old, &port.name()), (Some(before), None), None));
    }
}

fn words(port: Option<&PortCondition>) -> String {
    let oper = port.and_then(|port| port.oper).map_or("-", OperStatus::word);
    match port.and_then(|port| port.admin) {
        Some(admin) if admin.word() != oper => format!("{oper} (administratively {})", admin.word()),
        _ => oper.to_owned(),
    }
}

fn links(rows: &mut Vec<DiffRow>, before: &State, after: &State) {
    for (key, old, new) in union(&before.links, &after.links) {
        let object = |state: &State| format!("link {}", link_words(state, &key.0, &key.1));
        match (old, new) {
            (None, Some(new)) => rows.push(row("added", object(after), (None, Some(link_summary(new))), None)),
            (Some(old), None) => rows.push(row("removed", object(before), (Some(link_summary(old)), None), None)),
            (Some(old), Some(new)) if link_summary(old) != link_summary(new) => {
                rows.push(row("changed", object(after), (Some(link_summary(old)), Some(link_summary(new))), None));
            }
            _ => {}
        }
    }
}

fn link_summary(link: &Link) -> String {
    let speed = link.speed_bps.map(|speed| {
        #[allow(clippy::cast_precision_loss, reason = "shown to three figures")]
        crate::model::unit::si(speed as f64)
    });
    let blocked = if link.stp_blocked == Some(true) { ", blocked" } else { "" };
    let aggregate = link.aggregate.as_ref().map(|name| format!(", in {name}")).unwrap_or_default();
    let said = link.evidence.iter().map(|evidence| evidence.word()).collect::<Vec<_>>().join(" ");
    format!("{said}{}{aggregate}{blocked}", speed.map(|speed| format!(" {speed}")).unwrap_or_default())
}
