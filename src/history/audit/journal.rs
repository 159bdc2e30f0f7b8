//! The journal of one store: three chains, written by one process at a time.

use super::chain::{Chain, Entry, make};
use super::{AuditError, FOLDER, failed};
use crate::model::audit::{Act, Actor, Class, Outcome, Receipt};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// Held by whoever writes.
const LOCK: &str = "lock";

/// A point in time. Units: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// RFC 3339 in UTC, with all nine figures: texts sort as times do.
    pub fn text(self) -> String {
        let at = jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or_default();
        format!("{at:.9}")
    }

    /// Back from a record's text; the beginning of all times where it is none.
    pub fn parse(text: &str) -> Self {
        let at = text.parse::<jiff::Timestamp>().unwrap_or_default();
        Self(i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX))
    }

    /// `2026-11`, of UTC.
    pub fn month(self) -> String {
        self.text().get(..7).unwrap_or_default().to_owned()
    }

    /// The point `by` earlier.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// See the module.
pub struct Journal {
    chains: [Chain; 3],
    _lock: File,
}

impl Journal {
    /// Opens the journal of the store in a folder, and makes it where there is none. Gives back what was found amiss, in sentences;
    /// it is written down as well, by `actor`.
    ///
    /// Errors: another process writes it, or the system refuses.
    pub fn open(store: &Path, (now, actor): (Moment, &Actor)) -> Result<(Self, Vec<String>), AuditError> {
        let folder = store.join(FOLDER);
        make(&folder)?;
        let path = folder.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = lock.map_err(failed("opening", &path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => AuditError::InUse(folder.clone()),
            TryLockError::Error(error) => failed("locking", &path)(error),
        })?;
        let mut told = Vec::new();
        let mut open = |class| {
            Chain::open(&folder, class, (now, actor)).map(|(chain, found)| {
                told.extend(found);
                chain
            })
        };
        let chains = [open(Class::Access)?, open(Class::Change)?, open(Class::Security)?];
        Ok((Self { chains, _lock: lock }, told))
    }

    fn chain(&mut self, class: Class) -> &mut Chain {
        let [access, change, security] = &mut self.chains;
        match class {
            Class::Access => access,
            Class::Change => change,
            Class::Security => security,
        }
    }

    /// Writes a record; when this returns it is on the disk.
    ///
    /// A record of [`Class::Security`] names the heads of the other chains: what is cut off them later is missed.
    ///
    /// Errors: it is not written, and the journal is as it was.
    pub fn append(&mut self, now: Moment, actor: &Actor, (act, outcome): (Act, Outcome)) -> Result<Receipt, AuditError> {
        let act = if act.class == Class::Security { self.anchored(act) } else { act };
        self.chain(act.class).append(Entry { at: now, actor, act, outcome })
    }

    fn anchored(&self, act: Act) -> Act {
        let others = self.heads().into_iter().filter(|head| head.class != Class::Security);
        others.fold(act, |act, head| act.with(head.class.word(), &format!("{}:{}", head.number, head.hash)))
    }

    /// Where the chains stand; those without a record are left out.
    pub fn heads(&self) -> Vec<Receipt> {
        self.chains.iter().filter_map(Chain::head).collect()
    }

    /// The time of the last record of all.
    pub fn last(&self) -> Moment {
        self.chains.iter().map(Chain::at).max().unwrap_or_default()
    }

    /// Removes whole files of a class whose records are all older than `keep`; each is written down. Gives back how many.
    pub fn forget(&mut self, (class, keep): (Class, Duration), (now, actor): (Moment, &Actor)) -> Result<usize, AuditError> {
        self.chain(class).forget(now.minus(keep), (now, actor))
    }
}
