//! An interface.

use super::{columns, count, owned, whole, word, yes};
use crate::analyse::port::PortRates;
use crate::model::{AdminStatus, Device, DeviceStatus, Duplex, IfIndex, Interface, Metric, OperStatus, Timestamp};
use crate::query::filter::Value;
use std::borrow::Cow;

/// How much hangs on an interface, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// A device that is polled is at the other end.
    Link,
    /// Somebody who carries others' traffic is: a switch, a router, an access point that is only heard of.
    Infrastructure,
    /// It is an aggregate.
    Aggregate,
    /// It carries several VLANs.
    Trunk,
    /// None of these: a user's port, which comes and goes.
    Edge,
}

impl Importance {
    const fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Infrastructure => "infrastructure",
            Self::Aggregate => "aggregate",
            Self::Trunk => "trunk",
            Self::Edge => "edge",
        }
    }
}

/// What is around an interface; asked only where a rule looks at it.
pub trait Surroundings {
    /// The name of what is at the other end of its link.
    fn peer(&self, if_index: IfIndex) -> Option<String>;
    /// Whether what is at the other end is reached, where it is a device.
    fn peer_status(&self, if_index: IfIndex) -> Option<DeviceStatus>;
    /// The duplex of the other end.
    fn peer_duplex(&self, if_index: IfIndex) -> Option<Duplex>;
    /// How much hangs on it.
    fn importance(&self, port: &Interface) -> Importance;
    /// Of an aggregate, its members and those of them that are down.
    fn members(&self, if_index: IfIndex) -> (usize, usize);
    /// What its counters did that can't be, in words.
    fn odd(&self, if_index: IfIndex) -> Option<&str>;
}

/// An interface with how it is.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct PortObject<'a> {
    pub device: &'a Device,
    pub device_status: DeviceStatus,
    pub port: &'a Interface,
    pub admin: Option<AdminStatus>,
    pub oper: Option<OperStatus>,
    /// Whether it was ever seen to be up.
    pub was_up: bool,
    pub rates: Option<&'a PortRates>,
    pub around: &'a dyn Surroundings,
}

impl PortObject<'_> {
    fn rate(&self, metric: Metric) -> Option<f64> {
        self.rates?.get(metric)
    }

    #[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
    fn utilisation(&self, metric: Metric) -> Option<f64> {
        let speed = self.port.speed_bps.filter(|speed| *speed > 0)?;
        self.rate(metric).map(|rate| rate / speed as f64)
    }

    fn larger(&self) -> Option<f64> {
        [Metric::InBps, Metric::OutBps].into_iter().filter_map(|metric| self.utilisation(metric)).reduce(f64::max)
    }

    fn sum(&self, metrics: [Metric; 2]) -> Option<f64> {
        metrics.into_iter().filter_map(|metric| self.rate(metric)).reduce(|x, y| x + y)
    }

    /// Of a hundred packets, how many were in error.
    fn share(&self, metrics: [Metric; 2]) -> Option<f64> {
        let packets = self.sum([Metric::InPps, Metric::OutPps]).filter(|packets| *packets > 0.0)?;
        self.sum(metrics).map(|bad| bad / (packets + bad))
    }

    fn is_down(&self) -> bool {
        self.admin != Some(AdminStatus::Down)
            && matches!(self.oper, Some(OperStatus::Down | OperStatus::LowerLayerDown | OperStatus::NotPresent))
    }

    /// Whether the two ends of the link speak by different rules.
    fn mismatch(&self) -> Option<bool> {
        Some(self.port.duplex? != self.around.peer_duplex(self.port.if_index)?)
    }

    /// When its rates were measured.
    pub fn seen(&self) -> Option<Timestamp> {
        self.rates.and_then(PortRates::at)
    }

    fn members(&self) -> (usize, usize) {
        self.around.members(self.port.if_index)
    }
}

const ERRORS: [Metric; 2] = [Metric::InErrors, Metric::OutErrors];
const DISCARDS: [Metric; 2] = [Metric::InDiscards, Metric::OutDiscards];

