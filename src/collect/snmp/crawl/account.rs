//! What a run tells of what it could not do: named targets without an answer, what was read in part, and where the map ends.

use super::Ending;
use super::frontier::{Origin, Visit};
use super::run::Run;
use crate::collect::snmp::targets::Target;
use crate::model::inventory::{Problem, Reason};
use crate::model::{Inventory, unit};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Neighbours outside the scope that are named one by one; the rest is counted.
const MAX_OUTSIDE_TOLD: usize = 64;

impl Run<'_> {
    pub(super) fn note_problems(&mut self, visit: &Visit, inventory: &Inventory) {
        if inventory.problems.is_empty() {
            return;
        }
        self.meter.inventory.failed += 1;
        self.named_problems += usize::from(matches!(visit.origin, Origin::Named(_)));
        inventory.problems.iter().cloned().for_each(|problem| self.meter.problem(problem));
    }

    pub(super) fn named_problem(&mut self, number: usize, reason: Reason, detail: String) {
        self.unsettled.remove(&number);
        self.named_problems += 1;
        let target = match self.targets.get(number) {
            Some(Target::Address(address)) => address.to_string(),
            Some(Target::Name(name, _)) => name.clone(),
            Some(Target::Sweep(span)) => span.to_string(),
            None => return,
        };
        self.meter.problem(Problem { target, reason, detail });
    }

    /// Neighbours that lie outside the scope and are none of the devices found: they are the edge of the map.
    pub(super) fn account_for_the_outside(&mut self) {
        let owned: BTreeSet<IpAddr> = self.shared.known().addresses().collect();
        let outside: Vec<IpAddr> = self.frontier.outside().filter(|address| !owned.contains(address)).collect();
        for address in outside.iter().take(MAX_OUTSIDE_TOLD) {
            let detail = "a neighbour outside the scope: it was not asked; a wider scope includes it".to_owned();
            self.meter.problem(Problem { target: address.to_string(), reason: Reason::OutOfScope, detail });
        }
        let more = outside.len().saturating_sub(MAX_OUTSIDE_TOLD);
        if more > 0 {
            let detail = unit::counted(
                more,
                "more neighbour outside the scope was not asked",
                "more neighbours outside the scope were not asked",
            );
            self.meter.problem(Problem { target: self.options.targets.join(" "), reason: Reason::OutOfScope, detail });
        }
    }

    /// After an ending before time: named targets without an answer, and how many addresses were not asked.
    pub(super) fn account_for_the_rest(&mut self, ending: Ending) {
        self.account_for_the_outside();
        if ending != Ending::Deadline {
            return;
        }
        let allowed = self.options.deadline.unwrap_or_default().as_secs_f64();
        let unasked: BTreeSet<usize> = self.frontier.unasked_targets().collect();
        for number in self.unsettled.clone() {
            let what = if unasked.contains(&number) { "not asked" } else { "not read" };
            self.named_problem(number, Reason::Deadline, format!("{what} within the {allowed:.1} s of the whole run"));
        }
        let left = self.frontier.unswept() + u64::try_from(self.frontier.waiting() + self.pings.len()).unwrap_or(0);
        if left > 0 {
            let detail = format!(
                "{} within the {allowed:.1} s of the whole run",
                unit::counted(left, "address was not asked", "addresses were not asked")
            );
            self.meter.problem(Problem { target: self.options.targets.join(" "), reason: Reason::Deadline, detail });
        }
    }
}
