//! An access point, as its controller tells it.

use super::{columns, whole, yes};
use crate::model::{AccessPoint, DeviceStatus, Radio};
use crate::query::filter::Value;
use std::borrow::Cow;

/// An access point with all its radios: the busiest counts.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct AirObject<'a> {
    pub ap: &'a AccessPoint,
    /// The controller's name.
    pub controller: &'a str,
    /// Whether it is down as a device of its own, where it is one; asked only of what is down.
    pub device_status: Option<DeviceStatus>,
}

impl AirObject<'_> {
    fn most(&self, field: fn(&Radio) -> Option<f32>) -> Option<f64> {
        self.ap.radios.iter().filter_map(field).map(f64::from).reduce(f64::max)
    }

    fn clients(&self) -> Option<u64> {
        self.ap.radios.iter().filter_map(|radio| radio.clients).map(u64::from).reduce(|sum, clients| sum + clients)
    }
}

columns! {
    COLUMNS, row: AirObject<'_> {
        ["name", "ap"] Text => Value::Text(Cow::Borrowed(&row.ap.name));
        ["controller", "device"] Text => Value::Text(Cow::Borrowed(row.controller));
        ["status", "state"] Text => Value::word(row.ap.status.word());
        // Controllers keep access points that were taken away long ago: only what was seen to change fell.
        ["changed"] Text => yes(row.ap.since.is_some());
        ["deviceStatus"] Text => Value::word(row.device_status.map_or("none", DeviceStatus::word));
        ["model"] Text => Value::text(row.ap.model.as_deref());
        ["site", "location"] Text => Value::text(row.ap.location.as_deref());
        ["ip", "address"] Address => Value::Addresses(row.ap.address.as_slice());
        ["clients", "cli"] Number => whole(row.clients());
        ["channelUtilisationPercent", "utilisation", "util"] Percent => Value::number(row.most(|radio| radio.utilisation_percent));
        ["noiseDbm", "noise"] Number => Value::number(row.most(|radio| radio.noise_dbm));
        ["retryPercent", "retry"] Percent => Value::number(row.most(|radio| radio.retry_percent));
    }
}
