//! Processes: the host that they run on, and ending one with everything that it started.
#![allow(unsafe_code, reason = "killpg(3) has no safe interface")]

/// The host's name.
///
/// Source: uname(2); /proc/sys is out of sight of a unit that sees processes only.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Kills the process group of a child that was started as the leader of one of its own. Where none is left nothing happens.
///
/// Source: kill(2).
pub fn end_group(leader: u32) {
    // 0 would name our own group, and 1 everything.
    let Some(group) = libc::pid_t::try_from(leader).ok().filter(|group| *group > 1) else { return };
    // SAFETY: killpg takes two numbers and touches no memory of ours.
    let _none_is_left = unsafe { libc::killpg(group, libc::SIGKILL) };
}
