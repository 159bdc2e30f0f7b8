//! Sentences that the engine made, matched against the templates of a table.

use super::{Lang, catalog, fill, spoken};
use std::borrow::Cow;
use std::fmt::Display;

/// A whole sentence of the engine in the language that is spoken: as it stands in the table, else by the template with the longest
/// fixed text that fits it, with what stood in the holes carried over (and translated where it is a text of its own). Itself
/// where nothing fits.
pub fn sentence(text: &str) -> Cow<'_, str> {
    match spoken() {
        Lang::En => Cow::Borrowed(text),
        Lang::Ko => translated(text).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

fn translated(text: &str) -> Option<String> {
    let catalog = catalog::korean();
    if let Some(whole) = catalog.text(text) {
        return Some(whole.to_owned());
    }
    let fitting = fitting(text);
    let behind = led(text).map(|(name, rest)| (name, rest, self::fitting(rest).map_or(0, |(from, ..)| fixed(from))));
    // Names of two words can't be the beginning of a template; else what says more decides.
    let is_led =
        behind.is_some_and(|(name, _, more)| name.contains('-') || more > fitting.as_ref().map_or(0, |(from, ..)| fixed(from)));
    let led = || behind.and_then(|(name, rest, _)| Some(format!("{name}: {}", translated(rest)?)));
    if let Some(led) = led().filter(|_| is_led) {
        return Some(led);
    }
    let filled = fitting.map(|(_, to, parts)| {
        let parts: Vec<Cow<'_, str>> = parts.into_iter().map(part).collect();
        let values: Vec<&dyn Display> = parts.iter().map(|part| part as &dyn Display).collect();
        fill(to, &values)
    });
    filled.or_else(|| enumerated(text)).or_else(led)
}

/// The template with the longest fixed text that fits, its translation, and what stands in its holes.
fn fitting(text: &str) -> Option<(&'static str, &'static str, Vec<&str>)> {
    catalog::korean().templates().iter().find_map(|(from, to)| Some((from.as_ref(), to.as_ref(), holes(from, text)?)))
}

/// Octets of a template beside its holes.
fn fixed(template: &str) -> usize {
    template.split("{}").map(str::len).sum()
}

/// A sentence behind the name of its rule: `device-down: 2 polls not answered`.
fn led(text: &str) -> Option<(&str, &str)> {
    text.split_once(": ").filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
}

/// What stood in a hole: a sentence of its own, or a name.
fn part(text: &str) -> Cow<'_, str> {
    translated(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// A list of sentences (`2 ports added, VLANs changed`), where one of them at least is known.
fn enumerated(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(", ").collect();
    let said: Vec<Option<String>> = parts.iter().filter(|_| parts.len() > 1).map(|part| translated(part)).collect();
    let any = said.iter().any(Option::is_some);
    any.then(|| {
        said.into_iter().zip(parts).map(|(said, part)| said.unwrap_or_else(|| part.to_owned())).collect::<Vec<_>>().join(", ")
    })
}

/// What stands in the holes of a template, where the text has its form. Holes are never empty and end at the first place where
/// the fixed text after them stands.
pub(super) fn holes<'a>(template: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut fixed = template.split("{}");
    let mut rest = text.strip_prefix(fixed.next()?)?;
    let mut found = Vec::new();
    let mut fixed = fixed.peekable();
    while let Some(after) = fixed.next() {
        let end = if fixed.peek().is_none() {
            rest.len().checked_sub(after.len()).filter(|_| rest.ends_with(after))?
        } else {
            rest.find(after)?
        };
        let (part, tail) = rest.split_at_checked(end)?;
        if part.is_empty() || !is_whole(part) {
            return None;
        }
        found.push(part);
        rest = tail.get(after.len()..)?;
    }
    (rest.is_empty()).then_some(found)
}

/// Whether what opens in it ends in it: half a parenthesis is another sentence's.
fn is_whole(part: &str) -> bool {
    part.matches('(').count() == part.matches(')').count()
}
