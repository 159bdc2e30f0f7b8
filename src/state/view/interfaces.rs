//! The interfaces' table.

use super::lookup::{Lookup, device_name, secs};
use super::over::{self, Figures, OverMetrics};
use super::rows::InterfaceRow;
use super::switch::PortFacts;
use super::table::{Choice, Picked, columns, pick};
use crate::model::{AdminStatus, Device, Interface, Link, LinkEnd, Metric, OperStatus, PoePort, PoeStatus, Severity, Timestamp};
use crate::query::ViewRequest;
use crate::query::filter::Value;
use crate::state::live::port_names;
use crate::state::{PortCondition, PortRates};
use std::borrow::Cow;
use std::sync::Arc;

/// A port with what is known of it, by reference.
#[derive(Clone, Copy)]
pub(super) struct PortRef<'a> {
    look: &'a Lookup<'a>,
    device: &'a Device,
    pub(super) port: &'a Interface,
    condition: Option<&'a PortCondition>,
    rates: Rates<'a>,
    link: Option<&'a Link>,
    pub(super) alarm: Option<Severity>,
}

/// What a port's rates are: those of its last two readings, or those of a range.
#[derive(Clone, Copy)]
enum Rates<'a> {
    Live(Option<&'a PortRates>),
    Over(Option<&'a OverMetrics>),
}

/// All ports of a device.
pub(super) fn of_device<'a>(look: &'a Lookup<'a>, device: &'a Device) -> impl Iterator<Item = PortRef<'a>> {
    let condition = look.state.conditions.get(&device.id);
    let live = look.state.live.get(&device.id);
    let over = look.over.and_then(|over| over.0.get(&device.id));
    let links = look.links_by_port(&device.id);
    let has_alarms = !look.alarms(&device.id).is_empty();
    (0usize..).zip(&device.interfaces).map(move |(place, port)| {
        let link = links.binary_search_by_key(&port.if_index, |(if_index, _)| *if_index).ok().and_then(|at| links.get(at));
        PortRef {
            look,
            device,
            port,
            condition: condition.and_then(|condition| condition.port_near(place, port.if_index)),
            rates: match look.over {
                None => Rates::Live(live.and_then(|live| live.rates_near(place, port.if_index))),
                Some(_) => Rates::Over(over.and_then(|over| over.port(port.if_index))),
            },
            link: link.map(|(_, link)| Arc::as_ref(link)),
            alarm: has_alarms.then(|| look.port_alarm(&device.id, &port.name())).flatten(),
        }
    })
}

impl<'a> PortRef<'a> {
    /// Whether it is the port of this ifIndex.
    pub(super) fn is(&self, if_index: crate::model::IfIndex) -> bool {
        self.port.if_index == if_index
    }

