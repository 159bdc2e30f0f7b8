//! `noctop sim`: the simulator by itself, until it is interrupted.

use super::{Failure, Outcome, written};
use crate::cli::{EXIT_OK, SetFaultArg, SimArgs};
use crate::clock;
use crate::mib::Registry;
use crate::model::unit;
use crate::sim::logs::Script;
use crate::sim::logs::live::Speakers;
use crate::sim::recording::{Recording, address_of};
use crate::sim::scenario::BUILT_IN;
use crate::sim::serve::{Campus, Hosts, Recorded, Server};
use crate::sim::traffic::{Exporters, Traffic};
use crate::sim::writable::{SetFault, Writable};
use crate::sim::{Scale, Scenario};
use ipnet::Ipv4Net;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Threads that answer: one is enough for some ten thousand requests a second.
const THREADS: usize = 2;

/// What recordings answer to.
const PUBLIC: &str = "public";

/// What is served: an address and a name for each device, and what answers.
struct Cast {
    devices: Vec<(Ipv4Addr, String)>,
    hosts: Arc<dyn Hosts>,
    /// Of a scenario, that its devices may export flows.
    campus: Option<Arc<Campus>>,
}

/// Runs the command.
///
/// # Errors
/// Exit code 2 for a faulty scenario or listening address, 1 where the port can't be opened.
pub fn run(args: &SimArgs) -> Outcome {
    let (network, port) = listen(&args.listen)?;
    let cast = match &args.recordings {
        Some(folder) => recordings(folder, network)?,
        None => scenario(args, network)?,
    };
    let hosts = match &args.write_community {
        Some(community) => writable(&cast, (community, args.set_fault)),
        None => cast.hosts,
    };
    let server = Server::start(hosts, network, port, THREADS)
        .map_err(|error| Failure::failed(format!("port {port} can't be opened: {error}; name another with --listen")))?;
    let exporters = args.flows.map(|target| export(cast.campus.clone(), target)).transpose()?;
    let _until_it_ends = args.syslog.zip(args.traps).map(|targets| speak(cast.campus, targets)).transpose()?;
    let told = tell(&cast.devices, server.port());
    if told.is_err() {
        return written(told);
    }
    let answer = unit::counted(cast.devices.len(), "device answers", "devices answer");
    eprintln!("{answer} SNMP on port {}; Ctrl-C ends it", server.port());
    if let (Some(target), Some((count, _))) = (args.flows, &exporters) {
        eprintln!("{count} of them export flows to {target}");
    }
    wait_for_end().map_err(|error| Failure::failed(format!("signals can't be waited for: {error}")))?;
    Ok(EXIT_OK)
}

/// Hosts whose ports may be switched.
fn writable(cast: &Cast, (write, fault): (&str, SetFaultArg)) -> Arc<dyn Hosts> {
    let read = cast.campus.as_ref().map_or(PUBLIC, |campus| campus.scenario.community.as_str());
    let fault = match fault {
        SetFaultArg::None => SetFault::None,
        SetFaultArg::NotWritable => SetFault::NotWritable,
        SetFaultArg::Lost => SetFault::Lost,
        SetFaultArg::Slow => SetFault::Slow,
        SetFaultArg::Reverts => SetFault::Reverts,
    };
    Arc::new(Writable::new(Arc::clone(&cast.hosts), (read, write), fault))
}

/// Devices that send syslog and traps.
fn speak(campus: Option<Arc<Campus>>, (syslog, traps): (SocketAddrV4, SocketAddrV4)) -> Result<Speakers, Failure> {
    let campus = campus.ok_or_else(|| Failure::usage("--syslog: recordings say nothing on their own"))?;
    [("--syslog", syslog), ("--traps", traps)].into_iter().try_for_each(|(option, target)| can_send(&campus, option, target))?;
    let speakers = Speakers::start(Script::new(Arc::clone(&campus.scenario)), (syslog, traps));
    speakers.map_err(|error| Failure::failed(format!("no socket for syslog and traps: {error}")))
}

/// The devices' own addresses are of loopback: from there nothing else is reached.
fn can_send(campus: &Campus, option: &str, target: SocketAddrV4) -> Result<(), Failure> {
    if campus.scenario.network.network().is_loopback() == target.ip().is_loopback() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{option} {target}: devices at {} can't send there; name a loopback address, or another network with --listen",
        campus.scenario.network
    )))
}

