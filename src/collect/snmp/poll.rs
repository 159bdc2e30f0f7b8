//! One poll of one device: a train of full GET requests, one in flight at a time.

use super::bridge::BridgePlan;
use super::client::{Agent, Client};
use super::columns::{CounterSet, Meaning};
use super::error::SnmpError;
use super::health::{self, HealthPlan};
use super::session::Limits;
use super::train::Train;
use super::wireless::WirelessPlan;
use crate::clock::{self, Stopwatch};
use crate::mib::Registry;
use crate::model::poll::{Counter, IfCounter, IfReading, LastChanges, PollKind, PollReading};
use crate::model::text;
use crate::model::{AdminStatus, Device, IfIndex, Interface, Oid, OperStatus, SnmpVersion, Timestamp};
use crate::wire::snmp::list::Root;
use crate::wire::snmp::{Asked, Value};
use std::net::IpAddr;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What is to be polled of a device.
#[derive(Clone, Debug)]
pub struct PollPlan {
    /// The device, as its inventory describes it.
    pub device: Arc<Device>,
    /// Its agent, with the credential that opened it.
    pub agent: Agent,
    /// How often; `None` is as often as all.
    pub interval: Option<Duration>,
    /// Where else it may be asked for, the best first.
    pub others: Arc<[IpAddr]>,
    /// Its gauges.
    health: Arc<HealthPlan>,
    /// What it controls, where it is a wireless controller.
    pub(super) wireless: Arc<WirelessPlan>,
    /// Its spanning tree and Power over Ethernet, where it is a switch.
    pub(super) bridge: Arc<BridgePlan>,
    ethernet: Arc<Ethernet>,
    /// Whether what is not needed is left out just now.
    pub extras: Extras,
}

impl PartialEq for PollPlan {
    /// The same description, polled in the same way.
    fn eq(&self, other: &Self) -> bool {
        let alike = Arc::ptr_eq(&self.device, &other.device) || self.device == other.device;
        alike && self.agent == other.agent && self.interval == other.interval
    }
}

impl PollPlan {
    /// Everything of a device that an inventory described.
    pub fn of(device: Arc<Device>, agent: Agent) -> Self {
        let (health, wireless, bridge) = (HealthPlan::of(&device.health), WirelessPlan::of(&device), BridgePlan::of(&device));
        let (ethernet, extras, others) = (Arc::default(), Extras::default(), Arc::default());
        Self { device, agent, interval: None, others, health, wireless, bridge, ethernet, extras }
    }

    /// The same, to be asked for at these addresses where it does not answer at its own.
    #[must_use]
    pub fn or_at(mut self, others: Vec<IpAddr>) -> Self {
        self.others = others.into();
        self
    }

    /// The same, as often as this.
    #[must_use]
    pub const fn every(mut self, interval: Option<Duration>) -> Self {
        self.interval = interval;
        self
    }
}

/// What a poll asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything, since the interval is over.
    Whole,
    /// What somebody looks at: the whole device, or these of its interfaces.
    Looked(Option<Vec<IfIndex>>),
}

/// Interfaces that have EtherLike-MIB's counters, by their place: known from the first poll that asked them all, until the next inventory.
#[derive(Debug, Default)]
struct Ethernet(OnceLock<Box<[bool]>>);

impl Ethernet {
    /// Whether to ask the interface at a place.
    fn has(&self, place: usize) -> bool {
        self.0.get().is_none_or(|known| known.get(place).copied().unwrap_or(false))
    }
}

