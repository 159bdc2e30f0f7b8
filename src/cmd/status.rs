//! `noctop status` and `noctop store stats|verify`: counters of the engine and of its store.

use super::{Failure, Outcome, attach, written};
use crate::cli::{Common, EXIT_FAILED, EXIT_OK, FormatArgs};
use crate::engine::{Answer, Command, command};
use crate::model::text::visible;
use crate::model::{Disabled, LimitReading, Rights, Timestamp};
use crate::report::receiver::ReceiverStatus;
use crate::report::{Format, json, status as shape, thousandths, write_rows};
use std::io::{self, BufWriter, Write};

/// `noctop status`
pub fn run(common: &Common, args: &FormatArgs) -> Outcome {
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::Status).map_err(attach::unanswered)?;
    let Answer::Status(status) = answer else { return Err(Failure::failed("the engine answered another question")) };
    let status = status_shape(*status);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match attach::format(args.format) {
        Format::Json => json::write_document(&status, &mut out),
        Format::Ndjson => json::write_compact(&status, &mut out).and_then(|()| writeln!(out)),
        Format::Table => write_status(&status, &mut out),
        Format::Csv => write_rows(Format::Csv, status.collectors, &mut out),
    };
    let result = result.and_then(|()| out.flush());
    handle.close();
    written(result)
}

/// `noctop store stats`
pub fn stats(common: &Common, args: &FormatArgs) -> Outcome {
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::StoreStats).map_err(attach::unanswered)?;
    let Answer::StoreStats(summary) = answer else { return Err(Failure::failed("the engine answered another question")) };
    let store = store_shape(*summary);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match attach::format(args.format) {
        Format::Json => json::write_document(&store, &mut out),
        Format::Ndjson => json::write_compact(&store, &mut out).and_then(|()| writeln!(out)),
        Format::Table => write_store(&store, &mut out),
        Format::Csv => write_csv(&store, &mut out),
    };
    let result = result.and_then(|()| out.flush());
    handle.close();
    written(result)
}

/// `noctop store verify`
pub fn verify(common: &Common) -> Outcome {
    let handle = attach::reader(common)?;
    let answer = handle.command(Command::StoreVerify).map_err(attach::unanswered)?;
    let Answer::StoreVerified(verified) = answer else { return Err(Failure::failed("the engine answered another question")) };
    handle.close();
    Ok(tell_verified("the store", &verified))
}

/// What reading all of a store brought: on stdout, and each damaged file on stderr.
pub fn tell_verified(what: &str, verified: &command::Verified) -> u8 {
    for damage in &verified.damaged {
        eprintln!("noctop: {}", visible(damage));
    }
    if verified.damaged.is_empty() {
        println!("{what} is sound: {} records and {} samples were read", verified.records, verified.samples);
        return EXIT_OK;
    }
    println!("{} damaged; {} records and {} samples can be read", verified.damaged.len(), verified.records, verified.samples);
    EXIT_FAILED
}

fn status_shape(status: command::Status) -> shape::Status {
    let collector = |collector: command::CollectorStatus| shape::Collector {
        name: collector.name,
        received: collector.received,
        decoded: collector.decoded,
        refused: collector.refused,
        dropped: shape::Dropped { kernel: collector.dropped_kernel, queue: collector.dropped_queue },
        retried: collector.retried,
        restarts: collector.restarts,
        lag_seconds: collector.lag_seconds.map(thousandths),
        polling: collector.polling.map(polling_shape),
        lines: collector.lines.map(lines_shape),
        traps: collector.traps.map(traps_shape),
        flows: collector.flows.map(|flows| flows.into_iter().map(exporter_shape).collect()),
    };
    shape::Status {
        pid: status.pid,
        version: status.version,
        started_at: status.started_at.rfc3339(),
        collectors: status.collectors.into_iter().map(collector).collect(),
        store: store_shape(status.store),
        receivers: status.receivers.into_iter().map(receiver_shape).collect(),
        disabled: status.disabled.iter().map(disabled_shape).collect(),
        notices: status.notices,
        rights: rights_shape(status.rights),
        limits: status.limits.into_iter().map(limit_shape).collect(),
    }
}

fn disabled_shape(of: &Disabled) -> shape::Disabled {
    let (function, text) = (of.function.name().to_owned(), of.sentence());
    shape::Disabled { function, why: of.why.clone(), text, grants: of.grants.clone() }
}

fn rights_shape(of: Rights) -> shape::Rights {
    let Rights { uid, capabilities, threads, privileged_threads, no_new_privs, dumps_core } = of;
    shape::Rights { uid, capabilities, threads, privileged_threads, no_new_privs, dumps_core }
}

