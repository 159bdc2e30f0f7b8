//! What the ledger holds: what was begun to be told, and what became of it. After a kill it says who was told.

use crate::model::{AlarmFacts, NoticeKind, Timestamp};
use serde::{Deserialize, Serialize};

/// Format of the records: the first octet of each.
const VERSION: u8 = 1;

/// One thing that is told once: to whom, at which step, why, and which time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Telling {
    /// Name of the receiver.
    pub receiver: String,
    /// Step of the escalation, from 0.
    pub step: u32,
    /// Why.
    pub kind: NoticeKind,
    /// Which repetition, from 1; 0 is none.
    pub turn: u32,
}

/// What became of a telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Became {
    /// The receiver took it.
    Sent,
    /// It did not, and is tried again.
    Failed,
    /// It did not, and is not tried again.
    GivenUp,
    /// The process ended meanwhile.
    Uncertain,
    /// It waits for the end of quiet hours.
    Held(Timestamp),
}

/// One record. New kinds are added at the end: postcard numbers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// Of an alarm somebody is to be told: its number from then on, from when steps count, what is known of it.
    Opened(u64, Timestamp, Box<AlarmFacts>),
    /// These are about to be sent.
    Intent(Timestamp, Vec<(u64, Telling)>),
    /// What became of these.
    Done(Timestamp, Became, Vec<(u64, Telling)>),
    /// Nothing more is to be told.
    Closed(u64),
}

impl Record {
    /// Its octets.
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = vec![VERSION];
        // Writing to memory does not fail.
        octets.extend(postcard::to_stdvec(self).unwrap_or_default());
        octets
    }

    /// What octets say; `None` where this version does not know them.
    pub fn decode(octets: &[u8]) -> Option<Self> {
        let (version, rest) = octets.split_first()?;
        (*version == VERSION).then(|| postcard::from_bytes(rest).ok()).flatten()
    }
}
