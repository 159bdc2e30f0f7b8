//! The headless commands, a file each: the same handle and views as the console.
//!
//! A command takes its arguments and the common options, writes data to stdout and everything else to stderr, and ends with
//! one of the contract's exit codes. None opens a socket or a store by itself: that is the engine's.

use crate::cli::{Cli, Command, ConfigCommand, EXIT_FAILED, EXIT_OK, EXIT_USAGE, MibCommand};
use crate::net::privilege;
use crate::query::Screen;
use std::fmt;

mod alarms;
mod attach;
mod audit;
mod capture;
mod config_check;
pub mod console;
pub mod credentials;
mod daemon;
mod demo;
mod describe;
mod diff;
mod discover;
mod doctor;
mod flows;
mod forget;
mod get;
mod history;
mod keys;
mod logs;
mod maintenance;
mod man;
pub mod manual;
mod mib_files;
mod notify;
mod objects;
mod port;
mod rows;
mod secrets;
pub mod shot;
mod sim;
mod status;
mod store;
mod top;
mod walk;
mod whereabouts;
mod wireless;

/// Why a command ended early: a sentence for people and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// One of the contract's exit codes.
    pub code: u8,
    /// What happened and what to do.
    pub message: String,
}

impl Failure {
    /// Exit code 1.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self { code: EXIT_FAILED, message: message.to_string() }
    }

    /// Exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { code: EXIT_USAGE, message: message.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// How a command ends: an exit code, or a sentence and one.
pub type Outcome = Result<u8, Failure>;

/// Runs what the command line asks for.
pub fn run(cli: Cli) -> Outcome {
    let Cli { common, console, command } = cli;
    crate::model::panic::install_hook();
    if !matches!(command, None | Some(Command::Demo(_))) {
        log(common.verbose);
    }
    forbid_dumps(command.as_ref());
    match command {
        None => console::run(&common, &console),
        Some(Command::Demo(args)) => demo::run(&args, &common, &console),
        Some(Command::Shot(args)) if args.demo.is_some() => demo::shot(&args, &common, &console),
        Some(Command::Shot(args)) => console::shot(&common, (&args, &console)),
        Some(Command::Discover(args)) => discover::run(&common, &args),
        Some(Command::Daemon(args)) => daemon::run(&common, &args),
        Some(Command::Devices(args)) => rows::run(&common, Screen::Devices, &args),
        Some(Command::Interfaces(args)) => rows::run(&common, Screen::Interfaces, &args),
        Some(Command::Links(args)) => rows::run(&common, Screen::Links, &args),
        Some(Command::Sensors(args)) => rows::run(&common, Screen::Sensors, &args),
        Some(Command::Wireless(args)) => wireless::run(&common, &args),
        Some(Command::Alarms(args)) => alarms::run(&common, &args),
        Some(Command::Forget(args)) => forget::run(&common, &console, &args),
        Some(Command::Maintenance(args)) => maintenance::run(&common, &console, &args.command),
        Some(Command::Events(args)) => rows::run(&common, Screen::Events, &args),
        Some(Command::Logs(args)) => logs::run(&common, &args),
        Some(Command::Flows(args)) => flows::run(&args),
        Some(Command::Capture(args)) => capture::run(&args),
        Some(Command::History(args)) => history::run(&common, &args),
        Some(Command::Top(args)) => top::run(&common, &args),
        Some(Command::Where(args)) => whereabouts::run(&common, &args),
        Some(Command::Diff(args)) => diff::run(&common, &args),
        Some(Command::Notify(args)) => notify::run(&common, &args.command),
        Some(Command::Audit(args)) => audit::run(&common, &args.command),
        Some(Command::Port(args)) => port::run(&common, &args),
        Some(Command::Secrets(args)) => secrets::run(&common, &args.command),
        Some(Command::Status(args)) => status::run(&common, &args),
        Some(Command::Doctor(args)) => doctor::run(&common, (&args, &console)),
        Some(Command::Store(args)) => store::run(&common, &args.command),
        Some(Command::Config(args)) => match args.command {
            ConfigCommand::Check => config_check::run(&common),
        },
        Some(Command::Completions(args)) => {
            crate::cli::write_completions(args.shell, &mut std::io::stdout());
            Ok(EXIT_OK)
        }
        Some(Command::Man(args)) => man::run(&args, &mut std::io::stdout()),
        Some(Command::Manual(args)) => manual::run(&args, console::options(&console)?.lang, &mut std::io::stdout()),
        Some(Command::Keys(args)) => keys::run(&args, &console::options(&console)?, &mut std::io::stdout()),
        Some(Command::Schema(args)) => describe::schema(&args, &mut std::io::stdout()),
        Some(Command::Mib(args)) => match args.command {
            MibCommand::Check { files } => describe::mib_check(&files, &mut std::io::stdout()),
        },
        Some(Command::Sim(args)) => sim::run(&args),
        Some(Command::Get(args)) => get::run(&args, &common),
        Some(Command::Walk(args)) => walk::run(&args, &common),
    }
}

/// No command leaves a core dump; whoever reads secrets lets nobody at its memory either, once they are hidden where others could see
/// them ([`credentials::hide_variables`]).
fn forbid_dumps(command: Option<&Command>) {
    let forbidden =
        if matches!(command, Some(Command::Secrets(_))) { privilege::forbid_dumps() } else { privilege::limit_core() };
    if let Err(error) = forbidden {
        tracing::error!("{error}");
    }
}

/// Logs to stderr: errors, with `-v` more, with `-vv` everything of noctop's own. The console has no log: it has the screen.
fn log(verbose: u8) {
    let level = match verbose {
        // What a daemon can't do is always in its log.
        0 => "error,noctop::notice=warn",
        1 => "noctop=info",
        _ => "noctop=trace",
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).with_ansi(false);
    let _already_set_by_a_test = subscriber.try_init();
}

/// Whether an output error only says that the reader went away.
pub fn closed_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

/// Ends a command after its output: a closed pipe is quiet, any other output error is exit code 1.
pub fn written(result: std::io::Result<()>) -> Outcome {
    match result {
        Ok(()) => Ok(EXIT_OK),
        Err(error) if closed_pipe(&error) => Ok(EXIT_OK),
        Err(error) => Err(Failure::failed(format!("could not write the output: {error}"))),
    }
}
