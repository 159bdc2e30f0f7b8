//! Who may do what at this engine, and its audit journal: what changes something is written down before it is done.
//!
//! It knows who asks (`model::audit::Actor`) and what (`model::audit::Act`); the files are `history::audit`'s. Start at
//! [`Auditor::record`], then `roles` (who is who), `acts` (commands in words), `answers` (what is asked of the journal).

mod acts;
mod answers;
mod attempts;
mod damper;
mod report;
mod roles;

pub use answers::{AuditAnswer, AuditQuestion, AuditRequest};
pub use roles::socket_group;

pub(super) use acts::{Steps, act_of, owned};
pub(super) use answers::answer;
pub(super) use attempts::{Attempts, Counted, WINDOW};
pub(super) use roles::Roles;

use crate::clock;
use crate::config::Retention;
use crate::history::audit::{self as journal, Journal, Moment};
use crate::model::audit::{Act, Actor, Class, Outcome, Receipt, Role, Said, Way};
use crate::net::{accounts, local_log, peer};
use damper::Damper;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The kinds of the engine's own records.
pub(super) const STARTED: &str = "engine.started";
/// It ended as it should.
pub(super) const STOPPED: &str = "engine.stopped";
/// A configuration came into force that is another than the one before.
pub(super) const CONFIG: &str = "config.loaded";
/// Somebody attached.
pub(super) const ATTACHED: &str = "console.attached";
/// Somebody asked for a page over HTTP without the token.
pub(super) const PAGE: &str = "page.refused";
/// And left again.
pub(super) const LEFT: &str = "console.left";

/// Why something could not be written down: it must not be done then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit journal can't be written, so nothing is changed: {0}")]
pub struct AuditError(pub String);

/// Writes the journal of one store. Cheap to clone.
#[derive(Clone, Default)]
pub struct Auditor(Option<Arc<Inner>>);

struct Inner {
    store: PathBuf,
    own: Actor,
    /// Whether the host's log is told each head.
    announces: bool,
    journal: Mutex<Held>,
    damper: Mutex<Damper>,
}

/// The journal, as far as it could be opened.
#[derive(Default)]
struct Held {
    journal: Option<Journal>,
    /// The engine has ended: whoever comes after it writes.
    ended: bool,
}

impl std::fmt::Debug for Auditor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Auditor").field(&self.store()).finish()
    }
}

/// The host's clock as the journal writes it.
fn now() -> Moment {
    Moment(clock::nanos())
}

impl Auditor {
    /// Opens the journal of the store in a folder; `announces` says whether the host's log is told where it stands. Where it can't be
    /// opened now it is tried again for each record. Gives back what was found amiss, in sentences.
    pub(super) fn open(store: &Path, (own, announces): (Actor, Announce)) -> (Self, Vec<String>) {
        let inner = Inner {
            store: store.to_owned(),
            own,
            announces: announces == Announce::Heads,
            journal: Mutex::default(),
            damper: Mutex::default(),
        };
        let found = inner.opened(&mut inner.journal()).unwrap_or_else(|error| vec![error.to_string()]);
        (Self(Some(Arc::new(inner))), found)
    }

    /// The store's folder; `None` of a store in memory, whose journal nobody could read.
    pub(super) fn store(&self) -> Option<&Path> {
        self.0.as_ref().map(|inner| inner.store.as_path())
    }

    /// Writes down, and returns when it is on the disk. Blocks.
    ///
    /// What changes something is written down as [`Outcome::Accepted`] before its first step, and once more with what became
    /// of it where that is another moment. No secret may stand in it. Errors: it could not be written; then it must not be done.
    pub fn record(&self, actor: &Actor, act: Act, outcome: Outcome) -> Result<Receipt, AuditError> {
        match &self.0 {
            Some(inner) => inner.record(actor, act, outcome),
            None => Ok(Receipt { class: act.class, number: 0, hash: String::new() }),
        }
    }

    /// The same of what may come in floods, such as attempts of somebody who may not: beyond a measure only their number is written, and
    /// nothing at first (`None`).
    pub(super) fn record_damped(&self, actor: &Actor, act: Act, outcome: Outcome) -> Result<Option<Receipt>, AuditError> {
        let Some(inner) = &self.0 else { return Ok(None) };
        let passed = {
            let mut damper = inner.damper.lock().unwrap_or_else(PoisonError::into_inner);
            damper.pass((actor.uid, &act.kind), clock::now())
        };
        let Some(left_out) = passed else { return Ok(None) };
        let act = if left_out == 0 { act } else { act.with("leftOut", &left_out.to_string()) };
        inner.record(actor, act, outcome).map(Some)
    }

