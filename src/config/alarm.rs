//! `[[alarm]]`: rules over those that are shipped. What a rule may say, `analyse::alarm` knows; here its faults get their places.

use super::load::parse_document;
use super::read::{Fault, Section, kind};
use super::value;
use crate::analyse::alarm::{Choice, On, Origin, Rule, RuleFault, RuleSpec, Rules, compile};
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeValue;

/// All rules: what is shipped where the configuration has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarms(pub Arc<Rules>);

impl Default for Alarms {
    fn default() -> Self {
        Self(Rules::shipped())
    }
}

/// A rule as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of [[alarm]]")]
pub struct RuleLine {
    pub name: String,
    pub on: &'static str,
    /// `shipped` or `configured`
    pub origin: &'static str,
    pub severity: String,
    pub when: String,
    pub clear: Option<String>,
    pub lasts: Option<String>,
    pub text: String,
    pub runbook: Option<String>,
}

impl Alarms {
    /// All rules, the shipped ones first.
    pub fn lines(&self) -> Vec<RuleLine> {
        let joined = |choices: &[Choice]| choices.iter().map(|choice| choice.is.as_str()).collect::<Vec<_>>().join(", ");
        let line = |rule: &Arc<Rule>| RuleLine {
            name: rule.spec.name.clone(),
            on: rule.on.word(),
            origin: rule.origin.word(),
            severity: joined(&rule.spec.severity),
            when: when(&rule.spec),
            clear: rule.spec.clear.clone(),
            lasts: rule.spec.lasts.clone(),
            text: joined(&rule.spec.text),
            runbook: rule.spec.runbook.clone(),
        };
        self.0.iter().map(line).collect()
    }
}

/// What rules can look at, with the fields of each.
pub fn rule_fields() -> Vec<(&'static str, &'static [crate::query::filter::Column])> {
    On::ALL.into_iter().map(|on| (on.word(), on.columns())).collect()
}

/// When a rule holds, in a line.
fn when(spec: &RuleSpec) -> String {
    let mut words: Vec<String> = spec.when.iter().filter(|when| !when.is_empty()).cloned().collect();
    words.extend(spec.change.iter().map(|change| format!("{change} changes")));
    words.extend(spec.missing.iter().map(|missing| format!("nothing for {missing}")));
    words.extend(spec.count.map(|count| format!("{count} times in {}", spec.within.as_deref().unwrap_or("5m"))));
    words.join(", ")
}

/// The rules of a document.
pub(super) fn rules(root: &Section<'_, '_>) -> Alarms {
    let mut specs: Vec<RuleSpec> = Vec::new();
    for section in root.tables("alarm") {
        let name_at = section.raw("name").map_or(section.start(), |name| name.span().start);
        let Some(spec) = read(section) else { continue };
        if specs.iter().any(|known| known.name == spec.name) {
            root.fault(name_at, format!("there are two alarms of the name {:?}", spec.name));
        } else {
            specs.push(spec);
        }
    }
    // What is faulty was left out.
    Alarms(Rules::over_shipped(&specs).unwrap_or_else(|_| Rules::shipped()))
}

/// Reads the rules of a file for a try: nothing is under them.
///
/// Errors: every fault.
pub fn parse_rule(name: &str, text: &str) -> Result<Vec<Rule>, Vec<Fault>> {
    parse_document(name, text, |root| {
        let specs: Vec<RuleSpec> = root.tables("alarm").into_iter().filter_map(read).collect();
        let rules = specs.iter().filter_map(|spec| compile(spec, Origin::Configured).ok().flatten());
        rules.collect()
    })
}

/// One rule; `None` where it is faulty.
fn read(section: Section<'_, '_>) -> Option<RuleSpec> {
    for key in ["name", "on"] {
        if section.raw(key).is_none() && !(key == "on" && is_off(&section)) {
            section.fault(section.start(), format!("[[alarm]] needs {key}"));
        }
    }
    let text = |key: &'static str| section.get(key, value::text);
    let spec = RuleSpec {
        name: text("name").unwrap_or_default(),
        on: text("on").unwrap_or_default(),
        enabled: section.get("enabled", value::yes_or_no),
        when: section.get("when", value::any_text),
        clear: text("clear"),
        lasts: text("for"),
        clear_for: text("clear_for"),
        missing: text("missing"),
        change: text("change"),
        count: section.get("count", value::rate),
        within: text("within"),
        by: text("by"),
        between: text("between"),
        days: section.list("days", value::text),
        zone: text("zone"),
        severity: choices(&section, "severity"),
        text: choices(&section, "text"),
        runbook: text("runbook"),
    };
    let is_written = !spec.name.is_empty() && (!spec.on.is_empty() || is_off(&section));
    let compiled = if is_written { compile(&spec, Origin::Configured).map(|_| ()) } else { Ok(()) };
    let fault = compiled.err();
    if let Some(fault) = &fault {
        section.fault(place(&section, fault), format!("alarm.{}: {}", fault.key, fault.what));
    }
    section.finish();
    (is_written && fault.is_none()).then_some(spec)
}

fn is_off(section: &Section<'_, '_>) -> bool {
    section.raw("enabled").is_some_and(|value| value.get_ref().as_bool() == Some(false))
}

/// A text, `{ is, when }`, or a list of these.
fn choices(section: &Section<'_, '_>, key: &'static str) -> Vec<Choice> {
    let Some(value) = section.raw(key) else { return Vec::new() };
    let elements = value.get_ref().as_array().map_or_else(|| vec![value], |elements| elements.iter().collect());
    let mut found = Vec::new();
    for element in elements {
        match choice(element) {
            Ok(choice) => found.push(choice),
            Err((at, what)) => section.fault(at, format!("alarm.{key}: {what}")),
        }
    }
    found
}

fn choice(element: &Spanned<DeValue<'_>>) -> Result<Choice, (usize, String)> {
    let wrong = |value: &Spanned<DeValue<'_>>| {
        let what = format!("this is {}, and a string or {{ is = \"…\", when = \"…\" }} is wanted", kind(value.get_ref()));
        (value.span().start, what)
    };
    if let Some(text) = element.get_ref().as_str() {
        return Ok(text.into());
    }
    let table = element.get_ref().as_table().ok_or_else(|| wrong(element))?;
    let (mut is, mut when) = (None, None);
    for (key, value) in table {
        let text = value.get_ref().as_str().map(str::to_owned).ok_or_else(|| wrong(value))?;
        match key.get_ref().as_ref() {
            "is" => is = Some(text),
            "when" => when = Some(text),
            other => return Err((key.span().start, format!("unknown key {other}; known here: is, when"))),
        }
    }
    let is = is.ok_or_else(|| (element.span().start, "the table needs is".to_owned()))?;
    Ok(Choice { is, when })
}

/// Where a fault is in the file: at its character, where the value is written plainly.
fn place(section: &Section<'_, '_>, fault: &RuleFault) -> usize {
    let Some(value) = section.raw(fault.key) else { return section.start() };
    let element = value.get_ref().as_array().and_then(|elements| elements.get(fault.place)).unwrap_or(value);
    let part = element.get_ref().as_table().and_then(|table| {
        let wanted = if fault.of_condition { "when" } else { "is" };
        table.iter().find(|(key, _)| key.get_ref() == wanted).map(|(_, value)| value)
    });
    let text = part.unwrap_or(element);
    let start = text.span().start;
    let inside = fault.at.and_then(|at| section.inside(text, at));
    inside.unwrap_or(start)
}
