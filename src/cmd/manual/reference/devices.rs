//! What is known of vendors: the profiles that are built in.

use super::super::page::{Page, code};
use crate::mib::{Profile, Registry};
use crate::ui::lang::tr;
use std::collections::{BTreeMap, BTreeSet};

/// What a profile without a vendor is listed under.
const ANY: &str = "(any vendor)";

/// The chapter.
pub(in super::super) fn page() -> String {
    let mut page = Page::new(
        "Devices that are recognised",
        "Every agent that speaks SNMP is discovered and polled by the standards' MIBs. Of these systems noctop also tells vendor, model, version \
         and serial number, and reads what the vendor alone knows. Your own profiles go into `[mib] profiles`; `noctop mib check FILE` validates them.",
    );
    let registry = Registry::builtin();
    let mut vendors: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for profile in registry.profiles() {
        let (systems, files) = vendors.entry(profile.vendor().unwrap_or(ANY)).or_default();
        systems.extend(profile.os());
        files.insert(file(profile));
    }
    page.heading(2, tr("By vendor"));
    let row = |(vendor, (systems, files)): (&&str, &(BTreeSet<&str>, BTreeSet<&str>))| {
        let files: Vec<String> = files.iter().map(|file| code(file)).collect();
        vec![tr(vendor).to_owned(), files.join(" "), systems.iter().copied().collect::<Vec<_>>().join(", ")]
    };
    page.table(&["Vendor", "Files in mibs/", "Systems"], &vendors.iter().map(row).collect::<Vec<_>>());
    page.heading(2, tr("By what is read"));
    page.text("Files of `mibs/` by what they describe beside the systems themselves.");
    let rows = KINDS.iter().map(|(ending, said)| {
        let files: Vec<&str> = Registry::builtin_files().filter(|name| name.ends_with(ending)).collect();
        let names = files.iter().filter_map(|name| name.rsplit('/').next()?.strip_suffix(".toml"));
        vec![tr(said).to_owned(), names.map(code).collect::<Vec<_>>().join(" ")]
    });
    page.table(&["What", "Files"], &rows.filter(|row| row.last().is_some_and(|files| !files.is_empty())).collect::<Vec<_>>());
    page.done()
}

/// How files are called by what they describe.
const KINDS: &[(&str, &str)] = &[
    ("-health.toml", "Processors, memory, temperatures, fans, power supplies and other sensors"),
    ("-wireless.toml", "Access points, radios, clients and network names"),
    ("-voice.toml", "Lines, trunks and calls"),
    ("-notifications.toml", "What traps mean"),
    ("-routing.toml", "Neighbours of routing protocols"),
    ("-lldp.toml", "LLDP in a vendor's own tables"),
    ("-cdp.toml", "CDP in another vendor's tables"),
];

fn file(profile: &Profile) -> &str {
    profile.file().rsplit('/').next().unwrap_or_default()
}
