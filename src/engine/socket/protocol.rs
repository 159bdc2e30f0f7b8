//! What is said over the socket: a greeting of fixed layout, then frames of four octets of length and a postcard message.
//!
//! Everything that comes in is bounded before it is read. The greeting's layout never changes, so that two versions that
//! can't talk to each other can still say so.

use super::parts::Patch;
use crate::engine::command::{Answer, Command};
use crate::engine::handle::{AskError, WatchId};
use crate::history::STORE_VERSION;
use crate::model::Timestamp;
use crate::model::audit::{Role, Said};
use crate::query::ViewRequest;
use crate::state::view::View;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::PathBuf;

/// Version of the messages below: raised whenever their bytes change meaning.
pub(super) const PROTOCOL_VERSION: u16 = 10;

/// The first octets of every connection, from both ends.
const MAGIC: [u8; 6] = *b"noctop";

/// A console's message: a request with a long filter fits many times over.
pub(super) const LARGEST_FROM_CONSOLE: usize = 256 << 10;

/// An engine's message: all rows of 10,000 devices for a headless command.
pub(super) const LARGEST_FROM_ENGINE: usize = 512 << 20;

/// The most octets of a greeting's text parts: a version and a path.
const LONGEST_TEXT: usize = 4096;

/// Octets of a greeting before its text: magic, protocol version, store version, pid, length of the text.
pub(super) const GREETING_HEAD: usize = MAGIC.len() + 2 + 4 + 4 + 2;

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    pub(super) protocol: u16,
    pub(super) store_format: u32,
    pub(super) pid: u32,
    /// The program's version.
    pub(super) version: String,
    /// The store's folder; empty from a console.
    pub(super) data: PathBuf,
}

/// The other end is not one that can be talked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stranger {
    /// It is not noctop.
    #[error("what answers there is not noctop")]
    NotNoctop,
    /// It is another version.
    #[error(
        "noctop {version} (pid {pid}) serves there and speaks protocol {protocol}, store format {store_format}; this one speaks {PROTOCOL_VERSION} and {STORE_VERSION}: use the same version for both, or end that one"
    )]
    Other {
        /// Theirs.
        version: String,
        /// Theirs.
        pid: u32,
        /// Theirs.
        protocol: u16,
        /// Theirs.
        store_format: u32,
    },
}

impl Greeting {
    /// Ours.
    pub(super) fn ours(data: PathBuf) -> Self {
        Self {
            protocol: PROTOCOL_VERSION,
            store_format: STORE_VERSION,
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data,
        }
    }

    /// As it is sent.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut text = format!("{}\n{}", self.version, self.data.display()).into_bytes();
        text.truncate(LONGEST_TEXT);
        let mut out = MAGIC.to_vec();
        out.extend(self.protocol.to_be_bytes());
        out.extend(self.store_format.to_be_bytes());
        out.extend(self.pid.to_be_bytes());
        out.extend(u16::try_from(text.len()).unwrap_or(0).to_be_bytes());
        out.extend(text);
        out
    }

    /// Reads the head; gives the greeting without its text, and how long the text is.
    pub(super) fn decode_head(head: &[u8; GREETING_HEAD]) -> Result<(Self, usize), Stranger> {
        let rest = head.strip_prefix(&MAGIC).ok_or(Stranger::NotNoctop)?;
        let [p0, p1, s0, s1, s2, s3, i0, i1, i2, i3, l0, l1] = *rest else { return Err(Stranger::NotNoctop) };
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if length > LONGEST_TEXT {
            return Err(Stranger::NotNoctop);
        }
        let greeting = Self {
            protocol: u16::from_be_bytes([p0, p1]),
            store_format: u32::from_be_bytes([s0, s1, s2, s3]),
            pid: u32::from_be_bytes([i0, i1, i2, i3]),
            version: String::new(),
            data: PathBuf::new(),
        };
        Ok((greeting, length))
    }

    /// Adds the text, and says whether we can talk.
    pub(super) fn with_text(mut self, text: &[u8]) -> Result<Self, Stranger> {
        let text = String::from_utf8_lossy(text);
        let (version, data) = text.split_once('\n').unwrap_or((&text, ""));
        self.version = crate::model::text::visible(version).into_owned();
        self.data = PathBuf::from(data);
        if (self.protocol, self.store_format) == (PROTOCOL_VERSION, STORE_VERSION) {
            return Ok(self);
        }
        let Self { protocol, store_format, pid, version, .. } = self;
        Err(Stranger::Other { version, pid, protocol, store_format })
    }
}

