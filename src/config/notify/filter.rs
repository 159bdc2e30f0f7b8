//! Which alarms are meant: the filter language over what is known of an alarm.

use crate::model::{AlarmFacts, Timestamp};
use crate::query::filter::{Column, Kind, Matcher, Row, Value, matcher};
use std::borrow::Cow;
use std::fmt;

/// The fields of a filter of alarms.
const COLUMNS: &[Column] = &[
    Column { names: &["id"], kind: Kind::Text },
    Column { names: &["rule"], kind: Kind::Text },
    Column { names: &["severity", "sev"], kind: Kind::Severity },
    Column { names: &["object", "name"], kind: Kind::Text },
    Column { names: &["deviceName", "device"], kind: Kind::Text },
    Column { names: &["text"], kind: Kind::Text },
    Column { names: &["count"], kind: Kind::Number },
    Column { names: &["children"], kind: Kind::Number },
    Column { names: &["sysLocation", "site"], kind: Kind::Text },
    Column { names: &["addresses", "ip"], kind: Kind::Address },
    Column { names: &["role"], kind: Kind::Word },
    Column { names: &["vendor"], kind: Kind::Word },
    Column { names: &["runbook"], kind: Kind::Word },
];

struct FactsRow<'a>(&'a AlarmFacts);

impl Row for FactsRow<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        let AlarmFacts { alarm, device_name, site, addresses, role, vendor, children, .. } = self.0;
        let text =
            |text: &'_ Option<String>| text.as_deref().map_or(Value::Unknown, |text| Value::Text(Cow::Owned(text.to_owned())));
        match column {
            0 => Value::Text(Cow::Borrowed(&alarm.id)),
            1 => Value::Text(Cow::Borrowed(&alarm.rule)),
            2 => Value::Number(f64::from(alarm.severity as u8)),
            3 => Value::Text(Cow::Borrowed(&alarm.object)),
            4 => match (device_name, &alarm.device) {
                (Some(name), Some(id)) => Value::Either(Cow::Borrowed(name), Cow::Borrowed(id.as_str())),
                (None, Some(id)) => Value::Text(Cow::Borrowed(id.as_str())),
                (_, None) => Value::Unknown,
            },
            5 => Value::Text(Cow::Borrowed(&alarm.text)),
            6 => Value::Number(f64::from(alarm.count)),
            7 => Value::Number(f64::from(*children)),
            8 => text(site),
            9 if addresses.is_empty() => Value::Unknown,
            9 => Value::Addresses(addresses),
            10 => role.map_or(Value::Unknown, |role| Value::Text(Cow::Borrowed(role.word()))),
            11 => text(vendor),
            12 => text(&alarm.runbook),
            _ => Value::Unknown,
        }
    }
}

/// A filter of alarms, as it is written and bound to what is known of them.
#[derive(Clone)]
pub struct AlarmFilter {
    text: String,
    matcher: Matcher,
}

impl AlarmFilter {
    /// Reads one. Errors: a sentence with the column in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        // No field is a time, so that it does not matter what relative times are relative to.
        let matcher = matcher(text, COLUMNS, Timestamp::default()).map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), matcher })
    }

    /// Whether the alarm is meant.
    pub fn matches(&self, facts: &AlarmFacts) -> bool {
        self.matcher.matches(&FactsRow(facts))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for AlarmFilter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for AlarmFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlarmFilter({:?})", self.text)
    }
}
