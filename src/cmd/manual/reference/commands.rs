//! Commands and options, of the command line's own definition.

use super::super::page::{Page, code, codes};
use crate::cli::{self, CommandText, OptionText};
use crate::ui::lang::tr;

/// The exit codes (contract of the headless commands).
const EXIT_CODES: [(u8, &str); 6] = [
    (cli::EXIT_OK, "All done."),
    (cli::EXIT_FAILED, "Failed: the sentence on stderr says why."),
    (cli::EXIT_USAGE, "The arguments or the configuration can't be used."),
    (cli::EXIT_PARTIAL, "Done in part: stdout holds what was found, stderr names what is missing."),
    (cli::EXIT_SILENT, "Nothing answered, or nothing of the kind is known."),
    (cli::EXIT_INTERRUPTED, "Interrupted: what was found until then is printed."),
];

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "Commands and options",
        "Every command with its options and examples, as `noctop COMMAND --help` has them. Data goes to stdout, everything else to stderr.",
    );
    page.heading(2, tr("Exit codes"));
    let rows: Vec<Vec<String>> = EXIT_CODES.iter().map(|(number, said)| vec![number.to_string(), tr(said).to_owned()]).collect();
    page.table(&["Code", "Meaning"], &rows);
    for (at, command) in cli::described().iter().enumerate() {
        if at == 0 {
            page.heading(2, tr("Options that every command takes"));
            options(&mut page, &command.options);
        } else {
            one(&mut page, command);
        }
    }
    page.done()
}

fn one(page: &mut Page, command: &CommandText) {
    page.heading(2, &command.name);
    page.text(&command.about);
    page.block("text", &command.usage);
    options(page, &command.options);
    if let Some(more) = &command.more {
        page.block("text", more);
    }
}

fn options(page: &mut Page, options: &[OptionText]) {
    let row = |option: &OptionText| {
        let mut said = option.help.clone();
        if !option.words.is_empty() {
            said.push_str(&format!(": {}", codes(&option.words)));
        }
        vec![code(&option.spelling), option.default.as_deref().map(code).unwrap_or_default(), said]
    };
    page.table(&["Option", "Default", "Meaning"], &options.iter().map(row).collect::<Vec<_>>());
}
