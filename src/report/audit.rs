//! The audit journal, as `audit list`, `audit verify` and `audit report` print it.

use super::tabular::{Column, Row, Show, column, field};
use crate::model::audit::{AuditReport, ChainVerdict, Person, Receipt, Record, Tally, Verdict};
use crate::model::text::visible;
use crate::model::unit;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// Changes and refusals that a report for people lists; the other formats have all.
const MOST_LISTED: usize = 40;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct AuditRow {
    /// RFC 3339 with nanoseconds.
    pub at: String,
    /// access, change, security
    pub class: &'static str,
    /// Its place in the chain of its class.
    pub number: u64,
    pub user: String,
    pub uid: Option<u32>,
    /// viewer, operator
    pub role: Option<&'static str>,
    pub kind: String,
    pub object: String,
    /// The command in words.
    pub text: String,
    pub old: Option<String>,
    pub new: Option<String>,
    /// accepted, done, failed, refused
    pub outcome: &'static str,
    pub why: Option<String>,
    /// From where the user came, as the console says; not proven.
    pub from: Option<String>,
    /// Not proven.
    pub tty: Option<String>,
    /// Not proven.
    pub command: Option<String>,
    /// process, socket, command, http
    pub way: &'static str,
    pub pid: Option<u32>,
    pub program: Option<String>,
}

impl From<&Record> for AuditRow {
    fn from(record: &Record) -> Self {
        let Record { number, at, act, actor, outcome } = record.clone();
        Self {
            at,
            class: act.class.word(),
            number,
            user: actor.user,
            uid: actor.uid,
            role: actor.role.map(|role| role.word()),
            kind: act.kind,
            object: act.object,
            text: act.words,
            old: act.old,
            new: act.new,
            outcome: outcome.word(),
            why: outcome.why().map(str::to_owned),
            from: actor.said.from,
            tty: actor.said.tty,
            command: actor.said.command,
            way: actor.way.word(),
            pid: actor.pid,
            program: actor.program,
        }
    }
}

impl Row for AuditRow {
    const COLUMNS: &'static [Column] = &[
        column("at", "AT", Show::Text),
        column("class", "CLASS", Show::Text),
        column("number", "NO", Show::Number),
        column("user", "USER", Show::Text),
        field("uid"),
        column("role", "ROLE", Show::Text),
        column("kind", "KIND", Show::Text),
        column("object", "OBJECT", Show::Text),
        column("text", "TEXT", Show::Text),
        field("old"),
        column("new", "NEW", Show::Text),
        column("outcome", "OUTCOME", Show::Text),
        field("why"),
        column("from", "FROM?", Show::Text),
        field("tty"),
        field("command"),
        field("way"),
        field("pid"),
        field("program"),
    ];
}

/// One chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct ChainRow {
    /// access, change, security
    pub class: &'static str,
    pub records: u64,
    pub files: u64,
    /// Files that went because their time was over, as the chain itself says.
    pub removed: u64,
    pub first_at: Option<String>,
    pub last_at: Option<String>,
    /// CLASS:NUMBER:HASH
    pub head: Option<String>,
}

impl From<&ChainVerdict> for ChainRow {
    fn from(chain: &ChainVerdict) -> Self {
        Self {
            class: chain.class.word(),
            records: chain.records,
            files: chain.files,
            removed: chain.removed,
            first_at: chain.first.as_ref().map(|(_, at)| at.clone()),
            last_at: chain.last.as_ref().map(|(_, at)| at.clone()),
            head: chain.head.as_ref().map(ToString::to_string),
        }
    }
}

impl Row for ChainRow {
    const COLUMNS: &'static [Column] = &[
        column("class", "CLASS", Show::Text),
        column("records", "RECORDS", Show::Number),
        column("files", "FILES", Show::Number),
        column("removed", "REMOVED", Show::Number),
        column("firstAt", "FIRST", Show::Text),
        column("lastAt", "LAST", Show::Text),
        column("head", "HEAD", Show::Text),
    ];
}

/// One user of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct PersonRow {
    pub user: String,
    pub uid: Option<u32>,
    pub role: Option<String>,
    pub attached: u64,
    /// Outside of office hours; null where none are configured.
    pub outside: Option<u64>,
    pub changes: u64,
    pub refused: u64,
    pub first: String,
    pub last: String,
    /// From where it said to come, the most frequent first: `192.0.2.7 12, - 3`. Not proven.
    pub from: String,
    /// Likewise, with what. Not proven.
    pub commands: String,
    /// What was changed: `alarm.acknowledge 4`.
    pub changed: String,
}

/// Places of one user that a row names.
const MOST_TALLIES: usize = 5;

fn tallies(all: &[Tally]) -> String {
    let named = all.iter().take(MOST_TALLIES).map(|tally| format!("{} {}", tally.what, tally.count));
    let more = all.len().saturating_sub(MOST_TALLIES);
    let more = (more > 0).then(|| format!("{more} more"));
    named.chain(more).collect::<Vec<_>>().join(", ")
}

