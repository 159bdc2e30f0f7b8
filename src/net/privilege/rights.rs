//! What a process and each of its threads may do, as the kernel tells it (proc(5)).

use crate::model::permission::Rights;
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
use rustix::thread::CapabilitySet;
use std::fs;
use std::path::Path;

/// One thread, or the process's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Thread {
    uid: u32,
    permitted: u64,
    no_new_privs: bool,
}

/// The rights of a process over all of its threads; of this one where none is named. None where proc can't be read.
pub fn rights(pid: Option<u32>) -> Option<Rights> {
    let folder = pid.map_or_else(|| "/proc/self/task".to_owned(), |pid| format!("/proc/{pid}/task"));
    let threads: Vec<Thread> = fs::read_dir(folder).ok()?.flatten().filter_map(|task| thread(&task.path())).collect();
    let mut rights = sum(&threads)?;
    rights.dumps_core = pid.is_none().then(dumps_core);
    Some(rights)
}

/// A field of /proc/PID/status.
pub fn status_of(pid: u32, field: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    value(&status, field).map(str::to_owned)
}

/// The unit of systemd that a process runs in, by its control group (systemd names them so).
pub fn unit_of(pid: u32) -> Option<String> {
    unit(&fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?)
}

fn unit(cgroup: &str) -> Option<String> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
    let unit = path.rsplit('/').find_map(|part| part.strip_suffix(".service"))?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.@:\\".contains(c);
    (!unit.is_empty() && unit.chars().all(is_name)).then(|| unit.to_owned())
}

/// Whether a fault would leave a core dump of this process.
fn dumps_core() -> bool {
    let is_dumpable = dumpable_behavior().is_ok_and(|behaviour| behaviour == DumpableBehavior::Dumpable);
    is_dumpable && getrlimit(Resource::Core).current != Some(0)
}

fn thread(task: &Path) -> Option<Thread> {
    parse(&fs::read_to_string(task.join("status")).ok()?)
}

fn parse(status: &str) -> Option<Thread> {
    let uid = value(status, "Uid")?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    let permitted = u64::from_str_radix(value(status, "CapPrm")?, 16).ok()?;
    Some(Thread { uid, permitted, no_new_privs: value(status, "NoNewPrivs") == Some("1") })
}

fn value<'a>(status: &'a str, field: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).map(str::trim)
}

fn sum(threads: &[Thread]) -> Option<Rights> {
    let first = threads.first()?;
    let all = threads.iter().fold(0, |all, thread| all | thread.permitted);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Some(Rights {
        uid: first.uid,
        capabilities: names(all),
        threads: count(threads.len()),
        privileged_threads: count(threads.iter().filter(|thread| thread.permitted != 0).count()),
        no_new_privs: threads.iter().all(|thread| thread.no_new_privs),
        dumps_core: None,
    })
}

/// The names of a mask; what the table does not know by its number.
fn names(mask: u64) -> Vec<String> {
    let set = (0..u64::BITS).filter(|at| mask >> at & 1 == 1);
    let name = |at: u32| CapabilitySet::from_bits_retain(1 << at).iter_names().next().map(|(name, _)| format!("CAP_{name}"));
    set.map(|at| name(at).unwrap_or_else(|| format!("CAP_{at}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKER: &str =
        "Name:\tnoctop-net\nUid:\t998\t998\t998\t998\nCapInh:\t0000000000000000\nCapPrm:\t0000000000002000\nNoNewPrivs:\t1\n";

    #[test]
    fn rights_are_those_of_all_threads_together() {
        let worker = parse(WORKER).unwrap();
        let main = Thread { permitted: 0, ..worker };
        let rights = sum(&[main, worker, main]).unwrap();
        assert_eq!((rights.uid, rights.threads, rights.privileged_threads, rights.no_new_privs), (998, 3, 1, true));
        assert_eq!(rights.capabilities, ["CAP_NET_RAW"]);
        let late = Thread { no_new_privs: false, permitted: 1 << 21 | 1 << 50, ..worker };
        let rights = sum(&[worker, late]).unwrap();
        assert_eq!((rights.capabilities.join(" ").as_str(), rights.no_new_privs), ("CAP_NET_RAW CAP_SYS_ADMIN CAP_50", false));
        assert_eq!(rights.unneeded().collect::<Vec<_>>(), ["CAP_SYS_ADMIN", "CAP_50"]);
        assert_eq!((sum(&[]), parse("Uid:\t1\n")), (None, None));
    }

    #[test]
    fn the_unit_is_that_of_the_control_group() {
        for (cgroup, wanted) in [
            ("0::/system.slice/noctop.service\n", Some("noctop")),
            ("0::/system.slice/system-getty.slice/getty@tty1.service\n", Some("getty@tty1")),
            ("0::/user.slice/user-1000.slice/session-3.scope\n", None),
            ("0::/system.slice/a;b.service\n", None),
            ("1:cpu:/x.service\n", None),
            ("", None),
        ] {
            assert_eq!(unit(cgroup).as_deref(), wanted, "{cgroup}");
        }
    }

    #[test]
    fn this_process_has_rights_that_can_be_told() {
        let rights = rights(None).unwrap();
        assert!(rights.threads >= 1 && rights.dumps_core.is_some());
        assert_eq!(status_of(std::process::id(), "Tgid"), Some(std::process::id().to_string()));
    }
}
