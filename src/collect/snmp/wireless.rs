//! A wireless controller's tables, read beside its polls: each minute, whole, by the rules of `mibs/`.

use super::client::Client;
use super::error::SnmpError;
use super::poll::PollPlan;
use super::session::Limits;
use super::tables::wireless::{cells, groups, reading};
use super::tables::{Columns, columns};
use crate::clock;
use crate::mib::{Registry, WirelessRule};
use crate::model::wireless::{WIRELESS_INTERVAL, WirelessReading};
use crate::model::{Device, Oid, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

/// How long the tables of one reading may take: a controller with ten thousand clients answers some hundred requests in it.
const DEADLINE: Duration = Duration::from_secs(45);

/// How long single cells may take on top: a request for each forty radios.
const CELLS_DEADLINE: Duration = Duration::from_secs(10);

/// A reading may come this much early, milliseconds: polls do not come to the millisecond.
const EARLY_MS: i64 = 2_000;

/// Readings that are left out after one in which there was nothing: a controller that controls nothing is looked at every ten minutes.
const IDLE: i64 = 10;

/// What is read of a device as a wireless controller or an access point.
#[derive(Debug, Default)]
pub struct WirelessPlan {
    rules: Vec<&'static WirelessRule>,
    /// When it is due next, milliseconds of the epoch; 0 is at once.
    due_at: AtomicI64,
}

impl WirelessPlan {
    /// Nothing for what can be neither.
    pub fn of(device: &Device) -> Arc<Self> {
        let rules = Registry::global().wireless(device.role, device.sys_object_id.as_ref());
        Arc::new(Self { rules, due_at: AtomicI64::new(0) })
    }

    /// Whether it is to be read now; then it counts as read.
    fn is_due(&self, at: Timestamp) -> bool {
        let due_at = self.due_at.load(Relaxed);
        let interval = interval_ms();
        // A clock that was set back must not silence anything.
        let is_due = !self.rules.is_empty() && (at.millis() >= due_at || due_at - at.millis() > interval * IDLE);
        if is_due {
            self.due_at.store(at.millis() + interval - EARLY_MS, Relaxed);
        }
        is_due
    }

    fn note(&self, reading: &WirelessReading) {
        if reading.is_empty() {
            self.due_at.store(reading.at.millis() + interval_ms() * IDLE, Relaxed);
        }
    }
}

fn interval_ms() -> i64 {
    i64::try_from(WIRELESS_INTERVAL.as_millis()).unwrap_or(i64::MAX)
}

/// Whether a device can have a wireless network of its own to tell of.
pub fn is_asked(device: &Device) -> bool {
    !Registry::global().wireless(device.role, device.sys_object_id.as_ref()).is_empty()
}

/// Reads a controller that is due; `None` for what is none, is not due, or fell silent before its access points were told.
pub async fn read(client: &Client, plan: &PollPlan, limits: Limits) -> Option<WirelessReading> {
    let at = clock::now();
    if !plan.wireless.is_due(at) {
        return None;
    }
    let mut read = Columns::default();
    let rules = &plan.wireless.rules;
    for group in groups(rules) {
        let left = DEADLINE.saturating_sub(clock::now().since(at));
        let limits = Limits { rows: group.rows.saturating_mul(group.columns.len()), deadline: Some(left), ..limits };
        if let Some(error) = walk(client, (plan, limits), (&group.columns, &mut read)).await.filter(SnmpError::is_final) {
            tracing::debug!(device = %plan.device.id, %error, "a wireless controller was not read to the end");
            break;
        }
    }
    let asked = cells(rules, &reading((&plan.device, at), rules, &read));
    get(client, (plan, limits), (asked, &mut read)).await;
    let reading = reading((&plan.device, at), rules, &read);
    plan.wireless.note(&reading);
    // What was cut off before anything was told says nothing; what is empty to its end says that there is nothing.
    (!reading.is_empty() || reading.extent.access_points).then_some(reading)
}

/// Walks columns side by side; the first fault of the way.
pub(super) async fn walk(
    client: &Client,
    (plan, limits): (&PollPlan, Limits),
    (names, read): (&[&'static str], &mut Columns),
) -> Option<SnmpError> {
    let known: Vec<(&'static str, Oid)> = names.iter().filter_map(|name| Some((*name, Registry::global().oid(name)?))).collect();
    let roots: Vec<Oid> = known.iter().map(|(_, oid)| oid.clone()).collect();
    let walks = client.session(&plan.agent, limits).walk_columns(&roots).await;
    let mut fault = None;
    for ((name, base), walk) in known.into_iter().zip(walks) {
        match walk.fault {
            None => read.insert(name, base, walk.rows),
            Some(error) => {
                read.insert_partial(name, base, walk.rows);
                fault = Some(error);
            }
        }
    }
    fault
}

/// Asks for single cells. What is not told is missing.
async fn get(
    client: &Client,
    (plan, limits): (&PollPlan, Limits),
    (asked, read): (Vec<(&'static str, Oid)>, &mut columns::Columns),
) {
    let names: Vec<Oid> = asked.iter().map(|(_, oid)| oid.clone()).collect();
    if names.is_empty() {
        return;
    }
    let limits = Limits { deadline: Some(CELLS_DEADLINE), ..limits };
    let Ok(values) = client.session(&plan.agent, limits).get(&names).await else { return };
    for ((column, _), bind) in asked.into_iter().zip(values) {
        if let Some(base) = Registry::global().oid(column) {
            read.add(column, base, vec![bind]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_is_read_each_minute_and_one_without_anything_rarely() {
        let rules =
            Registry::builtin().wireless(crate::model::Role::WlanController, Some(&"1.3.6.1.4.1.14823.1.1.32".parse().unwrap()));
        let plan = WirelessPlan { rules, due_at: AtomicI64::new(0) };
        let due = |secs: i64| plan.is_due(Timestamp::from_secs(secs));
        assert_eq!([1000, 1030, 1059, 1060].map(due), [true, false, true, false]);
        assert!(due(10), "the clock was set back");
        plan.note(&WirelessReading::new(crate::model::DeviceId::new("x"), Timestamp::from_secs(10)));
        assert_eq!([70, 600, 611].map(due), [false, false, true]);
    }

    #[test]
    fn what_is_no_controller_is_never_asked() {
        let plan = WirelessPlan::default();
        assert!(!plan.is_due(Timestamp::from_secs(1000)));
    }
}
