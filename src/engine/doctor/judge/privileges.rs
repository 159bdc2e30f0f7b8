//! What the process may do: that of the engine that serves, else of this one, which a daemon would be started like.

use super::super::facts::{Facts, Ping};
use super::super::{Check, Group, Verdict};
use crate::model::Function;
use crate::model::permission::grants;

const ACCOUNT: (Group, &str) = (Group::Privileges, "account");
const HARDENING: (Group, &str) = (Group::Privileges, "hardening");

/// What makes a daemon of one that nobody supervises.
const SERVICE: &str = "sudo systemctl enable --now noctop";

/// Functions that need a capability and no address.
const FUNCTIONS: [(Function, &str); 3] =
    [(Function::Ping, "ping"), (Function::Neighbours, "LLDP and CDP"), (Function::Capture, "capture")];

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let functions = FUNCTIONS.iter().filter(|(function, _)| facts.wanted.contains(function));
    let functions = functions.map(|(function, name)| permission(facts, *function, (Group::Privileges, name)));
    [account(facts)].into_iter().chain(functions).chain(hardening(facts)).collect()
}

fn account(facts: &Facts) -> Check {
    let own = &facts.own;
    match &facts.engine {
        Some(engine) if engine.rights.uid == 0 => {
            Check::new(ACCOUNT, Verdict::Warning, format!("noctop (pid {}) runs as root", engine.pid))
                .run(SERVICE)
                .and_do("without systemd: noctop daemon --user NAME")
        }
        Some(engine) => {
            let says = format!("noctop (pid {}) runs as {} (uid {}), without root", engine.pid, engine.user, engine.rights.uid);
            Check::new(ACCOUNT, Verdict::Ok, says)
        }
        None if own.uid == 0 => Check::new(ACCOUNT, Verdict::Ok, "no engine runs; checked as root, who may do everything")
            .run("sudo -u noctop noctop doctor"),
        None => {
            Check::new(ACCOUNT, Verdict::Ok, format!("no engine runs; checked as {} (uid {}), without root", own.user, own.uid))
        }
    }
}

