//! The maintenance that the configuration plans: told to the state when it is next, and when it is in the configuration no more.

use crate::config::Planned;
use crate::event::Body;
use crate::model::{MaintenanceAct, Timestamp, Window};
use crate::state::State;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::time::Duration;

/// Who begins planned maintenance.
const BY: &str = "configuration";
/// How long before it begins it is told: operators see what is to come.
const AHEAD: Duration = Duration::from_secs(86_400);

/// See the module.
pub(super) struct Plan {
    planned: Vec<Planned>,
    zone: TimeZone,
    /// Windows that were told, by name: what an operator ended is not begun again.
    told: BTreeMap<String, (Timestamp, Timestamp)>,
    /// Whether windows of an earlier configuration were looked for.
    swept: bool,
}

impl Plan {
    pub(super) fn new(planned: Vec<Planned>) -> Self {
        Self { planned, zone: TimeZone::system(), told: BTreeMap::new(), swept: false }
    }

    /// What is to be told now.
    pub(super) fn due(&mut self, now: Timestamp, state: &State) -> Vec<Body> {
        let mut acts = Vec::new();
        if !std::mem::replace(&mut self.swept, true) {
            let is_planned = |name: &str| self.planned.iter().any(|planned| planned.name == name);
            let old = state.maintenance().filter(|window| window.by == BY && !is_planned(&window.name));
            acts.extend(old.map(|window| MaintenanceAct::End(window.name.clone(), BY.to_owned())));
        }
        for planned in &self.planned {
            let Some((from, until)) = planned.occurrence(now, &self.zone) else { continue };
            if from > now.plus(AHEAD) || self.told.get(&planned.name) == Some(&(from, until)) {
                continue;
            }
            self.told.insert(planned.name.clone(), (from, until));
            let (name, scope, note) = (planned.name.clone(), planned.scope.clone(), planned.note.clone());
            acts.push(MaintenanceAct::Begin(Box::new(Window { name, scope, from, until, by: BY.to_owned(), note })));
        }
        acts.into_iter().map(|act| Body::Maintenance(Box::new(act))).collect()
    }
}
