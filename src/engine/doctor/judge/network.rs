//! What is listened to, and whether it can be taken in.

use super::super::facts::{Engine, Facts, Holder, Listener, Port};
use super::super::{Check, Group, Verdict};
use super::{octets, who};
use crate::model::permission::grants;

const LISTENERS: (Group, &str) = (Group::Network, "listeners");
const BUFFERS: (Group, &str) = (Group::Network, "receive buffers");
const DROPS: (Group, &str) = (Group::Network, "kernel drops");
const NAMES: (Group, &str) = (Group::Network, "name resolver");

/// Where a setting of the kernel outlives a restart of the host.
const SYSCTL_FILE: &str = "/etc/sysctl.d/90-noctop.conf";

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks: Vec<Check> = facts.listeners.iter().map(|listener| listens(facts, listener)).collect();
    if checks.is_empty() {
        let says = "nothing is listened to: [traps], [syslog] and [flows] of the configuration name addresses";
        checks.push(Check::new(LISTENERS, Verdict::Ok, says));
    }
    checks.push(buffers(facts));
    checks.extend(facts.engine.as_ref().map(drops));
    checks.push(names(facts));
    checks
}

fn listens(facts: &Facts, listener: &Listener) -> Check {
    let Listener { function, transport, address, state } = listener;
    let item = (Group::Network, function.name());
    let missing =
        |why: &str| Check::new(item, Verdict::Missing, format!("{transport} {address}: {why}")).disabling(function.what());
    match state {
        Port::Heard => Check::new(item, Verdict::Ok, format!("{transport} {address}: the engine listens")),
        Port::Free => Check::new(item, Verdict::Ok, format!("{transport} {address}: free for the engine")),
        Port::Denied => missing("no CAP_NET_BIND_SERVICE").either(&grants(*function, Some(address.port()), &facts.own.started)),
        Port::Taken(holder) => {
            let check = missing(&format!("taken by {}", who(holder)));
            ending(check, holder, (transport, address.port())).and_do("or name another address in the configuration")
        }
        Port::NotOurs => {
            missing("no address of this host").and_do("name an address of this host in the configuration, or 0.0.0.0")
        }
        Port::Refused(why) => missing(why).and_do("name another address in the configuration"),
    }
}

/// What ends whoever has the port.
fn ending(check: Check, holder: &Holder, (transport, port): (&str, u16)) -> Check {
    let flag = if transport == "tcp" { 't' } else { 'u' };
    match holder {
        Holder { unit: Some(unit), .. } => check.run(format!("sudo systemctl disable --now {unit}")),
        Holder { pid: Some(pid), .. } => check.run(format!("sudo kill {pid}")),
        _ => check.run(format!("sudo ss -l{flag}np 'sport = :{port}'")),
    }
}

fn buffers(facts: &Facts) -> Check {
    let buffers = &facts.buffers;
    let wanted = octets(buffers.wanted);
    match buffers.most {
        _ if !buffers.listening => Check::new(BUFFERS, Verdict::Ok, "no datagrams are listened for"),
        // A network namespace of its own does not show it.
        None => {
            Check::new(BUFFERS, Verdict::Ok, "net.core.rmem_max can't be read here; `noctop status` counts what the kernel drops")
        }
        Some(most) if most >= buffers.wanted => {
            Check::new(BUFFERS, Verdict::Ok, format!("net.core.rmem_max is {}, which is enough for {wanted}", octets(most)))
        }
        Some(most) => {
            let says = format!("net.core.rmem_max is {}: bursts are lost that {wanted} would hold", octets(most));
            Check::new(BUFFERS, Verdict::Warning, says)
                .run(format!("sudo sysctl -w net.core.rmem_max={}", buffers.wanted))
                .run(format!("echo net.core.rmem_max={} | sudo tee -a {SYSCTL_FILE}", buffers.wanted))
        }
    }
}

