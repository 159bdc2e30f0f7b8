//! One poll of one device: a train of full GET requests, one in flight at a time.

use super::client::{Agent, Client};
use super::error::SnmpError;
use super::health::{self, HealthPlan};
use super::session::{Limits, Session};
use crate::clock;
use crate::mib::Registry;
use crate::model::poll::{Counter, IfCounter, IfReading, LastChanges, PollReading};
use crate::model::{AdminStatus, Device, DeviceId, IfIndex, Oid, OperStatus, SnmpVersion};
use crate::wire::snmp::{Value, VarBind};
use std::sync::{Arc, OnceLock};

/// What is to be polled of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollPlan {
    /// The device.
    pub device: DeviceId,
    /// Its agent, with the credential that opened it.
    pub agent: Agent,
    /// Its interfaces, by ifIndex.
    pub interfaces: Vec<PolledInterface>,
    /// Its gauges.
    pub health: Arc<HealthPlan>,
}

/// An interface and which objects it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolledInterface {
    /// ifIndex
    pub if_index: IfIndex,
    /// Which counters.
    pub counters: CounterSet,
}

/// Which counters of an interface are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterSet {
    /// The 64-bit ones of ifXTable.
    High,
    /// ifTable's, and the 32-bit ones of ifXTable.
    Low,
    /// ifTable's alone: the agent has no ifXTable.
    IfTableOnly,
}

impl PollPlan {
    /// Everything of a device that an inventory described.
    pub fn of(device: &Device, agent: Agent) -> Self {
        let version = agent.credential.version;
        let interfaces = device.interfaces.iter().map(|interface| PolledInterface {
            if_index: interface.if_index,
            counters: match (interface.high_capacity_counters, &interface.if_name) {
                // SNMPv1 has no Counter64 (RFC 3584 §4.2.2.1).
                (Some(true), _) if version != SnmpVersion::V1 => CounterSet::High,
                (_, Some(_)) => CounterSet::Low,
                (_, None) => CounterSet::IfTableOnly,
            },
        });
        Self { device: device.id.clone(), agent, interfaces: interfaces.collect(), health: HealthPlan::of(&device.health) }
    }
}

/// Interfaces asked in one call: what was read of the calls before stays when one fails.
const INTERFACES_A_CALL: usize = 64;

/// What an object of a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Admin,
    Oper,
    Discontinuity,
    Count(IfCounter),
}

/// Columns of one [`CounterSet`], in the order in which they are asked.
type Columns = Vec<(Oid, Meaning)>;

/// Names of the columns of each set. `None` is a counter that it does not have.
struct Names {
    counters: [Option<&'static str>; IfCounter::COUNT],
    discontinuity: bool,
}

const HIGH: Names = Names {
    counters: [
        Some("ifHCInOctets"),
        Some("ifHCOutOctets"),
        Some("ifHCInUcastPkts"),
        Some("ifHCOutUcastPkts"),
        Some("ifHCInMulticastPkts"),
        Some("ifHCOutMulticastPkts"),
        Some("ifHCInBroadcastPkts"),
        Some("ifHCOutBroadcastPkts"),
        Some("ifInErrors"),
        Some("ifOutErrors"),
        Some("ifInDiscards"),
        Some("ifOutDiscards"),
    ],
    discontinuity: true,
};

const LOW: Names = Names {
    counters: [
        Some("ifInOctets"),
        Some("ifOutOctets"),
        Some("ifInUcastPkts"),
        Some("ifOutUcastPkts"),
        Some("ifInMulticastPkts"),
        Some("ifOutMulticastPkts"),
        Some("ifInBroadcastPkts"),
        Some("ifOutBroadcastPkts"),
        Some("ifInErrors"),
        Some("ifOutErrors"),
        Some("ifInDiscards"),
        Some("ifOutDiscards"),
    ],
    discontinuity: true,
};

const IF_TABLE_ONLY: Names = Names {
    counters: [
        Some("ifInOctets"),
        Some("ifOutOctets"),
        Some("ifInUcastPkts"),
        Some("ifOutUcastPkts"),
        None,
        None,
        None,
        None,
        Some("ifInErrors"),
        Some("ifOutErrors"),
        Some("ifInDiscards"),
        Some("ifOutDiscards"),
    ],
    discontinuity: false,
};

impl Names {
    fn columns(&self) -> Columns {
        let states = [("ifAdminStatus", Meaning::Admin), ("ifOperStatus", Meaning::Oper)];
        let counters =
            self.counters.iter().zip(IfCounter::ALL).filter_map(|(name, which)| Some(((*name)?, Meaning::Count(which))));
        let discontinuity = self.discontinuity.then_some(("ifCounterDiscontinuityTime", Meaning::Discontinuity));
        let named = states.into_iter().chain(counters).chain(discontinuity);
        named.filter_map(|(name, meaning)| Some((Registry::builtin().oid(name)?, meaning))).collect()
    }
}

impl CounterSet {
    fn columns(self) -> &'static Columns {
        static SETS: OnceLock<[Columns; 3]> = OnceLock::new();
        let [high, low, if_table_only] = SETS.get_or_init(|| [HIGH.columns(), LOW.columns(), IF_TABLE_ONLY.columns()]);
        match self {
            Self::High => high,
            Self::Low => low,
            Self::IfTableOnly => if_table_only,
        }
    }
}