/// Polls a device once. The reading is partial where a later part of the train was not answered.
///
/// # Errors
/// When the first part was not answered: then nothing is known but that.
pub async fn poll(client: &Client, plan: &PollPlan, limits: Limits, extent: &Extent) -> Result<PollReading, SnmpError> {
    let session = client.session(&plan.agent, limits);
    let mut rows = Rows::new(plan, extent);
    if plan.extras.are_left_out() {
        rows.scalars = scalars(SnmpVersion::V1);
    }
    let result = session.train(&mut rows).await;
    if let Err(error) = result {
        if rows.answered.is_none() {
            return Err(error);
        }
        tracing::debug!(device = %plan.device.id, %error, "poll ended early");
        rows.reading.partial = true;
    } else if *extent == Extent::Whole {
        rows.note_ethernet(&plan.ethernet);
    }
    let mut reading = rows.end();
    // Gauges are slow, and for the agent dear: a burst leaves them out.
    if !reading.partial && *extent == Extent::Whole {
        let (health, fault) = health::read(&session, &plan.health).await;
        reading.health = health;
        reading.partial = fault.is_some();
    }
    let tally = session.tally();
    reading.engine_boots = session.engine_boots();
    reading.rtt_ms = tally.quickest.map(|quickest| quickest.as_secs_f64() * 1000.0);
    reading.lost = tally.resent;
    reading.sent = tally.sent;
    Ok(reading)
}

/// Polls without the times of last changes, after an agent was silent with them and not without: a subagent that hangs (AgentX, pass
/// scripts) takes the whole answer with it.
const POLLS_WITHOUT_EXTRAS: u32 = 40;

/// Whether what a poll does not need is left out for a while.
#[derive(Clone, Debug, Default)]
pub struct Extras(Arc<AtomicU32>);

impl Extras {
    /// Leaves it out of the next polls.
    pub fn leave_out(&self) {
        self.0.store(POLLS_WITHOUT_EXTRAS, Relaxed);
    }

    /// Whether this poll goes without.
    fn are_left_out(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// Asks for sysUpTime alone, once.
///
/// # Errors
/// When there is no answer.
pub async fn probe(client: &Client, plan: &PollPlan, timeout: Duration) -> Result<(), SnmpError> {
    let limits = Limits { timeout, retries: 0, ..Limits::default() };
    let name = scalar_names(SnmpVersion::V1);
    client.session(&plan.agent, limits).get(name).await.map(drop)
}

/// sysUpTime, and when tables changed last. To version 1 an object that is not there refuses the whole request (RFC 1157 §4.1.2),
/// and most agents lack some of those: it is asked for the uptime alone.
fn scalar_names(version: SnmpVersion) -> &'static [Oid] {
    static ALL: OnceLock<Vec<Oid>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let names = std::iter::once("sysUpTime").chain(LastChanges::OBJECTS);
        names.filter_map(|name| Registry::builtin().scalar(name)).collect()
    });
    match version {
        SnmpVersion::V1 => all.get(..1).unwrap_or_default(),
        SnmpVersion::V2c | SnmpVersion::V3 => all,
    }
}

/// The same, ready to be sent.
fn scalars(version: SnmpVersion) -> &'static [Root] {
    static ALL: OnceLock<[Vec<Root>; 2]> = OnceLock::new();
    let roots = |version| scalar_names(version).iter().map(Root::new).collect();
    let [one, all] = ALL.get_or_init(|| [roots(SnmpVersion::V1), roots(SnmpVersion::V2c)]);
    if version == SnmpVersion::V1 { one } else { all }
}

/// One object of a row: the interface's place, and the column's.
#[derive(Clone, Copy)]
struct Object {
    place: u32,
    column: u8,
}

/// The rows of a poll, while they come in.
struct Rows<'a> {
    interfaces: &'a [Interface],
    version: SnmpVersion,
    scalars: &'static [Root],
    objects: Vec<Object>,
    ticks: [Option<u32>; 5],
    reading: PollReading,
    /// When each row of the reading came, on the steady clock.
    dated: Vec<Timestamp>,
    /// The row that comes in, and when the part of the train came that it ends in.
    row: Option<IfReading>,
    row_at: Timestamp,
    /// Whether the row that comes in has the name that it should have.
    is_named: bool,
    /// Places of interfaces that told EtherLike-MIB's counters.
    ethernet: Vec<u32>,
    /// When the last answer came.
    answered: Option<Timestamp>,
}

