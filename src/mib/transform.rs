//! The closed list of things that may be done to a text that a vendor's object holds. No expressions: a new need is a new name here.

use schemars::JsonSchema;
use serde::Deserialize;

/// A named transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// Drops blanks and quotes at both ends.
    Trim,
    /// Up to the first blank.
    FirstWord,
    /// From the last blank on.
    LastWord,
    /// Up to the first comma.
    BeforeComma,
    /// From the first comma on.
    AfterComma,
    /// Up to the first opening parenthesis.
    BeforeParenthesis,
    /// The first dotted number and what hangs on it: `v7.2.5,build1517` is `7.2.5`.
    DottedNumber,
}

impl Transform {
    /// What is left of `text`.
    pub fn apply(self, text: &str) -> &str {
        match self {
            Self::Trim => text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\''),
            Self::FirstWord => text.split_whitespace().next().unwrap_or(""),
            Self::LastWord => text.split_whitespace().next_back().unwrap_or(""),
            Self::BeforeComma => text.split_once(',').map_or(text, |(before, _)| before).trim(),
            Self::AfterComma => text.split_once(',').map_or(text, |(_, after)| after).trim(),
            Self::BeforeParenthesis => text.split_once('(').map_or(text, |(before, _)| before).trim(),
            Self::DottedNumber => dotted_number(text),
        }
    }
}

fn dotted_number(text: &str) -> &str {
    for (start, _) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let rest = text.get(start..).unwrap_or("");
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or("").trim_end_matches('.');
        if number.contains('.') {
            return number;
        }
    }
    ""
}

/// All of `transforms`, in order; `None` where nothing is left.
pub fn apply_all(transforms: &[Transform], text: &str) -> Option<String> {
    let mut rest = text.trim();
    for transform in transforms {
        rest = transform.apply(rest);
    }
    Some(rest.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transform_does_what_its_name_says() {
        for (transform, text, left) in [
            (Transform::Trim, " \"x y\" ", "x y"),
            (Transform::FirstWord, "PA-3020 firewall", "PA-3020"),
            (Transform::LastWord, "Eaton 5PX", "5PX"),
            (Transform::BeforeComma, "v1, b2", "v1"),
            (Transform::AfterComma, "v1, b2", "b2"),
            (Transform::BeforeParenthesis, "V04 (x)", "V04"),
            (Transform::DottedNumber, "FP231G-v7.4-build0771", "7.4"),
            (Transform::DottedNumber, "none 17", ""),
        ] {
            assert_eq!(transform.apply(text), left, "{transform:?}");
        }
        assert_eq!(apply_all(&[Transform::BeforeComma, Transform::DottedNumber], "v6.4.8,build1"), Some("6.4.8".to_owned()));
        assert_eq!(apply_all(&[Transform::DottedNumber], "none"), None);
    }
}
