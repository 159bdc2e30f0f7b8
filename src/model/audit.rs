//! Who may do what, and the words of the audit journal: who did what, when, from where, and what became of it.

mod report;
mod verdict;

pub use report::{AuditReport, Person, Tally};
pub use verdict::{ChainVerdict, Fault, Verdict};

use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Characters of one text in a record at most: what is longer is cut, and says so.
const LONGEST_TEXT: usize = 2_000;

/// What somebody may do. An operator may do what a viewer may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Looks, and asks what is read.
    Viewer,
    /// Changes things as well.
    Operator,
}

impl Role {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// By which way somebody reached the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// The engine's own process: the daemon by itself, or the console that hosts the engine.
    Process,
    /// The engine's socket: the kernel says who is at the other end (SO_PEERCRED).
    Socket,
    /// A command that wrote the journal itself, because nobody served the store.
    Command,
    /// The listener for HTTP: only an address is known.
    Http,
}

impl Way {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Socket => "socket",
            Self::Command => "command",
            Self::Http => "http",
        }
    }
}

/// What a console says of itself. Nothing of it is proven.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its terminal: `/dev/pts/3`.
    pub tty: Option<String>,
    /// From which address its user came to this host (SSH_CONNECTION).
    pub from: Option<String>,
    /// What was asked for: `console`, `devices`.
    pub command: Option<String>,
}

impl Said {
    /// Each text cut to what a record holds, control characters shown.
    #[must_use]
    pub fn bounded(self) -> Self {
        let cut = |text: Option<String>| text.map(|text| bounded(&text, 256));
        Self { tty: cut(self.tty), from: cut(self.from), command: cut(self.command) }
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The user's number, as the kernel says.
    pub uid: Option<u32>,
    /// The user's name, as this host's accounts say; the number where they say nothing.
    pub user: String,
    /// The process.
    pub pid: Option<u32>,
    /// The program, as the kernel calls it.
    pub program: Option<String>,
    /// What it may do.
    pub role: Option<Role>,
    /// How it came.
    pub way: Way,
    /// What it says of itself: not proven.
    pub said: Said,
}

impl Actor {
    /// Whether it may do what needs this role.
    pub fn may(&self, role: Role) -> bool {
        self.role.is_some_and(|own| own >= role)
    }
}

/// For how long records are kept goes by their class; each is a chain of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Who attached, and left again.
    Access,
    /// What was changed: alarms, maintenance, discovery, ports, the configuration.
    Change,
    /// What was refused, starts and ends of the engine, the journal's own affairs.
    Security,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Access, Self::Change, Self::Security];

    /// As it is written; its folder is called so.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Change => "change",
            Self::Security => "security",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What somebody does. No secret may stand in it: it is kept for years and read by many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// How long it is remembered.
    pub class: Class,
    /// What kind of thing: `alarm.acknowledge`, `port.down`.
    pub kind: String,
    /// What it is done to: an alarm's id, `dist-1 Gi1/0/1`.
    pub object: String,
    /// The command in words.
    pub words: String,
    /// How it was before, where that is known.
    pub old: Option<String>,
    /// How it is to be.
    pub new: Option<String>,
    /// The same for programs: what of it has a name.
    pub detail: BTreeMap<String, String>,
}

impl Act {
    /// Something of a class.
    pub fn new(class: Class, kind: &str, object: &str) -> Self {
        Self {
            class,
            kind: kind.to_owned(),
            object: bounded(object, LONGEST_TEXT),
            words: String::new(),
            old: None,
            new: None,
            detail: BTreeMap::new(),
        }
    }

    /// A change.
    pub fn change(kind: &str, object: &str) -> Self {
        Self::new(Class::Change, kind, object)
    }

    /// In words.
    #[must_use]
    pub fn words(self, words: &str) -> Self {
        Self { words: bounded(words, LONGEST_TEXT), ..self }
    }

    /// How it was, where that is known.
    #[must_use]
    pub fn old(self, old: Option<&str>) -> Self {
        Self { old: old.map(|old| bounded(old, LONGEST_TEXT)), ..self }
    }

    /// Something of it that has a name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.detail.insert(name.to_owned(), bounded(value, LONGEST_TEXT));
        self
    }

    /// How it is to be, or is now.
    #[must_use]
    pub fn new_value(self, new: Option<&str>) -> Self {
        Self { new: new.map(|new| bounded(new, LONGEST_TEXT)), ..self }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It may be done and is being done: written before the first step, so that nothing is done that is not written down.
    Accepted,
    /// It is done.
    Done,
    /// It was tried, and why it did not succeed.
    Failed(String),
    /// It was not tried: who asked may not, or what was asked can't be.
    Refused(String),
}

impl Outcome {
    /// As it is written.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Refused(_) => "refused",
        }
    }

    /// Why not.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Accepted | Self::Done => None,
            Self::Failed(why) | Self::Refused(why) => Some(why),
        }
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its place in the chain of its class: from 1, without a gap.
    pub number: u64,
    /// When, by this host's clock, RFC 3339 with nanoseconds. Never before the record that precedes it, whatever the clock does.
    pub at: String,
    /// What was done.
    pub act: Act,
    /// Who.
    pub actor: Actor,
    /// What became of it.
    pub outcome: Outcome,
}

impl Record {
    /// When, to the millisecond.
    pub fn moment(&self) -> Timestamp {
        Timestamp::parse_absolute(&self.at).unwrap_or_default()
    }
}

/// Where a record stands: what proves that it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// In the chain of this class.
    pub class: Class,
    /// Its number there.
    pub number: u64,
    /// The chain's hash with it, lower-case hex: nothing before it can change without changing this.
    pub hash: String,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.class, self.number, self.hash)
    }
}

/// A text with its control characters shown, cut where it is longer than `most` characters.
fn bounded(text: &str, most: usize) -> String {
    let text = super::text::visible(text);
    match text.char_indices().nth(most) {
        None => text.into_owned(),
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_may_what_a_viewer_may_and_a_stranger_nothing() {
        let actor = |role| Actor {
            uid: Some(1),
            user: "kim".to_owned(),
            pid: None,
            program: None,
            role,
            way: Way::Socket,
            said: Said::default(),
        };
        let cases = [
            (None, Role::Viewer, false),
            (Some(Role::Viewer), Role::Viewer, true),
            (Some(Role::Viewer), Role::Operator, false),
            (Some(Role::Operator), Role::Viewer, true),
            (Some(Role::Operator), Role::Operator, true),
        ];
        for (own, needed, may) in cases {
            assert_eq!(actor(own).may(needed), may, "{own:?} {needed:?}");
        }
    }

    #[test]
    fn what_is_told_can_neither_fill_a_record_nor_a_terminal() {
        let said = Said { tty: Some("\u{1b}[2J".to_owned()), from: Some("x".repeat(9_000)), command: None }.bounded();
        assert_eq!(said.tty.as_deref(), Some("\\x1b[2J"));
        assert_eq!(said.from.map(|from| from.len()), Some(259));
    }
}
