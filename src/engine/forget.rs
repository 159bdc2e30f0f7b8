//! Devices that are gone for good: whom an order means. What answers is meant by nobody who does not say so.

use crate::model::{Device, DeviceStatus, ForgetOrder, Forgotten, Leaving};
use crate::state::State;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Devices forgotten at once: each is an event of its own, and they are applied in one go.
pub(super) const AT_ONCE: usize = 1000;

/// Whom an order means, by id. Errors: a sentence.
pub(super) fn meant(state: &State, order: &ForgetOrder) -> Result<Vec<Forgotten>, String> {
    let found: Vec<Forgotten> = match &order.leaving {
        Leaving::Named(names) => {
            let each = names.iter().map(|name| named(state, name).map(|found| (found.id.clone(), found)));
            each.collect::<Result<BTreeMap<_, _>, String>>()?.into_values().collect()
        }
        Leaving::SilentFor(secs) => {
            let least = Duration::from_secs(*secs);
            let is_gone = |device: &Forgotten| {
                matches!(device.status, DeviceStatus::Down | DeviceStatus::Unreachable)
                    && device.since.is_some_and(|since| state.now().since(since) >= least)
            };
            state.devices().map(|device| told(state, device)).filter(is_gone).collect()
        }
    };
    if let Some(alive) = found.iter().find(|device| device.status == DeviceStatus::Up && !order.answering) {
        return Err(format!(
            "{} answers: the next discovery would find it again. Leave it out by `exclude` in [discovery], and say --answering",
            alive.name
        ));
    }
    if found.len() > AT_ONCE {
        return Err(format!("{} devices at once are more than {AT_ONCE}", found.len()));
    }
    Ok(found)
}

fn named(state: &State, name: &str) -> Result<Forgotten, String> {
    match state.find(name) {
        Ok(device) => Ok(told(state, device)),
        Err(several) if several.is_empty() => Err(format!("there is no device {name:?}")),
        Err(several) => {
            let ids: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
            Err(format!("{} devices are called {name:?}: name it by id: {}", several.len(), ids.join(", ")))
        }
    }
}

fn told(state: &State, device: &Arc<Device>) -> Forgotten {
    let condition = state.condition(&device.id);
    Forgotten {
        id: device.id.clone(),
        name: device.name(),
        address: device.snmp.as_ref().map(|access| access.address.ip()).or_else(|| device.addresses.first().copied()),
        status: condition.map_or(DeviceStatus::Unknown, |known| known.status),
        since: condition.map(|known| known.since),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Body;
    use crate::state::sample::{campus, discovered, event, run, silent};

    /// A campus in which acc-1 has not answered for some minutes, and when it is now.
    fn state() -> State {
        let (mut state, _) = run(&discovered());
        let acc = campus()[6].clone();
        for secs in [60, 90, 120, 600] {
            crate::state::apply(&mut state, &silent(secs, &acc));
            crate::state::apply(&mut state, &event(secs + 1, Body::Tick));
        }
        crate::state::apply(&mut state, &event(900, Body::Tick));
        state
    }

    fn order(leaving: Leaving) -> ForgetOrder {
        ForgetOrder { leaving, answering: false, dry_run: false, by: "kim".to_owned() }
    }

    fn names(found: Result<Vec<Forgotten>, String>) -> Result<Vec<String>, String> {
        found.map(|all| all.into_iter().map(|device| device.name).collect())
    }

    #[test]
    fn who_is_named_is_meant_once_and_only_where_it_is_silent() {
        let state = state();
        let named = |names: &[&str]| order(Leaving::Named(names.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(names(meant(&state, &named(&["acc-1", "acc-1"]))), Ok(vec!["acc-1".to_owned()]));
        let refused = names(meant(&state, &named(&["acc-1", "core-1"]))).unwrap_err();
        assert!(refused.contains("core-1 answers") && refused.contains("--answering"), "{refused}");
        let anyway = ForgetOrder { answering: true, ..named(&["acc-1", "core-1"]) };
        assert_eq!(meant(&state, &anyway).unwrap().len(), 2);
        assert!(meant(&state, &named(&["nobody"])).unwrap_err().contains("no device \"nobody\""));
    }

    #[test]
    fn who_is_silent_for_that_long_is_meant() {
        let state = state();
        let silent_for = |secs| names(meant(&state, &order(Leaving::SilentFor(secs))));
        assert_eq!(silent_for(60), Ok(vec!["acc-1".to_owned()]));
        assert_eq!(silent_for(3600), Ok(Vec::new()));
    }
}
