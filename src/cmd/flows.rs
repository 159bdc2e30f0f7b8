//! `noctop flows`: what exporters wrote into captures.

use super::{Failure, Outcome, closed_pipe};
use crate::cli::{EXIT_FAILED, EXIT_OK, EXIT_PARTIAL, FlowsArgs, FlowsFormat};
use crate::mib::elements;
use crate::model::flow::{ExporterKey, FlowRecord};
use crate::model::{Timestamp, unit};
use crate::report::flow::{FlowFields, FlowRow, FlowsSummary};
use crate::report::{Format, json, write_rows};
use crate::wire::flow::{BiflowView, Decoder, Fields, Limits, Sink, export_time};
use crate::wire::pcap::{self, Found, Input, PcapFault, Reader};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Decodes the files and prints their records, or what was counted.
pub fn run(args: &FlowsArgs) -> Outcome {
    let view = if args.uniflows { BiflowView::Uniflows } else { BiflowView::Records };
    let mut captures = Captures::new(&args.files, view, args.format != FlowsFormat::Summary);
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match format(args.format) {
        Some(format) => write_rows(format, &mut captures, &mut out),
        None => {
            while captures.step() {}
            json::write_document(&captures.summary(), &mut out)
        }
    };
    match result.and_then(|()| out.flush()) {
        Ok(()) => Ok(captures.outcome()),
        Err(error) if closed_pipe(&error) => Ok(EXIT_OK),
        Err(error) => Err(Failure::failed(format!("could not write the output: {error}"))),
    }
}

fn format(format: FlowsFormat) -> Option<Format> {
    match format {
        FlowsFormat::Table => Some(Format::Table),
        FlowsFormat::Json => Some(Format::Json),
        FlowsFormat::Ndjson => Some(Format::Ndjson),
        FlowsFormat::Csv => Some(Format::Csv),
        FlowsFormat::Summary => None,
    }
}

/// A file that is read: a box, because the standard input is one too.
type Source = Box<dyn Read>;

/// Decodes files one after the other, and gives their records as rows.
struct Captures {
    files: VecDeque<PathBuf>,
    open: Option<(PathBuf, Box<Reader<Source>>)>,
    decoder: Decoder,
    rows: Rows,
    other_packets: u64,
    fragments: u64,
    /// Files of which not all could be read.
    faults: Vec<String>,
    files_read: usize,
}

/// Rows that were decoded and not yet printed: those of a datagram.
#[derive(Default)]
struct Rows {
    keys: Vec<ExporterKey>,
    rows: VecDeque<FlowRow>,
    are_wanted: bool,
}

impl Sink for Rows {
    fn exporter(&mut self, stream: usize, key: &ExporterKey) {
        match self.keys.get_mut(stream) {
            Some(place) => *place = *key,
            None => self.keys.push(*key),
        }
    }

    fn flow(&mut self, stream: usize, record: &FlowRecord, more: Fields<'_>) {
        if let Some(key) = self.keys.get(stream).filter(|_| self.are_wanted) {
            let mut fields = FlowFields::default();
            more.iter().for_each(|(name, value)| fields.push(name.into_owned(), value));
            self.rows.push_back(FlowRow::new(key, &more.origin, record, fields));
        }
    }
}

/// A file lasts as long as it does: nothing is forgotten with time, and no exporter makes room for another.
fn limits(biflows: BiflowView) -> Limits {
    Limits {
        template_lifetime: None,
        waiting_time: Duration::MAX,
        idle: Duration::MAX,
        idle_unproven: Duration::MAX,
        biflows,
        ..Limits::default()
    }
}

impl Captures {
    fn new(files: &[PathBuf], view: BiflowView, are_wanted: bool) -> Self {
        Self {
            files: files.iter().cloned().collect(),
            open: None,
            decoder: Decoder::new(elements::builtin(), limits(view)),
            rows: Rows { are_wanted, ..Rows::default() },
            other_packets: 0,
            fragments: 0,
            faults: Vec::new(),
            files_read: 0,
        }
    }

    /// Decodes the next packet, or opens the next file. `false` when there is nothing more.
    fn step(&mut self) -> bool {
        let Some((path, reader)) = &mut self.open else {
            return match self.files.pop_front() {
                Some(path) => {
                    self.open_file(path);
                    true
                }
                None => false,
            };
        };
        match reader.next_packet() {
            Some(Ok(packet)) => match packet.datagram() {
                Found::Datagram(datagram) => {
                    self.fragments += u64::from(datagram.is_fragment);
                    self.decoder.datagram(datagram.source.ip(), packet.at, datagram.payload, &mut self.rows);
                }
                Found::Fragment => self.fragments += 1,
                Found::Other | Found::UnknownLink => self.other_packets += 1,
            },
            Some(Err(fault)) => self.faults.push(named(path, &fault)),
            None => self.open = None,
        }
        true
    }

    fn open_file(&mut self, path: PathBuf) {
        let opened = source(&path).map_err(PcapFault::from).and_then(pcap::open);
        match opened {
            Ok(Input::Capture(reader)) => self.open = Some((path, reader)),
            Ok(Input::Payload(octets)) => {
                // Nobody knows when it came, but for the exporter; nor from where.
                let received = export_time(&octets).unwrap_or(Timestamp(0));
                self.decoder.datagram(IpAddr::V4(Ipv4Addr::UNSPECIFIED), received, &octets, &mut self.rows);
            }
            Err(fault) => {
                self.faults.push(named(&path, &fault));
                return;
            }
        }
        self.files_read += 1;
    }

    fn summary(&mut self) -> FlowsSummary {
        self.decoder.settle();
        let totals = self.decoder.totals();
        let mut summary = FlowsSummary {
            datagrams: totals.datagrams,
            other_packets: self.other_packets,
            fragments: self.fragments,
            ..FlowsSummary::default()
        };
        summary.refuse(totals.refused.by_word());
        self.decoder.streams().for_each(|(_, key, counts)| summary.add(&key, &counts));
        summary.exporters.sort_by_key(|exporter| (exporter.exporter, exporter.version, exporter.observation_domain_id));
        summary
    }

    /// Says on stderr what was not read, and ends with the exit code for it.
    fn outcome(&mut self) -> u8 {
        let summary = self.summary();
        self.faults.iter().for_each(|fault| eprintln!("noctop: {fault}"));
        for (reason, count) in &summary.refused {
            eprintln!("noctop: refused {count}: {reason}");
        }
        let waiting: u64 = summary.exporters.iter().map(|exporter| exporter.waiting).sum();
        if waiting > 0 {
            eprintln!("noctop: {} for their template", unit::counted(waiting, "data set still waits", "data sets still wait"));
        }
        match self.files_read {
            0 => EXIT_FAILED,
            _ if self.faults.is_empty() && summary.refused.is_empty() && waiting == 0 => EXIT_OK,
            _ => EXIT_PARTIAL,
        }
    }
}

impl Iterator for &mut Captures {
    type Item = FlowRow;

    fn next(&mut self) -> Option<FlowRow> {
        loop {
            if let Some(row) = self.rows.rows.pop_front() {
                return Some(row);
            }
            if !self.step() {
                return None;
            }
        }
    }
}

fn source(path: &Path) -> io::Result<Source> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(File::open(path)?))
}

fn named(path: &Path, fault: &PcapFault) -> String {
    format!("{}: {fault}", crate::model::text::visible(&path.display().to_string()))
}
