//! What one poll of one device yields, as read: counters with their width, before any rate is made.

use super::device::DeviceId;
use super::health::HealthReading;
use super::interface::{AdminStatus, IfIndex, OperStatus};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A counter as read, with the width at which it wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counter {
    /// Counter32 (RFC 2578 §7.1.6)
    Bits32(u32),
    /// Counter64 (RFC 2578 §7.1.10)
    Bits64(u64),
}

/// The counters that are polled of each interface, in column order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs, reason = "each but the last is the IF-MIB object, or its high-capacity form")]
pub enum IfCounter {
    InOctets = 0,
    OutOctets = 1,
    InUcastPkts = 2,
    OutUcastPkts = 3,
    InMulticastPkts = 4,
    OutMulticastPkts = 5,
    InBroadcastPkts = 6,
    OutBroadcastPkts = 7,
    InErrors = 8,
    OutErrors = 9,
    InDiscards = 10,
    OutDiscards = 11,
    /// dot3StatsFCSErrors (RFC 3635)
    InFcsErrors = 12,
}

impl IfCounter {
    /// How many there are.
    pub const COUNT: usize = 13;

    /// All, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::InOctets,
        Self::OutOctets,
        Self::InUcastPkts,
        Self::OutUcastPkts,
        Self::InMulticastPkts,
        Self::OutMulticastPkts,
        Self::InBroadcastPkts,
        Self::OutBroadcastPkts,
        Self::InErrors,
        Self::OutErrors,
        Self::InDiscards,
        Self::OutDiscards,
        Self::InFcsErrors,
    ];

    /// The MIB object, without the HC of its high-capacity form.
    pub const fn object(self) -> &'static str {
        match self {
            Self::InOctets => "ifInOctets",
            Self::OutOctets => "ifOutOctets",
            Self::InUcastPkts => "ifInUcastPkts",
            Self::OutUcastPkts => "ifOutUcastPkts",
            Self::InMulticastPkts => "ifInMulticastPkts",
            Self::OutMulticastPkts => "ifOutMulticastPkts",
            Self::InBroadcastPkts => "ifInBroadcastPkts",
            Self::OutBroadcastPkts => "ifOutBroadcastPkts",
            Self::InErrors => "ifInErrors",
            Self::OutErrors => "ifOutErrors",
            Self::InDiscards => "ifInDiscards",
            Self::OutDiscards => "ifOutDiscards",
            Self::InFcsErrors => "dot3StatsFCSErrors",
        }
    }
}

/// One interface in one poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IfReading {
    /// ifIndex
    pub if_index: IfIndex,
    /// ifAdminStatus
    pub admin_status: Option<AdminStatus>,
    /// ifOperStatus
    pub oper_status: Option<OperStatus>,
    /// Counters by [`IfCounter`]; `None` is not read.
    pub counters: [Option<Counter>; IfCounter::COUNT],
    /// ifCounterDiscontinuityTime, hundredths of a second of sysUpTime
    pub discontinuity: Option<u32>,
    /// How long before the end of the poll it was received, milliseconds: a poll of many requests takes its time.
    pub age_ms: u32,
}

impl IfReading {
    /// A reading of which nothing is known yet.
    pub const fn new(if_index: IfIndex) -> Self {
        Self {
            if_index,
            admin_status: None,
            oper_status: None,
            counters: [None; IfCounter::COUNT],
            discontinuity: None,
            age_ms: 0,
        }
    }

    /// One counter.
    pub fn counter(&self, which: IfCounter) -> Option<Counter> {
        self.counters.get(which as usize).copied().flatten()
    }

    /// Sets one counter.
    pub fn set(&mut self, which: IfCounter, value: Counter) {
        if let Some(slot) = self.counters.get_mut(which as usize) {
            *slot = Some(value);
        }
    }
}

