//! The audit journal: any octets as a file of each chain, bare and behind the magic line.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::history::audit::{FOLDER, Moment, Wanted, last, read, verify};
use noctop::model::audit::Class;
use std::path::PathBuf;
use std::sync::LazyLock;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

const MAGIC: &[u8] = b"noctop audit 1\r\n";

/// A store of this process alone.
static STORE: LazyLock<PathBuf> = LazyLock::new(|| {
    let store = std::env::temp_dir().join(format!("noctop-fuzz-audit-{}", std::process::id()));
    Class::ALL.iter().for_each(|class| std::fs::create_dir_all(store.join(FOLDER).join(class.word())).unwrap());
    store
});

pub fn run(data: &[u8]) {
    for (class, octets) in Class::ALL.iter().zip([data.to_vec(), [MAGIC, data].concat(), MAGIC.to_vec()]) {
        std::fs::write(STORE.join(FOLDER).join(class.word()).join("00000001-2026-11.audit"), octets).unwrap();
    }
    let verdict = verify(&STORE, &[String::from_utf8_lossy(data).into_owned()]).unwrap();
    assert!(verdict.faults.len() <= 3 * data.len() + 16, "{} faults", verdict.faults.len());
    let mut told = 0;
    let all = Wanted { from: Moment(i64::MIN), to: Moment(i64::MAX) };
    read(&STORE, all, &mut |_| told += 1).unwrap();
    // A record takes its length, a hash, and something between.
    assert!(told <= 2 * data.len() / 37 + 2, "{told} records out of {} octets", data.len());
    let _one_or_none = last(&STORE, (Class::Change, "ack"));
}
