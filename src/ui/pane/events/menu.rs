//! What of the event under the cursor narrows the list.

use crate::state::view::EventLine;
use crate::ui::lang::{tr, trf};
use crate::ui::pane::logs::menu::{Narrowing, both};

/// The ways of a row. `name` is that of its device.
pub fn of(line: &EventLine, name: Option<&str>) -> Vec<Narrowing> {
    let mut ways = name.map(|name| both(name, "device")).unwrap_or_default();
    ways.extend(both(&line.kind, "kind"));
    if name != Some(line.object.as_str()) {
        ways.extend(both(&line.object, "object").into_iter().take(1));
    }
    ways.extend(both(&line.source, "source").into_iter().take(1));
    if let Some(severity) = line.severity {
        let label = trf!("{} and worse", tr(severity.word()));
        ways.push(Narrowing { label, filter: format!("sev>={}", severity.word()), alone: false });
    }
    ways.push(Narrowing { label: tr("everything at this time").to_owned(), filter: String::new(), alone: true });
    ways
}
