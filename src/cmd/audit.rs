//! `noctop audit ...`: the audit journal, from whoever serves the store, else out of its files.

use super::{Failure, Outcome, attach, history, written};
use crate::cli::{
    AuditCommand, AuditListArgs, AuditReportArgs, AuditVerifyArgs, Common, EXIT_FAILED, EXIT_OK, FormatArgs, RowFormat,
};
use crate::clock;
use crate::engine::command::{AuditAnswer, AuditQuestion, AuditRequest};
use crate::engine::{self, Hosting};
use crate::model::audit::Verdict;
use crate::model::unit;
use crate::report::audit::{AuditRow, ChainRow, PersonRow, ReportDocument, write_report, write_verdict};
use crate::report::json::write_document;
use crate::report::{Format, write_rows};
use std::io::{self, BufWriter, Write};

/// Records that `audit list` prints where nothing else is asked for.
const USUAL: usize = 100;

/// `noctop audit ...`
pub fn run(common: &Common, command: &AuditCommand) -> Outcome {
    match command {
        AuditCommand::List(args) => list(common, args),
        AuditCommand::Verify(args) => verify(common, args),
        AuditCommand::Report(args) => report(common, args),
        AuditCommand::Head(args) => head(common, args),
    }
}

fn ask(common: &Common, question: AuditQuestion) -> Result<AuditAnswer, Failure> {
    let options = attach::options(common, Hosting::Never)?;
    engine::ask_audit(options, question).map_err(attach::unanswered)
}

fn strange() -> Failure {
    Failure::failed("the engine answered another question")
}

fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Outcome {
    let mut out = BufWriter::new(io::stdout().lock());
    written(write(&mut out).and_then(|()| out.flush()))
}

fn list(common: &Common, args: &AuditListArgs) -> Outcome {
    let rows = &args.rows;
    if rows.sort.is_some() {
        return Err(Failure::usage("records are listed as they were written, the latest first: there is no --sort"));
    }
    let range = rows.from.as_deref().map(|from| attach::range(from, rows.to.as_deref())).transpose()?;
    let limit = rows.limit.or(range.is_none().then_some(USUAL));
    let request = AuditRequest { filter: rows.filter.clone().unwrap_or_default(), range, limit };
    let AuditAnswer::Records(records) = ask(common, AuditQuestion::List(request))? else { return Err(strange()) };
    print(|out| write_rows(attach::format(rows.format), records.iter().map(AuditRow::from), out))
}

fn verify(common: &Common, args: &AuditVerifyArgs) -> Outcome {
    let AuditAnswer::Verdict(verdict) = ask(common, AuditQuestion::Verify(args.head.clone()))? else { return Err(strange()) };
    print(|out| write_rows(attach::format(args.format), verdict.chains.iter().map(ChainRow::from), out))?;
    tell(&verdict)
}

/// What is amiss goes to stderr, and makes the exit code.
fn tell(verdict: &Verdict) -> Outcome {
    let told = write_verdict(verdict, &mut io::stderr().lock());
    if verdict.faults.is_empty() {
        return written(told);
    }
    eprintln!("noctop: the audit journal is not as it was written: {}", unit::counted(verdict.faults.len(), "fault", "faults"));
    Ok(EXIT_FAILED)
}

fn report(common: &Common, args: &AuditReportArgs) -> Outcome {
    let now = clock::now();
    let this = now.rfc3339();
    let month = args.month.as_deref().or(this.get(..7)).unwrap_or_default();
    let range = history::month(month, now)
        .ok_or_else(|| Failure::usage(format!("--month {month:?} is no month that has begun, such as 2026-10")))?;
    let AuditAnswer::Report(report) = ask(common, AuditQuestion::Report(range))? else { return Err(strange()) };
    let people = || report.people.iter().map(PersonRow::from);
    print(|out| match args.format {
        RowFormat::Table => write_report(&report, out),
        RowFormat::Json => write_document(&ReportDocument::from(&*report), out),
        RowFormat::Ndjson => write_rows(Format::Ndjson, people(), out),
        RowFormat::Csv => write_rows(Format::Csv, people(), out),
    })?;
    Ok(if report.verdict.faults.is_empty() { EXIT_OK } else { tell(&report.verdict)? })
}

fn head(common: &Common, args: &FormatArgs) -> Outcome {
    let AuditAnswer::Heads(heads) = ask(common, AuditQuestion::Heads)? else { return Err(strange()) };
    match args.format {
        RowFormat::Table => print(|out| heads.iter().try_for_each(|head| writeln!(out, "{head}"))),
        format => print(|out| write_rows(attach::format(format), heads.iter().map(crate::report::audit::HeadRow::from), out)),
    }
}
