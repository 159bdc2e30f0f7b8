//! The families of `/metrics`.

use super::super::page::{Page, code};
use crate::engine::metric_families;
use crate::ui::lang::tr;

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "Metrics",
        "What `/metrics` has for Prometheus: noctop's own figures with `[metrics] listen`, and those of the network with `polled = true` beside it. \
         Of ports that were not read for three polls there is no sample.",
    );
    let (own, polled): (Vec<_>, Vec<_>) = metric_families().into_iter().partition(|family| !family.polled);
    for (title, families) in [("noctop's own", own), ("Of the network, under IF-MIB's names", polled)] {
        page.heading(2, tr(title));
        let row =
            |family: &crate::engine::MetricFamily| vec![code(&family.name), family.kind.clone(), tr(&family.help).to_owned()];
        page.table(&["Name", "Type", "Meaning"], &families.iter().map(row).collect::<Vec<_>>());
    }
    page.text(
        "Labels: `collector`, `reason`, `at`, `limit`, `status`, `severity`; of ports `device`, `ifName`, `ifIndex`, `ifAlias`.",
    );
    page.done()
}