/// What was lost before it was read, and after.
fn drops(engine: &Engine) -> Check {
    let lossy = engine.drops.iter().filter(|(_, kernel, queue, _)| kernel + queue > 0);
    let said = lossy.map(|(name, kernel, queue, received)| match (kernel, queue) {
        (0, queue) => format!("{name}: {queue} dropped by a full queue, {received} received"),
        (kernel, _) => format!("{name}: {kernel} dropped by the kernel, {received} received"),
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        return Check::new(DROPS, Verdict::Ok, "nothing was dropped since the engine started");
    }
    Check::new(DROPS, Verdict::Warning, said.join(", ")).run("noctop status").and_do("larger receive buffers, or fewer senders")
}

fn names(facts: &Facts) -> Check {
    let resolver = &facts.resolver;
    let failed: Vec<&(String, Option<String>)> = resolver.asked.iter().filter(|(_, why)| why.is_some()).collect();
    if let Some((name, Some(why))) = failed.first() {
        let more = failed.len() - 1;
        let says = if more > 0 {
            format!("{name} and {more} more have no address: {why}")
        } else {
            format!("{name} has no address: {why}")
        };
        return Check::new(NAMES, Verdict::Warning, says)
            .run(format!("getent hosts {name}"))
            .and_do("or write addresses into the configuration");
    }
    match (resolver.servers, resolver.asked.len()) {
        (_, asked) if asked > 0 => Check::new(NAMES, Verdict::Ok, format!("names of the configuration have addresses: {asked}")),
        (Some(servers), _) if servers > 0 => {
            Check::new(NAMES, Verdict::Ok, format!("name servers: {servers}; the configuration names hosts by address alone"))
        }
        _ => Check::new(
            NAMES,
            Verdict::Warning,
            "no name server in /etc/resolv.conf: targets, mail and webhooks must be addresses",
        )
        .run("resolvectl status"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::facts::{Buffers, Resolver};
    use super::super::testing::{self, Case};
    use super::*;
    use crate::model::Function;

    fn listener(function: Function, state: Port) -> Facts {
        let transport = if function == Function::Metrics { "tcp" } else { "udp" };
        let address = "0.0.0.0:162".parse().unwrap();
        Facts { listeners: vec![Listener { function, transport, address, state }], ..Facts::default() }
    }

    fn buffered(most: Option<u64>, listening: bool) -> Facts {
        Facts { buffers: Buffers { most, wanted: 64 << 20, listening }, ..Facts::default() }
    }

    fn dropped(drops: &[(&str, u64, u64)]) -> Facts {
        let drops = drops.iter().map(|(name, kernel, queue)| ((*name).to_owned(), *kernel, *queue, 900)).collect();
        Facts { engine: Some(Engine { drops, ..Engine::default() }), ..Facts::default() }
    }

    fn resolved(servers: Option<usize>, asked: &[(&str, Option<&str>)]) -> Facts {
        let asked = asked.iter().map(|(name, why)| ((*name).to_owned(), why.map(str::to_owned))).collect();
        Facts { resolver: Resolver { servers, asked }, ..Facts::default() }
    }

    pub(in super::super) fn cases() -> Vec<Case> {
        use Verdict::{Missing, Ok, Warning};
        let by = |pid: Option<u32>, name: Option<&str>, unit: Option<&str>| {
            Port::Taken(Holder { pid, name: name.map(str::to_owned), unit: unit.map(str::to_owned) })
        };
        let failed = Some("no such host");
        vec![
            (Facts::default(), ("listeners", Ok, "nothing is listened to", "")),
            (listener(Function::Traps, Port::Heard), ("traps", Ok, "udp 0.0.0.0:162: the engine listens", "")),
            (listener(Function::Syslog, Port::Free), ("syslog", Ok, "free for the engine", "")),
            (
                listener(Function::Traps, Port::Denied),
                ("traps", Missing, "no CAP_NET_BIND_SERVICE", "ip_unprivileged_port_start=162"),
            ),
            (
                listener(Function::Traps, by(Some(7), Some("snmptrapd"), Some("snmptrapd.service"))),
                ("traps", Missing, "taken by snmptrapd (pid 7)", "sudo systemctl disable --now snmptrapd.service"),
            ),
            (listener(Function::Flows, by(Some(7), None, None)), ("flows", Missing, "taken by pid 7", "sudo kill 7")),
            (listener(Function::Flows, by(None, Some("nfcapd"), None)), ("flows", Missing, "taken by nfcapd", "sudo ss -lunp")),
            (listener(Function::Metrics, by(None, None, None)), ("metrics", Missing, "taken by another process", "ss -ltnp")),
            (listener(Function::Flows, Port::NotOurs), ("flows", Missing, "no address of this host", "or 0.0.0.0")),
            (
                listener(Function::Syslog, Port::Refused("too many open files".to_owned())),
                ("syslog", Missing, "too many open files", "name another"),
            ),
            (buffered(Some(212_992), false), ("receive buffers", Ok, "no datagrams are listened for", "")),
            (buffered(None, true), ("receive buffers", Ok, "can't be read here", "")),
            (buffered(Some(64 << 20), true), ("receive buffers", Ok, "is 64 MiB, which is enough for 64 MiB", "")),
            (
                buffered(Some(212_992), true),
                ("receive buffers", Warning, "is 208 KiB: bursts are lost that 64 MiB would hold", "rmem_max=67108864"),
            ),
            (dropped(&[("flow", 0, 0)]), ("kernel drops", Ok, "nothing was dropped", "")),
            (
                dropped(&[("flow", 12, 3)]),
                ("kernel drops", Warning, "flow: 12 dropped by the kernel, 900 received", "noctop status"),
            ),
            (dropped(&[("syslog", 0, 3)]), ("kernel drops", Warning, "syslog: 3 dropped by a full queue", "")),
            (resolved(Some(2), &[]), ("name resolver", Ok, "name servers: 2", "")),
            (resolved(Some(0), &[]), ("name resolver", Warning, "no name server in /etc/resolv.conf", "resolvectl")),
            (resolved(None, &[]), ("name resolver", Warning, "no name server", "")),
            (resolved(Some(1), &[("core-1", None)]), ("name resolver", Ok, "names of the configuration have addresses: 1", "")),
            (
                resolved(Some(1), &[("core-1", None), ("core-2", failed)]),
                ("name resolver", Warning, "core-2 has no address: no such host", "getent hosts core-2"),
            ),
            (
                resolved(Some(1), &[("core-1", failed), ("core-2", failed)]),
                ("name resolver", Warning, "core-1 and 1 more have no address", ""),
            ),
        ]
    }

    #[test]
    fn every_outcome_is_judged() {
        testing::check(checks, cases());
    }
}
