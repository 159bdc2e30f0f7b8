//! `noctop discover`: one discovery, printed. Never attaches and keeps nothing.

use super::credentials::Given;
use super::{Failure, Outcome, closed_pipe, config_check};
use crate::cli::{self, Common, DiscoverArgs, EXIT_INTERRUPTED, EXIT_OK, EXIT_PARTIAL, EXIT_SILENT};
use crate::config;
use crate::engine::discover::{self, DiscoverOptions, Found, Progress};
use crate::model::Role;
use crate::model::text::visible;
use crate::model::topology::Topology;
use crate::model::unit::age;
use crate::report::{TopologyFormat, TopologyRows, write_topology};
use std::io::{self, BufWriter, IsTerminal as _, Write};

/// Discovers, prints, and says on stderr what gave no answer.
pub fn run(common: &Common, args: &DiscoverArgs) -> Outcome {
    let options = options(common, args)?;
    // With credentials of its own the command needs no configuration; without its profiles less is known of devices.
    config_check::mib(common)?;
    let shown = io::stderr().is_terminal();
    let found = discover::once(options, Box::new(move |progress| show(progress, shown))).map_err(Failure::usage)?;
    if shown {
        eprint!("\r\x1b[K");
    }
    print(args, &found.topology)?;
    for notice in &found.notices {
        eprintln!("noctop: {notice}");
    }
    for problem in &found.topology.problems {
        eprintln!("noctop: {}: {}: {}", visible(&problem.target), problem.reason.word(), visible(&problem.detail));
    }
    Ok(exit_code(&found))
}

/// The contract's exit codes: interrupted, nothing answered, a named target missing or partial, all done.
fn exit_code(found: &Found) -> u8 {
    match found {
        Found { interrupted: true, .. } => EXIT_INTERRUPTED,
        Found { topology, .. } if topology.devices.iter().all(|device| device.snmp.is_none()) => EXIT_SILENT,
        Found { incomplete: true, .. } => EXIT_PARTIAL,
        Found { .. } => EXIT_OK,
    }
}

fn options(common: &Common, args: &DiscoverArgs) -> Result<DiscoverOptions, Failure> {
    let networks = |texts: &[String]| texts.iter().map(|text| config::parse_network(text)).collect::<Result<Vec<_>, _>>();
    let duration = |name: &str, text: &str| config::parse_duration(text).map_err(|why| Failure::usage(format!("{name}: {why}")));
    Ok(DiscoverOptions {
        targets: args.targets.clone(),
        credentials: Given { communities: &args.community, file: args.credentials.as_deref(), common }.credentials()?,
        port: args.port,
        depth: args.depth,
        scope: networks(&args.scope).map_err(|why| Failure::usage(format!("--scope: {why}")))?,
        exclude: networks(&args.exclude).map_err(|why| Failure::usage(format!("--exclude: {why}")))?,
        timeout: duration("--timeout", &args.timeout)?,
        retries: args.retries,
        deadline: duration("--deadline", &args.deadline)?,
        rate: args.rate,
        skip: roles(&args.skip)?,
        per_device_rate: args.per_device_rate,
        listen: args.listen.as_deref().map(|text| duration("--listen", text)).transpose()?,
        ping: if args.no_ping { discover::Ping::Never } else { discover::Ping::Auto },
    })
}

/// `--skip`: roles by the contract's words; none given is the default, `none` is no role at all.
fn roles(words: &[String]) -> Result<Option<Vec<Role>>, Failure> {
    let known = || Role::ALL.map(Role::word).join(", ");
    let role = |word: &String| {
        Role::from_word(word).ok_or_else(|| Failure::usage(format!("--skip {word}: known are none, {}", known())))
    };
    match words {
        [] => Ok(None),
        [only] if only == "none" => Ok(Some(Vec::new())),
        words => words.iter().map(role).collect::<Result<Vec<_>, _>>().map(Some),
    }
}

fn show(progress: &Progress, shown: bool) {
    if !shown {
        return;
    }
    let left = progress.seconds_left.filter(|left| left.is_finite() && *left >= 0.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "finite, not negative, and saturating")]
    let left = left.map_or_else(String::new, |left| format!(" · {} left", age(left.ceil() as u64)));
    let Progress { asked, answered, silent, devices, links, .. } = progress;
    eprint!("\r\x1b[Kasked {asked} · answered {answered} · silent {silent} · devices {devices} · links {links}{left}");
    let _a_terminal_that_is_gone = io::stderr().flush();
}

fn print(args: &DiscoverArgs, topology: &Topology) -> Result<(), Failure> {
    let (format, rows) = (format(args.format), rows(args.rows));
    let result = match &args.output {
        Some(path) => std::fs::File::create(path)
            .and_then(|file| write(BufWriter::new(file), |out| write_topology(format, topology, rows, out)))
            .map_err(|error| Failure::failed(format!("{} could not be written: {error}", path.display())))
            .map(|()| Ok(()))?,
        None => write(BufWriter::new(io::stdout().lock()), |out| write_topology(format, topology, rows, out)),
    };
    match result {
        Ok(()) => Ok(()),
        Err(error) if closed_pipe(&error) => Ok(()),
        Err(error) => Err(Failure::failed(format!("could not write the output: {error}"))),
    }
}

fn write<W: Write>(mut out: BufWriter<W>, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    fill(&mut out)?;
    out.flush()
}

const fn format(format: cli::TopologyFormat) -> TopologyFormat {
    match format {
        cli::TopologyFormat::Table => TopologyFormat::Table,
        cli::TopologyFormat::Json => TopologyFormat::Json,
        cli::TopologyFormat::Ndjson => TopologyFormat::Ndjson,
        cli::TopologyFormat::Csv => TopologyFormat::Csv,
        cli::TopologyFormat::Tree => TopologyFormat::Tree,
        cli::TopologyFormat::Dot => TopologyFormat::Dot,
        cli::TopologyFormat::Mermaid => TopologyFormat::Mermaid,
        cli::TopologyFormat::Graphml => TopologyFormat::Graphml,
    }
}

const fn rows(rows: cli::TopologyRows) -> TopologyRows {
    match rows {
        cli::TopologyRows::Devices => TopologyRows::Devices,
        cli::TopologyRows::Links => TopologyRows::Links,
        cli::TopologyRows::Interfaces => TopologyRows::Interfaces,
        cli::TopologyRows::Neighbours => TopologyRows::Neighbours,
        cli::TopologyRows::Endpoints => TopologyRows::Endpoints,
        cli::TopologyRows::Problems => TopologyRows::Problems,
    }
}
