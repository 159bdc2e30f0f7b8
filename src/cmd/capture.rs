//! `noctop capture`: live flows of an interface. Never attaches and keeps nothing but the file that was asked for.

use super::attach::format;
use super::{Failure, Outcome, written};
use crate::cli::{CaptureArgs, EXIT_INTERRUPTED, EXIT_OK, EXIT_PARTIAL};
use crate::config;
use crate::engine::capture::{CaptureFault, CaptureOptions, Captured, Hears, once};
use crate::model::flow::FlowOrigin;
use crate::model::unit;
use crate::report::flow::{FlowFields, FlowRow};
use crate::report::write_rows;
use std::io::{BufWriter, Write};

/// Captures, prints the flows, and says on stderr what was counted.
pub fn run(args: &CaptureArgs) -> Outcome {
    let options = options(args)?;
    let captured = once(&options).map_err(|fault| match fault {
        CaptureFault::Usage(sentence) => Failure::usage(sentence),
        other => Failure::failed(other),
    })?;
    let flows =
        captured.flows.iter().map(|record| FlowRow::new(&captured.key, &FlowOrigin::default(), record, FlowFields::default()));
    let mut out = BufWriter::new(std::io::stdout().lock());
    let printed = written(write_rows(format(args.format.format), flows, &mut out).and_then(|()| out.flush()))?;
    say(&captured, args);
    Ok(if printed == EXIT_OK { exit_code(&captured) } else { printed })
}

fn options(args: &CaptureArgs) -> Result<CaptureOptions, Failure> {
    let lasts = args.lasts.as_deref().map(config::parse_duration).transpose();
    Ok(CaptureOptions {
        interface: args.interface.clone(),
        filter: args.filter.clone().unwrap_or_default(),
        lasts: lasts.map_err(|why| Failure::usage(format!("--for: {why}")))?,
        output: args.output.clone(),
        hears: if args.promiscuous { Hears::Everything } else { Hears::Own },
    })
}

fn say(captured: &Captured, args: &CaptureArgs) {
    let Captured { frames, matched, dropped, written, overflow, .. } = captured;
    let (frames, flows) = (unit::counted(frames, "frame", "frames"), unit::counted(captured.flows.len(), "flow", "flows"));
    eprintln!("noctop: {frames}, {matched} matched, {dropped} dropped by the kernel, {flows}");
    if let Some(path) = &args.output {
        eprintln!("noctop: {} written to {}", unit::counted(written, "frame", "frames"), path.display());
    }
    if *overflow > 0 {
        eprintln!("noctop: {overflow} frames or flows found no room in the table: they are not among the flows");
    }
}

/// The contract's exit codes: interrupted, incomplete, all done.
const fn exit_code(captured: &Captured) -> u8 {
    match captured {
        Captured { interrupted: true, .. } => EXIT_INTERRUPTED,
        Captured { dropped: 1.., .. } | Captured { overflow: 1.., .. } => EXIT_PARTIAL,
        Captured { .. } => EXIT_OK,
    }
}
