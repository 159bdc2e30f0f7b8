//! `noctop maintenance list|begin|end`: times of work, during which nothing there is anybody's alarm.

use super::{Failure, Outcome, attach, written};
use crate::cli::{BeginArgs, Common, ConsoleOptions, EXIT_OK, FormatArgs, MaintenanceCommand};
use crate::clock;
use crate::config::parse_duration;
use crate::engine::{Answer, Command};
use crate::model::{MaintenanceAct, Scope, Window};
use crate::query::scope;
use crate::report::{MaintenanceRow, write_rows};
use std::io::{self, BufWriter, Write};

/// Who says so where the environment names nobody.
const NOBODY: &str = "operator";

/// `noctop maintenance ...`
pub fn run(common: &Common, console: &ConsoleOptions, command: &MaintenanceCommand) -> Outcome {
    let act = match command {
        MaintenanceCommand::List(args) => return list(common, args),
        MaintenanceCommand::Begin(args) => MaintenanceAct::Begin(Box::new(window(args)?)),
        MaintenanceCommand::End(args) => MaintenanceAct::End(args.name.clone(), user()),
    };
    if !console.read_write {
        return Err(Failure::usage("this changes what is counted: say --read-write"));
    }
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::Maintenance(act)).map_err(attach::unanswered)?;
    handle.close();
    match answer {
        Answer::Accepted => Ok(EXIT_OK),
        _ => Err(Failure::failed("the engine answered another question")),
    }
}

fn list(common: &Common, args: &FormatArgs) -> Outcome {
    let at = attach::at(common)?;
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::MaintenanceList(at)).map_err(attach::unanswered)?;
    let Answer::Maintenance(windows) = answer else { return Err(Failure::failed("the engine answered another question")) };
    let now = at.unwrap_or_else(clock::now);
    let mut out = BufWriter::new(io::stdout().lock());
    let rows = windows.iter().map(|window| MaintenanceRow::new(window, now));
    let result = write_rows(attach::format(args.format), rows, &mut out).and_then(|()| out.flush());
    handle.close();
    written(result)
}

fn window(args: &BeginArgs) -> Result<Window, Failure> {
    let from = args.from.as_deref().map(|text| attach::moment("--from", text)).transpose()?.unwrap_or_else(clock::now);
    let lasts = parse_duration(&args.lasts).map_err(|why| Failure::usage(format!("--for: {why}")))?;
    Ok(Window {
        name: args.name.clone(),
        scope: scope_of(args)?,
        from,
        until: from.plus(lasts),
        by: user(),
        note: args.note.clone(),
    })
}

fn scope_of(args: &BeginArgs) -> Result<Scope, Failure> {
    let two = |ends: &Option<Vec<String>>| match ends.as_deref() {
        Some([a, b]) => Some((a.clone(), b.clone())),
        _ => None,
    };
    let ports = two(&args.link).map(|(a, b)| scope::link(&a, &b));
    let port = args.interface.as_deref().map(scope::interface);
    let found = [
        args.device.as_deref().map(|name| Ok(scope::device(name))),
        args.site.clone().map(|site| Ok(Scope::Site(site))),
        port,
        ports,
        two(&args.path).map(|(from, to)| Ok(scope::path(&from, &to))),
        args.all.then_some(Ok(Scope::All)),
    ];
    let found = found.into_iter().flatten().next();
    found.unwrap_or_else(|| Err("nothing is named".to_owned())).map_err(Failure::usage)
}

/// Who does it, as the environment says; the engine that is asked over its socket knows better.
pub(super) fn user() -> String {
    let named = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    named.unwrap_or_else(|| NOBODY.to_owned())
}
