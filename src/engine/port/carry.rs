//! Carrying an order out: set, read back, wait for the port to follow. A SET whose answer is lost is read back, never sent blindly again.

use super::agent::{Asked, Reading};
use crate::collect::snmp::set::{SetAnswer, meaning};
use crate::model::port::{PortAct, PortEnd, PortPlan, PortResult};
use crate::model::{OperStatus, PoeStatus};
use crate::wire::snmp::VarBind;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether the port follows.
const LOOK: Duration = Duration::from_secs(1);

/// How often power is tried to be switched on again, where reading back says that it is off: a port must not be left without it.
const POWER_TRIES: usize = 3;

/// What one step came to.
enum Stepped {
    /// Reading back says that it is so; with what there is to tell.
    So(String),
    /// It is not, for this reason.
    Not(String),
    /// The agent does not say any more how it is.
    Unknown(String),
}

impl Asked {
    /// Sets what is planned. Whatever happens is in the result.
    pub(super) async fn carry(&self, mut plan: PortPlan, stop: &CancellationToken) -> PortResult {
        if plan.is_so {
            let oper = plan.oper.clone();
            let text = format!("{} is {} already: nothing was set", plan.port, plan.act.word());
            return PortResult { plan, end: PortEnd::Already, text, oper, receipt: String::new() };
        }
        let before = self.read().await.unwrap_or_default();
        for place in 0..plan.steps.len() {
            let Some(word) = plan.steps.get(place).map(|step| step.new.clone()) else { break };
            let stepped = match (self.act, place) {
                (PortAct::PoeCycle, 1..) => self.power_again(&word, stop).await,
                _ => self.step(&word).await,
            };
            let (outcome, end) = match stepped {
                Stepped::So(told) => (told, None),
                Stepped::Not(why) => (why, Some(PortEnd::Failed)),
                Stepped::Unknown(why) => (why, Some(PortEnd::Unknown)),
            };
            if let Some(step) = plan.steps.get_mut(place) {
                step.outcome = Some(outcome.clone());
            }
            if let Some(end) = end {
                let text = self.not_so((&plan, place), &outcome);
                return PortResult { plan, end, text, oper: None, receipt: String::new() };
            }
        }
        self.follow(plan, before, stop).await
    }

    /// What is said where a step failed; of a cycle that ended half way, what to do.
    fn not_so(&self, (plan, place): (&PortPlan, usize), outcome: &str) -> String {
        let step = plan.steps.get(place).map_or("", |step| step.object.as_str());
        if self.act == PortAct::PoeCycle && place > 0 {
            return format!("{} MAY BE WITHOUT POWER: {step} could not be set to true again: {outcome}", plan.port);
        }
        format!("{step} was not set: {outcome}")
    }

    /// One SET, and what reading back says.
    async fn step(&self, word: &str) -> Stepped {
        let Some((oid, value)) = self.value(word) else { return Stepped::Not("no such value".to_owned()) };
        let answer = match self.setting.set(&[VarBind { oid, value }]).await {
            Ok(SetAnswer::Refused(status)) => return Stepped::Not(format!("{}: {}", status.name(), meaning(status))),
            Ok(answer) => answer,
            Err(error) => return Stepped::Not(error.failure.to_string()),
        };
        let said = match answer {
            SetAnswer::Lost => "the answer was lost".to_owned(),
            SetAnswer::Doubtful(status) => format!("the agent said {}: {}", status.name(), meaning(status)),
            SetAnswer::Taken | SetAnswer::Refused(_) => "the agent said that it is done".to_owned(),
        };
        match self.read().await.map(|reading| self.told(reading)) {
            Ok(Some(now)) if now == word && answer == SetAnswer::Taken => Stepped::So("set, and read back".to_owned()),
            Ok(Some(now)) if now == word => Stepped::So(format!("{said}; reading back says that it is {now}")),
            Ok(Some(now)) => Stepped::Not(format!("{said}; reading back says that it is {now}")),
            Ok(None) => Stepped::Unknown(format!("{said}; the agent does not tell it any more")),
            Err(why) => Stepped::Unknown(format!("{said}; it could not be read back: {why}")),
        }
    }

