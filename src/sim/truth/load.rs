//! What goes over the wires, and the counters that follow.

use super::{Behind, LONG_AGO, seconds_of};
use crate::model::poll::IfCounter;
use crate::sim::hash::{between, mix, unit};
use crate::sim::scenario::file::PortUse;
use crate::sim::scenario::trouble::Hot;
use crate::sim::scenario::{Cable, DeviceNumber, Node, PortNumber, Scenario, Side, WireNumber};
use crate::sim::shape::{Load, Profile};

/// Load of a port with a desk behind it: octets per second that leave it and that come in.
#[derive(Clone, Copy, Debug)]
struct Flow {
    forth: Load,
    back: Load,
}

impl Scenario {
    /// A desk takes between almost nothing and a tenth of its port; most take little.
    #[allow(clippy::cast_precision_loss, reason = "speeds are far below 2^53")]
    fn desk(&self, node: &Node, device: DeviceNumber, port: PortNumber) -> Flow {
        let speed = self.spec(node, port).map_or(0, |spec| spec.speed_bps) as f64 / 8.0;
        let appetite = unit(self.chance(device, port, 2)).powi(4);
        let level = speed * (0.0004 + 0.09 * appetite);
        let load =
            |level: f64, salt: u64| Load { level, profile: Profile::Office, noise: 1.0, seed: self.chance(device, port, salt) };
        Flow { forth: load(level, 3), back: load(level * between(self.chance(device, port, 5), 0.06, 0.4), 4) }
    }

    /// Octets per second at the busiest hour that the desks of a device take and send.
    pub fn desks_total(&self, device: DeviceNumber) -> (f64, f64) {
        let Some(node) = self.node(device) else { return (0.0, 0.0) };
        let desks = (0..self.port_count(node)).filter(|&port| self.behind(node, device, port) == Behind::Desk);
        desks
            .map(|port| self.desk(node, device, port))
            .fold((0.0, 0.0), |(down, up), flow| (down + flow.forth.level, up + flow.back.level))
    }

    /// Octets that a wire took in at one end, since long ago.
    fn carried(&self, wire: WireNumber, side: Side, at: f64) -> f64 {
        let Some(facts) = self.wires.get(wire as usize) else { return 0.0 };
        let start = seconds_of(self.moment) - LONG_AGO;
        let load = if side == Side::A { facts.forth } else { facts.back };
        let Some(trouble) = self.wire_troubles.get(&wire) else { return load.octets(start, at) };
        let of = |hot: &Hot| if side == Side::A { hot.forth } else { hot.back };
        let ordinary = |until: f64| {
            let usual = match &trouble.hot {
                Some(hot) if until > hot.since => load.octets(start, hot.since) + of(hot).octets(hot.since, until),
                _ => load.octets(start, until),
            };
            usual + trouble.surges.iter().map(|surge| of(surge).octets(surge.since, until)).sum::<f64>()
        };
        let until = trouble.flap.map_or(at, |flap| flap.warp(at));
        let lost = trouble.outages.iter().filter(|outage| outage.from < until);
        ordinary(until) - lost.map(|outage| ordinary(until.min(outage.to)) - ordinary(outage.from)).sum::<f64>()
    }

    /// Octets that left (`forth`) or entered (`back`) a port since its agent started.
    fn octets(&self, node: &Node, device: DeviceNumber, (port, at): (PortNumber, f64)) -> (f64, f64) {
        let boot = self.booted_at(device, at);
        let wired = |cable: &Cable| {
            let side = |side: Side| self.carried(cable.wire, side, at) - self.carried(cable.wire, side, boot);
            (side(cable.side), side(cable.side.other()))
        };
        match self.behind(node, device, port) {
            Behind::Cable(cable) => wired(cable),
            Behind::Lag(lag, _) => self.members(node, lag).map(wired).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
            Behind::Desk => {
                let flow = self.desk(node, device, port);
                let until = self.fallen_at(device, port).map_or(at, |fallen| at.min(fallen.max(boot)));
                (flow.forth.octets(boot, until), flow.back.octets(boot, until))
            }
            Behind::Inside if self.spec(node, port).is_some_and(|spec| spec.usage == PortUse::Management) => {
                let load = Load { level: 2600.0, profile: Profile::Flat, noise: 1.0, seed: self.chance(device, port, 3) };
                (load.octets(boot, at), load.octets(boot, at) * 0.7)
            }
            Behind::Empty | Behind::Disabled | Behind::Inside => (0.0, 0.0),
        }
    }

