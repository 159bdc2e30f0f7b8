//! The labels of a series.

use super::{MAX_LABELS, Refusal, TOO_MANY_LABELS};

/// UTF-8 where it is valid, else Latin-1; nothing is trimmed or composed, so that different series stay different.
pub(super) fn spelled(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().map(|octet| char::from(*octet)).collect(),
    }
}

/// A metric's name and its labels in the order of their names; empty ones are as good as missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// The metric.
    pub name: String,
    pairs: Vec<(String, String)>,
}

impl Labels {
    /// Takes a label; one that is given twice counts as given last.
    pub(super) fn put(&mut self, label: String, value: String) -> Result<(), Refusal> {
        if self.pairs.len() >= MAX_LABELS {
            return Err(TOO_MANY_LABELS);
        }
        let place = self.pairs.binary_search_by(|(known, _)| known.as_str().cmp(&label));
        match place {
            Ok(same) => {
                if let Some((_, known)) = self.pairs.get_mut(same) {
                    *known = value;
                }
            }
            Err(place) => self.pairs.insert(place, (label, value)),
        }
        Ok(())
    }

    /// The value of a label.
    pub fn get(&self, label: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| *known == label).map(|(_, value)| value)
    }

    /// All labels that have a value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| (label.as_str(), value.as_str()))
    }
}
