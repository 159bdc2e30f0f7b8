//! Traps and informs of all versions, and the receiver of version 3.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::collect::trap::usm::Came;
use noctop::collect::trap::{OwnEngine, Receiver, line};
use noctop::model::access::{AuthProtocol, PrivProtocol, Proof};
use noctop::model::log::{MAX_LINE_OCTETS, MAX_VARBINDS};
use noctop::model::secret::Secret;
use noctop::model::{Credential, SnmpVersion, Timestamp};
use noctop::wire::snmp::usm::Senders;
use std::cell::RefCell;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

const NOW: Timestamp = Timestamp(1_795_348_800_000);

/// More octets than a datagram has are no answer.
const LONGEST: usize = 1500;

thread_local! {
    static RECEIVER: RefCell<Receiver> = RefCell::new(receiver());
}

fn receiver() -> Receiver {
    let user = |name: &str, privacy: bool| Credential {
        name: name.to_owned(),
        version: SnmpVersion::V3,
        proof: Proof::Usm {
            username: name.to_owned(),
            context: String::new(),
            auth: Some((AuthProtocol::Sha1, Secret::new("authentic"))),
            privacy: privacy.then(|| (PrivProtocol::Aes128, Secret::new("private-it-is"))),
        },
        ..Credential::community(name, "")
    };
    let own = OwnEngine { id: vec![0x80, 0, 0x1f, 0x88, 4, b'n', b'o', b'c'], boots: 1, started: NOW };
    Receiver::new(&[user("noc", true), user("auth", false)], own, Senders::default())
}

pub fn run(data: &[u8]) {
    let from = (NOW, [192, 0, 2, 1].into());
    if let Some(line) = line(data, from) {
        assert!(line.text.len() <= 4 * MAX_LINE_OCTETS);
        assert!(line.trap.is_some_and(|trap| trap.binds.len() <= MAX_VARBINDS));
    }
    let opened = RECEIVER.with_borrow_mut(|receiver| receiver.open(data, ([192, 0, 2, 1].into(), NOW)));
    assert!(opened.answer.is_none_or(|answer| answer.len() <= LONGEST + data.len()));
    assert!(opened.user.is_none_or(|user| user.chars().count() <= 32));
    // Who does not know the password proves nothing, but for the messages of the corpus that were made with it.
    if let Came::Proved(_) = opened.came {
        assert!(data.len() > 60);
    }
}
