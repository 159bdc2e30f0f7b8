//! What is said when a link falls or rises and when a device comes back: by both ends, each in its way, within a second or two.

use super::{Dialect, Edge, Saying, Script, Speaker, notify};
use crate::model::log::{LogDatagram, LogKind};
use crate::sim::hash::{between, mix};
use crate::sim::scenario::{DeviceNumber, PortNumber, Side};

/// How often what is wrong with a port is complained of, seconds.
const COMPLAINT_EVERY: i64 = 270;
/// Since when it is, before the scenario's moment.
const COMPLAINTS_SINCE: f64 = 47.0 * 60.0;

impl Script {
    pub(super) fn incidents(&self, second: i64, out: &mut Vec<LogDatagram>) {
        #[allow(clippy::cast_precision_loss, reason = "seconds of this age fit into 53 bits")]
        let (from, to) = (second as f64, (second + 1) as f64);
        let first = self.edges.partition_point(|edge| edge.at < from);
        for edge in self.edges.iter().skip(first).take_while(|edge| edge.at < to) {
            self.link(*edge, out);
        }
        for wire in &self.flaps {
            let flap = self.scenario.wire_troubles.get(wire).and_then(|trouble| trouble.flap);
            let Some(flap) = flap else { continue };
            if let Some(at) = flap.changed(to - 1e-6).filter(|at| (from..to).contains(at)) {
                self.link(Edge { at, wire: *wire, up: !flap.covers(at + 1e-3) }, out);
            }
        }
        let first = self.restarts.partition_point(|(at, _)| *at < from);
        for (at, device) in self.restarts.iter().skip(first).take_while(|(at, _)| *at < to) {
            self.restart(*at, *device, out);
        }
        self.complaints((second, from), out);
    }

    /// Both ends tell of their port.
    fn link(&self, edge: Edge, out: &mut Vec<LogDatagram>) {
        let Some(wire) = self.scenario.wires.get(edge.wire as usize) else { return };
        for side in [Side::A, Side::B] {
            let (own, far) = (wire.end(side), wire.end(side.other()));
            let Some(speaker) = self.speaker(own.device) else { continue };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a salt")]
            let salt = mix(u64::from(own.device), edge.at as u64);
            // Who noticed it first is chance.
            let start = edge.at + between(salt, 0.02, 0.35);
            let mut at = start;
            for saying in self.sayings(speaker, own.port, (far.device, edge.up)) {
                self.say(speaker, (at, &saying), out);
                at += between(mix(salt, at.to_bits()), 0.03, 0.4);
            }
            let at = start + 0.06;
            if self.scenario.answers(speaker.device, at) {
                let octets = notify::link(&self.scenario, own.device, (own.port, edge.up, at));
                out.push(self.datagram(speaker, (super::moment(at), LogKind::Trap), octets));
            }
        }
    }

