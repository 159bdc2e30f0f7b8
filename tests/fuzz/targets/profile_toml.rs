//! Vendor profiles: any text as a file of `mibs/`, and what it makes of a device.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::mib::{Facts, Registry, check};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

/// Faults that one file can have at most: a hundred of the reader's, and a few for each system.
const MOST_FAULTS: usize = 5000;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let faults = check::check_alone("x.toml", &text);
    assert!(faults.len() <= MOST_FAULTS, "{} faults", faults.len());
    assert!(faults.iter().all(|fault| fault.line >= 1 && fault.column >= 1));
    // Faulty or not, what was read of it must bear being asked.
    let registry = Registry::load(&[("x.toml", &text)]).0;
    let id = "1.3.6.1.4.1.99999.1".parse().ok();
    let facts = Facts { sys_object_id: id.as_ref(), sys_descr: Some("ExampleOS X-1 version 1.2"), has: &[] };
    if let Some(profile) = registry.profile(&facts) {
        let identity = profile.identity(&facts, |_| Some("X-1 v1.2".to_owned()));
        profile.role(identity.model.as_deref(), facts.sys_descr);
    }
}
