//! Which key is which action, from `keymaps/*.toml` and the operator's own file laid over them.

use super::action::{ACTIONS, Action};
use super::pane::Context;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The key files that come with noctop, by preset name.
pub const PRESETS: [(&str, &str); 4] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
    ("arrows", include_str!("../../keymaps/arrows.toml")),
];

/// One key with its modifiers in one canonical form: a capital letter carries no Shift, as terminals disagree about that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Ctrl and Alt; Shift only with keys that are no characters.
    pub modifiers: KeyModifiers,
}

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    fn canonical(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let shift = modifiers.contains(KeyModifiers::SHIFT);
        match code {
            KeyCode::Char(c) if shift && c.is_lowercase() => {
                Self { code: KeyCode::Char(c.to_ascii_uppercase()), modifiers: modifiers - KeyModifiers::SHIFT }
            }
            // A terminal that reports Ctrl-Shift-c says `C` with Ctrl: the case says nothing under Ctrl.
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => {
                Self { code: KeyCode::Char(c.to_ascii_lowercase()), modifiers: modifiers - KeyModifiers::SHIFT }
            }
            KeyCode::Char(_) | KeyCode::BackTab => Self { code, modifiers: modifiers - KeyModifiers::SHIFT },
            KeyCode::Tab if shift => Self { code: KeyCode::BackTab, modifiers: modifiers - KeyModifiers::SHIFT },
            _ => Self { code, modifiers },
        }
    }

    /// From its name in a key file: `j`, `G`, `ctrl-d`, `pagedown`, `alt-x`, `?`.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, last) = match text.char_indices().next_back() {
            Some((at, c)) if c.is_ascii_uppercase() && (at == 0 || text.get(..at)?.ends_with('-')) => {
                (text.get(..at)?, Some(c.to_ascii_lowercase()))
            }
            _ => (text, None),
        };
        let spelled = last.map_or_else(|| text.to_owned(), |c| format!("{prefix}shift-{c}"));
        let parsed = crokey::parse(&spelled).ok()?;
        let crokey::OneToThree::One(code) = parsed.codes else { return None };
        Some(Self::canonical(code, parsed.modifiers))
    }

    /// The character that it writes into an input.
    pub const fn character(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c)
                if !self.modifiers.contains(KeyModifiers::CONTROL) && !self.modifiers.contains(KeyModifiers::ALT) =>
            {
                Some(c)
            }
            _ => None,
        }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self::canonical(event.code, event.modifiers)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::BackTab => f.write_str("S-Tab"),
            KeyCode::Backspace => f.write_str("Bksp"),
            KeyCode::Delete => f.write_str("Del"),
            KeyCode::F(n) => write!(f, "F{n}"),
            code => write!(f, "{code:?}"),
        }
    }
}

/// A fault of a key file, where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct KeymapFault {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// Keys of an action, and where they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    key: Key,
    file: String,
    line: usize,
}

/// All keys.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    by_action: BTreeMap<&'static str, Vec<Bound>>,
    by_key: Vec<(Context, Key, &'static Action)>,
}

impl Keymap {
    /// The preset of a name, or the default keys for an unknown one, with the operator's file `(name, text)` over it.
    /// What is faulty in the file is left out and reported.
    pub fn load(preset: &str, own: Option<(&str, &str)>) -> (Self, Vec<KeymapFault>) {
        let mut faults = Vec::new();
        let mut map = Self::default();
        let own = own.map(|(file, text)| (file, text, read(file, text, &mut faults)));
        let preset = own.as_ref().and_then(|(_, _, entries)| preset_of(entries)).unwrap_or_else(|| preset.to_owned());
        for (name, text) in PRESETS.iter().filter(|(name, _)| *name == "default" || *name == preset) {
            let file = format!("keymaps/{name}.toml");
            let entries = read(&file, text, &mut faults);
            map.lay_over(entries, &mut faults);
        }
        if let Some((_, _, entries)) = own {
            map.lay_over(entries, &mut faults);
        }
        map.index();
        faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        (map, faults)
    }