/// When tables that an inventory reads changed last, in hundredths of a second of sysUpTime. Another value than in the poll before
/// says that the inventory is out of date. `None` is not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastChanges {
    /// lldpStatsRemTablesLastChangeTime (IEEE 802.1AB-2005 §12)
    pub neighbours: Option<u32>,
    /// ifTableLastChange (RFC 2863)
    pub interfaces: Option<u32>,
    /// ifStackLastChange (RFC 2863)
    pub stack: Option<u32>,
    /// entLastChangeTime (RFC 6933)
    pub entities: Option<u32>,
}

impl LastChanges {
    /// The objects, in the order of [`Self::from_values`].
    pub const OBJECTS: [&'static str; 4] =
        ["lldpStatsRemTablesLastChangeTime", "ifTableLastChange", "ifStackLastChange", "entLastChangeTime"];

    /// From the values of [`Self::OBJECTS`].
    pub const fn from_values([neighbours, interfaces, stack, entities]: [Option<u32>; 4]) -> Self {
        Self { neighbours, interfaces, stack, entities }
    }

    /// What both tell and tell differently.
    pub fn differs_from(self, before: Self) -> bool {
        let pairs = [
            (before.neighbours, self.neighbours),
            (before.interfaces, self.interfaces),
            (before.stack, self.stack),
            (before.entities, self.entities),
        ];
        pairs.into_iter().any(|(before, now)| matches!((before, now), (Some(before), Some(now)) if before != now))
    }
}

/// Why a device was polled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PollKind {
    /// Its interval was over. Its samples are kept.
    #[default]
    Regular,
    /// Somebody looks at it: shown, and not kept, so that what is kept stays even.
    Burst,
}

/// What ICMP echoes since the poll before came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Echoes {
    /// Echoes whose fate is known.
    pub sent: u32,
    /// Of those, answered.
    pub answered: u32,
    /// Their quickest round trip, milliseconds.
    pub rtt_ms: Option<f64>,
}

/// One poll of one device that was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PollReading {
    /// The device.
    pub device: DeviceId,
    /// Why it was polled.
    pub kind: PollKind,
    /// When the last reply of the poll was received.
    pub at: Timestamp,
    /// The same moment on a clock that no step of the host's moves: what spans are measured with.
    pub steady: Timestamp,
    /// How often the device is polled; `None` is as often as all.
    pub interval: Option<Duration>,
    /// sysUpTime, hundredths of a second; wraps after 497 days.
    pub sys_up_time: Option<u32>,
    /// snmpEngineBoots (RFC 3411), where the agent speaks version 3.
    pub engine_boots: Option<u32>,
    /// Round trip of the quickest request of the poll, milliseconds.
    pub rtt_ms: Option<f64>,
    /// Requests that were sent again, of those sent.
    pub lost: u32,
    /// Requests sent, repetitions included.
    pub sent: u32,
    /// ICMP echoes to the device; `None` where it is not pinged.
    pub echoes: Option<Echoes>,
    /// When tables of the device changed last.
    pub changes: LastChanges,
    /// Interfaces, by ifIndex. One that has another name than the inventory says is left out.
    pub interfaces: Vec<IfReading>,
    /// Its gauges; `None` where they were not asked in this poll.
    pub health: Option<HealthReading>,
    /// Whether some rows were not read.
    pub partial: bool,
    /// Interfaces that have another name than the inventory says: it is out of date.
    pub renamed: u32,
}

impl PollReading {
    /// An answered poll of which nothing else is known yet.
    pub const fn new(device: DeviceId, at: Timestamp) -> Self {
        Self {
            device,
            kind: PollKind::Regular,
            at,
            steady: at,
            interval: None,
            sys_up_time: None,
            engine_boots: None,
            rtt_ms: None,
            lost: 0,
            sent: 0,
            echoes: None,
            changes: LastChanges { neighbours: None, interfaces: None, stack: None, entities: None },
            interfaces: Vec::new(),
            health: None,
            partial: false,
            renamed: 0,
        }
    }
}
