//! `noctop store ...`: what is done with a store as a whole. Figures of it are in `status`.

use super::{Failure, Outcome, attach, status};
use crate::cli::{BackupArgs, Common, EXIT_FAILED, EXIT_OK, EXIT_PARTIAL, EXIT_USAGE, ImportArgs, RestoreArgs, StoreCommand};
use crate::clock::Stopwatch;
use crate::engine::import::{self, Import, ImportError, Imported};
use crate::engine::{self, Answer, Command, Hosting, Replace, command};
use crate::model::Metric;
use crate::model::audit::{self, Act};
use crate::model::text::visible;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::time::Duration;

/// `noctop store ...`
pub fn run(common: &Common, command: &StoreCommand) -> Outcome {
    match command {
        StoreCommand::Stats(args) => status::stats(common, args),
        StoreCommand::Verify => status::verify(common),
        StoreCommand::Import(args) => import(common, args),
        StoreCommand::Backup(args) => backup(common, args),
        StoreCommand::Restore(args) => restore(common, args),
    }
}

/// By whoever holds the store, and read afterwards.
fn backup(common: &Common, args: &BackupArgs) -> Outcome {
    // The engine may stand elsewhere.
    let folder = std::path::absolute(&args.folder).map_err(Failure::failed)?;
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::StoreBackup(folder)).map_err(attach::unanswered)?;
    let Answer::StoreVerified(verified) = answer else { return Err(Failure::failed("the engine answered another question")) };
    handle.close();
    Ok(status::tell_verified("the copy", &verified))
}

fn restore(common: &Common, args: &RestoreArgs) -> Outcome {
    let options = attach::options(common, Hosting::Always)?;
    let replace = if args.replace { Replace::Keeping } else { Replace::Never };
    let restored = engine::restore(options, &args.folder, replace).map_err(attach::refused)?;
    let damaged: Vec<String> = restored.damaged.iter().map(|(path, what)| format!("{}: {what}", path.display())).collect();
    let act = Act::change("store.restore", &args.folder.display().to_string()).words("put a backup in the place of the store");
    attach::write_down(common, (act, audit::Outcome::Done));
    let verified = command::Verified { records: restored.records, samples: restored.samples, damaged };
    let code = status::tell_verified("the restored store", &verified);
    match restored.kept {
        Some(kept) => eprintln!("noctop: what was there before is in {}", visible(&kept.display().to_string())),
        None if code != EXIT_OK && args.replace => eprintln!("noctop: the store that is there was not replaced"),
        None => {}
    }
    Ok(code)
}

/// Octets read at once.
const BUFFER: usize = 1 << 20;

/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_millis(250);

fn import(common: &Common, args: &ImportArgs) -> Outcome {
    let maps = args.map.iter().map(|map| parse_map(map)).collect::<Result<BTreeMap<_, _>, Failure>>()?;
    let options = attach::options(common, Hosting::Always)?;
    let mut input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(BufReader::with_capacity(BUFFER, io::stdin().lock()))
    } else {
        let unreadable = |error| Failure::failed(format!("{} can't be read: {error}", args.file.display()));
        Box::new(BufReader::with_capacity(BUFFER, File::open(&args.file).map_err(unreadable)?))
    };
    let mut progress = Progress::new();
    let wanted = Import { input: &mut *input, maps, progress: &mut |imported| progress.show(imported) };
    let imported = import::import(options, wanted);
    progress.end();
    match imported {
        Ok(imported) => {
            let act = Act::change("store.import", &args.file.display().to_string()).words("read another program's history in");
            attach::write_down(common, (act, audit::Outcome::Done));
            Ok(tell(&imported))
        }
        Err(error @ (ImportError::Unknown | ImportError::Packed)) => {
            Err(Failure::failed(format!("{}: {error}", visible(&args.file.display().to_string()))))
        }
        Err(error) => Err(Failure::failed(error)),
    }
}

/// `NAME=METRIC`
fn parse_map(map: &str) -> Result<(String, Metric), Failure> {
    let (name, metric) = map
        .rsplit_once('=')
        .ok_or_else(|| Failure::usage(format!("--map {map:?} should be NAME=METRIC, as ifHCInOctets=in_bps")))?;
    let known = || {
        let names: Vec<&str> =
            Metric::ALL.iter().filter(|metric| !Metric::NAMED.contains(metric)).map(|metric| metric.name()).collect();
        Failure {
            code: EXIT_USAGE,
            message: format!("--map {map:?}: there is no metric {metric:?}; there are {}", names.join(" ")),
        }
    };
    Ok((name.to_owned(), Metric::from_name(metric).ok_or_else(known)?))
}

/// What it came to: what was taken on stdout, what was not on stderr.
fn tell(imported: &Imported) -> u8 {
    for (refusal, refused) in &imported.refused {
        let lines: Vec<String> = refused.lines.iter().map(u64::to_string).collect();
        let more = if refused.count > refused.lines.len() as u64 { " …" } else { "" };
        eprintln!("noctop: {} refused: {} (line {}{more})", refused.count, refusal.0, lines.join(", "));
    }
    println!("{} samples of {} series taken, {} refused", imported.samples, imported.series, imported.refused_in_all());
    match (imported.samples, imported.refused_in_all()) {
        (0, _) => EXIT_FAILED,
        (_, 0) => EXIT_OK,
        _ => EXIT_PARTIAL,
    }
}

/// A line on stderr, written over, where that is a terminal.
struct Progress {
    is_shown: bool,
    since: Stopwatch,
    started: Stopwatch,
    drawn: bool,
}

impl Progress {
    fn new() -> Self {
        Self { is_shown: io::stderr().is_terminal(), since: Stopwatch::start(), started: Stopwatch::start(), drawn: false }
    }

    fn show(&mut self, imported: &Imported) {
        if !self.is_shown || self.since.elapsed() < PROGRESS {
            return;
        }
        self.since = Stopwatch::start();
        self.drawn = true;
        let megabytes = imported.bytes / 1_000_000;
        let secs = self.started.elapsed().as_secs();
        eprint!("\r{} samples of {} series, {megabytes} MB, {secs} s \x1b[K", imported.samples, imported.series);
    }

    fn end(&self) {
        if self.drawn {
            eprint!("\r\x1b[K");
        }
    }
}
