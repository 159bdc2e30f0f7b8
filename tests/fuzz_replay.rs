//! Every fuzz target over its corpus, whole and damaged, and over random octets, with the stable compiler. See tests/fuzz/README.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unexpected_cfgs, reason = "a test")]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::path::PathBuf;

/// A line for each target.
macro_rules! targets {
    ($($name:ident = $file:literal),* $(,)?) => {
        $(
            #[path = $file]
            mod $name;

            #[test]
            fn $name() {
                check(stringify!($name), $name::run);
            }
        )*
    };
}

targets! {
    cdp_frame = "fuzz/targets/cdp_frame.rs",
    checkpoint = "fuzz/targets/checkpoint.rs",
    config_toml = "fuzz/targets/config_toml.rs",
    filter = "fuzz/targets/filter.rs",
    flow_block = "fuzz/targets/flow_block.rs",
    ipfix = "fuzz/targets/ipfix.rs",
    lldp_frame = "fuzz/targets/lldp_frame.rs",
    netflow = "fuzz/targets/netflow.rs",
    packet = "fuzz/targets/packet.rs",
    pcap = "fuzz/targets/pcap.rs",
    profile_toml = "fuzz/targets/profile_toml.rs",
    series_import = "fuzz/targets/series_import.rs",
    sflow = "fuzz/targets/sflow.rs",
    smi = "fuzz/targets/smi.rs",
    snmp_response = "fuzz/targets/snmp_response.rs",
    socket = "fuzz/targets/socket.rs",
    store_block = "fuzz/targets/store_block.rs",
    syslog = "fuzz/targets/syslog.rs",
    syslog_stream = "fuzz/targets/syslog_stream.rs",
    trap = "fuzz/targets/trap.rs",
}

/// Cases of each kind, unless `NOCTOP_FUZZ_CASES` says otherwise.
const CASES: u32 = 2000;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// An input, some octets of it overwritten, cut at a place.
fn damaged(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let octets = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (proptest::sample::select(seeds), octets, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(mut input, octets, end, cut)| {
            for (at, octet) in octets {
                if !input.is_empty() {
                    let at = at.index(input.len());
                    input[at] = octet;
                }
            }
            if cut {
                input.truncate(end.index(input.len() + 1));
            }
            input
        },
    )
}

fn check(name: &str, run: fn(&[u8])) {
    let cases = std::env::var("NOCTOP_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let seeds = corpus(name);
    assert!(!seeds.is_empty(), "{name} has no corpus");
    seeds.iter().for_each(|seed| run(seed));
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(&proptest::collection::vec(any::<u8>(), 0..300), |input| {
            run(&input);
            Ok(())
        })
        .unwrap();
    runner
        .run(&damaged(seeds), |input| {
            run(&input);
            Ok(())
        })
        .unwrap();
}
