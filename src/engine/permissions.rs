//! Functions that are off because the system does not permit them, or because an address is taken: told once, wherever it is asked.

use crate::model::{Disabled, Function, Started};
use crate::net::privilege;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// See the module.
#[derive(Debug)]
pub(super) struct Permissions {
    started: Started,
    off: Mutex<BTreeMap<Function, Disabled>>,
}

impl Default for Permissions {
    fn default() -> Self {
        Self { started: privilege::started(), off: Mutex::default() }
    }
}

impl Permissions {
    /// A function lacks its capability at these places, or altogether where it has none; what else is in its way stands in `others`. The
    /// sentence that says so.
    pub(super) fn lacks(&self, function: Function, places: Vec<SocketAddr>, others: &[String]) -> String {
        let mut disabled = Disabled::lacking(function, places, &self.started);
        let whys = std::iter::once(disabled.why.as_str()).chain(others.iter().map(String::as_str));
        disabled.why = whys.collect::<Vec<_>>().join("; ");
        self.set(disabled)
    }

    /// A function is off for another reason than a permission. The sentence that says so.
    pub(super) fn off(&self, function: Function, why: String) -> String {
        self.set(Disabled { function, why, places: Vec::new(), grants: Vec::new() })
    }

    fn set(&self, disabled: Disabled) -> String {
        let sentence = disabled.sentence();
        self.off.lock().unwrap_or_else(PoisonError::into_inner).insert(disabled.function, disabled);
        sentence
    }

    /// A function works.
    pub(super) fn works(&self, function: Function) {
        self.off.lock().unwrap_or_else(PoisonError::into_inner).remove(&function);
    }

    /// Whether a function is off.
    pub(super) fn is_off(&self, function: Function) -> bool {
        self.off.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&function)
    }

    /// All that is off.
    pub(super) fn disabled(&self) -> Vec<Disabled> {
        self.off.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_off_is_told_until_it_works() {
        let permissions = Permissions::default();
        let place: SocketAddr = "127.0.0.1:162".parse().unwrap();
        let sentence = permissions.lacks(Function::Traps, vec![place], &["127.0.0.2:1162: taken".to_owned()]);
        let wanted = "traps are not heard at 127.0.0.1:162: no CAP_NET_BIND_SERVICE; 127.0.0.2:1162: taken; sudo setcap";
        assert!(sentence.starts_with(wanted), "{sentence}");
        assert_eq!(permissions.off(Function::Metrics, "taken".to_owned()), "metrics are not served: taken");
        assert!(permissions.is_off(Function::Traps));
        permissions.works(Function::Traps);
        assert_eq!(permissions.disabled().iter().map(|off| off.function).collect::<Vec<_>>(), [Function::Metrics]);
    }
}