impl<'a> Rows<'a> {
    fn new(plan: &'a PollPlan, extent: &Extent) -> Self {
        let version = plan.agent.credential.version;
        let interfaces = plan.device.interfaces.as_slice();
        let mut objects = Vec::new();
        for (place, (number, interface)) in
            interfaces.iter().zip(0u32..).map(|(interface, number)| (number, interface)).enumerate()
        {
            if let Extent::Looked(Some(wanted)) = extent
                && !wanted.contains(&interface.if_index)
            {
                continue;
            }
            let columns = CounterSet::of(interface, version).columns();
            // To version 1 what is not there refuses the whole request.
            let ethernet = version != SnmpVersion::V1 && plan.ethernet.has(place);
            let count = columns.len() - usize::from(!ethernet);
            objects.extend((0u8..).take(count).map(|column| Object { place: number, column }));
        }
        let kind = if *extent == Extent::Whole { PollKind::Regular } else { PollKind::Burst };
        let mut reading = PollReading { kind, interval: plan.interval, ..PollReading::new(plan.device.id.clone(), Timestamp(0)) };
        reading.interfaces.reserve(interfaces.len());
        Self {
            interfaces,
            version,
            scalars: scalars(version),
            objects,
            ticks: [None; 5],
            reading,
            dated: Vec::new(),
            row: None,
            row_at: Timestamp(0),
            is_named: true,
            ethernet: Vec::new(),
            answered: None,
        }
    }

    fn object(&self, at: usize) -> Option<(Object, &'a Interface)> {
        let object = *self.objects.get(at.checked_sub(self.scalars.len())?)?;
        let interface = self.interfaces.get(usize::try_from(object.place).ok()?)?;
        Some((object, interface))
    }

    /// The first object of the row to which the one at `at` belongs.
    fn is_first(&self, at: usize) -> bool {
        self.object(at).is_none_or(|(object, _)| object.column == 0)
    }

    /// Takes over which interfaces have EtherLike-MIB's counters.
    fn note_ethernet(&self, known: &Ethernet) {
        if known.0.get().is_none() && self.version != SnmpVersion::V1 {
            let mut places = vec![false; self.interfaces.len()].into_boxed_slice();
            for place in &self.ethernet {
                if let Some(slot) = usize::try_from(*place).ok().and_then(|place| places.get_mut(place)) {
                    *slot = true;
                }
            }
            // Another poll of the same plan may have been quicker, and knows the same.
            let _known = known.0.set(places);
        }
    }

    /// The row that came in is whole.
    fn close(&mut self) {
        let Some(row) = self.row.take() else { return };
        if self.is_named {
            self.reading.interfaces.push(row);
            self.dated.push(self.row_at);
        } else {
            self.reading.renamed += 1;
        }
    }

    fn end(mut self) -> PollReading {
        if !self.reading.partial {
            self.close();
        }
        let steady = self.reading.steady;
        for (row, at) in self.reading.interfaces.iter_mut().zip(&self.dated) {
            row.age_ms = u32::try_from(steady.since(*at).as_millis()).unwrap_or(u32::MAX);
        }
        self.reading.sys_up_time = self.ticks.first().copied().flatten();
        self.reading.changes = LastChanges::from_values(std::array::from_fn(|at| self.ticks.get(at + 1).copied().flatten()));
        self.reading
    }
}

impl Train for Rows<'_> {
    fn len(&self) -> usize {
        self.scalars.len() + self.objects.len()
    }

    fn load(&self, at: usize, most: usize) -> usize {
        let whole = (1..=most).rev().find(|load| at + load >= self.len() || self.is_first(at + load));
        whole.unwrap_or(most)
    }

    fn name(&self, at: usize, asked: &mut Asked) {
        match (self.scalars.get(at), self.object(at)) {
            (Some(scalar), _) => asked.push(scalar, &[]),
            (None, Some((object, interface))) => {
                let columns = CounterSet::of(interface, self.version).columns();
                if let Some(column) = columns.get(usize::from(object.column)) {
                    asked.push(&column.root, &[interface.if_index.0]);
                }
            }
            (None, None) => {}
        }
    }

    fn answered(&mut self, at: Timestamp, clock: &Stopwatch) {
        self.answered = Some(at);
        self.reading.at = at;
        self.reading.steady = clock::steady(clock);
    }

    fn take(&mut self, at: usize, value: Value) {
        if let Some(slot) = self.ticks.get_mut(at).filter(|_| at < self.scalars.len()) {
            *slot = value.as_u64().and_then(|ticks| u32::try_from(ticks).ok());
            return;
        }
        let Some((object, interface)) = self.object(at) else { return };
        if object.column == 0 {
            self.close();
            self.row = Some(IfReading::new(interface.if_index));
            self.is_named = true;
        }
        let columns = CounterSet::of(interface, self.version).columns();
        let Some(column) = columns.get(usize::from(object.column)) else { return };
        if column.meaning == Meaning::Name {
            self.is_named = is_called(interface, &value);
        } else if let Some(row) = &mut self.row {
            self.row_at = self.reading.steady;
            fill(row, column.meaning, &value);
            if column.meaning == Meaning::Count(IfCounter::InFcsErrors) && row.counter(IfCounter::InFcsErrors).is_some() {
                self.ethernet.push(object.place);
            }
        }
    }
}

