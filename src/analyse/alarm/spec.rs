//! A rule as it stands in a file.

use serde::de::{Deserializer, Error, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// `[[alarm]]`, with every value as it is written. What is not written is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSpec {
    /// Its name: the first part of the ids of its alarms.
    pub name: String,
    /// What it looks at: a word of [`super::On`].
    pub on: String,
    /// `false` takes a rule of this name away.
    pub enabled: Option<bool>,
    /// When an object is ill, in the filter language.
    pub when: Option<String>,
    /// When it is well again; not ill where nothing is written.
    pub clear: Option<String>,
    /// How long it has to be ill.
    #[serde(rename = "for")]
    pub lasts: Option<String>,
    /// How long it has to be well; of what only happens, how long after the last time.
    pub clear_for: Option<String>,
    /// It is ill where nothing was measured for so long.
    pub missing: Option<String>,
    /// A column: it is ill for [`Self::clear_for`] where the value changed.
    pub change: Option<String>,
    /// How often something has to happen within [`Self::within`].
    pub count: Option<u32>,
    /// See [`Self::count`].
    pub within: Option<String>,
    /// What tells alarms of one device apart, where the rule is on log lines: `port`, an object of the trap whose instance it is, or a
    /// regular expression over the text whose first group it is.
    pub by: Option<String>,
    /// Hours of the day at which it holds: `08:00-20:00`.
    pub between: Option<String>,
    /// Days at which it holds: `mon` to `sun`.
    pub days: Vec<String>,
    /// Time zone of [`Self::between`] and [`Self::days`]; the host's where nothing is written.
    pub zone: Option<String>,
    /// How bad it is: the first whose condition holds. Where none does there is no alarm.
    #[serde(deserialize_with = "one_or_many")]
    pub severity: Vec<Choice>,
    /// What is said: the first whose condition holds.
    #[serde(deserialize_with = "one_or_many")]
    pub text: Vec<Choice>,
    /// What to do about it: a path or an address.
    pub runbook: Option<String>,
}

/// A value that may depend on the object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The value.
    pub is: String,
    /// For which objects; `None` is for all.
    pub when: Option<String>,
}

impl From<&str> for Choice {
    fn from(is: &str) -> Self {
        Self { is: is.to_owned(), when: None }
    }
}

/// A text, a table `{ is, when }`, or a list of these.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Choice>, D::Error> {
    struct Many;
    impl<'de> Visitor<'de> for Many {
        type Value = Vec<Choice>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string, { is, when }, or a list of these")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.into()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(choice) = seq.next_element()? {
                all.push(choice);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_any(Many)
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            is: String,
            when: Option<String>,
        }
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Choice;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or { is, when }")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Choice, E> {
                Ok(text.into())
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Choice, A::Error> {
                let Table { is, when } = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Choice { is, when })
            }
        }
        deserializer.deserialize_any(One)
    }
}
