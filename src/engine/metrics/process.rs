//! What the process itself takes, as Linux tells it (proc(5)).

use std::fs;

/// Ticks of a second in /proc/PID/stat: USER_HZ, the same on every Linux that there is.
const TICKS: f64 = 100.0;

/// What is known; on other systems nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Process {
    /// Processor time of all threads, seconds.
    pub(super) cpu_seconds: Option<f64>,
    /// Memory in RAM, octets.
    pub(super) resident_bytes: Option<u64>,
    /// Open files and sockets.
    pub(super) open_fds: Option<usize>,
}

impl Process {
    pub(super) fn now() -> Self {
        Self {
            cpu_seconds: fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu_seconds(&stat)),
            resident_bytes: fs::read_to_string("/proc/self/status").ok().and_then(|status| resident_bytes(&status)),
            open_fds: fs::read_dir("/proc/self/fd").ok().map(Iterator::count),
        }
    }
}

/// utime and stime, the 14th and 15th field; the second, in parentheses, may hold blanks.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read_as_it_is_written() {
        let stat = "17 (noct op) S 1 17 17 0 -1 4194560 99 0 0 0 250 50 0 0 20 0 6 0 1 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(resident_bytes("Name:\tnoctop\nVmRSS:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!((cpu_seconds("nonsense"), resident_bytes("")), (None, None));
    }
}
