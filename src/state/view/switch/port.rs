//! One port in full: who is behind it, its VLANs by name, its aggregate, what is measured at it.

use super::super::health;
use super::super::interfaces::{PortRef, of_device};
use super::super::lookup::Lookup;
use super::{Bridges, Lag, Member, PortDetail, Station, Told};
use crate::model::{Device, IfIndex, MacAddr, Metric, OperStatus};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// Stations of one port: more than a pane shows, and a bound for an uplink that hears all.
const MOST_STATIONS: usize = 100;
/// Names of VLANs of one port.
const MOST_VLANS: usize = 256;
/// A member is overloaded that carries so much more of the whole than its fair share: three quarters of two, half of four.
const OVERLOAD: f64 = 0.25;
/// Fraction of what an aggregate could carry under which nobody cares how it is spread.
const LEAST_LOAD: f64 = 0.01;

/// The detail of a port.
pub(in crate::state::view) fn detail(look: &Lookup<'_>, device: &Device, if_index: IfIndex) -> PortDetail {
    let port = device.interface(if_index);
    let carried: &[u16] = port.map_or(&[], |port| &port.vlans);
    let own = port.and_then(|port| port.untagged.first().copied().or(port.pvid));
    let named = device.vlans.iter().filter(|vlan| carried.contains(&vlan.id) || own == Some(vlan.id));
    let designated = port.and_then(|port| port.stp.as_ref()?.designated_bridge);
    let (stations, stations_total) = stations(look, device, if_index);
    PortDetail {
        stations,
        stations_total,
        vlan_names: named.filter_map(|vlan| Some((vlan.id, vlan.name.clone()?))).take(MOST_VLANS).collect(),
        designated_name: designated.and_then(|id| Bridges::of(look.state, &[id.mac]).name(look.state, id.mac)),
        device_tells: told(look, device),
        lag: lag(look, device, if_index),
        gauges: health::of_port(look, device, if_index),
    }
}

fn told(look: &Lookup<'_>, device: &Device) -> Told {
    Told {
        stp: device.interfaces.iter().any(|port| port.stp.is_some() || port.stp_state.is_some()),
        poe: device.interfaces.iter().any(|port| port.poe.is_some()),
        vlans: !device.vlans.is_empty() || device.interfaces.iter().any(|port| port.pvid.is_some()),
        fdb: look.tells_fdb(&device.id),
    }
}

/// Who is behind a port; behind a member of an aggregate who is behind that.
fn stations(look: &Lookup<'_>, device: &Device, if_index: IfIndex) -> (Vec<Station>, usize) {
    let aggregate = device.interface(if_index).and_then(|port| port.aggregate);
    let is_its = |at: Option<IfIndex>| at == Some(if_index) || (aggregate.is_some() && at == aggregate);
    let mut all: Vec<_> = look.endpoints(&device.id).iter().filter(|endpoint| is_its(endpoint.if_index)).collect();
    let total = all.len();
    all.sort_by_key(|endpoint| (Reverse(endpoint.last_seen), endpoint.mac));
    all.truncate(MOST_STATIONS);
    let names = names(look, &all.iter().map(|endpoint| endpoint.mac).collect());
    let stations = all.into_iter().map(|endpoint| Station {
        mac: endpoint.mac,
        addresses: endpoint.addresses.clone(),
        name: names.get(&endpoint.mac).cloned(),
        vlan: endpoint.vlan,
        last_seen: look.state.endpoint_last_seen(endpoint),
    });
    (stations.collect(), total)
}

/// What is known by name: neighbours that were heard, and clients of wireless networks.
fn names(look: &Lookup<'_>, wanted: &FxHashSet<MacAddr>) -> FxHashMap<MacAddr, String> {
    let mut names = FxHashMap::default();
    if wanted.is_empty() {
        return names;
    }
    let heard = look.state.neighbours.values().filter_map(|heard| Some((heard.mac?, heard.name.clone()?)));
    let clients = look.state.wireless.values().flat_map(|network| &network.clients);
    let on_air = clients.filter_map(|client| Some((client.mac, client.name.clone().or_else(|| client.user.clone())?)));
    names.extend(heard.chain(on_air).filter(|(mac, _)| wanted.contains(mac)));
    names
}

/// The aggregate that a port is, or is a member of.
fn lag(look: &Lookup<'_>, device: &Device, if_index: IfIndex) -> Option<Lag> {
    let aggregate = device.interface(if_index)?.aggregate.unwrap_or(if_index);
    let members: Vec<PortRef<'_>> = of_device(look, device).filter(|row| row.port.aggregate == Some(aggregate)).collect();
    if members.is_empty() {
        return None;
    }
    let name = device.interface(aggregate).map_or_else(|| format!("if{aggregate}"), |port| port.name());
    Some(spread(name, members.iter().map(of_member).collect()))
}

type Measured = (String, bool, Option<f64>, Option<f64>);

#[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
fn of_member(row: &PortRef<'_>) -> Measured {
    let up = row.oper() == Some(OperStatus::Up);
    let bps = super::super::interfaces::sum(row.rate(Metric::InBps), row.rate(Metric::OutBps));
    (row.port.name(), up, bps, row.port.speed_bps.filter(|_| up).map(|speed| speed as f64))
}

/// Shares of each member, and whether one has far more than it should.
pub(super) fn spread(name: String, measured: Vec<Measured>) -> Lag {
    let total: f64 = measured.iter().filter_map(|(_, _, bps, _)| *bps).sum();
    let capacity: f64 = measured.iter().filter_map(|(.., speed)| *speed).sum();
    let of = |part: Option<f64>, whole: f64| part.filter(|_| whole > 0.0).map(|part| part / whole);
    let members: Vec<Member> = measured
        .into_iter()
        .map(|(name, up, bps, speed)| Member { name, up, bps, share: of(bps, total), fair_share: of(speed, capacity) })
        .collect();
    let over = |member: &&Member| member.share.zip(member.fair_share).is_some_and(|(share, fair)| share - fair >= OVERLOAD);
    let is_busy = capacity > 0.0 && total / (2.0 * capacity) >= LEAST_LOAD;
    let overloaded = members.iter().filter(|_| is_busy).find(over).map(|member| member.name.clone());
    Lag { name, members, overloaded }
}
