//! `noctop wireless`: the rows of the Wireless screen, headless.

use super::{Failure, Outcome, attach, rows, written};
use crate::cli::{Common, WirelessArgs, WirelessRows};
use crate::query::{Screen, ViewRequest, WirelessPart, WirelessRequest};
use crate::report::{self, Format, write_rows};
use crate::state::view::{ViewBody, WirelessView};
use std::io::{self, BufWriter, Write};

/// Asks for the rows that the arguments want, and prints them.
pub fn run(common: &Common, args: &WirelessArgs) -> Outcome {
    let request = request(common, args)?;
    let handle = attach::reader(common)?;
    let view = handle.ask(request).map_err(attach::unanswered)?;
    if let Some(fault) = &view.chrome.fault {
        return Err(Failure::usage(fault));
    }
    for notice in &view.chrome.notices {
        tracing::info!("{notice}");
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match &view.body {
        ViewBody::Wireless(view) => print(view, args, (attach::format(args.format), &mut out)),
        _ => return Err(Failure::failed("the engine answered another question")),
    };
    let result = result.and_then(|()| out.flush());
    handle.close();
    written(result)
}

const fn part(rows: WirelessRows) -> WirelessPart {
    match rows {
        WirelessRows::AccessPoints | WirelessRows::Radios => WirelessPart::Radios,
        WirelessRows::Clients => WirelessPart::Clients,
        WirelessRows::Ssids => WirelessPart::Ssids,
        WirelessRows::Channels => WirelessPart::Channels,
    }
}

fn request(common: &Common, args: &WirelessArgs) -> Result<ViewRequest, Failure> {
    // An access point is made of the rows of its radios: it is cut off when they are put together.
    let limit = args.limit.filter(|_| args.rows != WirelessRows::AccessPoints).unwrap_or(usize::MAX);
    Ok(ViewRequest {
        filter: args.filter.clone().unwrap_or_default(),
        sort: args.sort.as_deref().map(rows::sort),
        at: attach::at(common)?,
        wireless: WirelessRequest { part: part(args.rows), ..WirelessRequest::default() },
        ..ViewRequest::new(Screen::Wireless, limit)
    })
}

fn print(view: &WirelessView, args: &WirelessArgs, (format, out): (Format, &mut dyn Write)) -> io::Result<()> {
    match args.rows {
        WirelessRows::AccessPoints => {
            let all = report::AccessPointRow::all(&view.radios.rows);
            write_rows(format, all.into_iter().take(args.limit.unwrap_or(usize::MAX)), out)
        }
        WirelessRows::Radios => write_rows(format, view.radios.rows.iter().map(report::RadioRow::from), out),
        WirelessRows::Clients => write_rows(format, view.clients.rows.iter().map(report::ClientRow::from), out),
        WirelessRows::Ssids => write_rows(format, view.ssids.rows.iter().map(report::SsidRow::from), out),
        WirelessRows::Channels => write_rows(format, view.channels.rows.iter().map(report::ChannelRow::from), out),
    }
}