fn limit_shape(of: LimitReading) -> shape::Limit {
    let LimitReading { name, most, at, held, beyond, since, last } = of;
    let (when_full, [since, last]) = (at.word().to_owned(), [since, last].map(|at| at.map(Timestamp::rfc3339)));
    shape::Limit { name, most, held, when_full, left_out: beyond, since, last }
}

fn receiver_shape(of: command::ReceiverStatus) -> ReceiverStatus {
    ReceiverStatus {
        name: of.name,
        kind: of.kind,
        sent: of.sent,
        failed: of.failed,
        given_up: of.given_up,
        uncertain: of.uncertain,
        waiting: of.waiting,
        last_sent_at: of.last_sent.map(Timestamp::rfc3339),
        failing: of.failing,
        failing_since: of.failing_since.map(Timestamp::rfc3339),
        retry_at: of.retry_at.map(Timestamp::rfc3339),
    }
}

fn exporter_shape(of: command::FlowExporter) -> shape::FlowExporter {
    shape::FlowExporter {
        exporter: of.exporter.to_string(),
        version: of.version,
        observation_domain_id: of.observation_domain_id,
        flows_per_second: thousandths(of.flows_per_second),
        flow_records: of.flow_records,
        lost: of.lost,
        restarts: of.restarts,
        templates: of.templates,
        waiting: of.waiting,
        sampling_interval: of.sampling_interval,
        last_heard: of.heard.map(Timestamp::rfc3339),
    }
}

const fn lines_shape(lines: command::LineCounts) -> shape::Lines {
    let command::LineCounts { cut, masked, misdated, connections } = lines;
    shape::Lines { cut, masked, misdated, connections }
}

fn traps_shape(traps: command::TrapCounts) -> shape::Traps {
    let command::TrapCounts { engine_id, acknowledged, repeated, discoveries, folded } = traps;
    shape::Traps { engine_id, acknowledged, repeated, discoveries, folded }
}

