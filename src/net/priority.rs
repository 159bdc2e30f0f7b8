//! The priority of a thread.
#![allow(unsafe_code, reason = "setpriority(2) has no safe interface")]

/// How nice background work is: it gets a tenth of what others leave it to fight for, and all of what they leave.
const NICE: i32 = 10;

/// Lets all other threads go before the calling one. Where the system refuses nothing changes.
///
/// Source: setpriority(2): on Linux a thread has a nice value of its own, and 0 names the caller.
pub fn step_back() {
    // SAFETY: setpriority takes three numbers and touches no memory of ours.
    let _as_it_was = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
}
