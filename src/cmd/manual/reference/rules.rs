//! The alarm rules that are shipped, and what rules can look at.

use super::super::page::{Page, code, codes};
use super::fields::kind;
use crate::config::{Config, RuleLine, rule_fields};
use crate::ui::lang::tr;

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "Alarm rules",
        "The rules that are shipped, and the fields that rules can look at. A rule of the configuration with the same name stands in place of a \
         shipped one; how rules are written stands in docs/ALARMS.md. `noctop alarms rules` lists the rules in force.",
    );
    let lines = Config::default().rules.lines();
    for (on, columns) in rule_fields() {
        page.heading(2, &format!("{} `{on}`", tr("Rules on")));
        page.table(
            &["Rule", "Severity", "Holds for", "Ill when", "Well when", "Says"],
            &lines.iter().filter(|line| line.on == on).map(row).collect::<Vec<_>>(),
        );
        page.heading(3, &format!("{} `{on}`", tr("Fields of")));
        let row = |column: &crate::query::filter::Column| vec![codes(column.names), tr(kind(column.kind)).to_owned()];
        page.table(&["Names", "Compares"], &columns.iter().map(row).collect::<Vec<_>>());
    }
    page.done()
}

fn row(line: &RuleLine) -> Vec<String> {
    let text = |text: &Option<String>| text.as_deref().map(code).unwrap_or_default();
    vec![
        code(&line.name),
        line.severity.clone(),
        line.lasts.clone().unwrap_or_default(),
        code(&line.when),
        text(&line.clear),
        line.text.clone(),
    ]
}