/// Exporters of flows, and how many.
fn export(campus: Option<Arc<Campus>>, target: SocketAddrV4) -> Result<(usize, Exporters), Failure> {
    let campus = campus.ok_or_else(|| Failure::usage("--flows: recordings export no flows"))?;
    can_send(&campus, "--flows", target)?;
    let traffic = Traffic::new(campus);
    if traffic.exporters().is_empty() {
        return Err(Failure::usage("--flows: no group of the scenario has a line `flows`"));
    }
    let count = traffic.exporters().len();
    let exporters = Exporters::start(Arc::new(traffic), target);
    exporters.map(|exporters| (count, exporters)).map_err(|error| Failure::failed(format!("no socket for flows: {error}")))
}

/// `ADDR/PREFIX:PORT`
fn listen(text: &str) -> Result<(Ipv4Net, u16), Failure> {
    let parsed = text.rsplit_once(':').and_then(|(network, port)| Some((network.parse().ok()?, port.parse().ok()?)));
    parsed.ok_or_else(|| Failure::usage(format!("--listen {text}: not an IPv4 network and a port such as 127.100.0.0/16:10161")))
}

fn scenario(args: &SimArgs, network: Ipv4Net) -> Result<Cast, Failure> {
    let scale = Scale { devices: args.devices, network, ..Scale::at(clock::now(), args.seed) };
    let scenario = Arc::new(named(args.scenario.as_deref(), scale)?);
    let devices = scenario.agents().map(|(_, address, node)| (address, node.name.clone())).collect();
    let campus = Campus::new(scenario, Registry::builtin()).map_err(|unknown| Failure::usage(unknown.join("; ")))?;
    let campus = Arc::new(campus);
    Ok(Cast { devices, hosts: Arc::clone(&campus) as _, campus: Some(campus) })
}

/// A scenario that is built in, or of a file; the campus where none is named.
pub(super) fn named(name: Option<&str>, scale: Scale) -> Result<Scenario, Failure> {
    let name = name.unwrap_or("campus");
    let scenario = match Scenario::built_in(name, scale) {
        Some(scenario) => scenario,
        None => {
            let known = BUILT_IN.map(|(name, _)| name).join(" and ");
            let unread = |error| Failure::usage(format!("{name}: {error}; built in are {known}"));
            Scenario::parse(name, &std::fs::read_to_string(name).map_err(unread)?, scale)
        }
    };
    scenario.map_err(Failure::usage)
}

fn recordings(folder: &Path, network: Ipv4Net) -> Result<Cast, Failure> {
    let all = Recording::folder(folder).map_err(Failure::usage)?;
    if all.is_empty() {
        return Err(Failure::usage(format!("{}: there is no .snmprec file in it", folder.display())));
    }
    let mut devices = Vec::new();
    let mut hosts = Recorded::default();
    for (place, recording) in all.into_iter().enumerate() {
        for (line, why) in &recording.faults {
            eprintln!("noctop: {}.snmprec:{line}: skipped: {why}", recording.name);
        }
        if recording.skipped > recording.faults.len() {
            eprintln!("noctop: {}.snmprec: {} skipped in all", recording.name, unit::counted(recording.skipped, "line", "lines"));
        }
        let address = address_of(network, place)
            .ok_or_else(|| Failure::usage(format!("{network} has too few addresses: name a wider one with --listen")))?;
        devices.push((address, recording.name.clone()));
        hosts.0.insert(address, recording);
    }
    Ok(Cast { devices, hosts: Arc::new(hosts), campus: None })
}

fn tell(devices: &[(Ipv4Addr, String)], port: u16) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (address, name) in devices {
        writeln!(out, "{address}:{port} {}", crate::model::text::visible(name))?;
    }
    out.flush()
}

/// Until Ctrl-C, SIGTERM or SIGHUP.
fn wait_for_end() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate, mut hangup) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_address_is_a_network_and_a_port() {
        let (network, port) = listen("127.64.0.0/16:1161").unwrap();
        assert_eq!((network.to_string().as_str(), port), ("127.64.0.0/16", 1161));
        for wrong in ["127.0.0.1", "127.0.0.1:161", "[::1]/128:161", "127.0.0.0/16:99999", ""] {
            assert_eq!(listen(wrong).unwrap_err().code, crate::cli::EXIT_USAGE, "{wrong}");
        }
    }
}
