//! `noctop port DEVICE PORT up|down|poe-cycle`: shows what would be done, asks, and has the engine do it.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, EXIT_FAILED, EXIT_OK, EXIT_PARTIAL, PortActArg, PortArgs, PortFormat};
use crate::engine::{Answer, Command, Handle};
use crate::model::port::{PortAct, PortEnd, PortOrder, PortPlan, PortResult, PortSet};
use crate::report::port::{PortReport, write_plan, write_result};
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write};

/// Octets of an answer that are read: more is no name of a port.
const LONGEST_ANSWER: u64 = 4096;

/// Runs the command.
pub fn run(common: &Common, args: &PortArgs) -> Outcome {
    let handle = attach::reader(common)?;
    let ended = carry(&handle, args);
    handle.close();
    ended
}

fn carry(handle: &Handle, args: &PortArgs) -> Outcome {
    let act = match args.act {
        PortActArg::Up => PortAct::Up,
        PortActArg::Down => PortAct::Down,
        PortActArg::PoeCycle => PortAct::PoeCycle,
    };
    let order = PortOrder { device: args.device.clone(), port: args.port.clone(), act };
    let answer = handle.command(Command::PortPlan(Box::new(order.clone()))).map_err(attach::unanswered)?;
    let Answer::PortPlan(plan) = answer else { return Err(Failure::failed("the engine answered another question")) };
    if args.dry_run {
        return written(tell(&PortReport::from(&*plan), (args.format, write_plan)));
    }
    show(&plan, args)?;
    if let (Some(why), false) = (&plan.hanging.own_way, args.force) {
        return Err(Failure::usage(format!("{why}: nothing was done; --force does it all the same")));
    }
    if !plan.is_so {
        confirm(&plan, args)?;
    }
    let set = PortSet { order, device: plan.device.clone(), if_index: plan.if_index, force: args.force };
    let answer = handle.command(Command::PortSet(Box::new(set))).map_err(attach::unanswered)?;
    let Answer::PortDone(result) = answer else { return Err(Failure::failed("the engine answered another question")) };
    written(tell(&PortReport::from(&*result), (args.format, write_result)))?;
    Ok(code(&result))
}

/// What is about to be done is shown to whoever is asked; on stderr where the output is for a program.
fn show(plan: &PortPlan, args: &PortArgs) -> Result<(), Failure> {
    let report = PortReport::from(plan);
    let shown = match args.format {
        PortFormat::Table => write_plan(&report, &mut io::stdout().lock()),
        PortFormat::Json => write_plan(&report, &mut io::stderr().lock()),
    };
    written(shown).map(|_| ())
}

/// Whoever is at a terminal types the port's name; a script says --yes. Errors: it was not confirmed.
fn confirm(plan: &PortPlan, args: &PortArgs) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("there is nobody to ask: nothing was done; --yes does it without asking"));
    }
    eprint!("Type the port's name ({}) to do it: ", crate::model::text::visible(&plan.port));
    io::stderr().flush().ok();
    let mut answer = String::new();
    let read = io::stdin().lock().take(LONGEST_ANSWER).read_line(&mut answer);
    read.map_err(|error| Failure::failed(format!("the terminal can't be read: {error}")))?;
    if answer.trim() == plan.port { Ok(()) } else { Err(Failure::failed("that is not its name: nothing was done")) }
}

fn code(result: &PortResult) -> u8 {
    match result.end {
        PortEnd::Done | PortEnd::Already => EXIT_OK,
        PortEnd::Unsettled => EXIT_PARTIAL,
        PortEnd::Failed | PortEnd::Unknown => EXIT_FAILED,
    }
}

/// How a report is written for people.
type ForPeople = fn(&PortReport, &mut dyn Write) -> io::Result<()>;

fn tell(report: &PortReport, (format, people): (PortFormat, ForPeople)) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        PortFormat::Table => people(report, &mut out),
        PortFormat::Json => crate::report::json::write_document(report, &mut out),
    }
}
