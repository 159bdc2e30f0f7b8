//! What the process may do: told, and given up.
//!
//! On Linux capabilities, user ids and no_new_privs belong to threads, and a new thread has those of the one that started it. So a
//! daemon gives up before it starts any thread what it never needs ([`reduce`]), and each thread begins by giving up what it does not
//! need itself ([`keep`]): those that read what others send keep nothing. Nothing here knows why a function is wanted. Start at [`reduce`];
//! [`rights`](rights()) is what is left, as the kernel tells it.

mod account;
mod rights;

pub use account::{Account, AccountError};
pub use rights::{rights, status_of, unit_of};

use crate::model::permission::{Capability, Started};
use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether this process is a daemon that [`reduce`]d itself.
static REDUCED: AtomicBool = AtomicBool::new(false);

/// Files of a daemon are its own user's alone; the socket, which its group uses, is given its bits by name.
const UMASK: u32 = 0o077;

/// What a daemon may hold while it opens its sockets: receive buffers beyond net.core.rmem_max need CAP_NET_ADMIN (socket(7),
/// SO_RCVBUFFORCE). It is used where it is there, never asked for, and given up with the rest by [`keep`].
const WHILE_OPENING: CapabilitySet =
    CapabilitySet::NET_RAW.union(CapabilitySet::NET_BIND_SERVICE).union(CapabilitySet::NET_ADMIN);

/// The bit of a capability.
const fn bit(capability: Capability) -> CapabilitySet {
    match capability {
        Capability::NetRaw => CapabilitySet::NET_RAW,
        Capability::NetBindService => CapabilitySet::NET_BIND_SERVICE,
    }
}

fn bits(capabilities: &[Capability]) -> CapabilitySet {
    capabilities.iter().fold(CapabilitySet::empty(), |all, capability| all.union(bit(*capability)))
}

/// Why privileges could not be given up.
#[derive(Debug, thiserror::Error)]
#[error("{what} failed: {source}")]
pub struct PrivilegeError {
    /// The operation.
    what: &'static str,
    /// Why.
    source: io::Error,
}

fn failed<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> PrivilegeError {
    move |source| PrivilegeError { what, source: source.into() }
}

/// From now on no core dump is made of this process and no other of the same user reads its memory: it holds credentials.
///
/// The limit alone is not enough: where core_pattern names a program, the kernel pays no heed to it (core(5)). A change of the user
/// undoes it (prctl(2), PR_SET_DUMPABLE).
///
/// # Errors
/// The system's.
pub fn forbid_dumps() -> Result<(), PrivilegeError> {
    limit_core()?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed("forbidding core dumps"))
}

/// No core dump is written into a file from now on.
///
/// # Errors
/// The system's.
pub fn limit_core() -> Result<(), PrivilegeError> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(failed("forbidding core dumps"))
}

/// Gives up, before any thread is started, what a daemon never needs: becomes the account, and keeps CAP_NET_RAW and
/// CAP_NET_BIND_SERVICE (and CAP_NET_ADMIN until the sockets are open) of what it has. No program that it runs gets more. Root joins
/// `group` first: who is a member of a group may give it its own files without any capability (chown(2)).
///
/// # Errors
/// The account can't be become, or the system refuses: then nothing should go on.
pub fn reduce(account: Option<&Account>, group: Option<u32>) -> Result<(), PrivilegeError> {
    let before = umask(Mode::from_raw_mode(UMASK));
    umask(before.union(Mode::from_raw_mode(UMASK)));
    empty_bounding_set();
    let more: Vec<u32> = group.into_iter().filter(|_| is_root()).collect();
    match account {
        Some(account) => account.become_it(&more).map_err(failed("becoming another user"))?,
        None => account::join(&more).map_err(failed("joining the socket's group"))?,
    }
    // Kernels before 4.3 have no such set.
    let _there_is_none = clear_ambient_capability_set();
    restrict(WHILE_OPENING).map_err(failed("giving capabilities up"))?;
    set_no_new_privs(true).map_err(failed("forbidding new privileges"))?;
    REDUCED.store(true, Relaxed);
    forbid_dumps()
}