    /// The action of a key in the first of these contexts that knows it.
    pub fn action(&self, contexts: &[Context], key: Key) -> Option<&'static Action> {
        contexts.iter().find_map(|context| {
            self.by_key.iter().find(|(known, bound, _)| known == context && *bound == key).map(|(_, _, action)| *action)
        })
    }

    /// The keys of an action, as they are shown: `j Down`.
    pub fn keys(&self, action: &str) -> Vec<Key> {
        self.by_action.get(action).map(|bound| bound.iter().map(|bound| bound.key).collect()).unwrap_or_default()
    }

    /// The first key of an action; the hint bar shows it.
    pub fn first_key(&self, action: &str) -> Option<Key> {
        self.by_action.get(action)?.first().map(|bound| bound.key)
    }

    /// Whether the operator's own file says something of an action.
    pub fn is_own(&self, action: &str) -> bool {
        self.by_action.get(action).is_some_and(|bound| bound.iter().any(|bound| !bound.file.starts_with("keymaps/")))
    }

    /// How many actions the operator's own file changes.
    pub fn own(&self) -> usize {
        self.by_action.keys().filter(|action| self.is_own(action)).count()
    }

    /// Every key with its action and where it is written: `noctop keys`.
    pub fn listing(&self) -> Vec<(Key, &'static Action, String)> {
        ACTIONS
            .iter()
            .flat_map(|action| {
                let bound = self.by_action.get(action.name).map(Vec::as_slice).unwrap_or_default();
                bound.iter().map(move |bound| (bound.key, action, format!("{}:{}", bound.file, bound.line)))
            })
            .collect()
    }

    /// Two actions on one key in contexts that hold at the same time.
    pub fn conflicts(&self) -> Vec<(Key, &'static Action, &'static Action)> {
        let all = self.listing();
        let mut found = Vec::new();
        for (at, (key, action, _)) in all.iter().enumerate() {
            for (other_key, other, _) in all.iter().skip(at + 1) {
                if key == other_key && together(action.context, other.context) {
                    found.push((*key, *action, *other));
                }
            }
        }
        found
    }

    /// The keys of a newer file win: an action that they take a key from loses it, unless both stand in the same file.
    fn lay_over(&mut self, entries: Vec<Entry>, faults: &mut Vec<KeymapFault>) {
        for entry in entries {
            let Some(action) = entry.action else { continue };
            let mut kept = Vec::new();
            for bound in entry.keys {
                if let Some(rival) = self.take(action, &bound) {
                    let what =
                        format!("{} is already `{}` (line {}): `{}` does not get it", bound.key, rival.0, rival.1, action.name);
                    faults.push(KeymapFault { file: bound.file, line: bound.line, what });
                } else {
                    kept.push(bound);
                }
            }
            self.by_action.insert(action.name, kept);
        }
    }

    /// Frees a key for `action`; a rival in the same file keeps it and is returned with its line.
    fn take(&mut self, action: &Action, bound: &Bound) -> Option<(&'static str, usize)> {
        for rival in ACTIONS.iter().filter(|rival| rival.name != action.name && together(rival.context, action.context)) {
            let Some(keys) = self.by_action.get_mut(rival.name) else { continue };
            if let Some(same) = keys.iter().find(|other| other.key == bound.key && other.file == bound.file) {
                return Some((rival.name, same.line));
            }
            keys.retain(|other| other.key != bound.key);
        }
        None
    }

    fn index(&mut self) {
        self.by_key = ACTIONS
            .iter()
            .flat_map(|action| self.keys(action.name).into_iter().map(move |key| (action.context, key, action)))
            .collect();
    }
}

/// Whether two contexts can hold at the same time: layers hold alone, everything else together with the global keys.
fn together(a: Context, b: Context) -> bool {
    use Context::{
        Alarms, Columns, Discovery, Events, Export, Faults, Flows, Global, Graph, Groups, Input, List, Logs, Map, Narrow,
        Related, Save, Sections, Silence, Table, Vlans, Wallboard, Wireless, Work,
    };
    match (a, b) {
        (a, b) if a == b => true,
        (Save | Wallboard, _) | (_, Save | Wallboard) => false,
        (Input | Related | Columns | Groups | Narrow | Export | Silence | Work | Faults, _)
        | (_, Input | Related | Columns | Groups | Narrow | Export | Silence | Work | Faults) => false,
        (Global, _) | (_, Global) => true,
        // Lines of a log are sorted by nothing but time: the keys of tables are not theirs.
        (Logs, Table) | (Table, Logs) => false,
        // Each of these is a screen of its own.
        (Alarms, Events | Logs | Flows) | (Events, Alarms | Logs | Flows) => false,
        (Logs | Flows, Alarms | Events) | (Logs, Flows) | (Flows, Logs) => false,
        (
            List | Discovery | Table | Graph | Flows | Alarms | Events | Vlans | Logs,
            List | Discovery | Table | Graph | Flows | Alarms | Events | Vlans | Logs,
        ) => true,
        (Wireless | Sections, List | Table) | (List | Table, Wireless | Sections) => true,
        (List | Map | Discovery | Table | Graph | Flows | Alarms | Events | Vlans | Logs | Wireless | Sections, _) => false,
    }
}

/// One line of a key file.
struct Entry {
    name: String,
    action: Option<&'static Action>,
    keys: Vec<Bound>,
    text: Option<String>,
}

fn preset_of(entries: &[Entry]) -> Option<String> {
    entries.iter().find(|entry| entry.name == "preset").and_then(|entry| entry.text.clone())
}