    /// Octets that left and entered a port between two times, restarts of its agent or not.
    pub fn moved(&self, node: &Node, device: DeviceNumber, (port, from, to): (PortNumber, f64, f64)) -> (f64, f64) {
        let wired = |cable: &Cable| {
            let side = |side: Side| (self.carried(cable.wire, side, to) - self.carried(cable.wire, side, from)).max(0.0);
            (side(cable.side), side(cable.side.other()))
        };
        match self.behind(node, device, port) {
            Behind::Cable(cable) => wired(cable),
            Behind::Desk => {
                let flow = self.desk(node, device, port);
                let until = self.fallen_at(device, port).map_or(to, |fallen| to.min(fallen.max(from)));
                (flow.forth.octets(from, until), flow.back.octets(from, until))
            }
            Behind::Lag(..) | Behind::Empty | Behind::Disabled | Behind::Inside => (0.0, 0.0),
        }
    }

    /// All counters of an interface, by [`IfCounter`], as 64 bits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are positive and far below 2^63")]
    pub fn counters(&self, node: &Node, device: DeviceNumber, (port, at): (PortNumber, f64)) -> [u64; IfCounter::COUNT] {
        let (forth, back) = self.octets(node, device, (port, at));
        let (forth, back) = (forth.max(0.0), back.max(0.0));
        let sizes = self.packet_sizes(node, device, port);
        let mut all = [0; IfCounter::COUNT];
        let mut set = |which: IfCounter, value: f64| all[which as usize] = value as u64;
        set(IfCounter::OutOctets, forth);
        set(IfCounter::InOctets, back);
        for (octets, size, [unicast, multicast, broadcast]) in [
            (forth, sizes.0, [IfCounter::OutUcastPkts, IfCounter::OutMulticastPkts, IfCounter::OutBroadcastPkts]),
            (back, sizes.1, [IfCounter::InUcastPkts, IfCounter::InMulticastPkts, IfCounter::InBroadcastPkts]),
        ] {
            set(unicast, octets / size * 0.962);
            set(multicast, octets / size * 0.029);
            set(broadcast, octets / size * 0.009);
        }
        if let Some(trouble) = self.port_troubles.get(&(device, port)) {
            let boot = self.booted_at(device, at);
            let count = |level: f64, salt: u64| {
                let seed = self.chance(device, port, salt);
                Load { level, profile: Profile::Office, noise: 1.0, seed }.octets(boot, at)
            };
            set(IfCounter::InErrors, count(trouble.errors, 13));
            set(IfCounter::OutDiscards, count(trouble.discards, 14));
        }
        all
    }

    /// Mean octets in a packet, leaving and coming in: the same at both ends of a wire.
    pub fn packet_sizes(&self, node: &Node, device: DeviceNumber, port: PortNumber) -> (f64, f64) {
        let size = |hash: u64| between(hash, 380.0, 940.0);
        match self.behind(node, device, port) {
            Behind::Cable(cable) => {
                let of = |side: Side| size(mix(self.seed ^ 0x0b0e, u64::from(cable.wire) * 2 + u64::from(side == Side::A)));
                (of(cable.side), of(cable.side.other()))
            }
            _ => (size(self.chance(device, port, 11)), size(self.chance(device, port, 12))),
        }
    }

    /// Round trip to a device, milliseconds: loopback quick, and a little alive.
    pub fn rtt_ms(&self, device: DeviceNumber, at: f64) -> f64 {
        let base = between(self.chance(device, 0, 15), 0.12, 0.55);
        let cell = (at / 30.0).floor();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
        let jitter = unit(mix(self.chance(device, 0, 16), cell as u64));
        base * (1.0 + 0.5 * jitter * jitter)
    }
}