    /// Where the chains stand.
    pub(super) fn heads(&self) -> Vec<Receipt> {
        self.0.as_ref().and_then(|inner| inner.journal().journal.as_ref().map(Journal::heads)).unwrap_or_default()
    }

    /// Holds the journal still while it is read as a whole: no record is half written.
    pub(super) fn still<T>(&self, read: impl FnOnce(&Path) -> T) -> Option<T> {
        let inner = self.0.as_ref()?;
        let _held = inner.journal();
        Some(read(&inner.store))
    }

    /// Leaves the journal to whoever serves the store next; nothing is written from then on.
    pub(super) fn end(&self) {
        if let Some(inner) = &self.0 {
            *inner.journal() = Held { journal: None, ended: true };
        }
    }

    /// Removes what is older than it is to be kept; each file that goes is written down. Errors: a sentence.
    pub(super) fn forget(&self, keep: &Retention) -> Result<usize, String> {
        let Some(inner) = &self.0 else { return Ok(0) };
        let mut held = inner.journal();
        inner.opened(&mut held).map_err(|error| error.to_string())?;
        let Some(journal) = held.journal.as_mut() else { return Ok(0) };
        let classes = [(Class::Access, keep.audit_access), (Class::Change, keep.audit_changes), (Class::Security, keep.audit)];
        classes.into_iter().try_fold(0, |removed, class| {
            journal.forget(class, (now(), &inner.own)).map(|more| removed + more).map_err(|error| error.to_string())
        })
    }
}

/// Whether the host's log is told where the journal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announce {
    /// After every change and refusal: of a daemon.
    Heads,
    /// Not: of a console's own engine.
    Nothing,
}

impl Inner {
    fn journal(&self) -> MutexGuard<'_, Held> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens it where it is not open.
    fn opened(&self, held: &mut Held) -> Result<Vec<String>, journal::AuditError> {
        if held.journal.is_some() || held.ended {
            return Ok(Vec::new());
        }
        let (opened, found) = Journal::open(&self.store, (now(), &self.own))?;
        held.journal = Some(opened);
        Ok(found)
    }

    fn record(&self, actor: &Actor, act: Act, outcome: Outcome) -> Result<Receipt, AuditError> {
        let mut held = self.journal();
        self.opened(&mut held).map_err(|error| AuditError(error.to_string()))?;
        let Some(open) = held.journal.as_mut() else { return Err(AuditError("the engine has ended".to_owned())) };
        let line = format!("{} {} {}", actor.user, act.kind, outcome.word());
        let receipt = open.append(now(), actor, (act, outcome)).map_err(|error| AuditError(error.to_string()))?;
        drop(held);
        if self.announces && receipt.class != Class::Access {
            local_log::tell(&format!("audit {receipt} {line}"));
        }
        Ok(receipt)
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
        said: said(),
    }
}

/// Whoever asks over HTTP: an address, which is what the kernel says; `None` are several.
pub(super) fn over_http(address: Option<std::net::IpAddr>) -> Actor {
    let user = address.map_or_else(|| "several".to_owned(), |address| address.to_canonical().to_string());
    Actor { uid: None, user, pid: None, program: None, role: None, way: Way::Http, said: Said::default() }
}

/// What this process can say of itself: its terminal, from where its user came, what it does.
pub(super) fn said() -> Said {
    let tty = std::fs::read_link("/proc/self/fd/0").ok().map(|path| path.display().to_string());
    let from = std::env::var("SSH_CONNECTION").ok().and_then(|text| text.split(' ').next().map(str::to_owned));
    let is_word = |word: &String| !word.is_empty() && word.len() < 20 && word.bytes().all(|octet| octet.is_ascii_lowercase());
    let command = std::env::args().skip(1).find(|word| !word.starts_with('-')).filter(is_word);
    let command = command.unwrap_or_else(|| "console".to_owned());
    Said { tty: tty.filter(|path| path.starts_with("/dev/")), from, command: Some(command) }.bounded()
}

/// Writes down what a command does by itself, where nobody serves the store. Errors: a sentence.
pub(super) fn by_itself(store: &Path, (act, outcome): (Act, Outcome)) -> Result<Receipt, journal::AuditError> {
    let own = own(Way::Command);
    let (mut journal, _found) = Journal::open(store, (now(), &own))?;
    journal.append(now(), &own, (act, outcome))
}

#[cfg(test)]
mod tests;
