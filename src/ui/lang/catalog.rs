//! The tables of translations, read once.
//!
//! What the console itself says stands at the top of a file; what the engine says, in the file's table `[sentences]`: only those
//! are matched with holes, for `{} to {}` would fit nearly everything.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The files, by name.
pub(super) const KOREAN: [(&str, &str); 23] = [
    ("actions", include_str!("ko/actions.toml")),
    ("access", include_str!("ko/access.toml")),
    ("alarms", include_str!("ko/alarms.toml")),
    ("care", include_str!("ko/care.toml")),
    ("chrome", include_str!("ko/chrome.toml")),
    ("doctor", include_str!("ko/doctor.toml")),
    ("facility", include_str!("ko/facility.toml")),
    ("faults", include_str!("ko/faults.toml")),
    ("finding", include_str!("ko/finding.toml")),
    ("limits", include_str!("ko/limits.toml")),
    ("listen", include_str!("ko/listen.toml")),
    ("logs", include_str!("ko/logs.toml")),
    ("manual", include_str!("ko/manual.toml")),
    ("notify", include_str!("ko/notify.toml")),
    ("panes", include_str!("ko/panes.toml")),
    ("privilege", include_str!("ko/privilege.toml")),
    ("rules", include_str!("ko/rules.toml")),
    ("reach", include_str!("ko/reach.toml")),
    ("sentences", include_str!("ko/sentences.toml")),
    ("switch", include_str!("ko/switch.toml")),
    ("topology", include_str!("ko/topology.toml")),
    ("vlans", include_str!("ko/vlans.toml")),
    ("wireless", include_str!("ko/wireless.toml")),
];

type Table = HashMap<String, String>;

/// One line of a file.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Sentences(Table),
}

/// A file: the console's own texts, and the engine's sentences.
///
/// Errors: it is no TOML of this form.
pub(super) fn read(file: &str) -> Result<(Table, Table), toml::de::Error> {
    let entries: HashMap<String, Entry> = toml::from_str(file)?;
    let (mut own, mut sentences) = (Table::new(), Table::new());
    for (name, entry) in entries {
        match entry {
            Entry::Text(text) => drop(own.insert(name, text)),
            Entry::Sentences(table) => sentences.extend(table),
        }
    }
    Ok((own, sentences))
}

/// All translations of one language.
pub(super) struct Catalog {
    texts: HashMap<String, String>,
    /// Templates with holes, the longest fixed text first: the first that fits is the best.
    templates: Vec<(String, String)>,
}

impl Catalog {
    fn read(files: &[(&str, &str)]) -> Self {
        let mut texts = HashMap::new();
        let mut templates = Vec::new();
        for (_, file) in files {
            // A file that can't be read fails a test; here it would only leave English.
            let (own, sentences) = read(file).unwrap_or_default();
            texts.extend(own);
            templates
                .extend(sentences.iter().filter(|(from, _)| from.contains("{}")).map(|(from, to)| (from.clone(), to.clone())));
            texts.extend(sentences);
        }
        templates.sort_by_key(|(from, _)| (std::cmp::Reverse(from.len()), from.clone()));
        Self { texts, templates }
    }

    /// The translation of a whole text.
    pub(super) fn text(&self, english: &str) -> Option<&str> {
        self.texts.get(english).map(String::as_str)
    }

    /// Every template with holes, with its translation.
    pub(super) fn templates(&self) -> &[(String, String)] {
        &self.templates
    }
}

/// The Korean texts.
pub(super) fn korean() -> &'static Catalog {
    static KO: OnceLock<Catalog> = OnceLock::new();
    KO.get_or_init(|| Catalog::read(&KOREAN))
}