    fn sayings(&self, speaker: &Speaker, port: PortNumber, (far, up): (DeviceNumber, bool)) -> Vec<Saying> {
        let Some(node) = self.scenario.node(speaker.device) else { return Vec::new() };
        let (name, descr) = (self.scenario.port_name(node, port), self.scenario.port_descr(node, port));
        let if_index = self.scenario.if_index(node, port);
        let peer = self.scenario.node(far).and_then(|node| node.address);
        let state = if up { "up" } else { "down" };
        let say = |severity: u8, app: &'static str, id: &'static str, text: String| Saying {
            severity,
            app: app.into(),
            id: id.into(),
            text,
        };
        match speaker.dialect {
            Dialect::Cisco => {
                let mut all = vec![
                    say(3, "LINK", "UPDOWN", format!("Interface {descr}, changed state to {state}")),
                    say(5, "LINEPROTO", "UPDOWN", format!("Line protocol on Interface {descr}, changed state to {state}")),
                ];
                if self.scenario.cable(node, port).is_some_and(|cable| cable.lag.is_some()) {
                    let (id, what) = if up { ("BUNDLE", "joined") } else { ("UNBUNDLE", "left") };
                    all.push(say(5, "EC", id, format!("Interface {descr} {what} port-channel Po12")));
                }
                let routed = self.scenario.kind(node).is_some_and(|kind| kind.routed);
                match (peer, routed) {
                    (Some(peer), true) if !up => {
                        all.insert(0, say(3, "BFD", "DOWN", format!("session {peer} on {name} down: echo function failed")));
                        let text = format!("Process 1, Nbr {peer} on {descr} from FULL to DOWN, Neighbor Down: BFD node down");
                        all.push(say(5, "OSPF", "ADJCHG", text));
                    }
                    (Some(peer), true) => {
                        let text = format!("Process 1, Nbr {peer} on {descr} from LOADING to FULL, Loading Done");
                        all.push(say(5, "OSPF", "ADJCHG", text));
                    }
                    _ => all.push(say(5, "SPANTREE", "TOPOTRAP", "Topology Change Trap for vlan 10".to_owned())),
                }
                all
            }
            Dialect::Junos => {
                let (severity, id) = if up { (6, "SNMP_TRAP_LINK_UP") } else { (4, "SNMP_TRAP_LINK_DOWN") };
                let oper = if up { "up(1)" } else { "down(2)" };
                let text = format!("ifIndex {if_index}, ifAdminStatus up(1), ifOperStatus {oper}, ifName {name}");
                let mut all = vec![say(severity, "mib2d", id, text)];
                if !up {
                    all.push(say(
                        5,
                        "eswd",
                        "ESWD_STP_STATE_CHANGE_INFO",
                        format!("STP state for interface {name} changed to discarding"),
                    ));
                }
                all
            }
            Dialect::ArubaCx => {
                let (severity, id) = if up { (6, "404") } else { (4, "403") };
                vec![
                    say(severity, "hpe-intfd", id, format!("Link status for interface {name} is {state}")),
                    say(5, "hpe-mstpd", "2011", format!("Topology Change received on CIST interface {name}")),
                ]
            }
            Dialect::ArubaOs => vec![say(if up { 5 } else { 4 }, "fpapps", "125024", format!("Port {name} link {state}"))],
            Dialect::Fortinet => {
                let text = format!(
                    "subtype=\"system\" logdesc=\"Interface status changed\" action=\"interface-stat-change\" status=\"{state}\" msg=\"Link monitor: Interface {name} was turned {state}\""
                );
                vec![say(if up { 5 } else { 4 }, "event", "0100020099", text)]
            }
            Dialect::Linux => {
                vec![say(if up { 6 } else { 3 }, "kernel", "", format!("bnxt_en 0000:3b:00.0 {name}: NIC Link is {state}"))]
            }
            Dialect::Esxi => vec![say(
                if up { 5 } else { 3 },
                "vobd",
                "",
                format!("[netCorrelator] [vob.net.vmnic.linkstate.{state}] vmnic {name} linkstate {state}"),
            )],
            Dialect::Apc => vec![say(4, "System", "0x0001", format!("Network interface {state}."))],
        }
    }

    fn restart(&self, at: f64, device: DeviceNumber, out: &mut Vec<LogDatagram>) {
        let Some(speaker) = self.speaker(device) else { return };
        // What was said before logging was up again is lost, as ever.
        let at = at + 2.0;
        let (severity, app, id, text) = match speaker.dialect {
            Dialect::Cisco => (5, "SYS", "RESTART", "System restarted --".to_owned()),
            Dialect::Junos => (5, "chassisd", "CHASSISD_SYSTEM_START", "system restarted".to_owned()),
            Dialect::ArubaCx => (5, "hpe-sysmond", "2201", "The system booted".to_owned()),
            _ => (5, "kernel", "", "system restarted".to_owned()),
        };
        self.say(speaker, (at, &Saying { severity, app: app.into(), id: id.into(), text }), out);
        let octets = notify::cold_start(&self.scenario, device, at);
        out.push(self.datagram(speaker, (super::moment(at), LogKind::Trap), octets));
    }

    /// Ports with errors or drops: an applet on the device says so now and then.
    fn complaints(&self, (second, start): (i64, f64), out: &mut Vec<LogDatagram>) {
        if self.since_moment(second) > COMPLAINTS_SINCE {
            return;
        }
        let mut ports: Vec<_> = self.scenario.port_troubles.iter().collect();
        ports.sort_by_key(|(place, _)| **place);
        for ((device, port), trouble) in ports {
            let is_counted = trouble.errors > 0.0 || trouble.discards > 0.0;
            if !is_counted || (second + i64::from(*device) * 37).rem_euclid(COMPLAINT_EVERY) != 0 {
                continue;
            }
            let (Some(speaker), Some(node)) = (self.speaker(*device), self.scenario.node(*device)) else { continue };
            let name = self.scenario.port_name(node, *port);
            let text = if trouble.errors > 0.0 {
                format!("crc-watch: input errors on {name} rise by {:.2} a second", trouble.errors)
            } else {
                format!("queue-watch: output drops on {name} at {:.0} a second", trouble.discards)
            };
            self.say(speaker, (start + 0.4, &Saying { severity: 4, app: "HA_EM".into(), id: "LOG".into(), text }), out);
        }
    }
}
