//! Keys by context in every preset, and the commands after a colon, of the console's own tables.

use super::super::page::{Page, code, codes};
use crate::ui::action::{ACTIONS, Action};
use crate::ui::command::COMMANDS;
use crate::ui::keymap::{Keymap, PRESETS};
use crate::ui::lang::tr;
use crate::ui::pane::Context;

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "Keys",
        "Every action of the console with its keys in each preset: `--keymap NAME`, or `preset = \"NAME\"` in `~/.config/noctop/keys.toml`. \
         A file of your own is laid over them, action by action, under the names in the last column; `noctop keys` prints what is in force.",
    );
    let maps: Vec<(&str, Keymap)> = PRESETS.iter().map(|(name, _)| (*name, Keymap::load(name, None).0)).collect();
    for context in contexts() {
        page.heading(2, tr(context.word()));
        let presets: Vec<String> = maps.iter().map(|(name, _)| code(name)).collect();
        let headings: Vec<&str> = presets.iter().map(String::as_str).chain(["What it does", "Its name in key files"]).collect();
        let actions = ACTIONS.iter().filter(|action| action.context == context);
        page.table(&headings, &actions.map(|action| row(action, &maps)).collect::<Vec<_>>());
    }
    page.heading(2, tr("Commands of the console"));
    page.text("After a colon; Tab completes them. Every action above is one by its name, too.");
    let command = |command: &crate::ui::command::CommandDef| {
        vec![code(format!(":{} {}", command.name, command.argument.word()).trim_end()), tr(command.help).to_owned()]
    };
    page.table(&["Command", "What it does"], &COMMANDS.iter().map(command).collect::<Vec<_>>());
    page.done()
}

/// The contexts, what holds everywhere first, the others as they come in the table of actions.
fn contexts() -> Vec<Context> {
    let mut found = vec![Context::Global];
    for action in ACTIONS {
        if !found.contains(&action.context) {
            found.push(action.context);
        }
    }
    found
}

fn row(action: &Action, maps: &[(&str, Keymap)]) -> Vec<String> {
    let keys = maps.iter().map(|(_, map)| codes(map.keys(action.name)));
    let access = if action.writes { format!(" ({})", tr("with --read-write")) } else { String::new() };
    let said = format!("{}{access}", tr(action.help));
    keys.chain([said, code(action.name)]).collect()
}
