//! The checks: pure functions from facts to what is said and what is to be done.

mod config;
mod console;
mod host;
mod network;
mod privileges;
mod store;

use super::Check;
use super::facts::{Facts, Holder};

/// All checks, in the order in which they are shown.
pub fn all(facts: &Facts) -> Vec<Check> {
    let parts = [
        privileges::checks(facts),
        network::checks(facts),
        host::checks(facts),
        store::checks(facts),
        config::checks(facts),
        console::checks(facts),
    ];
    parts.into_iter().flatten().collect()
}

/// Octets with their unit, for people.
fn octets(count: u64) -> String {
    const STEP: u64 = 1024;
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut figure = (count, 0);
    let mut at = 0;
    while figure.0 >= STEP && at + 1 < units.len() {
        figure = (figure.0 / STEP, (figure.0 % STEP) * 10 / STEP);
        at += 1;
    }
    let unit = units.get(at).copied().unwrap_or_default();
    if figure.0 < 10 && at > 0 { format!("{}.{} {unit}", figure.0, figure.1) } else { format!("{} {unit}", figure.0) }
}

/// Who it is, as far as it is known.
fn who(holder: &Holder) -> String {
    match (&holder.name, holder.pid) {
        (Some(name), Some(pid)) => format!("{name} (pid {pid})"),
        (Some(name), None) => name.clone(),
        (None, Some(pid)) => format!("pid {pid}"),
        (None, None) => "another process".to_owned(),
    }
}

/// One outcome of a check, as its tests have it: the facts, what is judged, and a part of what is said and to be done.
#[cfg(test)]
mod testing {
    use super::super::{Check, Facts, Step, Verdict};

    /// Facts, and what is wanted of one check: its name, the verdict, a part of its sentence, a part of its steps.
    pub(super) type Case = (Facts, (&'static str, Verdict, &'static str, &'static str));

    /// Judges each case and compares.
    pub(super) fn check(checks: fn(&Facts) -> Vec<Check>, cases: Vec<Case>) {
        for (facts, (name, verdict, says, steps)) in cases {
            let all = checks(&facts);
            let Some(check) = all.iter().find(|check| check.name == name) else { panic!("no {name} among {all:#?}") };
            assert_eq!(check.verdict, verdict, "{name}: {check:#?}");
            assert!(check.says.contains(says), "{name}: {:?} has no {says:?}", check.says);
            let todo: Vec<&str> = check.steps.iter().map(Step::text).collect();
            assert!(todo.join("\n").contains(steps), "{name}: {todo:?} has no {steps:?}");
            assert_eq!(check.disables.is_some(), verdict == Verdict::Missing, "{name}: what is missing names what is off by it");
            assert!(verdict == Verdict::Ok || !check.steps.is_empty(), "{name}: what is not right says what to do");
        }
    }
}

/// Every outcome of every check.
#[cfg(test)]
pub(crate) fn examples() -> Vec<Check> {
    let cases = [
        privileges::tests::cases(),
        network::tests::cases(),
        host::tests::cases(),
        store::tests::cases(),
        config::tests::cases(),
        console::tests::cases(),
    ];
    cases.into_iter().flatten().flat_map(|(facts, _)| all(&facts)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Group;
    use super::*;

    #[test]
    fn octets_are_said_with_their_unit() {
        for (count, said) in [(0, "0 B"), (1023, "1023 B"), (212_992, "208 KiB"), (1_572_864, "1.5 MiB"), (64 << 20, "64 MiB")] {
            assert_eq!(octets(count), said);
        }
        assert_eq!(octets(3 << 50), "3072 TiB");
    }

    #[test]
    fn every_group_is_checked_and_in_order() {
        let groups: Vec<Group> = all(&Facts::default()).iter().map(|check| check.group).collect();
        assert!(groups.is_sorted(), "{groups:?}");
        for group in Group::ALL {
            assert!(groups.contains(&group), "{group:?}");
        }
    }
}