/// Programs that are run get nothing that is not in the bounding set. Only who has CAP_SETPCAP may change it.
fn empty_bounding_set() {
    let stay = bits(&Capability::ALL);
    let all = (0..u64::BITS).map(|at| CapabilitySet::from_bits_retain(1 << at));
    // The kernel knows no capability after the first that it does not know.
    let known = all.map_while(|one| capability_is_in_bounding_set(one).ok().map(|is_there| (one, is_there)));
    for (one, _) in known.filter(|(one, is_there)| *is_there && !stay.contains(*one)) {
        if remove_capability_from_bounding_set(one).is_err() {
            return;
        }
    }
}

/// This thread gives up all capabilities but these, for good; those that it starts have no more than it. It says so in the log where the system
/// refuses. Root's own console is left as it is: without its capabilities it could not read a store that is another's.
pub fn keep(capabilities: &[Capability]) {
    if is_root() && !REDUCED.load(Relaxed) {
        return;
    }
    if let Err(error) = restrict(bits(capabilities)) {
        tracing::error!(%error, "a thread could not give its capabilities up");
    }
}

/// Does something in a thread that keeps nothing, and waits for it: threads that it starts, as stores do, have no capability either.
pub fn without<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let done = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            keep(&[]);
            work()
        });
        thread.join()
    });
    done.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
}

fn restrict(most: CapabilitySet) -> io::Result<()> {
    let has = capabilities(None)?;
    let permitted = has.permitted.intersection(most);
    let wanted = CapabilitySets { effective: permitted, permitted, inheritable: CapabilitySet::empty() };
    // Nothing to give up is nothing to ask for: a filter of system calls may not let it through.
    if has == wanted { Ok(()) } else { set_capabilities(None, wanted).map_err(Into::into) }
}

/// Whether this thread has a capability in effect.
pub fn has(capability: Capability) -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(bit(capability)))
}

/// Whether the process runs as root.
pub fn is_root() -> bool {
    uid() == 0
}

/// The groups of this process: its own, then those that it is a member of.
pub fn groups() -> Vec<u32> {
    let own = rustix::process::getegid().as_raw();
    let others = rustix::process::getgroups().unwrap_or_default();
    std::iter::once(own).chain(others.iter().map(|gid| gid.as_raw()).filter(|gid| *gid != own)).collect()
}

/// The effective user id.
pub fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// How this process was started.
pub fn started() -> Started {
    let program = std::env::current_exe().ok().map(|path| path.display().to_string());
    let of_a_manager = std::env::var_os("INVOCATION_ID").is_some();
    let unit = of_a_manager.then(|| rights::unit_of(std::process::id())).flatten();
    Started { program: program.unwrap_or_else(|| Started::default().program), unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a thread that gives up is left with, and one that it starts.
    fn left(capabilities_kept: &'static [Capability]) -> [CapabilitySets; 2] {
        let thread = std::thread::spawn(move || {
            restrict(bits(capabilities_kept)).unwrap();
            let own = capabilities(None).unwrap();
            [own, std::thread::spawn(|| capabilities(None).unwrap()).join().unwrap()]
        });
        thread.join().unwrap()
    }

    #[test]
    fn a_thread_gives_up_for_itself_and_those_that_it_starts_alone() {
        let before = capabilities(None).unwrap();
        for sets in left(&[]) {
            assert!(sets.permitted.is_empty() && sets.effective.is_empty() && sets.inheritable.is_empty());
        }
        for sets in left(&[Capability::NetRaw]) {
            assert_eq!(sets.permitted, before.permitted.intersection(CapabilitySet::NET_RAW));
        }
        assert_eq!(capabilities(None).unwrap(), before, "this one has what it had");
    }

    #[test]
    fn a_thread_without_the_capability_opens_no_raw_socket() {
        let opened = std::thread::spawn(|| {
            restrict(bits(&[])).unwrap();
            socket2::Socket::new(socket2::Domain::PACKET, socket2::Type::RAW, None).map(drop)
        });
        assert_eq!(opened.join().unwrap().unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(
            !std::thread::spawn(|| {
                restrict(bits(&[])).unwrap();
                has(Capability::NetRaw)
            })
            .join()
            .unwrap()
        );
    }
}
