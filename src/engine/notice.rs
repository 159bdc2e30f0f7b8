//! What does not work and what to do about it: a sentence each, shown in the chrome of every view.

use crate::model::Function;
use crate::model::text::visible;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Under this name a daemon's log has them, whatever else it says.
const LOG: &str = "noctop::notice";

/// What a notice is about; of each there is at most one. The order is the order on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// A full disk, lost records.
    Writing,
    /// What the cap removed.
    Cap,
    /// History that can't be summed up or kept within its limits.
    Maintenance,
    /// Files that were set aside, records that could not be read.
    Store,
    /// The audit journal can't be written, or is damaged.
    Audit,
    /// Accounts that this host does not know.
    Access,
    /// Nobody can attach.
    Socket,
    /// A receiver that takes no notices, or a ledger that can't be written.
    Notify,
    /// A collector that failed or hangs.
    Collectors,
    /// This host's clock was set.
    HostClock,
    /// No permission for ICMP.
    Ping,
    /// No permission to hear LLDP and CDP.
    Listening,
    /// A port of `[capture]` that can't be read.
    Capture,
    /// An address where traps are to be heard can't be had.
    Traps,
    /// An address where syslog is to be heard can't be had, or is of a kind that is not heard.
    Syslog,
    /// Clocks of senders of syslog that are wrong.
    Clocks,
    /// An address where flows are to be heard can't be had.
    Flows,
    /// An address at which is listened is none of this host at present.
    Addresses,
    /// Flows are lost.
    FlowLoss,
    /// Lines and traps are lost.
    LineLoss,
    /// The database of countries can't be read.
    Countries,
    /// An address where metrics are to be read can't be had, or is open to everyone.
    Metrics,
    /// None configured.
    Credentials,
    /// Nothing to discover.
    Targets,
    /// Manual links to ports that are not known.
    ManualLinks,
    /// Bounds that are reached.
    Limits,
}

impl About {
    /// That a function is off.
    pub(super) const fn of(function: Function) -> Self {
        match function {
            Function::Ping => Self::Ping,
            Function::Neighbours => Self::Listening,
            Function::Capture => Self::Capture,
            Function::Traps => Self::Traps,
            Function::Syslog => Self::Syslog,
            Function::Flows => Self::Flows,
            Function::Metrics => Self::Metrics,
        }
    }
}

/// The notices in force.
#[derive(Debug, Default)]
pub(super) struct Notices(Mutex<BTreeMap<About, String>>);

impl Notices {
    /// Sets or replaces one; true where that changed anything.
    pub(super) fn set(&self, about: About, sentence: String) -> bool {
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(about, sentence.clone());
        if before.is_none() {
            // A figure in it may change every second: the log has it once, when it begins.
            tracing::warn!(target: LOG, "{}", visible(&sentence));
        }
        before.as_deref() != Some(&sentence)
    }

    /// Takes one back; true where there was one.
    pub(super) fn clear(&self, about: About) -> bool {
        let gone = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&about);
        if let Some(sentence) = &gone {
            tracing::warn!(target: LOG, "no more: {}", visible(sentence));
        }
        gone.is_some()
    }

    /// One of them.
    pub(super) fn of(&self, about: About) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&about).cloned()
    }

    /// All, in order.
    pub(super) fn sentences(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_notice_of_a_kind_and_setting_it_again_changes_nothing() {
        let notices = Notices::default();
        assert!(notices.set(About::Ping, "no ping".to_owned()));
        assert!(!notices.set(About::Ping, "no ping".to_owned()));
        assert!(notices.set(About::Writing, "disk full".to_owned()));
        assert_eq!(notices.sentences(), ["disk full", "no ping"]);
        assert!(notices.clear(About::Ping) && !notices.clear(About::Ping));
    }
}
