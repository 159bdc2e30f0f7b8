//! The gauges of a device in its poll: a GET of exactly the instances that its description names.
//!
//! Of a device with few gauges all are read in every poll. Of one with many (a chassis full of optics) the processors, memory, PoE and
//! some temperatures are, and the rest every [`SLOW_INTERVAL`].

use super::error::SnmpError;
use super::session::Session;
use super::tables::health::raw;
use crate::clock;
use crate::model::health::{HealthReading, SLOW_INTERVAL};
use crate::model::{Gauge, GaugeKind, Health, Oid, SensorClass, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Instances that are read in every poll: two or three full PDUs.
const EVERY_POLL: usize = 64;

/// Instances of one call: what was read of the calls before stays when one fails.
const INSTANCES_A_CALL: usize = 192;

/// A slow reading may come this much early, milliseconds: polls do not come to the millisecond.
const EARLY_MS: i64 = 2_000;

/// What is polled of the gauges of a device.
#[derive(Debug, Default)]
pub struct HealthPlan {
    health: Health,
    /// Places that are read in every poll.
    quick: Vec<usize>,
    /// The others.
    slow: Vec<usize>,
    /// When those were asked last, milliseconds of the epoch; 0 is never.
    slow_at: AtomicI64,
}

impl PartialEq for HealthPlan {
    fn eq(&self, other: &Self) -> bool {
        self.health.is_same_outline(&other.health)
    }
}

impl Eq for HealthPlan {}

impl HealthPlan {
    /// All gauges that an inventory described.
    pub fn of(health: &Health) -> Arc<Self> {
        let mut health = health.clone();
        // The outline counts places by the whole list; what can't be numbered is not asked.
        health.gauges.truncate(usize::from(u16::MAX));
        let all: usize = health.gauges.iter().map(|gauge| gauge.probes.len()).sum();
        let mut room = EVERY_POLL;
        let mut is_quick = |gauge: &Gauge| {
            let fits = all <= EVERY_POLL || (is_telling(gauge.kind) && gauge.probes.len() <= room);
            room = room.saturating_sub(if fits { gauge.probes.len() } else { 0 });
            fits
        };
        let (quick, slow) = (0..health.gauges.len()).partition(|place| health.gauges.get(*place).is_some_and(&mut is_quick));
        Arc::new(Self { health, quick, slow, slow_at: AtomicI64::new(0) })
    }

    /// The places that are due at a time. Those that are read slowly count as read from then on.
    fn due(&self, at: Timestamp) -> Vec<usize> {
        let interval = i64::try_from(SLOW_INTERVAL.as_millis()).unwrap_or(i64::MAX) - EARLY_MS;
        let mut due = self.quick.clone();
        // A clock that was set back must not silence anything.
        if !self.slow.is_empty() && (at.millis() - self.slow_at.load(Relaxed)).abs() >= interval {
            self.slow_at.store(at.millis(), Relaxed);
            due.extend(&self.slow);
        }
        due
    }
}

/// Whether it says how the device as a whole is.
const fn is_telling(kind: GaugeKind) -> bool {
    matches!(
        kind,
        GaugeKind::Processor
            | GaugeKind::Memory
            | GaugeKind::PoeBudget
            | GaugeKind::PoeUsed
            | GaugeKind::Sensor(SensorClass::Temperature)
    )
}

/// Reads what is due; `None` where nothing is. What was read before the agent fell silent is kept, and the error with it.
pub async fn read(session: &Session, plan: &HealthPlan) -> (Option<HealthReading>, Option<SnmpError>) {
    let due = plan.due(clock::now());
    if due.is_empty() {
        return (None, None);
    }
    let mut reading = HealthReading { outline: plan.health.outline, measured: Vec::with_capacity(due.len()) };
    let mut rest: &[usize] = &due;
    while !rest.is_empty() {
        let (call, after) = rest.split_at(call_length(plan, rest));
        rest = after;
        if let Err(error) = read_call(session, plan, (call, &mut reading)).await {
            return (Some(reading), Some(error));
        }
    }
    (Some(reading), None)
}

/// How many of the places go into one call.
fn call_length(plan: &HealthPlan, places: &[usize]) -> usize {
    let mut instances = 0;
    let fits = |place: &&usize| {
        instances += plan.health.gauges.get(**place).map_or(0, |gauge| gauge.probes.len());
        instances <= INSTANCES_A_CALL
    };
    places.iter().take_while(fits).count().max(1)
}

async fn read_call(
    session: &Session,
    plan: &HealthPlan,
    (places, reading): (&[usize], &mut HealthReading),
) -> Result<(), SnmpError> {
    let gauges = || places.iter().filter_map(|place| Some((*place, plan.health.gauges.get(*place)?)));
    let names: Vec<Oid> = gauges().flat_map(|(_, gauge)| gauge.probes.iter().map(|probe| probe.oid.clone())).collect();
    let mut values = session.get(&names).await?.into_iter();
    for (place, gauge) in gauges() {
        let raws: Vec<_> = values.by_ref().take(gauge.probes.len()).collect();
        let raws: Vec<Option<f64>> = gauge.probes.iter().zip(&raws).map(|(probe, bind)| raw(probe, &bind.value)).collect();
        if let Ok(place) = u16::try_from(place) {
            reading.measured.push((place, gauge.measure(&raws)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::{Part, Probe};

    fn gauge(kind: GaugeKind, number: u32) -> Gauge {
        let probe = Probe {
            part: Part::Value,
            oid: Oid::new(&[1, 3, 6, number]),
            factor: 1.0,
            reckoning: <_>::default(),
            absent: Vec::new(),
            words: Vec::new(),
            texts: Vec::new(),
        };
        Gauge {
            kind,
            name: format!("g{number}"),
            class: None,
            if_index: None,
            main: false,
            probes: vec![probe],
            limits: <_>::default(),
            measured: <_>::default(),
        }
    }

    fn plan(sensors: u32) -> Arc<HealthPlan> {
        let class = |number| if number % 2 == 0 { SensorClass::Temperature } else { SensorClass::Dbm };
        let sensors = (0..sensors).map(|number| gauge(GaugeKind::Sensor(class(number)), number));
        HealthPlan::of(&Health::new(sensors.chain([gauge(GaugeKind::Processor, 9999)]).collect()))
    }

    #[test]
    fn of_few_gauges_all_are_read_each_time_and_of_many_those_that_tell() {
        let (few, many) = (plan(20), plan(400));
        for (plan, secs, want) in [
            (&few, 1000, 21),
            (&few, 1010, 21),
            (&many, 1000, 401),
            (&many, 1010, 64),
            (&many, 1040, 64),
            (&many, 1059, 401),
            (&many, 1070, 64),
            // The clock was set back.
            (&many, 100, 401),
        ] {
            assert_eq!(plan.due(Timestamp::from_secs(secs)).len(), want, "{secs}");
        }
        assert_eq!(many.due(Timestamp::from_secs(110)).first(), Some(&0), "the processor is among them");
    }

    #[test]
    fn a_call_holds_whole_gauges() {
        let plan = plan(400);
        let places: Vec<usize> = (0..401).collect();
        assert_eq!(call_length(&plan, &places), INSTANCES_A_CALL);
        assert_eq!(call_length(&plan, &places[..3]), 3);
    }
}
