//! What a console leaves for the next one: where it was, filters, orders, columns, folds, the span of graphs, commands given.
//!
//! One small versioned text (JSON). It is made, read and kept here ([`keep`], called by `run` at the end alone); `cmd` reads the file.
//! What can't be read, or is of another version, is left alone, and the console begins anew.

use super::command::MAX_COMMANDS;
use super::pane::device::section;
use super::pane::flows::words;
use super::state::{ListState, Place, ScreenState, UiState};
use super::{GlyphSet, Lang, ThemeName, pane};
use crate::model::{DeviceId, Role};
use crate::query::{MapRequest, Screen, Sort, Subject};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Format version: raised when the meaning of a field changes. Further fields have defaults.
const VERSION: u32 = 1;
/// Letters of a text that are taken over: what an input takes.
const MAX_TEXT: usize = 1_000;
/// Folds and columns of a screen that are taken over.
const MAX_ITEMS: usize = 500;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    version: u32,
    #[serde(default)]
    place: SavedPlace,
    #[serde(default)]
    screens: BTreeMap<String, SavedScreen>,
    #[serde(default)]
    span_secs: u32,
    #[serde(default)]
    map: SavedMap,
    #[serde(default)]
    sections: BTreeMap<String, String>,
    #[serde(default)]
    flows_by: String,
    #[serde(default)]
    looks: BTreeMap<String, String>,
    #[serde(default)]
    commands: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct SavedPlace {
    screen: String,
    device: Option<String>,
    port: Option<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    section: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct SavedScreen {
    filter: String,
    sort: Option<Sort>,
    faults_only: bool,
    hidden: Vec<String>,
    folded: Vec<String>,
    /// The object under the cursor.
    key: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SavedMap {
    request: MapRequest,
    selected: Option<String>,
    tree: bool,
    colour_by: usize,
    hidden_layers: BTreeSet<u8>,
}

/// The console's state as text.
pub fn text(state: &UiState) -> String {
    let (device, port) = match &state.place.subject {
        Some(Subject::Device(device)) => (Some(device.as_str().to_owned()), None),
        Some(Subject::Interface(device, port)) => (Some(device.as_str().to_owned()), Some(port.clone())),
        None => (None, None),
    };
    // Help and what differed are about something that is gone with this console.
    let is_lasting = |place: &&Place| !matches!(place.screen, Screen::Help | Screen::Diff);
    let place = std::iter::once(&state.place).chain(state.back.iter().rev()).find(is_lasting);
    let place = match place {
        Some(place) if *place == state.place => SavedPlace {
            screen: place.screen.name().to_owned(),
            device,
            port,
            title: place.title.clone(),
            section: state.device.section.map(str::to_owned),
        },
        Some(place) if place.subject.is_none() => SavedPlace { screen: place.screen.name().to_owned(), ..SavedPlace::default() },
        _ => SavedPlace::default(),
    };
    let saved = Saved {
        version: VERSION,
        place,
        screens: state.screens.iter().map(|(screen, here)| (screen.name().to_owned(), of_screen(here))).collect(),
        span_secs: state.span_secs,
        map: SavedMap {
            request: state.map.request.clone(),
            selected: state.map.selected.clone(),
            tree: state.map.tree,
            colour_by: state.map.colour_by,
            hidden_layers: state.map.hidden_layers.clone(),
        },
        sections: state.device.by_role.iter().map(|(role, name)| (role.word().to_owned(), (*name).to_owned())).collect(),
        flows_by: state.flows.by.iter().map(|key| key.name()).collect::<Vec<_>>().join(","),
        looks: state.chosen.iter().map(|(what, name)| ((*what).to_owned(), name.clone())).collect(),
        commands: state.commands.clone(),
    };
    serde_json::to_string_pretty(&saved).unwrap_or_default() + "\n"
}

fn of_screen(here: &ScreenState) -> SavedScreen {
    SavedScreen {
        filter: here.filter.clone(),
        sort: here.sort.clone(),
        faults_only: here.faults_only,
        hidden: here.hidden.iter().map(|title| (*title).to_owned()).collect(),
        folded: here.folded.iter().cloned().collect(),
        key: here.lists[0].key.clone(),
    }
}

/// Takes over what the last console left; looks that are `pinned` stay as they are.
///
/// Errors: a sentence; nothing is taken over then.
pub fn restore(state: &mut UiState, text: &str, pinned: &[&str]) -> Result<(), String> {
    let saved: Saved = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if saved.version != VERSION {
        return Err(format!("it has version {}, and this noctop knows {VERSION}", saved.version));
    }
    if let Some(place) = place_of(&saved.place) {
        state.place = place;
        state.device.section = saved.place.section.as_deref().and_then(section::find).map(|section| section.name());
    }
    for role in Role::ALL {
        if let Some(section) = saved.sections.get(role.word()).and_then(|name| section::find(name)) {
            state.device.by_role.insert(role, section.name());
        }
    }
    for (name, screen) in saved.screens {
        if let Some(known) = Screen::from_name(&name) {
            state.screens.insert(known, to_screen(known, screen));
        }
    }
    if super::update::global::SPANS.iter().any(|(span, _)| *span == saved.span_secs) {
        state.span_secs = saved.span_secs;
    }
    state.map.request = saved.map.request;
    state.map.request.opened.truncate(MAX_ITEMS);
    state.map.selected = saved.map.selected;
    state.map.tree = saved.map.tree;
    state.map.colour_by = saved.map.colour_by;
    state.map.hidden_layers = saved.map.hidden_layers;
    if let Ok(by) = words::by_of(&saved.flows_by) {
        state.flows.by = by;
    }
    state.commands = saved.commands.iter().rev().take(MAX_COMMANDS).rev().map(|line| short(line)).collect();
    looks(state, &saved.looks, pinned);
    Ok(())
}

fn place_of(saved: &SavedPlace) -> Option<Place> {
    let screen = Screen::from_name(&saved.screen)?;
    let device = saved.device.as_deref().map(DeviceId::new);
    let subject = match (screen, device, &saved.port) {
        (Screen::Interface, Some(device), Some(port)) => Some(Subject::Interface(device, port.clone())),
        (Screen::Device, Some(device), _) => Some(Subject::Device(device)),
        (Screen::Interface | Screen::Device, ..) => return None,
        _ => None,
    };
    Some(Place { screen, subject, title: short(&saved.title) })
}

fn to_screen(screen: Screen, saved: SavedScreen) -> ScreenState {
    let titles = pane::of(screen).columns();
    let hidden = saved.hidden.iter().filter_map(|title| titles.iter().find(|known| *known == title).copied());
    let mut here = ScreenState {
        filter: short(&saved.filter),
        sort: saved.sort,
        faults_only: saved.faults_only,
        hidden: hidden.collect(),
        folded: saved.folded.into_iter().take(MAX_ITEMS).collect(),
        ..ScreenState::default()
    };
    here.lists[0] = ListState { key: saved.key, ..ListState::default() };
    here
}

fn looks(state: &mut UiState, saved: &BTreeMap<String, String>, pinned: &[&str]) {
    let look = |what: &str| saved.get(what).filter(|_| !pinned.contains(&what)).map(String::as_str);
    if let Some((name, theme)) = look("theme").and_then(|name| Some((name, ThemeName::from_name(name)?))) {
        state.theme = theme;
        state.chosen.insert("theme", name.to_owned());
    }
    if let Some((name, glyphs)) = look("glyphs").and_then(|name| Some((name, GlyphSet::from_name(name)?))) {
        state.glyphs = glyphs;
        state.chosen.insert("glyphs", name.to_owned());
    }
    if let Some((name, lang)) = look("lang").and_then(|name| Some((name, Lang::from_name(name)?))) {
        state.lang = lang;
        state.chosen.insert("lang", name.to_owned());
    }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// Writes a small file whole or not at all, for its owner alone.
///
/// Errors: the folder or the file can't be written.
pub fn keep(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _it_is_only_a_half_file = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Size;

    fn fresh() -> UiState {
        UiState::new(Place::screen(Screen::Overview), Size::new(80, 24))
    }

    fn used() -> UiState {
        let mut state = fresh();
        let port = Subject::Interface(DeviceId::new("chassis:00:1b:54:00:00:01"), "Gi1/0/1".to_owned());
        state.place = Place { screen: Screen::Interface, subject: Some(port), title: "core-1 Gi1/0/1".to_owned() };
        state.screens.entry(Screen::Devices).or_default().filter = "role:switch".to_owned();
        let ports = state.screens.entry(Screen::Interfaces).or_default();
        ports.sort = Some(Sort { column: "inBps".to_owned(), descending: true });
        ports.hidden.insert("ALIAS");
        ports.lists[0].key = Some("a/b".to_owned());
        state.screens.entry(Screen::Alarms).or_default().folded.insert("device-down@x".to_owned());
        state.span_secs = 86_400;
        state.map.tree = true;
        state.map.request.level = 2;
        state.flows.by = words::by_of("dst,app").unwrap();
        state.device.section = Some("status");
        state.device.by_role.insert(Role::Switch, "inventory");
        state.chosen.insert("theme", "light".to_owned());
        state.commands.push("theme light".to_owned());
        state
    }

    #[test]
    fn the_next_console_is_where_the_last_one_was() {
        let (before, mut after) = (used(), fresh());
        assert_eq!(restore(&mut after, &text(&before), &[]), Ok(()));
        assert_eq!((&after.place, &after.screens), (&before.place, &before.screens));
        assert_eq!((after.span_secs, after.map.tree, after.map.request.level), (86_400, true, 2));
        assert_eq!((&after.flows.by, &after.commands), (&before.flows.by, &before.commands));
        assert_eq!((after.device.section, &after.device.by_role), (Some("status"), &before.device.by_role));
        assert_eq!(after.theme, ThemeName::Light);
        assert_eq!(text(&after), text(&before));
    }

    #[test]
    fn what_the_command_line_says_is_not_changed_by_what_was_left() {
        let mut after = fresh();
        restore(&mut after, &text(&used()), &["theme"]).unwrap();
        assert_eq!((after.theme, after.chosen.len()), (ThemeName::Dark, 0));
    }

    #[test]
    fn what_cant_be_read_changes_nothing_and_says_why() {
        for (text, why) in [("", "EOF"), ("{}", "version"), ("{\"version\": 99}", "version 99"), ("7", "invalid")] {
            let mut state = fresh();
            let said = restore(&mut state, text, &[]).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
            assert_eq!((state.place, state.screens.len()), (Place::screen(Screen::Overview), 0), "{text}");
        }
    }

    #[test]
    fn names_that_are_not_known_any_more_are_left_out() {
        let text = r#"{"version":1,"place":{"screen":"no-such","device":null,"port":null},"screens":{"gone":{},"devices":{"hidden":["NO"]}},"span_secs":7,"looks":{"theme":"neon"}}"#;
        let mut state = fresh();
        assert_eq!(restore(&mut state, text, &[]), Ok(()));
        assert_eq!((state.place.screen, state.span_secs, state.theme), (Screen::Overview, fresh().span_secs, ThemeName::Dark));
        assert!(state.screens.get(&Screen::Devices).is_some_and(|here| here.hidden.is_empty()));
    }

    #[test]
    fn what_is_left_is_written_whole_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/console.json");
        for text in ["first", "second, and longer"] {
            keep(&path, text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left beside it");
    }
}