impl From<&Person> for PersonRow {
    fn from(person: &Person) -> Self {
        Self {
            user: person.user.clone(),
            uid: person.uid,
            role: person.role.clone(),
            attached: person.attached,
            outside: person.outside,
            changes: person.changes.iter().map(|tally| tally.count).sum(),
            refused: person.refused,
            first: person.first.clone(),
            last: person.last.clone(),
            from: tallies(&person.from),
            commands: tallies(&person.commands),
            changed: tallies(&person.changes),
        }
    }
}

impl Row for PersonRow {
    const COLUMNS: &'static [Column] = &[
        column("user", "USER", Show::Text),
        field("uid"),
        column("role", "ROLE", Show::Text),
        column("attached", "ATTACHED", Show::Number),
        column("outside", "OUTSIDE", Show::Number),
        column("changes", "CHANGES", Show::Number),
        column("refused", "REFUSED", Show::Number),
        field("first"),
        field("last"),
        column("from", "FROM?", Show::Text),
        column("commands", "WITH?", Show::Text),
        column("changed", "CHANGED", Show::Text),
    ];
}

/// A report as one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportDocument {
    /// From this time.
    pub from: String,
    /// To this time.
    pub to: String,
    /// Those who did anything.
    pub users: Vec<PersonRow>,
    /// What was changed, the earliest first.
    pub changes: Vec<AuditRow>,
    /// What was refused.
    pub refused: Vec<AuditRow>,
    /// Who attached outside of office hours; null where none are configured.
    pub outside: Option<Vec<AuditRow>>,
    /// When the engine started and ended.
    pub engine: Vec<AuditRow>,
    /// Records that are counted and not listed.
    pub unnamed: u64,
    /// The chains.
    pub chains: Vec<ChainRow>,
    /// What is not as it was written; empty where all is well.
    pub faults: Vec<String>,
}

fn rows(records: &[Record]) -> Vec<AuditRow> {
    records.iter().map(AuditRow::from).collect()
}

impl From<&AuditReport> for ReportDocument {
    fn from(report: &AuditReport) -> Self {
        Self {
            from: report.range.from.rfc3339(),
            to: report.range.to.rfc3339(),
            users: report.people.iter().map(PersonRow::from).collect(),
            changes: rows(&report.changes),
            refused: rows(&report.refused),
            outside: report.outside.as_deref().map(rows),
            engine: rows(&report.engine),
            unnamed: report.unnamed,
            chains: report.verdict.chains.iter().map(ChainRow::from).collect(),
            faults: report.verdict.faults.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What was found amiss or is explained, a line each.
///
/// Errors: those of `out`.
pub fn write_verdict(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    verdict.notes.iter().try_for_each(|note| writeln!(out, "note: {}", visible(note)))?;
    verdict.faults.iter().try_for_each(|fault| writeln!(out, "{}", visible(&fault.to_string())))
}

/// A report for people.
///
/// Errors: those of `out`.
pub fn write_report(report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
    let ReportDocument { from, to, users, engine, outside, changes, refused, chains, faults, unnamed } = report.into();
    writeln!(out, "Access report, {from} to {to}\n")?;
    super::write_rows(super::Format::Table, users, out)?;
    let lists = [
        ("Changes", Some(changes)),
        ("Refused", Some(refused)),
        ("Outside of office hours", outside),
        ("The engine", Some(engine)),
    ];
    for (title, list) in lists {
        match list {
            None => writeln!(out, "\n{title}: no office hours are configured ([access] office_hours)")?,
            Some(list) if list.is_empty() => writeln!(out, "\n{title}: none")?,
            Some(list) => listed(title, &list, out)?,
        }
    }
    writeln!(out, "\nThe journal")?;
    super::write_rows(super::Format::Table, chains, out)?;
    if faults.is_empty() {
        writeln!(out, "It is as it was written.")?;
    }
    faults.iter().try_for_each(|fault| writeln!(out, "NOT AS IT WAS WRITTEN: {}", visible(fault)))?;
    if unnamed > 0 {
        writeln!(out, "{} counted and not listed.", unit::counted(unnamed, "more record is", "more records are"))?;
    }
    writeln!(out, "Columns with ? are what consoles say of themselves; nothing proves them.")
}

fn listed(title: &str, list: &[AuditRow], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}: {}", list.len())?;
    for row in list.iter().take(MOST_LISTED) {
        let value = row.new.as_deref().map(|new| format!(" ({} > {new})", row.old.as_deref().unwrap_or("-"))).unwrap_or_default();
        let why = row.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let line = format!("{} {} {} {}{value} {}{why}", row.at, row.user, row.kind, row.object, row.outcome);
        writeln!(out, "  {}", visible(&line))?;
    }
    match list.len().saturating_sub(MOST_LISTED) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more: noctop audit list, or --format json"),
    }
}

/// Where a chain stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names say it")]
pub struct HeadRow {
    /// access, change, security
    pub class: &'static str,
    pub number: u64,
    pub hash: String,
}

impl From<&Receipt> for HeadRow {
    fn from(head: &Receipt) -> Self {
        Self { class: head.class.word(), number: head.number, hash: head.hash.clone() }
    }
}

impl Row for HeadRow {
    const COLUMNS: &'static [Column] =
        &[column("class", "CLASS", Show::Text), column("number", "NUMBER", Show::Number), column("hash", "HASH", Show::Text)];
}