columns! {
    COLUMNS, row: PortObject<'_> {
        ["deviceName", "device"] Text => Value::Either(Cow::Owned(row.device.name()), Cow::Borrowed(row.device.id.as_str()));
        ["name", "ifName", "port", "if"] Text => Value::Text(Cow::Owned(row.port.name()));
        ["ifIndex"] Number => Value::Number(f64::from(row.port.if_index.0));
        ["ifDescr"] Text => Value::text(row.port.if_descr.as_deref());
        ["ifAlias", "alias"] Text => Value::text(row.port.if_alias.as_deref());
        ["ifType", "type"] Number => Value::number(row.port.if_type.map(f64::from));
        ["mac"] Mac => row.port.mac.map_or(Value::Unknown, Value::Mac);
        ["mtu"] Number => Value::number(row.port.mtu.map(f64::from));
        ["speedBps", "speed"] Number => whole(row.port.speed_bps);
        ["adminStatus", "admin"] Text => word(row.admin.map(AdminStatus::word));
        ["operStatus", "oper", "state"] Text => word(row.oper.map(OperStatus::word));
        ["down"] Text => yes(row.is_down());
        ["wasUp"] Text => yes(row.was_up);
        ["addresses", "ip"] Address => Value::Nets(&row.port.addresses);
        ["pvid"] Number => Value::number(row.port.pvid.map(f64::from));
        ["vlans", "vlan"] Number => Value::Numbers(&row.port.vlans);
        ["duplex"] Text => word(row.port.duplex.map(Duplex::word));
        ["peerDuplex"] Text => word(row.around.peer_duplex(row.port.if_index).map(Duplex::word));
        ["duplexMismatch"] Text => row.mismatch().map_or(Value::Unknown, yes);
        ["stpState", "stp"] Text => Value::text(row.port.stp_state.as_deref());
        ["poeStatus", "poe"] Text => word(row.port.poe.as_ref().and_then(|poe| poe.status).map(crate::model::PoeStatus::word));
        ["importance"] Text => Value::word(row.around.importance(row.port).word());
        ["peer"] Text => owned(row.around.peer(row.port.if_index));
        ["peerStatus"] Text => word(row.around.peer_status(row.port.if_index).map(DeviceStatus::word));
        ["members"] Number => count(row.members().0);
        ["membersDown"] Number => count(row.members().1);
        ["impossible"] Text => yes(row.around.odd(row.port.if_index).is_some());
        ["impossibleText"] Text => Value::text(row.around.odd(row.port.if_index));
        ["inBps", "in"] Number => Value::number(row.rate(Metric::InBps));
        ["outBps", "out"] Number => Value::number(row.rate(Metric::OutBps));
        ["inUtilisation", "in_utilisation"] Fraction => Value::number(row.utilisation(Metric::InBps));
        ["outUtilisation", "out_utilisation"] Fraction => Value::number(row.utilisation(Metric::OutBps));
        ["utilisation", "util"] Fraction => Value::number(row.larger());
        ["inPps"] Number => Value::number(row.rate(Metric::InPps));
        ["outPps"] Number => Value::number(row.rate(Metric::OutPps));
        ["inErrorsPerSecond"] Number => Value::number(row.rate(Metric::InErrors));
        ["outErrorsPerSecond"] Number => Value::number(row.rate(Metric::OutErrors));
        ["errorsPerSecond", "err"] Number => Value::number(row.sum(ERRORS));
        ["errorShare"] Fraction => Value::number(row.share(ERRORS));
        ["inDiscardsPerSecond"] Number => Value::number(row.rate(Metric::InDiscards));
        ["outDiscardsPerSecond"] Number => Value::number(row.rate(Metric::OutDiscards));
        ["discardsPerSecond", "discards"] Number => Value::number(row.sum(DISCARDS));
        ["discardShare"] Fraction => Value::number(row.share(DISCARDS));
        ["fcsErrorsPerSecond", "fcs"] Number => Value::number(row.rate(Metric::InFcsErrors));
        ["role"] Text => Value::word(row.device.role.word());
        ["vendor"] Text => Value::text(row.device.vendor.as_deref());
        ["sysLocation", "site"] Text => Value::text(row.device.sys_location.as_deref());
        ["deviceStatus"] Text => Value::word(row.device_status.word());
    }
}