/// Polls a device once. The reading is partial where a later part of the train was not answered.
///
/// # Errors
/// When the first part was not answered: then nothing is known but that.
pub async fn poll(client: &Client, plan: &PollPlan, limits: Limits) -> Result<PollReading, SnmpError> {
    let session = client.session(&plan.agent, limits);
    let mut reading = PollReading {
        device: plan.device.clone(),
        at: clock::now(),
        sys_up_time: None,
        rtt_ms: None,
        lost: 0,
        sent: 0,
        changes: LastChanges::default(),
        interfaces: Vec::with_capacity(plan.interfaces.len()),
        health: None,
        partial: false,
    };
    let mut chunks = plan.interfaces.chunks(INTERFACES_A_CALL);
    // The uptime stands in the first request, with the counters that it dates.
    let first = read(&session, scalars(plan.agent.credential.version), chunks.next().unwrap_or_default(), &mut reading).await;
    first?;
    for chunk in chunks {
        if let Err(error) = read(&session, &[], chunk, &mut reading).await {
            tracing::debug!(device = %plan.device, %error, "poll ended early");
            reading.partial = true;
            break;
        }
    }
    if !reading.partial {
        let (health, fault) = health::read(&session, &plan.health).await;
        reading.health = health;
        reading.partial = fault.is_some();
    }
    let tally = session.tally();
    reading.at = tally.last_answer_at.unwrap_or(reading.at);
    reading.rtt_ms = tally.quickest.map(|quickest| quickest.as_secs_f64() * 1000.0);
    reading.lost = tally.resent;
    reading.sent = tally.sent;
    Ok(reading)
}

/// sysUpTime, and when tables changed last. To version 1 an object that is not there refuses the whole request (RFC 1157 §4.1.2),
/// and most agents lack some of those: it is asked for the uptime alone.
fn scalars(version: SnmpVersion) -> &'static [Oid] {
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

async fn read(
    session: &Session,
    scalars: &[Oid],
    interfaces: &[PolledInterface],
    reading: &mut PollReading,
) -> Result<(), SnmpError> {
    let mut names: Vec<Oid> = scalars.to_vec();
    for interface in interfaces {
        names.extend(interface.counters.columns().iter().map(|(column, _)| column.child(&[interface.if_index.0])));
    }
    if names.is_empty() {
        return Ok(());
    }
    let mut values = session.get(&names).await?.into_iter();
    let mut ticks =
        values.by_ref().take(scalars.len()).map(|bind| bind.value.as_u64().and_then(|ticks| u32::try_from(ticks).ok()));
    if let Some(up_time) = ticks.next() {
        reading.sys_up_time = up_time;
        reading.changes = LastChanges::from_values(std::array::from_fn(|_| ticks.next().flatten()));
    }
    drop(ticks);
    for interface in interfaces {
        let columns = interface.counters.columns();
        let mut row = IfReading::new(interface.if_index);
        for ((_, meaning), bind) in columns.iter().zip(values.by_ref().take(columns.len()).collect::<Vec<VarBind>>()) {
            fill(&mut row, *meaning, &bind.value);
        }
        reading.interfaces.push(row);
    }
    Ok(())
}

fn fill(row: &mut IfReading, meaning: Meaning, value: &Value) {
    match meaning {
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
    use crate::model::{Credential, Interface, Timestamp};
    use std::sync::Arc;

    fn agent() -> Agent {
        Agent { address: "10.0.0.1:161".parse().unwrap(), credential: Arc::new(Credential::community("public", "public")) }
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
        let plan = PollPlan::of(&device(2), agent());
        let reading = poll(&client(Network::default().agent("10.0.0.1:161", lines)), &plan, Limits::default()).await.unwrap();
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
        let plan = PollPlan::of(&device(200), agent());
        let limits = Limits { deadline: Some(std::time::Duration::from_secs(5)), ..Limits::default() };
        let reading = poll(&client(network), &plan, limits).await.unwrap();
        assert!(reading.partial);
        assert!(!reading.interfaces.is_empty() && reading.interfaces.len() < 200, "{}", reading.interfaces.len());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_error_with_its_reason() {
        let error = poll(&client(Network::default()), &PollPlan::of(&device(1), agent()), Limits::default()).await.unwrap_err();
        assert_eq!(error.reason(), crate::model::inventory::Reason::Timeout);
    }

    #[test]
    fn version_1_reads_no_64_bit_counters() {
        let mut v1 = Credential::community("old", "public");
        v1.version = SnmpVersion::V1;
        let plan = PollPlan::of(&device(1), Agent { credential: Arc::new(v1), ..agent() });
        assert_eq!(plan.interfaces[0].counters, CounterSet::Low);
        assert_eq!(CounterSet::High.columns().len(), 15);
        assert_eq!(CounterSet::IfTableOnly.columns().len(), 10);
    }
}
