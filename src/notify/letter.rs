//! What is told: one alarm, or several in one, and the names by which a receiver knows it again.

use crate::model::text::visible;
use crate::model::{AlarmFacts, NoticeKind, Timestamp};
use std::sync::Arc;

/// Letters of one line that is told: the text of an alarm may be long, and chats cut.
const LONGEST_LINE: usize = 500;

/// What one receiver is told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Name of the receiver.
    pub receiver: String,
    /// The network that it is about.
    pub site: String,
    /// When it was written.
    pub at: Timestamp,
    /// What is told, the worst first; never empty. Several are a digest.
    pub items: Vec<Item>,
}

/// One alarm in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Why it is told.
    pub kind: NoticeKind,
    /// The step of the escalation, from 0.
    pub step: u32,
    /// Which repetition, from 1; 0 is none.
    pub turn: u32,
    /// When the alarm was raised for which everything of this thread is told.
    pub since: Timestamp,
    /// What is known of it.
    pub facts: Arc<AlarmFacts>,
}

impl Item {
    /// What stays the same from raising to clearing: by it a receiver knows that it is the same trouble.
    pub fn thread(&self, site: &str) -> String {
        digest(&[site, &self.facts.alarm.id, &self.since.millis().to_string()])
    }

    /// One line: `CRITICAL core-1: 2 polls not answered`.
    pub fn line(&self) -> String {
        let alarm = &self.facts.alarm;
        let word = match self.kind {
            NoticeKind::Cleared => "CLEARED".to_owned(),
            NoticeKind::Test => "TEST".to_owned(),
            NoticeKind::Raised | NoticeKind::Escalated | NoticeKind::Repeated => alarm.severity.word().to_uppercase(),
        };
        let again = match self.kind {
            NoticeKind::Repeated => " (still)",
            NoticeKind::Escalated => " (escalated)",
            NoticeKind::Raised | NoticeKind::Cleared | NoticeKind::Test => "",
        };
        let hides = match self.facts.children {
            0 => String::new(),
            1 => " [1 more alarm behind it]".to_owned(),
            more => format!(" [{more} more alarms behind it]"),
        };
        short(&format!("{word}{again} {}: {}{hides}", visible(&alarm.object), visible(&alarm.text)))
    }
}

impl Letter {
    /// The first, which is the worst; `None` never where there is anything to tell.
    pub fn first(&self) -> Option<&Item> {
        self.items.first()
    }

    /// One line for all: of a digest how many there are.
    pub fn line(&self) -> String {
        match self.items.as_slice() {
            [] => String::new(),
            [only] => only.line(),
            [first, rest @ ..] => format!("{} and {} more", first.line(), rest.len()),
        }
    }

    /// A name that is the same whenever the same is told again.
    pub fn id(&self) -> String {
        let names = self.items.iter().map(|item| {
            let place = format!("{} {} {}", item.step, item.kind.word(), item.turn);
            digest(&[&item.thread(&self.site), &place])
        });
        let names: Vec<String> = names.collect();
        let parts: Vec<&str> = std::iter::once(self.receiver.as_str()).chain(names.iter().map(String::as_str)).collect();
        digest(&parts)
    }
}

/// A line that is not longer than is told.
pub(super) fn short(line: &str) -> String {
    if line.chars().count() <= LONGEST_LINE {
        return line.to_owned();
    }
    line.chars().take(LONGEST_LINE - 1).chain(['…']).collect()
}

/// A short name for some texts: FNV-1a of 128 bits. It keeps different things apart; it protects nothing.
fn digest(parts: &[&str]) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let octets = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    let sum = octets.fold(OFFSET, |sum, octet| (sum ^ u128::from(octet)).wrapping_mul(PRIME));
    format!("{sum:032x}")
}
