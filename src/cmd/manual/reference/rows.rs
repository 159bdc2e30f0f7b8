//! The fields of every shape that is printed, of the types themselves.

use super::super::page::{Page, code};
use crate::report::schema;
use crate::ui::lang::tr;
use serde_json::{Map, Value};

/// How deep a field may stand in others; what is deeper is named and not spelled out.
const DEEPEST: usize = 4;

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "JSON fields",
        "What `--format json`, `ndjson` and `csv` print, shape by shape. Fields are added, never renamed or dropped. What is not known is null, \
         never 0 or empty. `noctop schema NAME` prints a shape as JSON Schema.",
    );
    for name in schema::names() {
        let Some(shape) = schema::schema(name) else { continue };
        page.heading(2, &code(name));
        if let Some(about) = shape.get("description").and_then(Value::as_str) {
            page.text(&plain(about));
        }
        let mut rows = Vec::new();
        let walk = Walk { definitions: shape.get("$defs").and_then(Value::as_object) };
        walk.fields(&shape, "", &mut rows);
        page.table(&["Field", "Type", "Meaning"], &rows);
    }
    page.done()
}

/// A description without the marks of Rust's documentation and without what is in no reader's hands.
fn plain(text: &str) -> String {
    let text = text.replace(['[', ']'], "").replace('\n', " ");
    let (before, after) = text
        .split_once(" (contract")
        .map_or((text.as_str(), ""), |(before, rest)| (before, rest.split_once(')').map_or("", |(_, after)| after)));
    tr(&format!("{before}{after}")).to_owned()
}

struct Walk<'a> {
    definitions: Option<&'a Map<String, Value>>,
}

impl Walk<'_> {
    /// The fields of an object, and those of the objects inside it, with dots.
    fn fields(&self, object: &Value, above: &str, rows: &mut Vec<Vec<String>>) {
        for (name, value) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            let (word, inner) = self.kind(value);
            let about = value.get("description").and_then(Value::as_str).map(plain).unwrap_or_default();
            rows.push(vec![code(&path), word, about]);
            if let Some(inner) = inner.filter(|_| path.matches('.').count() < DEEPEST) {
                self.fields(inner, &path, rows);
            }
        }
    }

    /// What a field holds, and the object in it.
    fn kind<'v>(&'v self, value: &'v Value) -> (String, Option<&'v Value>) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap_or_default();
            return self.definitions.and_then(|all| all.get(name)).map_or((String::new(), None), |found| self.kind(found));
        }
        if let Some(choices) = value.get("anyOf").or_else(|| value.get("oneOf")).and_then(Value::as_array) {
            return self.choice(choices);
        }
        let word = match value.get("type") {
            Some(Value::String(one)) => one.clone(),
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" / "),
            _ => String::new(),
        };
        if let Some(items) = value.get("items").filter(|_| word.starts_with("array")) {
            let (of, inner) = self.kind(items);
            return (word.replace("array", &format!("array of {of}")), inner);
        }
        let inner = value.get("properties").is_some().then_some(value);
        (word, inner)
    }

    fn choice<'v>(&'v self, choices: &'v [Value]) -> (String, Option<&'v Value>) {
        let kinds: Vec<(String, Option<&Value>)> = choices.iter().map(|choice| self.kind(choice)).collect();
        let mut words: Vec<&str> = Vec::new();
        for (word, _) in &kinds {
            if !word.is_empty() && !words.contains(&word.as_str()) {
                words.push(word);
            }
        }
        (words.join(" / "), kinds.iter().find_map(|(_, inner)| *inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shape: &str, path: &str) -> Option<String> {
        let shape = schema::schema(shape).unwrap();
        let mut rows = Vec::new();
        Walk { definitions: shape.get("$defs").and_then(Value::as_object) }.fields(&shape, "", &mut rows);
        rows.into_iter().find(|row| row[0] == code(path)).map(|row| row[1].clone())
    }

    #[test]
    fn descriptions_lose_what_only_programmers_read() {
        assert_eq!(plain("A [`Row`] of\nthe table (contract §5)."), "A `Row` of the table.");
    }

    #[test]
    fn fields_inside_others_have_dots_and_what_may_be_unknown_says_null() {
        assert_eq!(of("device", "cpuPercent").as_deref(), Some("number / null"));
        assert_eq!(of("device", "snmp.address").as_deref(), Some("string"));
        assert_eq!(of("topology", "devices.interfaces.ifIndex").as_deref(), Some("integer"));
        assert_eq!(of("device", "addresses").as_deref(), Some("array of string"));
    }
}
