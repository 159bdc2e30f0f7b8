//! Every fuzz target over its corpus, whole and damaged, and over random octets, with the stable compiler. See tests/fuzz/README.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unexpected_cfgs, reason = "a test")]

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::path::PathBuf;
use std::time::{Duration, Instant};

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

/// Cases of each kind between two looks at the clock, with `NOCTOP_FUZZ_SECONDS`.
const ROUND: u32 = 50;

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

/// Inputs of one kind, as many as `cases`, always the same for the same seed. Returns how many were run.
fn many(strategy: &impl Strategy<Value = Vec<u8>>, (seed, cases): (u64, u32), run: fn(&[u8])) -> u64 {
    let mut octets = [0; 32];
    octets[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &octets));
    let tried = runner.run(strategy, |input| {
        run(&input);
        Ok(())
    });
    if let Err(fault) = tried {
        panic!("seed {seed}: {fault}");
    }
    u64::from(cases)
}

fn check(name: &str, run: fn(&[u8])) {
    let number = |variable: &str| std::env::var(variable).ok().and_then(|number| number.parse::<u64>().ok());
    let cases = number("NOCTOP_FUZZ_CASES").and_then(|cases| cases.try_into().ok()).unwrap_or(CASES);
    let seeds = corpus(name);
    assert!(!seeds.is_empty(), "{name} has no corpus");
    seeds.iter().for_each(|seed| run(seed));
    let (any, damaged) = (proptest::collection::vec(any::<u8>(), 0..300), damaged(seeds));
    let round = |seed, cases| many(&any, (seed, cases), run) + many(&damaged, (seed, cases), run);
    let Some(secs) = number("NOCTOP_FUZZ_SECONDS") else {
        round(0, cases);
        return;
    };
    let (begun, mut executions, mut seed) = (Instant::now(), 0, 0);
    while begun.elapsed() < Duration::from_secs(secs) {
        executions += round(seed, ROUND);
        seed += 1;
    }
    println!("{name}: {executions} executions in {:.1} s, no finding", begun.elapsed().as_secs_f64());
}