/// Whether a function has what it needs.
fn permission(facts: &Facts, function: Function, item: (Group, &'static str)) -> Check {
    let off = facts.engine.as_ref().map(|engine| engine.disabled.iter().find(|off| off.function == function));
    match off {
        Some(Some(off)) => {
            let check = Check::new(item, Verdict::Missing, off.why.clone()).disabling(function.what());
            if off.grants.is_empty() { check.run("noctop status") } else { check.either(&off.grants) }
        }
        Some(None) => Check::new(item, Verdict::Ok, "works in the engine that runs"),
        None => permitted(facts, function, item),
    }
}

/// The same of this process, by trying.
fn permitted(facts: &Facts, function: Function, item: (Group, &'static str)) -> Check {
    let own = &facts.own;
    let may = match (function, own.ping) {
        (Function::Ping, Ping::Raw) => Some("by raw sockets (CAP_NET_RAW)".to_owned()),
        (Function::Ping, Ping::Datagram) => {
            Some(format!("by net.ipv4.ping_group_range ({})", own.ping_groups.as_deref().unwrap_or("-")))
        }
        (Function::Ping, Ping::No) => None,
        _ => own.packets.then(|| "by packet sockets (CAP_NET_RAW)".to_owned()),
    };
    if let Some(how) = may {
        return Check::new(item, Verdict::Ok, how);
    }
    let why = match (function, &own.ping_groups) {
        (Function::Ping, Some(range)) => {
            let groups = own.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            format!("no CAP_NET_RAW, and none of the groups {groups} is in net.ipv4.ping_group_range ({range})")
        }
        _ => "no CAP_NET_RAW".to_owned(),
    };
    Check::new(item, Verdict::Missing, why).disabling(function.what()).either(&grants(function, None, &own.started))
}

/// What the engine gave up; of one that runs.
fn hardening(facts: &Facts) -> Option<Check> {
    let engine = facts.engine.as_ref()?;
    let rights = &engine.rights;
    let unneeded: Vec<&str> = rights.unneeded().collect();
    let faults: Vec<String> = [
        (!unneeded.is_empty()).then(|| format!("holds {}", listed(&unneeded))),
        (!rights.no_new_privs).then(|| "programs that it runs can get more rights".to_owned()),
        (rights.dumps_core == Some(true)).then(|| "a fault leaves a core dump, with credentials in it".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        let check = Check::new(HARDENING, Verdict::Warning, faults.join(", "));
        return Some(check.and_do("the engine runs in a console: a daemon gives all of that up").run(SERVICE));
    }
    let held = match rights.capabilities.as_slice() {
        [] => "no capability".to_owned(),
        some => format!("{} in {} of {} threads", some.join(" "), rights.privileged_threads, rights.threads),
    };
    Some(Check::new(HARDENING, Verdict::Ok, format!("{held}; no new privileges, no core dumps")))
}

/// The first of many names.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 3;
    let more = names.len().saturating_sub(MOST);
    let first = names.iter().take(MOST).copied().collect::<Vec<_>>().join(" ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::facts::{Engine, Own};
    use super::super::testing::{self, Case};
    use super::*;
    use crate::model::{Disabled, Rights, Started};

    fn engine(rights: Rights, disabled: Vec<Disabled>) -> Facts {
        let user = if rights.uid == 0 { "root" } else { "noctop" }.to_owned();
        let engine = Some(Engine { pid: 812, user, rights, disabled, ..Engine::default() });
        Facts { engine, wanted: vec![Function::Ping, Function::Neighbours, Function::Capture], ..Facts::default() }
    }

    fn own(uid: u32, ping: Ping, packets: bool) -> Facts {
        let own = Own {
            user: "kim".to_owned(),
            uid,
            groups: vec![1000, 27],
            ping,
            packets,
            ping_groups: Some("1 0".to_owned()),
            ..Own::default()
        };
        Facts { own, wanted: vec![Function::Ping, Function::Neighbours, Function::Capture], ..Facts::default() }
    }

    fn reduced() -> Rights {
        Rights {
            uid: 998,
            capabilities: vec!["CAP_NET_RAW".to_owned()],
            threads: 14,
            privileged_threads: 3,
            no_new_privs: true,
            dumps_core: Some(false),
        }
    }

    pub(in super::super) fn cases() -> Vec<Case> {
        use Verdict::{Missing, Ok, Warning};
        let lacking = Disabled::lacking(Function::Capture, Vec::new(), &Started::default());
        let broken = Disabled { why: "eth9: there is no interface eth9".to_owned(), grants: Vec::new(), ..lacking.clone() };
        let root = Rights { uid: 0, ..reduced() };
        let wide = Rights {
            capabilities: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_SYS_TIME"].map(str::to_owned).into(),
            no_new_privs: false,
            dumps_core: Some(true),
            ..reduced()
        };
        let bare = Rights { capabilities: Vec::new(), privileged_threads: 0, ..reduced() };
        vec![
            (engine(reduced(), Vec::new()), ("account", Ok, "noctop (pid 812) runs as noctop (uid 998), without root", "")),
            (engine(root, Vec::new()), ("account", Warning, "runs as root", "noctop daemon --user NAME")),
            (own(0, Ping::Raw, true), ("account", Ok, "checked as root", "sudo -u noctop noctop doctor")),
            (own(1000, Ping::Raw, true), ("account", Ok, "checked as kim (uid 1000)", "")),
            (engine(reduced(), Vec::new()), ("ping", Ok, "works in the engine that runs", "")),
            (engine(reduced(), vec![lacking]), ("capture", Missing, "no CAP_NET_RAW", "sudo setcap cap_net_raw")),
            (engine(reduced(), vec![broken]), ("capture", Missing, "there is no interface eth9", "noctop status")),
            (own(1000, Ping::Raw, true), ("ping", Ok, "by raw sockets", "")),
            (own(1000, Ping::Datagram, false), ("ping", Ok, "by net.ipv4.ping_group_range (1 0)", "")),
            (
                own(1000, Ping::No, false),
                ("ping", Missing, "none of the groups 1000 27 is in", "sysctl -w net.ipv4.ping_group_range"),
            ),
            (own(1000, Ping::Raw, true), ("LLDP and CDP", Ok, "by packet sockets", "")),
            (own(1000, Ping::No, false), ("LLDP and CDP", Missing, "no CAP_NET_RAW", "sudo setcap")),
            (engine(reduced(), Vec::new()), ("hardening", Ok, "CAP_NET_RAW in 3 of 14 threads; no new", "")),
            (engine(bare, Vec::new()), ("hardening", Ok, "no capability; no new privileges, no core dumps", "")),
            (
                engine(wide, Vec::new()),
                ("hardening", Warning, "holds CAP_CHOWN CAP_KILL CAP_SYS_ADMIN and 1 more", "systemctl enable"),
            ),
        ]
    }

    #[test]
    fn every_outcome_is_judged() {
        testing::check(checks, cases());
    }

    #[test]
    fn what_is_not_configured_is_not_missed() {
        let facts = Facts { wanted: vec![Function::Ping], ..own(1000, Ping::Raw, false) };
        assert!(checks(&facts).iter().all(|check| check.verdict == Verdict::Ok));
    }
}
