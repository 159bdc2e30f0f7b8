//! What the console costs the line and the host, beside btop, htop, bmon and trippy in one run:
//! `cargo build --release && cargo bench --bench console [-- PART...]`.
//!
//! Every program runs on a pty with a VT100 behind it (`console/pty.rs`); what comes is stamped on arrival and looked at
//! afterwards, so that looking disturbs nothing. Ours is `target/release/noctop` (or `NOCTOP`), attached to a daemon that polls
//! simulated agents on loopback, so that the engine's cost is not the console's. Programs take turns, and medians are printed
//! with the bars of screens.md §7 and the goals G11 to G14 beside them. Peers are taken from PATH; who is missing is named.
//!
//! Parts: `start` (G11), `idle` (G12), `screens` (octets of each), `keys` (G13), `memory` (G14), `bytes` (screens.md §7), `large` (10,000 devices). All of
//! them without an argument.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]
#![allow(missing_docs, reason = "a program")]

#[path = "console/parts.rs"]
mod parts;
#[path = "console/pty.rs"]
mod pty;
#[path = "console/stage.rs"]
mod stage;
#[path = "../support/terminal.rs"]
mod terminal;

use parts::PARTS;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for (name, run) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|part| part == name) {
            println!("\n## {name}\n");
            run();
        }
    }
}
