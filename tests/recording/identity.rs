//! Whether what was made of a device is what somebody else says of it: vendor, system, model, version, serial number.
//!
//! The expectation is another program's opinion in its own short words (`os: iosxe`, `hardware: ...`), so the comparison is not
//! literal: letters and digits only, lower case, one contained in the other. Where that can't be enough `os_words.toml` says what a
//! word means. It is data, and a word that is not in it is compared as it stands.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use noctop::model::Device;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The facts that are compared, in the order in which they are printed. The first three are what the test insists on.
pub const FACTS: [&str; 5] = ["vendor", "os", "model", "version", "serial"];

/// How many of [`FACTS`] the test insists on.
pub const INSISTED: usize = 3;

/// How one fact compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is expected.
    NotStated,
    /// It is what was expected.
    Hit,
    /// It is something else, or missing: expected, found.
    Miss(String, Option<String>),
}

/// What a short word of the other program stands for. An empty list leaves the comparison to the word itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meaning {
    #[serde(default)]
    vendor: Vec<String>,
    #[serde(default)]
    os: Vec<String>,
}

fn meanings() -> &'static BTreeMap<String, Meaning> {
    static MEANINGS: OnceLock<BTreeMap<String, Meaning>> = OnceLock::new();
    MEANINGS.get_or_init(|| toml::from_str(include_str!("os_words.toml")).unwrap())
}

/// Letters and digits only, lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// One contains the other, by letters and digits.
fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    !one.is_empty() && !other.is_empty() && (one.contains(&other) || other.contains(&one))
}

/// A stated text. What the recording's donor blanked is not stated.
fn stated<'a>(identity: &'a Json, keys: &[&str]) -> Option<&'a str> {
    let text = keys.iter().find_map(|key| identity[*key].as_str())?.trim();
    Some(text).filter(|text| !bare(text).is_empty() && !text.contains("<private>"))
}

/// The opinion of an EXPECTED.json: the object under the first key that begins with `identity`.
fn opinion(expected: &Json) -> Json {
    let found =
        expected.as_object().and_then(|keys| keys.iter().find(|(key, value)| key.starts_with("identity") && value.is_object()));
    found.map_or(Json::Null, |(_, value)| value.clone())
}

fn verdict(want: &[&str], found: Option<&str>, fits: impl Fn(&str, &str) -> bool) -> Verdict {
    match found {
        _ if want.is_empty() => Verdict::NotStated,
        Some(found) if want.iter().any(|want| fits(want, found)) => Verdict::Hit,
        _ => Verdict::Miss(want.join(" | "), found.map(str::to_owned)),
    }
}

/// A system's word against ours. `iosxe` is not `ios`: where both sides have a meaning it has to be the same one, not a part of it.
fn os_verdict(word: Option<&str>, device: &Device) -> Verdict {
    let Some(word) = word else { return Verdict::NotStated };
    let known = meanings().get(word).filter(|meaning| !meaning.os.is_empty());
    match known {
        Some(meaning) => {
            let want: Vec<&str> = meaning.os.iter().map(String::as_str).collect();
            verdict(&want, device.os.as_deref(), |want, found| bare(want) == bare(found))
        }
        None => {
            let both = [device.vendor.as_deref(), device.os.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            verdict(&[word], device.os.as_deref(), |word, os| alike(word, os) || alike(word, &both))
        }
    }
}

fn vendor_verdict(stated: Option<&str>, word: Option<&str>, device: &Device) -> Verdict {
    let meant = || word.and_then(|word| meanings().get(word)).map(|meaning| meaning.vendor.iter().map(String::as_str).collect());
    let want: Vec<&str> = stated.map(|vendor| vec![vendor]).or_else(meant).unwrap_or_default();
    verdict(&want, device.vendor.as_deref(), alike)
}

/// The verdict on each of [`FACTS`].
pub fn verdicts(expected: &Json, device: &Device) -> [Verdict; FACTS.len()] {
    let opinion = opinion(expected);
    let word = stated(&opinion, &["os"]);
    let one = |keys: &[&str], found: &Option<String>| {
        verdict(&stated(&opinion, keys).into_iter().collect::<Vec<_>>(), found.as_deref(), alike)
    };
    [
        vendor_verdict(stated(&opinion, &["vendor"]), word, device),
        os_verdict(word, device),
        one(&["model", "hardware"], &device.model),
        one(&["osVersion", "version"], &device.os_version),
        one(&["serial"], &device.serial),
    ]
}
