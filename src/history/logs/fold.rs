//! What "the same" is: who says it, by which program, with figures aside.

use crate::model::LogLine;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// A number that lines which say the same have in common. Runs of digits count as one: sequence numbers, ports and addresses differ from line
/// to line, words do not.
pub(super) fn sameness(line: &LogLine) -> u64 {
    let mut hasher = FxHasher::default();
    match (&line.device, &line.host) {
        (Some(device), _) => device.id.hash(&mut hasher),
        (None, Some(host)) => host.hash(&mut hasher),
        (None, None) => line.source.hash(&mut hasher),
    }
    line.kind.hash(&mut hasher);
    line.app.hash(&mut hasher);
    let mut in_digits = false;
    for byte in line.text.bytes() {
        let digit = byte.is_ascii_digit();
        if !(digit && in_digits) {
            hasher.write_u8(if digit { b'0' } else { byte });
        }
        in_digits = digit;
    }
    hasher.finish()
}