    fn name(&self) -> Cow<'a, str> {
        match self.port.if_name.as_ref().or(self.port.if_descr.as_ref()) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(self.port.name()),
        }
    }

    pub(super) fn admin(&self) -> Option<AdminStatus> {
        self.condition.map_or(self.port.admin_status, |condition| condition.admin)
    }

    pub(super) fn oper(&self) -> Option<OperStatus> {
        self.condition.map_or(self.port.oper_status, |condition| condition.oper)
    }

    pub(super) fn rate(&self, metric: Metric) -> Option<f64> {
        match self.rates {
            Rates::Live(rates) => rates.and_then(|rates| rates.get(metric)),
            Rates::Over(_) => self.figures(metric).map(|figures| figures.mean),
        }
    }

    /// The figures of a range.
    fn figures(&self, metric: Metric) -> Option<Figures> {
        match self.rates {
            Rates::Live(_) => None,
            Rates::Over(over) => over.and_then(|over| over::of(over, metric)),
        }
    }

    fn max(&self, metric: Metric) -> Option<f64> {
        self.figures(metric).map(|figures| figures.max)
    }

    fn p95(&self, metric: Metric) -> Option<f64> {
        self.figures(metric).map(|figures| figures.p95)
    }

    fn sampled_at(&self) -> Option<Timestamp> {
        match self.rates {
            Rates::Live(rates) => rates.and_then(PortRates::at),
            Rates::Over(_) => None,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
    fn utilisation(&self, metric: Metric) -> Option<f64> {
        let speed = self.port.speed_bps.filter(|speed| *speed > 0)?;
        self.rate(metric).map(|rate| rate / speed as f64)
    }

    /// The larger direction.
    pub(super) fn busiest(&self) -> Option<f64> {
        larger(self.utilisation(Metric::InBps), self.utilisation(Metric::OutBps))
    }

    /// Errors of both directions, per second.
    pub(super) fn errors(&self) -> Option<f64> {
        sum(self.rate(Metric::InErrors), self.rate(Metric::OutErrors))
    }

    fn discards(&self) -> Option<f64> {
        sum(self.rate(Metric::InDiscards), self.rate(Metric::OutDiscards))
    }

    fn far_end(&self) -> Option<&'a LinkEnd> {
        let link = self.link?;
        Some(if link.a.device == self.device.id && link.a.if_index == Some(self.port.if_index) { &link.b } else { &link.a })
    }

    pub(super) fn is_flapping(&self) -> bool {
        self.condition.is_some_and(|port| port.is_flapping(self.look.state.now))
    }

    /// As its agent says, or as it was seen to change later.
    fn last_change(&self) -> Option<Timestamp> {
        self.port.last_change.max(self.condition.and_then(|condition| condition.since))
    }

    fn aggregate(&self) -> Option<String> {
        self.device.interface(self.port.aggregate?).map(Interface::name)
    }

    /// Addresses behind it; `None` where its device tells no forwarding table.
    fn macs(&self) -> Option<usize> {
        let count = self.look.stations(&self.device.id, self.port.if_index);
        (count > 0 || self.look.tells_fdb(&self.device.id)).then_some(count)
    }

    fn facts(&self) -> PortFacts {
        let port = self.port;
        PortFacts {
            untagged_vlans: port.untagged.clone(),
            mode: port.mode,
            duplex: port.duplex,
            last_change_at: self.last_change(),
            flapping: self.is_flapping(),
            aggregate: self.aggregate(),
            stp_state: port.stp_state.clone(),
            stp: port.stp.clone(),
            poe: port.poe.clone(),
            macs: self.macs(),
        }
    }

    fn status_age(&self) -> Option<f64> {
        let since = self.condition.and_then(|condition| condition.since)?;
        Some(self.look.state.now.since(since).as_secs_f64())
    }

    fn poe(&self) -> Option<&'a PoePort> {
        self.port.poe.as_deref()
    }

    fn is_fault(&self) -> bool {
        self.alarm.is_some()
            || self.errors().is_some_and(|rate| rate > 0.0)
            || self.is_flapping()
            || self.port.stp_state.as_deref() == Some("broken")
            || self.port.poe.as_ref().is_some_and(|poe| matches!(poe.status, Some(PoeStatus::Fault | PoeStatus::OtherFault)))
            || self.condition.is_some_and(|port| port.is_down() && self.link.is_some())
    }

    /// The whole row. `name` is the port's name, unique on its device.
    pub(super) fn whole(self, name: String) -> InterfaceRow {
        let (port, far) = (self.port, self.far_end());
        let sampled_at = self.sampled_at();
        InterfaceRow {
            device: self.device.id.clone(),
            device_name: self.device.name(),
            if_index: port.if_index,
            name,
            if_name: port.if_name.clone(),
            if_descr: port.if_descr.clone(),
            if_alias: port.if_alias.clone(),
            if_type: port.if_type,
            mac: port.mac,
            mtu: port.mtu,
            speed_bps: port.speed_bps,
            admin_status: self.admin(),
            oper_status: self.oper(),
            status_since: self.condition.and_then(|condition| condition.since),
            addresses: port.addresses.iter().map(ToString::to_string).collect(),
            pvid: port.pvid,
            vlans: port.vlans.clone(),
            switch: self.facts(),
            peer: far.map(|end| self.look.state.name_of(&end.device)),
            peer_port: far.and_then(|end| end.port.clone()),
            in_bps: self.rate(Metric::InBps),
            out_bps: self.rate(Metric::OutBps),
            in_utilisation: self.utilisation(Metric::InBps),
            out_utilisation: self.utilisation(Metric::OutBps),
            in_pps: self.rate(Metric::InPps),
            out_pps: self.rate(Metric::OutPps),
            in_errors_per_second: self.rate(Metric::InErrors),
            out_errors_per_second: self.rate(Metric::OutErrors),
            in_discards_per_second: self.rate(Metric::InDiscards),
            out_discards_per_second: self.rate(Metric::OutDiscards),
            p95_in_bps: self.p95(Metric::InBps),
            p95_out_bps: self.p95(Metric::OutBps),
            max_in_bps: self.max(Metric::InBps),
            max_out_bps: self.max(Metric::OutBps),
            sampled_at,
            stale: self.look.is_stale_of(&self.device.id, sampled_at),
            alarm: self.alarm,
            spark: Vec::new(),
        }
    }
}

