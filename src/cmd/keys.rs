//! `noctop keys`: every key of the console, what it does, and which file says so.

use super::{Failure, Outcome, written};
use crate::cli::{FormatArgs, RowFormat};
use crate::report::tabular::{Column, Format, Row, Show, column, write_rows};
use crate::ui::UiOptions;
use crate::ui::keymap::Keymap;
use serde::Serialize;
use std::io::Write;

/// A key as it is printed.
#[derive(Debug, Serialize)]
struct KeyRow {
    key: String,
    context: &'static str,
    action: &'static str,
    help: &'static str,
    source: String,
}

impl Row for KeyRow {
    const COLUMNS: &'static [Column] = &[
        column("key", "KEY", Show::Text),
        column("context", "WHERE", Show::Text),
        column("action", "ACTION", Show::Text),
        column("help", "WHAT", Show::Text),
        column("source", "FROM", Show::Text),
    ];
}

/// Prints the keymap in force; exit 2 with file and line of each fault of the operator's own file.
pub fn run(args: &FormatArgs, options: &UiOptions, out: &mut dyn Write) -> Outcome {
    let own = options.keys.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    let (keymap, faults) = Keymap::load(&options.keymap, own);
    for fault in &faults {
        eprintln!("{fault}");
    }
    if !faults.is_empty() {
        return Err(Failure::usage("the key file has faults; the keys named above are left out"));
    }
    let rows = keymap.listing().into_iter().map(|(key, action, source)| KeyRow {
        key: key.to_string(),
        context: action.context.word(),
        action: action.name,
        help: action.help,
        source,
    });
    let format = match args.format {
        RowFormat::Table => Format::Table,
        RowFormat::Json => Format::Json,
        RowFormat::Ndjson => Format::Ndjson,
        RowFormat::Csv => Format::Csv,
    };
    written(write_rows(format, rows, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(own: Option<&str>) -> (Outcome, String) {
        let keys = own.map(|text| ("keys.toml".to_owned(), text.to_owned()));
        let options = UiOptions { keymap: "default".to_owned(), keys, ..UiOptions::from_environment() };
        let mut out = Vec::new();
        let outcome = run(&FormatArgs { format: RowFormat::Csv }, &options, &mut out);
        (outcome, String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_key_is_printed_with_its_source() {
        let (outcome, text) = printed(Some("help = [\"f5\"]"));
        assert_eq!(outcome.unwrap(), 0);
        assert!(text.starts_with("key,context,action,help,source\r\n"));
        assert!(text.contains("F5,everywhere,help,keys and commands,keys.toml:1\r\n"), "{text}");
        assert!(!text.contains("?,everywhere"), "{text}");
    }

    #[test]
    fn a_faulty_key_file_is_exit_code_2() {
        assert_eq!(printed(Some("nope = [\"f5\"]")).0.unwrap_err().code, crate::cli::EXIT_USAGE);
    }
}