/// Whether a row's name is that of the interface. An agent that tells none says nothing against it.
fn is_called(interface: &Interface, value: &Value) -> bool {
    let expected = interface.if_name.as_ref().or(interface.if_descr.as_ref());
    let (Some(expected), Value::Octets(name)) = (expected, value) else { return true };
    name == expected.as_bytes() || text::known(name).is_none_or(|name| name == *expected)
}

fn fill(row: &mut IfReading, meaning: Meaning, value: &Value) {
    match meaning {
        Meaning::Name => {}
        Meaning::Admin => row.admin_status = value.as_i64().and_then(AdminStatus::from_mib),
        Meaning::Oper => row.oper_status = value.as_i64().and_then(OperStatus::from_mib),
        Meaning::Discontinuity => row.discontinuity = value.as_u64().and_then(|ticks| u32::try_from(ticks).ok()),
        Meaning::Count(which) => {
            if let Some(counter) = counter(value) {
                row.set(which, counter);
            }
        }
    }
}

/// A counter by the type that the agent gives it: some send Gauge32 or INTEGER for Counter32.
fn counter(value: &Value) -> Option<Counter> {
    match value {
        Value::Counter64(count) => Some(Counter::Bits64(*count)),
        _ => value.as_u64().and_then(|count| u32::try_from(count).ok()).map(Counter::Bits32),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Network, client};
    use super::*;
    use crate::model::{Credential, DeviceId};

    fn agent() -> Agent {
        Agent { address: "10.0.0.1:161".parse().unwrap(), credential: Arc::new(Credential::community("public", "public")) }
    }

    fn plan(ports: u32) -> PollPlan {
        PollPlan::of(Arc::new(device(ports)), agent())
    }

    async fn read(lines: &str, plan: &PollPlan) -> PollReading {
        let client = client(Network::default().agent("10.0.0.1:161", lines));
        poll(&client, plan, Limits::default(), &Extent::Whole).await.unwrap()
    }

    fn device(ports: u32) -> Device {
        let mut device = Device::new(DeviceId::new("addr:10.0.0.1"), Timestamp(0));
        for number in 1..=ports {
            let mut interface = Interface::new(IfIndex(number));
            interface.if_name = Some(format!("Gi{number}"));
            interface.high_capacity_counters = Some(true);
            device.interfaces.push(interface);
        }
        device
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_reads_states_and_counters() {
        let lines =
            "sysUpTime.0 = #500\nifAdminStatus.1 = #1\nifOperStatus.1 = #7\nifHCInOctets.1 = $9000000000\nifInErrors.1 = #3
            ifCounterDiscontinuityTime.1 = #7\nifOperStatus.2 = #2";
        let reading = read(lines, &plan(2)).await;
        let port = &reading.interfaces[0];
        assert_eq!((reading.sys_up_time, reading.partial, reading.lost), (Some(500), false, 0));
        assert_eq!((port.admin_status, port.oper_status), (Some(AdminStatus::Up), Some(OperStatus::LowerLayerDown)));
        assert_eq!(port.counter(IfCounter::InOctets), Some(Counter::Bits64(9_000_000_000)));
        assert_eq!(port.counter(IfCounter::InErrors), Some(Counter::Bits32(3)));
        assert_eq!(port.counter(IfCounter::OutErrors), None, "what is not there is no zero");
        assert_eq!(port.discontinuity, Some(7));
        assert_eq!(reading.interfaces[1].oper_status, Some(OperStatus::Down));
        assert!(reading.rtt_ms.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_before_an_agent_fell_silent_is_kept() {
        let network = Network::default().agent("10.0.0.1:161", "sysUpTime.0 = #500\nifOperStatus.1 = #1\nlatency = 100");
        let limits = Limits { deadline: Some(Duration::from_secs(1)), ..Limits::default() };
        let reading = poll(&client(network), &plan(200), limits, &Extent::Whole).await.unwrap();
        assert!(reading.partial);
        assert!(!reading.interfaces.is_empty() && reading.interfaces.len() < 200, "{}", reading.interfaces.len());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_error_with_its_reason() {
        let error = poll(&client(Network::default()), &plan(1), Limits::default(), &Extent::Whole).await.unwrap_err();
        assert_eq!(error.reason(), crate::model::inventory::Reason::Timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_that_has_another_name_now_is_not_taken() {
        let lines =
            "sysUpTime.0 = #500\nifName.1 = Gi1\nifHCInOctets.1 = $7\nifName.2 = Gi7\nifHCInOctets.2 = $9\nifHCInOctets.3 = $4";
        let reading = read(lines, &plan(3)).await;
        let taken: Vec<u32> = reading.interfaces.iter().map(|port| port.if_index.0).collect();
        assert_eq!((taken, reading.renamed), (vec![1, 3], 1), "what has no name says nothing against it");
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_an_agent_is_left_out_for_a_while() {
        let extras = Extras::default();
        assert!(!extras.are_left_out());
        extras.leave_out();
        assert_eq!((0..100).filter(|_| extras.are_left_out()).count(), POLLS_WITHOUT_EXTRAS as usize);
        let lines = "sysUpTime.0 = #500\nifTableLastChange.0 = #7\nifName.1 = Gi1\nifOperStatus.1 = #1";
        let (client, plan) = (client(Network::default().agent("10.0.0.1:161", lines)), plan(1));
        let read = async || poll(&client, &plan, Limits::default(), &Extent::Whole).await.unwrap();
        assert_eq!(read().await.changes.interfaces, Some(7));
        plan.extras.leave_out();
        let without = read().await;
        assert_eq!((without.sys_up_time, without.changes.interfaces), (Some(500), None));
        assert_eq!(without.interfaces.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn ethernet_counters_are_asked_again_only_where_there_are_some() {
        let network = Network::default().agent("10.0.0.1:161", "sysUpTime.0 = #5\ndot3StatsFCSErrors.2 = #3");
        let (client, plan) = (client(network), plan(3));
        let mut seen = Vec::new();
        for _ in 0..2 {
            let reading = poll(&client, &plan, Limits::default(), &Extent::Whole).await.unwrap();
            seen.push(reading.interfaces.iter().map(|port| port.counter(IfCounter::InFcsErrors)).collect::<Vec<_>>());
        }
        let expected = [None, Some(Counter::Bits32(3)), None];
        assert_eq!(seen, [expected, expected]);
        assert_eq!((0..4).map(|place| plan.ethernet.has(place)).collect::<Vec<_>>(), [false, true, false, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn rows_are_not_torn_and_each_knows_when_it_came() {
        let network = Network::default().agent("10.0.0.1:161", "sysUpTime.0 = #500\nlatency = 100");
        let reading = poll(&client(network), &plan(20), Limits::default(), &Extent::Whole).await.unwrap();
        let ages: Vec<u32> = reading.interfaces.iter().map(|port| port.age_ms).collect();
        assert!(ages.is_sorted_by(|a, b| a >= b) && ages.first() > Some(&99) && ages.last() == Some(&0), "{ages:?}");
        assert!(ages.iter().all(|age| age % 100 == 0), "{ages:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_is_looked_at_is_asked_in_a_burst() {
        let network = Network::default().agent("10.0.0.1:161", "sysUpTime.0 = #500");
        let looked = Extent::Looked(Some(vec![IfIndex(2)]));
        let reading = poll(&client(network), &plan(4), Limits::default(), &looked).await.unwrap();
        assert_eq!((reading.kind, reading.interfaces.len(), reading.sent), (PollKind::Burst, 1, 1));
    }
}