/// The larger of two figures, one of which may be unknown.
pub(super) fn larger(x: Option<f64>, y: Option<f64>) -> Option<f64> {
    [x, y].into_iter().flatten().reduce(f64::max)
}

/// The sum of two figures, one of which may be unknown.
pub(super) fn sum(x: Option<f64>, y: Option<f64>) -> Option<f64> {
    [x, y].into_iter().flatten().reduce(|x, y| x + y)
}

#[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
fn whole_number(number: Option<u64>) -> Value<'static> {
    Value::number(number.map(|number| number as f64))
}

columns! {
    /// The columns of the interfaces' table.
    INTERFACE_COLUMNS, row: PortRef<'_> {
        ["deviceName", "device"] Text => Value::Either(device_name(row.device), Cow::Borrowed(row.device.id.as_str()));
        ["name", "ifName", "port", "if"] Text => Value::Text(row.name());
        ["ifIndex"] Number => Value::Number(f64::from(row.port.if_index.0));
        ["ifDescr"] Text => Value::text(row.port.if_descr.as_deref());
        ["ifAlias", "alias"] Text => Value::text(row.port.if_alias.as_deref());
        ["ifType", "type"] Number => Value::number(row.port.if_type.map(f64::from));
        ["mac"] Mac => row.port.mac.map_or(Value::Unknown, Value::Mac);
        ["mtu"] Number => Value::number(row.port.mtu.map(f64::from));
        ["speedBps", "speed"] Number => whole_number(row.port.speed_bps);
        ["adminStatus", "admin"] Text => row.admin().map_or(Value::Unknown, |status| Value::word(status.word()));
        ["operStatus", "oper", "state"] Text => row.oper().map_or(Value::Unknown, |status| Value::word(status.word()));
        ["statusSince"] Time => Value::number(row.condition.and_then(|condition| condition.since).map(secs));
        ["age"] Duration => Value::number(row.status_age());
        ["addresses", "ip"] Address => Value::Nets(&row.port.addresses);
        ["pvid"] Number => Value::number(row.port.pvid.map(f64::from));
        ["vlans", "vlan"] Number => Value::Numbers(&row.port.vlans);
        ["untaggedVlans", "untagged"] Number => Value::Numbers(&row.port.untagged);
        ["mode"] Text => row.port.mode.map_or(Value::Unknown, |mode| Value::word(mode.word()));
        ["duplex"] Text => row.port.duplex.map_or(Value::Unknown, |duplex| Value::word(duplex.word()));
        ["lastChangeAt", "changed"] Time => Value::number(row.last_change().map(secs));
        ["aggregate", "lag"] Text => row.aggregate().map_or(Value::Unknown, |name| Value::Text(name.into()));
        ["stpState", "stp"] Text => Value::text(row.port.stp_state.as_deref());
        ["stpRole"] Text => row.port.stp.as_ref().and_then(|stp| stp.role).map_or(Value::Unknown, |role| Value::word(role.word()));
        ["poeStatus", "poe"] Text => row.poe().and_then(|poe| poe.status).map_or(Value::Unknown, |status| Value::word(status.word()));
        ["poeDrawWatts", "watts"] Number => Value::number(row.poe().and_then(|poe| poe.draw_mw).map(|draw| f64::from(draw) / 1000.0));
        ["poeClass"] Number => Value::number(row.poe().and_then(|poe| poe.class).map(f64::from));
        ["macs"] Number => whole_number(row.macs().and_then(|count| u64::try_from(count).ok()));
        ["flapping"] Text => Value::word(if row.is_flapping() { "yes" } else { "no" });
        ["peer"] Text => row.far_end().map_or(Value::Unknown, |end| Value::Text(row.look.state.name_of(&end.device).into()));
        ["peerPort"] Text => Value::text(row.far_end().and_then(|end| end.port.as_deref()));
        ["inBps", "in"] Number => Value::number(row.rate(Metric::InBps));
        ["outBps", "out"] Number => Value::number(row.rate(Metric::OutBps));
        ["inUtilisation"] Fraction => Value::number(row.utilisation(Metric::InBps));
        ["outUtilisation"] Fraction => Value::number(row.utilisation(Metric::OutBps));
        ["utilisation", "util"] Fraction => Value::number(row.busiest());
        ["inPps"] Number => Value::number(row.rate(Metric::InPps));
        ["outPps"] Number => Value::number(row.rate(Metric::OutPps));
        ["inErrorsPerSecond"] Number => Value::number(row.rate(Metric::InErrors));
        ["outErrorsPerSecond"] Number => Value::number(row.rate(Metric::OutErrors));
        ["errorsPerSecond", "err"] Number => Value::number(row.errors());
        ["inDiscardsPerSecond"] Number => Value::number(row.rate(Metric::InDiscards));
        ["outDiscardsPerSecond"] Number => Value::number(row.rate(Metric::OutDiscards));
        ["discardsPerSecond", "discards"] Number => Value::number(row.discards());
        ["p95InBps"] Number => Value::number(row.p95(Metric::InBps));
        ["p95OutBps"] Number => Value::number(row.p95(Metric::OutBps));
        ["p95Bps", "p95"] Number => Value::number(larger(row.p95(Metric::InBps), row.p95(Metric::OutBps)));
        ["maxInBps"] Number => Value::number(row.max(Metric::InBps));
        ["maxOutBps"] Number => Value::number(row.max(Metric::OutBps));
        ["maxBps"] Number => Value::number(larger(row.max(Metric::InBps), row.max(Metric::OutBps)));
        ["sampledAt"] Time => Value::number(row.sampled_at().map(secs));
        ["alarm", "severity", "sev"] Severity => Value::number(row.alarm.map(|severity| f64::from(severity as u8)));
        ["role"] Text => Value::word(row.device.role.word());
        ["vendor"] Text => Value::text(row.device.vendor.as_deref());
        ["sysLocation", "site"] Text => Value::text(row.device.sys_location.as_deref());
    }
}

