//! What rows of several tables need to look up: alarms by device, links by port, names.

use super::over::Over;
use crate::model::{Alarm, Device, DeviceId, DeviceStatus, Endpoint, IfIndex, Link, LinkEnd, OperStatus, Severity, Timestamp};
use crate::query::filter::natural;
use crate::state::live::Live;
use crate::state::{Condition, PortRates, State};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

/// Polls after which a value is stale.
const STALE_POLLS: u32 = 3;

/// Look-ups over one state, made once for a view.
pub(super) struct Lookup<'a> {
    pub(super) state: &'a State,
    /// Figures of a range, where one is asked about.
    pub(super) over: Option<&'a Over>,
    alarms: FxHashMap<&'a DeviceId, Vec<&'a Alarm>>,
    /// By hash: maps by id are slow where every link asks four times.
    known: FxHashMap<&'a DeviceId, Known<'a>>,
    /// Endpoints by their device; made when first asked for. Owned, so that the look-up may still be lent for less than its state.
    endpoints: OnceCell<FxHashMap<DeviceId, Vec<Arc<Endpoint>>>>,
}

/// What is known of a device, by reference.
#[derive(Clone, Copy)]
struct Known<'a> {
    condition: &'a Condition,
    live: Option<&'a Live>,
}

impl<'a> Lookup<'a> {
    /// With the figures of a range.
    pub(super) fn over(state: &'a State, over: Option<&'a Over>) -> Self {
        Self { over, ..Self::of(state) }
    }

    pub(super) fn of(state: &'a State) -> Self {
        let mut alarms: FxHashMap<&DeviceId, Vec<&Alarm>> = FxHashMap::default();
        for alarm in state.alarms.values().filter(|alarm| alarm.cleared_at.is_none()) {
            if let Some(device) = &alarm.device {
                alarms.entry(device).or_default().push(alarm);
            }
        }
        let known = |(id, condition): (&'a DeviceId, &'a Arc<Condition>)| {
            (id, Known { condition: condition.as_ref(), live: state.live.get(id).map(AsRef::as_ref) })
        };
        Self { state, over: None, alarms, known: state.conditions.iter().map(known).collect(), endpoints: OnceCell::new() }
    }

    /// Standing alarms of a device.
    pub(super) fn alarms(&self, device: &DeviceId) -> &[&'a Alarm] {
        self.alarms.get(device).map_or(&[], Vec::as_slice)
    }

    /// The worst standing alarm of one port.
    pub(super) fn port_alarm(&self, device: &DeviceId, name: &str) -> Option<Severity> {
        let is_its =
            |alarm: &&&Alarm| {
                alarm.id.strip_prefix(alarm.rule.as_str()).and_then(|rest| rest.strip_prefix('@')).is_some_and(|object| {
                    object.strip_prefix(device.as_str()).and_then(|rest| rest.strip_prefix('/')) == Some(name)
                })
            };
        self.alarms(device).iter().filter(is_its).map(|alarm| alarm.severity).max()
    }

    /// Whether a time is older than three polls.
    pub(super) fn is_stale(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| self.state.now.since(at) > self.state.settings.poll_interval.saturating_mul(STALE_POLLS))
    }

    /// The same of a device that may be polled more or less often than all.
    pub(super) fn is_stale_of(&self, device: &DeviceId, at: Option<Timestamp>) -> bool {
        match self.known(device).and_then(|known| known.live?.interval) {
            Some(interval) => at.is_some_and(|at| self.state.now.since(at) > interval.saturating_mul(STALE_POLLS)),
            None => self.is_stale(at),
        }
    }

    /// Devices in the order in which people expect them: by name, then id.
    pub(super) fn devices_by_name(&self) -> Vec<&'a Arc<Device>> {
        let mut named: Vec<(Cow<'a, str>, &'a Arc<Device>)> =
            self.state.devices.values().map(|device| (device_name(device), device)).collect();
        named.sort_by(|x, y| natural(&x.0, &y.0).then_with(|| x.1.id.cmp(&y.1.id)));
        named.into_iter().map(|(_, device)| device).collect()
    }

    /// The links of a device by its own ports' ifIndex.
    pub(super) fn links_by_port(&self, device: &DeviceId) -> Vec<(IfIndex, &'a Arc<Link>)> {
        let own = |link: &'a Arc<Link>| {
            let ends = [&link.a, &link.b].into_iter().filter(|end| end.device == *device);
            ends.filter_map(move |end| Some((end.if_index?, link)))
        };
        let mut links: Vec<_> = self.state.links_of(device).iter().flat_map(own).collect();
        links.sort_by_key(|(if_index, _)| *if_index);
        links
    }

    /// Who hangs on a device.
    pub(super) fn endpoints(&self, device: &DeviceId) -> &[Arc<Endpoint>] {
        let all = self.endpoints.get_or_init(|| {
            let mut all: FxHashMap<DeviceId, Vec<Arc<Endpoint>>> = FxHashMap::default();
            for endpoint in self.state.placed_endpoints() {
                all.entry(endpoint.device.clone()).or_default().push(Arc::clone(endpoint));
            }
            for list in all.values_mut() {
                list.sort_by_key(|endpoint| endpoint.if_index);
            }
            all
        });
        all.get(device).map_or(&[], Vec::as_slice)
    }

    /// How many hang on a port.
    pub(super) fn stations(&self, device: &DeviceId, if_index: IfIndex) -> usize {
        let all = self.endpoints(device);
        let from = all.partition_point(|endpoint| endpoint.if_index < Some(if_index));
        let to = all.partition_point(|endpoint| endpoint.if_index <= Some(if_index));
        to - from
    }

    /// Whether a device tells a forwarding table.
    pub(super) fn tells_fdb(&self, device: &DeviceId) -> bool {
        self.state.tells_fdb(device)
    }

    fn known(&self, device: &DeviceId) -> Option<&Known<'a>> {
        self.known.get(device)
    }

    /// Whether a device is reached; `None` where it has no inventory.
    pub(super) fn status(&self, device: &DeviceId) -> Option<DeviceStatus> {
        let status = self.known(device)?.condition.status;
        // What answers is up, in maintenance or not.
        let is_lost = matches!(status, DeviceStatus::Down | DeviceStatus::Unreachable);
        Some(if is_lost { self.state.status(device) } else { status })
    }

    /// The rates at one end of a link.
    pub(super) fn rates(&self, end: &LinkEnd) -> Option<&'a PortRates> {
        self.known(&end.device)?.live?.rates(end.if_index?)
    }

    /// The operational state at one end of a link.
    pub(super) fn oper(&self, end: &LinkEnd) -> Option<OperStatus> {
        self.known(&end.device)?.condition.port(end.if_index?)?.oper
    }
}

/// The device's name without a copy where it has one.
pub(super) fn device_name(device: &Device) -> Cow<'_, str> {
    match &device.sys_name {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(device.name()),
    }
}

/// Seconds since the epoch, as [`crate::query::filter::Kind::Time`] compares them.
#[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit 53 bits")]
pub(super) fn secs(at: Timestamp) -> f64 {
    at.millis() as f64 / 1000.0
}