/// Who serves the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) enum Hosted {
    /// A daemon: where it ends it most likely comes back.
    Daemon,
    /// Somebody's console: where it ends it does not.
    Console,
}

/// From a console. New kinds are added at the end, and [`PROTOCOL_VERSION`] raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum FromConsole {
    /// Watch a view; the number is given back with each of its views.
    Watch(WatchId, u64, Box<ViewRequest>),
    /// Stop watching.
    Unwatch(WatchId),
    /// One view, once.
    Ask(u64, Box<ViewRequest>),
    /// Carry out.
    Command(u64, Command),
    /// The first message: what the console says of itself.
    Hello(Said),
}

/// From the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum FromEngine {
    /// A watched view, as the difference to the one before.
    View(WatchId, u64, Patch),
    /// A second passed.
    Clock(Timestamp),
    /// To [`FromConsole::Ask`].
    Asked(u64, Box<Result<View, AskError>>),
    /// To [`FromConsole::Command`].
    Done(u64, Box<Result<Answer, AskError>>),
    /// The engine ends; a sentence why.
    Ending(String),
    /// To [`FromConsole::Hello`]: what the console's user may do, and who serves.
    Welcome(Role, Hosted),
    /// To it as well: the user may nothing; a sentence why. The connection ends.
    Refused(String),
}

/// One message as a frame.
pub(super) fn frame<M: Serialize>(message: &M) -> Result<Vec<u8>, postcard::Error> {
    let mut out = postcard::to_extend(message, vec![0; 4])?;
    let length = u32::try_from(out.len() - 4).map_err(|_| postcard::Error::SerializeBufferFull)?;
    if let Some(head) = out.first_chunk_mut::<4>() {
        *head = length.to_be_bytes();
    }
    Ok(out)
}

/// The length that a frame's head announces; `None` where it is more than `largest`.
pub(super) fn frame_length(head: [u8; 4], largest: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(head)).ok().filter(|length| *length <= largest)
}

/// A frame's message; bytes left over are a fault.
pub(super) fn message<M: DeserializeOwned>(octets: &[u8]) -> Option<M> {
    postcard::take_from_bytes(octets).ok().filter(|(_, rest)| rest.is_empty()).map(|(message, _)| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greet(greeting: &Greeting) -> Result<Greeting, Stranger> {
        let octets = greeting.encode();
        let (head, text) = octets.split_at(GREETING_HEAD);
        let (read, length) = Greeting::decode_head(head.try_into().unwrap())?;
        assert_eq!(length, text.len());
        read.with_text(text)
    }

    #[test]
    fn a_greeting_is_read_as_it_was_sent() {
        let ours = Greeting::ours(PathBuf::from("/var/lib/noctop"));
        assert_eq!(greet(&ours), Ok(ours.clone()));
    }

    #[test]
    fn another_protocol_is_named_with_its_version_and_pid() {
        let other = Greeting { protocol: 99, version: "7.0.0".to_owned(), pid: 42, ..Greeting::ours(PathBuf::new()) };
        let sentence = greet(&other).unwrap_err().to_string();
        assert!(sentence.contains("noctop 7.0.0 (pid 42)") && sentence.contains("protocol 99"), "{sentence}");
    }

    #[test]
    fn octets_that_are_no_greeting_are_a_stranger() {
        assert_eq!(Greeting::decode_head(&[b'x'; GREETING_HEAD]), Err(Stranger::NotNoctop));
    }

    #[test]
    fn frames_carry_their_length_and_giants_are_refused() {
        let sent = FromConsole::Unwatch(WatchId(3));
        let octets = frame(&sent).unwrap();
        let head: [u8; 4] = octets[..4].try_into().unwrap();
        assert_eq!(frame_length(head, LARGEST_FROM_CONSOLE), Some(octets.len() - 4));
        assert_eq!(message::<FromConsole>(&octets[4..]), Some(sent));
        assert_eq!(frame_length([0xff; 4], LARGEST_FROM_CONSOLE), None);
        assert_eq!(message::<FromConsole>(&[0xff; 40]), None);
    }
}
