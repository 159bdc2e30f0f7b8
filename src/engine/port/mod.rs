//! Switching ports: `noctop port`. Off unless `[set]` of the configuration says otherwise.
//!
//! A plan ([`Ports::plan`]) says what would be set and what hangs on the port; nothing is set without it having been shown. An order
//! ([`Ports::set`]) is written into the audit journal before its first step and after its last. It must not know consoles or how an order was
//! confirmed. Start at [`Ports`]; `ground` is what the state says, `agent` what the device says, `carry` sets.

mod agent;
mod carry;
mod ground;
#[cfg(test)]
mod tests;

use super::audit::Auditor;
use super::handle::AskError;
use crate::config::Set;
use crate::model::audit::{Act, Actor, Outcome};
use crate::model::port::{PortEnd, PortOrder, PortPlan, PortResult, PortSet};
use crate::state::State;
use agent::Asked;
use ground::Ground;
use std::sync::Mutex;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long an end of the engine waits for an order that is being carried out: a port must not be left without power.
const END: Duration = Duration::from_secs(4);
/// How often it is looked whether it is done.
const LOOK: Duration = Duration::from_millis(20);

/// Switches the ports of one engine's network.
pub(super) struct Ports {
    set: Set,
    /// Cancelled when the engine ends: what was switched off for some seconds is switched on at once.
    stop: CancellationToken,
    /// One order at a time.
    busy: Mutex<()>,
}

impl Ports {
    /// As the configuration says; `stop` is cancelled when the engine ends.
    pub(super) fn new(set: Set, stop: CancellationToken) -> Self {
        Self { set, stop, busy: Mutex::default() }
    }

    /// What an order would do; the device is asked, nothing is set.
    pub(super) fn plan(&self, state: &State, order: &PortOrder) -> Result<PortPlan, AskError> {
        self.check_enabled()?;
        let ground = Ground::of(state, order).map_err(AskError::Refused)?;
        blocking(async {
            let asked = Asked::open(&self.set, &ground).await?;
            asked.plan(&ground).await
        })
    }

    /// Carries an order out, and says what came of it.
    pub(super) fn set(&self, state: &State, order: &PortSet, (audit, actor): (&Auditor, &Actor)) -> Result<PortResult, AskError> {
        self.check_enabled()?;
        let Ok(_one_at_a_time) = self.busy.try_lock() else {
            return Err(AskError::Refused("another port is being switched at this moment: try again".to_owned()));
        };
        let ground = Ground::of(state, &order.order).map_err(AskError::Refused)?;
        let object = format!("{} {}", ground.found.device.name(), ground.found.name);
        let act = Act::change(order.order.act.kind(), &object);
        let refused = |why: String, act: Act| {
            // What was not done needs no leave to be written down.
            let _written_or_not = audit.record(actor, act, Outcome::Refused(why.clone()));
            Err(AskError::Refused(why))
        };
        if (&ground.found.device.id, ground.found.port.if_index) != (&order.device, order.if_index) {
            return refused(format!("{object} is another port by now: look at the plan again"), act);
        }
        if let (Some(why), false) = (ground.forbids(), order.force) {
            return refused(format!("{why}; --force does it all the same"), act);
        }
        blocking(async {
            let asked = Asked::open(&self.set, &ground).await?;
            let plan = asked.plan(&ground).await?;
            let act = act.words(&words(&plan, order.force)).old(plan.steps.first().and_then(|step| step.old.as_deref()));
            let act = act.new_value(plan.steps.last().map(|step| step.new.as_str()));
            let accepted =
                audit.record(actor, act.clone(), Outcome::Accepted).map_err(|error| AskError::Failed(error.to_string()))?;
            let mut result = asked.carry(plan, &self.stop).await;
            result.receipt = accepted.to_string();
            match audit.record(actor, act, outcome(&result)) {
                Ok(receipt) => result.receipt = receipt.to_string(),
                Err(error) => result.text.push_str(&format!("; {error}")),
            }
            Ok(result)
        })
    }

    /// Waits, not for long, until nothing is being switched.
    pub(super) fn finish(&self) {
        let mut waited = Duration::ZERO;
        while self.is_busy() && waited < END {
            std::thread::sleep(LOOK);
            waited += LOOK;
        }
    }

    fn is_busy(&self) -> bool {
        matches!(self.busy.try_lock(), Err(std::sync::TryLockError::WouldBlock))
    }

    fn check_enabled(&self) -> Result<(), AskError> {
        // There is nothing in it that an order that failed could have left half done.
        self.busy.clear_poison();
        if self.set.enabled && !self.set.credentials.is_empty() {
            return Ok(());
        }
        let what = "ports are not switched: the engine's configuration has no [set] with enabled = true and a [[credential]] with write = true";
        Err(AskError::Refused(what.to_owned()))
    }
}

fn words(plan: &PortPlan, force: bool) -> String {
    let steps: Vec<String> = plan.steps.iter().map(|step| format!("{} = {}", step.object, step.new)).collect();
    let force = if force { ", forced" } else { "" };
    format!("{} by {} at {}{force}", steps.join(", then "), plan.credential, plan.address)
}

fn outcome(result: &PortResult) -> Outcome {
    match result.end {
        PortEnd::Done | PortEnd::Already | PortEnd::Unsettled => Outcome::Done,
        PortEnd::Failed | PortEnd::Unknown => Outcome::Failed(result.text.clone()),
    }
}

/// Runs work with a network of its own, on the thread of whoever asked.
fn blocking<T>(work: impl Future<Output = Result<T, AskError>>) -> Result<T, AskError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| AskError::Failed(format!("no thread for the network: {error}")))?;
    runtime.block_on(work)
}