fn read(file: &str, text: &str, faults: &mut Vec<KeymapFault>) -> Vec<Entry> {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            faults.push(KeymapFault { file: file.to_owned(), line, what: error.message().to_owned() });
            return Vec::new();
        }
    };
    let mut reader = Reader { file, text, faults, entries: Vec::new() };
    reader.table("", table.get_ref());
    reader.entries.sort_by_key(|entry| entry.keys.first().map_or(0, |bound| bound.line));
    reader.entries
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    faults: &'a mut Vec<KeymapFault>,
    entries: Vec<Entry>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let full = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            match value.get_ref() {
                DeValue::Table(inner) => self.table(&full, inner),
                DeValue::Array(keys) => self.entry(full, name.span().start, keys),
                DeValue::String(text) if full == "preset" => self.preset(text, name.span().start),
                _ => self.fault(name.span().start, format!("`{full}` wants a list of keys")),
            }
        }
    }

    fn preset(&mut self, text: &str, at: usize) {
        if PRESETS.iter().any(|(name, _)| *name == text) {
            self.entries.push(Entry { name: "preset".to_owned(), action: None, keys: Vec::new(), text: Some(text.to_owned()) });
        } else {
            self.fault(at, format!("no preset `{text}`: default, vim, emacs or arrows"));
        }
    }

    fn entry(&mut self, name: String, at: usize, keys: &[Spanned<DeValue<'_>>]) {
        let Some(action) = super::action::find(&name) else {
            self.fault(at, format!("no action `{name}`: `noctop keys` lists them"));
            return;
        };
        let mut bound = Vec::new();
        for value in keys {
            let start = value.span().start;
            match value.get_ref().as_str().and_then(Key::parse) {
                Some(key) => bound.push(Bound { key, file: self.file.to_owned(), line: line_of(self.text, start) }),
                None => self.fault(start, "not a key: write j, G, ctrl-d, alt-x, enter, pagedown, f5".to_owned()),
            }
        }
        self.entries.push(Entry { name, action: Some(action), keys: bound, text: None });
    }

    fn fault(&mut self, at: usize, what: String) {
        self.faults.push(KeymapFault { file: self.file.to_owned(), line: line_of(self.text, at), what });
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prefixes of terminal multiplexers, flow control and SIGQUIT: none of them may be an action's key.
    const FORBIDDEN: [&str; 5] = ["ctrl-a", "ctrl-b", "ctrl-s", "ctrl-q", "ctrl-\\"];

    #[test]
    fn every_preset_is_free_of_faults_conflicts_and_forbidden_keys() {
        for (preset, _) in PRESETS {
            let (map, faults) = Keymap::load(preset, None);
            assert_eq!(faults, [], "{preset}");
            let conflicts: Vec<String> =
                map.conflicts().iter().map(|(key, a, b)| format!("{key}: {} and {}", a.name, b.name)).collect();
            assert_eq!(conflicts, Vec::<String>::new(), "{preset}");
            for (key, action, _) in map.listing() {
                assert!(!FORBIDDEN.iter().any(|text| Key::parse(text) == Some(key)), "{preset}: {}", action.name);
                assert!(Some(key) != Key::parse("ctrl-z") || action.name == "suspend", "{preset}: {}", action.name);
            }
        }
    }

    #[test]
    fn every_action_is_reached_by_a_key_of_every_preset() {
        for (preset, _) in PRESETS {
            let (map, _) = Keymap::load(preset, None);
            for action in ACTIONS {
                assert!(map.first_key(action.name).is_some(), "{preset}: {}", action.name);
            }
        }
    }

    #[test]
    fn keys_have_one_form() {
        assert_eq!(Key::parse("G"), Some(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT).into()));
        assert_eq!(Key::parse("G"), Some(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::NONE).into()));
        assert_eq!(Key::parse("?"), Some(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT).into()));
        assert_eq!(Key::parse("ctrl-d"), Some(KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL).into()));
        assert_eq!(Key::parse("backtab"), Some(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT).into()));
        assert_eq!(Key::parse("hyperspace"), None);
        let shown: Vec<String> =
            ["G", "ctrl-d", "space", "pagedown", "<"].iter().filter_map(|k| Key::parse(k)).map(|k| k.to_string()).collect();
        assert_eq!(shown, ["G", "Ctrl-d", "Space", "PgDn", "<"]);
    }

    #[test]
    fn an_own_file_takes_a_key_from_the_preset() {
        let (map, faults) = Keymap::load("default", Some(("keys.toml", "help = [\"j\"]\n")));
        assert_eq!(faults, []);
        let key = Key::parse("j").unwrap();
        assert_eq!(map.action(&[Context::List, Context::Global], key).map(|a| a.name), Some("help"));
        assert_eq!(map.keys("list.down"), [Key::plain(KeyCode::Down)]);
    }

    #[test]
    fn faults_of_an_own_file_name_their_line() {
        let own = "preset = \"vim\"\nhelp = [\"x\"]\npause = [\"x\"]\nnope = [\"j\"]\n[list]\ndown = [\"hyper\"]\n";
        let (map, faults) = Keymap::load("default", Some(("keys.toml", own)));
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "keys.toml:3: x is already `help` (line 2): `pause` does not get it",
                "keys.toml:4: no action `nope`: `noctop keys` lists them",
                "keys.toml:6: not a key: write j, G, ctrl-d, alt-x, enter, pagedown, f5",
            ]
        );
        assert!(map.keys("list.page-down").contains(&Key::parse("ctrl-f").unwrap()), "the preset of the file holds");
        assert_eq!(Keymap::load("default", Some(("keys.toml", "a = ["))).1.first().map(|f| f.line), Some(1));
    }
}
