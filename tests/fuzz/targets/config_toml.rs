//! The configuration: any text as noctop.toml.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::config;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // A secret may be named as a file or a variable: what is read of this host is no matter of the input.
    if text.contains("file:") || text.contains("env:") {
        return;
    }
    match config::parse("noctop.toml", &text) {
        Ok(config) => assert!(config.credentials.len() + config.discovery.targets.len() <= text.len()),
        Err(faults) => {
            assert!(!faults.is_empty() && faults.len() <= text.len() + 1, "{} faults in {} octets", faults.len(), text.len());
            for fault in faults {
                assert!(fault.line >= 1 && fault.column >= 1);
                assert!(!fault.to_string().contains('\u{1b}'), "what people read is made visible");
            }
        }
    }
}