fn polling_shape(polling: command::PollingStatus) -> shape::Polling {
    shape::Polling {
        devices: polling.devices,
        polls: polling.polls,
        answered: polling.answered,
        partial: polling.partial,
        missed: polling.missed,
        skipped: polling.skipped,
        backed_off: polling.backed_off,
        probes: polling.probes,
        renamed: polling.renamed,
        looked_at: polling.looked_at,
        bursts: polling.bursts,
        at_once: polling.at_once,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
fn store_shape(store: command::StoreSummary) -> shape::Store {
    shape::Store {
        bytes: store.bytes,
        series: store.series,
        samples: store.samples,
        bytes_per_sample: store.bytes_per_sample,
        events: store.events,
        flows: store.flows,
        logs: store.logs,
        log_bytes: store.log_bytes,
        bytes_per_line: (store.logs > 0).then(|| store.log_bytes as f64 / store.logs as f64),
        periods: store.periods.into_iter().map(|(name, bytes, samples)| shape::Period { name, bytes, samples }).collect(),
        journal: shape::Journal { bytes: store.journal_bytes, checkpoints: store.checkpoints },
        lost: store.lost,
        set_aside: store.set_aside,
    }
}

fn write_status(status: &shape::Status, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "noctop {}, pid {}, since {}", visible(&status.version), status.pid, status.started_at)?;
    write_rights(&status.rights, out)?;
    for off in &status.disabled {
        writeln!(out, "off: {}", visible(&off.text))?;
        for other in off.grants.iter().skip(1) {
            writeln!(out, "     or: {}", visible(other))?;
        }
    }
    for notice in &status.notices {
        writeln!(out, "note: {}", visible(notice))?;
    }
    write_rows(Format::Table, status.collectors.iter().cloned(), out)?;
    for polling in status.collectors.iter().filter_map(|collector| collector.polling) {
        let shape::Polling { devices, polls, answered, missed, skipped, backed_off, looked_at, .. } = polling;
        writeln!(
            out,
            "polling {devices} devices: {polls} polls, {answered} answered, {missed} missed, {skipped} skipped; {backed_off} backed off, {looked_at} looked at"
        )?;
    }
    for lines in status.collectors.iter().filter_map(|collector| collector.lines) {
        let shape::Lines { cut, masked, misdated, connections } = lines;
        writeln!(
            out,
            "syslog: {connections} connections; {cut} lines cut, {masked} with secrets masked, {misdated} of senders whose clock is wrong"
        )?;
    }
    for traps in status.collectors.iter().filter_map(|collector| collector.traps.as_ref()) {
        let shape::Traps { engine_id, acknowledged, repeated, folded, .. } = traps;
        writeln!(
            out,
            "traps: engine id {engine_id} for informs of version 3; {acknowledged} informs acknowledged, {repeated} of them again; {folded} traps folded"
        )?;
    }
    for of in status.collectors.iter().filter_map(|collector| collector.flows.as_ref()).flatten() {
        let shape::FlowExporter { exporter, version, observation_domain_id, flows_per_second, templates, waiting, .. } = of;
        let lost = of.lost.map_or_else(|| "?".to_owned(), |lost| lost.to_string());
        let sampled = of.sampling_interval.map_or_else(|| "?".to_owned(), |interval| interval.to_string());
        writeln!(
            out,
            "flows from {exporter} {version} domain {observation_domain_id}: {flows_per_second}/s, {lost} lost, sampled 1 in {sampled}, {templates} templates, {waiting} sets wait"
        )?;
    }
    write_limits(&status.limits, out)?;
    if !status.receivers.is_empty() {
        write_rows(Format::Table, status.receivers.iter().cloned(), out)?;
    }
    write_store(&status.store, out)
}

/// The bounds that were reached; how many there are where none was.
fn write_limits(limits: &[shape::Limit], out: &mut dyn Write) -> io::Result<()> {
    let mut reached = limits.iter().filter(|limit| limit.left_out > 0).peekable();
    if reached.peek().is_none() {
        return writeln!(out, "limits: none of {} reached", limits.len());
    }
    for limit in reached {
        let shape::Limit { name, most, when_full, left_out, .. } = limit;
        let what = match when_full.as_str() {
            "forgets" => "of the oldest forgotten",
            "sums" => "told in sums only",
            "shortens" => "left out of lists",
            _ => "found no room",
        };
        let [since, last] = [&limit.since, &limit.last].map(|at| at.as_deref().unwrap_or("-"));
        writeln!(out, "limit reached: {} {most}; {left_out} {what} since {since}, last {last}", visible(name))?;
    }
    Ok(())
}

/// Names of capabilities that a line has room for.
const CAPABILITIES_NAMED: usize = 4;

fn write_rights(rights: &shape::Rights, out: &mut dyn Write) -> io::Result<()> {
    let shape::Rights { uid, capabilities, threads, privileged_threads, no_new_privs, dumps_core } = rights;
    let held = match (capabilities.len(), capabilities.get(..CAPABILITIES_NAMED)) {
        (0, _) => "no capability".to_owned(),
        (all, Some(first)) if all > CAPABILITIES_NAMED => format!("{} and {} more", first.join(" "), all - CAPABILITIES_NAMED),
        _ => capabilities.join(" "),
    };
    let more = if *no_new_privs { "no new privileges" } else { "new privileges are possible" };
    let dumps = match dumps_core {
        Some(false) => "no core dumps",
        Some(true) => "core dumps are possible",
        None => "core dumps unknown",
    };
    writeln!(out, "runs as uid {uid} with {held} in {privileged_threads} of {threads} threads; {more}, {dumps}")
}

/// The figures of a store, a line each; also what csv has as its columns.
fn figures(store: &shape::Store) -> [(&'static str, String); 11] {
    [
        ("bytes", store.bytes.to_string()),
        ("series", store.series.to_string()),
        ("samples", store.samples.to_string()),
        ("bytesPerSample", store.bytes_per_sample.map_or_else(String::new, |bytes| format!("{bytes:.2}"))),
        ("events", store.events.to_string()),
        ("logs", store.logs.to_string()),
        ("bytesPerLine", store.bytes_per_line.map_or_else(String::new, |bytes| format!("{bytes:.1}"))),
        ("journal.bytes", store.journal.bytes.to_string()),
        ("journal.checkpoints", store.journal.checkpoints.to_string()),
        ("lost", store.lost.to_string()),
        ("setAside", store.set_aside.iter().map(|file| visible(file).into_owned()).collect::<Vec<_>>().join(" ")),
    ]
}

fn write_store(store: &shape::Store, out: &mut dyn Write) -> io::Result<()> {
    for (name, figure) in figures(store) {
        let shown = if figure.is_empty() { "-" } else { &figure };
        writeln!(out, "{name:<20} {shown}")?;
    }
    for period in &store.periods {
        writeln!(out, "period {:<13} {} bytes, {} samples", visible(&period.name), period.bytes, period.samples)?;
    }
    Ok(())
}

fn write_csv(store: &shape::Store, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(figures(store).map(|(name, _)| name))?;
    csv.write_record(figures(store).map(|(_, figure)| figure))?;
    csv.flush()
}