/// The wanted ports: of one device, or of all, by device name and ifIndex unless sorted otherwise.
pub(super) fn interfaces<'a>(look: &'a Lookup<'a>, request: &ViewRequest, only: Option<&'a Device>) -> Picked<PortRef<'a>> {
    let devices: Vec<&'a Device> = match only {
        Some(device) => vec![device],
        None => look.devices_by_name().into_iter().map(AsRef::as_ref).collect(),
    };
    if request.filter.trim().is_empty() && request.sort.is_none() && !request.faults_only {
        return plain_window(look, request, &devices);
    }
    let rows = devices.into_iter().flat_map(|device| of_device(look, device)).collect();
    pick(rows, &Choice { request, columns: INTERFACE_COLUMNS, now: look.state.now, is_fault: PortRef::is_fault })
}

/// A window on all ports in their own order, without a look at the others: there may be a quarter of a million.
fn plain_window<'a>(look: &'a Lookup<'a>, request: &ViewRequest, devices: &[&'a Device]) -> Picked<PortRef<'a>> {
    let total = devices.iter().map(|device| device.interfaces.len()).sum();
    let offset = request.window.offset.min(total);
    let mut skip = offset;
    let mut rows = Vec::new();
    for device in devices.iter().copied() {
        let ports = device.interfaces.len();
        if skip < ports {
            let wanted = request.window.rows - rows.len();
            rows.extend(of_device(look, device).skip(skip).take(wanted));
        }
        skip = skip.saturating_sub(ports);
        if rows.len() >= request.window.rows {
            break;
        }
    }
    Picked { matched: total, total, offset, rows, fault: None }
}

/// Whole rows of the picked ports, under names that are unique on their devices.
pub(super) fn table(picked: Picked<PortRef<'_>>) -> super::Table<InterfaceRow> {
    let mut names: (Option<&Device>, Vec<String>) = (None, Vec::new());
    picked.table(|row| {
        if !names.0.is_some_and(|device| std::ptr::eq(device, row.device)) {
            names = (Some(row.device), port_names(row.device));
        }
        let place = row.device.interfaces.binary_search_by_key(&row.port.if_index, |port| port.if_index).ok();
        let name = place.and_then(|at| names.1.get(at)).cloned();
        row.whole(name.unwrap_or_else(|| row.port.name()))
    })
}
