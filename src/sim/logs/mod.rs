//! What the devices of a scenario say by syslog and traps: everyday chatter, and what follows from links that fall and devices that
//! restart. Pure: a second is a function of the scenario and of time, now and in the past.
//!
//! Start at [`Script::second`]; `chatter` is the everyday, `incident` what follows from the scenario's troubles, `dialect` how each vendor
//! writes it, `notify` the traps, `live` the thread that sends it.

mod chatter;
mod dialect;
mod incident;
pub mod live;
mod notify;
mod story;
#[cfg(test)]
mod tests;

use super::scenario::{DeviceNumber, PortNumber, Scenario, WireNumber};
use super::truth::{Behind, seconds_of};
use crate::model::Timestamp;
use crate::model::log::{LogDatagram, LogKind};
use dialect::Dialect;
use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

/// How far the past of what was said reaches back.
pub const LENGTH: Duration = Duration::from_secs(86_400);

/// Desk ports of a device that are spoken of.
const MOST_PORTS: usize = 48;

/// Who says what, and when.
#[derive(Debug)]
pub struct Script {
    scenario: Arc<Scenario>,
    speakers: Vec<Speaker>,
    /// When links fell and rose for good, by time.
    edges: Vec<Edge>,
    /// Links that go on falling.
    flaps: Vec<WireNumber>,
    /// When devices came back.
    restarts: Vec<(f64, DeviceNumber)>,
}

/// A device that speaks.
#[derive(Debug)]
struct Speaker {
    device: DeviceNumber,
    address: Ipv4Addr,
    name: String,
    dialect: Dialect,
    /// Names of ports at which somebody sits.
    desks: Vec<PortNumber>,
}

/// A link fell or rose.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    at: f64,
    wire: WireNumber,
    up: bool,
}

/// One thing that is said, before it is written as its dialect wants.
#[derive(Clone, Debug, PartialEq)]
struct Saying {
    /// RFC 5424 §6.2.1
    severity: u8,
    /// The program, or the facility of a mnemonic.
    app: Cow<'static, str>,
    /// The mnemonic or the message id.
    id: Cow<'static, str>,
    text: String,
}

impl Script {
    /// Of a scenario.
    pub fn new(scenario: Arc<Scenario>) -> Self {
        let speakers = scenario.agents().filter_map(|(device, address, node)| {
            let dialect = Dialect::of(scenario.kind(node)?)?;
            let is_desk = |port: &PortNumber| matches!(scenario.behind(node, device, *port), Behind::Desk);
            let desks = (0..scenario.port_count(node)).filter(is_desk).take(MOST_PORTS).collect();
            Some(Speaker { device, address, name: node.name.clone(), dialect, desks })
        });
        let speakers: Vec<Speaker> = speakers.collect();
        let mut edges = Vec::new();
        let mut flaps = Vec::new();
        for (wire, trouble) in &scenario.wire_troubles {
            for outage in &trouble.outages {
                let ends = [(outage.from, false), (outage.to, true)].into_iter().filter(|(at, _)| at.is_finite());
                edges.extend(ends.map(|(at, up)| Edge { at, wire: *wire, up }));
            }
            flaps.extend(trouble.flap.is_some().then_some(*wire));
        }
        edges.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.wire.cmp(&b.wire)));
        flaps.sort_unstable();
        let mut restarts: Vec<(f64, DeviceNumber)> = scenario
            .outages
            .iter()
            .flat_map(|(device, outages)| {
                outages.iter().filter(|outage| outage.to.is_finite()).map(|outage| (outage.to, *device))
            })
            .collect();
        restarts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Self { scenario, speakers, edges, flaps, restarts }
    }

    /// What is sent in the second that begins at `second`, in the order of its times.
    pub fn second(&self, second: i64) -> Vec<LogDatagram> {
        let mut out = Vec::new();
        self.chatter(second, &mut out);
        self.incidents(second, &mut out);
        self.story(second, &mut out);
        out.sort_by_key(|datagram| datagram.at);
        out
    }

    /// What was said in the day until the scenario's moment.
    pub fn past(self) -> impl Iterator<Item = LogDatagram> + Send {
        let until = self.scenario.moment;
        let from = until.minus(LENGTH).secs();
        (from..until.secs()).flat_map(move |second| self.second(second))
    }

    fn speaker(&self, device: DeviceNumber) -> Option<&Speaker> {
        let at = self.speakers.binary_search_by_key(&device, |speaker| speaker.device).ok()?;
        self.speakers.get(at)
    }

    /// Adds a saying of a device that answers at that time.
    fn say(&self, speaker: &Speaker, (at, saying): (f64, &Saying), out: &mut Vec<LogDatagram>) {
        if self.scenario.answers(speaker.device, at) {
            let at = moment(at);
            out.push(self.datagram(
                speaker,
                (at, LogKind::Syslog),
                speaker.dialect.write((&speaker.name, speaker.device), at, saying),
            ));
        }
    }

    fn datagram(&self, speaker: &Speaker, (at, kind): (Timestamp, LogKind), octets: Vec<u8>) -> LogDatagram {
        LogDatagram { at, source: speaker.address.into(), kind, octets }
    }

    /// Seconds for which something has been so at `at`; `None` before.
    fn since_moment(&self, at: i64) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "seconds of this age fit into 53 bits")]
        let at = at as f64;
        seconds_of(self.scenario.moment) - at
    }
}

#[allow(clippy::cast_possible_truncation, reason = "times of this age are far below 2^63")]
fn moment(seconds: f64) -> Timestamp {
    Timestamp((seconds * 1000.0) as i64)
}