    /// Waits without power, and switches it on; where reading back says that it is still off, once more.
    async fn power_again(&self, word: &str, stop: &CancellationToken) -> Stepped {
        // Where the engine ends, power comes back at once.
        let _over_or_ended = stop.run_until_cancelled(tokio::time::sleep(self.set.off_for)).await;
        let mut last = self.step(word).await;
        for _ in 1..POWER_TRIES {
            match last {
                Stepped::So(_) => break,
                Stepped::Not(_) => last = self.step(word).await,
                // Nothing is sent to an agent of which nothing is known but that it does not answer, until it says that power is off.
                Stepped::Unknown(why) => {
                    last = match self.read().await.map(|reading| self.told(reading)) {
                        Ok(Some(now)) if now == word => Stepped::So(format!("{why}; later it says that it is {now}")),
                        Ok(Some(_)) => self.step(word).await,
                        Ok(None) | Err(_) => Stepped::Unknown(why),
                    }
                }
            }
        }
        last
    }

    /// Waits for the port to follow what was set.
    async fn follow(&self, plan: PortPlan, before: Reading, stop: &CancellationToken) -> PortResult {
        let wanted = plan.steps.last().map(|step| step.new.clone());
        let mut waited = Duration::ZERO;
        let mut last = self.read().await;
        while waited < self.set.settle && !last.as_ref().is_ok_and(|reading| self.followed(*reading, before)) {
            if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
                break;
            }
            waited += LOOK;
            last = self.read().await;
        }
        // Some agents take a value back a moment later.
        if last.is_ok() && stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            last = self.read().await;
        }
        let oper = last.as_ref().ok().and_then(|reading| reading.oper).map(|oper| oper.word().to_owned());
        let (end, text) = match &last {
            Err(why) => (PortEnd::Unknown, format!("it was set, and the agent does not answer any more: {why}")),
            Ok(reading) if self.told(*reading) != wanted => {
                let now = self.told(*reading).unwrap_or_else(|| "unknown".to_owned());
                (PortEnd::Failed, format!("it was set, and then went back: it is {now}"))
            }
            Ok(reading) if self.followed(*reading, before) => (PortEnd::Done, self.done(*reading)),
            Ok(reading) => (PortEnd::Unsettled, self.unsettled(*reading)),
        };
        PortResult { plan, end, text, oper, receipt: String::new() }
    }

    /// Whether the port did what was wanted.
    fn followed(&self, reading: Reading, before: Reading) -> bool {
        match self.act {
            PortAct::Up => reading.oper == Some(OperStatus::Up),
            PortAct::Down => {
                matches!(reading.oper, Some(OperStatus::Down | OperStatus::LowerLayerDown | OperStatus::NotPresent))
            }
            PortAct::PoeCycle if before.power == Some(PoeStatus::Delivering) => reading.power == Some(PoeStatus::Delivering),
            PortAct::PoeCycle => reading.power.is_none_or(|power| power != PoeStatus::Disabled),
        }
    }

    fn done(&self, reading: Reading) -> String {
        match self.act {
            PortAct::Up | PortAct::Down => {
                format!("ifAdminStatus is {}, ifOperStatus {}", self.act.word(), oper(reading))
            }
            PortAct::PoeCycle => {
                let power = reading.power.map_or("unknown", PoeStatus::word);
                format!("power was off for {} s, and is on again: {power}", self.set.off_for.as_secs())
            }
        }
    }

    fn unsettled(&self, reading: Reading) -> String {
        let waited = self.set.settle.as_secs();
        match self.act {
            PortAct::Up => format!(
                "ifAdminStatus is up, and ifOperStatus still {} after {waited} s: nothing may be plugged in, or its other end is off",
                oper(reading)
            ),
            PortAct::Down => format!("ifAdminStatus is down, and ifOperStatus still {} after {waited} s", oper(reading)),
            PortAct::PoeCycle => {
                let power = reading.power.map_or("unknown", PoeStatus::word);
                format!("power is switched on again, and nothing takes it after {waited} s: {power}")
            }
        }
    }
}

fn oper(reading: Reading) -> &'static str {
    reading.oper.map_or("unknown", OperStatus::word)
}
