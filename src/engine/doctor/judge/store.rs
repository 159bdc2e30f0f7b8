//! Where it remembers: the disk, how fast it is, and whether the store on it is sound.

use super::super::facts::{Disk, Facts, Health, StoreFacts};
use super::super::{Check, Group, Verdict};
use super::{octets, who};
use crate::model::text::visible;

const DISK: (Group, &str) = (Group::Store, "disk");
const SPEED: (Group, &str) = (Group::Store, "disk speed");
const STORE: (Group, &str) = (Group::Store, "store");

/// What is off without a store.
const HISTORY: &str = "history: nothing is remembered";

/// Room below which a store stops growing soon, where no cap says how large it may be.
const LEAST_ROOM: u64 = 1 << 30;

/// Files that a day of a store's periods makes, and some.
const LEAST_FILES: u64 = 10_000;

/// A flush a second, with others beside it, is in time up to this. Units: ms.
const SLOW_MS: u128 = 50;

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let Some(folder) = &facts.store.folder else {
        let check = Check::new(STORE, Verdict::Missing, "there is no home for a store").disabling(HISTORY);
        return vec![check.and_do("name a folder with --data, or in [store] path of the configuration")];
    };
    let folder = folder.display().to_string();
    [Some(disk(&facts.disk)), speed(&facts.disk), Some(store(facts, &folder))].into_iter().flatten().collect()
}

fn disk(disk: &Disk) -> Check {
    let folder = disk.folder.display().to_string();
    let Some((free, all)) = disk.room else {
        return Check::new(DISK, Verdict::Unknown, format!("how much room there is at {folder} can't be found out"))
            .run(format!("df {folder}"));
    };
    let room = format!("{} free of {} at {folder}", octets(free), octets(all));
    let grows = |cap: u64| cap.saturating_sub(disk.store.1.unwrap_or(0));
    match disk {
        Disk { read_only: true, .. } => Check::new(DISK, Verdict::Missing, format!("{folder} is mounted read-only"))
            .disabling(HISTORY)
            .run(format!("sudo mount -o remount,rw $(findmnt -no TARGET -T {folder})")),
        Disk { kind: Some("tmpfs"), .. } => {
            Check::new(DISK, Verdict::Warning, format!("{room}, in memory: it is gone with the host's next start"))
                .and_do("name a folder on a disk with --data, or in [store] path of the configuration")
        }
        Disk { kind: Some(kind), .. } => {
            Check::new(DISK, Verdict::Warning, format!("{room}, over the network ({kind}): slow, and locks may fail"))
                .and_do("name a folder on a disk of this host in [store] path of the configuration")
        }
        Disk { files: Some(files), .. } if *files < LEAST_FILES => {
            Check::new(DISK, Verdict::Warning, format!("{room}, but only {files} more files")).run(format!("df -i {folder}"))
        }
        Disk { store: (Some(cap), _), .. } if free < grows(*cap) => {
            let says = format!("{room}: less than [store] max_size allows, {}", octets(*cap));
            Check::new(DISK, Verdict::Warning, says)
                .run(format!("df -h {folder}"))
                .and_do("lower [store] max_size in the configuration")
        }
        Disk { store: (None, _), .. } if free < LEAST_ROOM => Check::new(DISK, Verdict::Warning, format!("{room}: soon full"))
            .run(format!("df -h {folder}"))
            .and_do("name [store] max_size in the configuration: the oldest history goes then"),
        _ => Check::new(DISK, Verdict::Ok, room),
    }
}

fn speed(disk: &Disk) -> Option<Check> {
    if disk.read_only {
        return None;
    }
    Some(match disk.sync {
        None => Check::new(SPEED, Verdict::Ok, "not measured: this user may not write there"),
        Some(took) if took.as_millis() > SLOW_MS => {
            let says = format!("a write is on disk after {} ms: polls of a large network queue up", took.as_millis());
            Check::new(SPEED, Verdict::Warning, says)
                .run("iostat -x 1 5")
                .and_do("a disk of its own, or one with a cache that survives power loss")
        }
        Some(took) => Check::new(SPEED, Verdict::Ok, format!("a write is on disk after {:.1} ms", took.as_secs_f64() * 1e3)),
    })
}

fn store(facts: &Facts, folder: &str) -> Check {
    let StoreFacts { version, known, owner, health, holder, .. } = &facts.store;
    let away =
        || Check::new(STORE, Verdict::Missing, "").disabling(HISTORY).and_do("move it away, or name another --data folder");
    match (version, health) {
        (None, _) => absent(&facts.store, folder),
        (Some(Err(why)), _) => Check { says: format!("{folder}: its VERSION can't be read: {why}"), ..away() },
        (Some(Ok(found)), _) if found > known => {
            let says = format!("{folder} has format {found}, and this noctop knows up to {known}");
            Check::new(STORE, Verdict::Missing, says).disabling(HISTORY).and_do("upgrade noctop, or name another --data folder")
        }
        (Some(Ok(found)), _) if found < known => {
            Check { says: format!("{folder} has format {found}, which no release wrote; this noctop reads {known}"), ..away() }
        }
        (_, Some(Ok(health))) => sound(health, folder),
        (_, Some(Err(why))) => match holder {
            Some(holder) => {
                let says = format!("{folder} is held by {}, which serves no console here", who(holder));
                Check::new(STORE, Verdict::Unknown, says).and_do("name its socket with --connect, or end it")
            }
            None => Check::new(STORE, Verdict::Missing, visible(why))
                .disabling(HISTORY)
                .run(format!("noctop store verify --data {folder}")),
        },
        (_, None) => match owner {
            Some(owner) => {
                let says = format!("{folder} is {owner}'s, and was not opened as another user");
                Check::new(STORE, Verdict::Unknown, says).run(format!("sudo -u {owner} noctop doctor"))
            }
            None => Check::new(STORE, Verdict::Unknown, format!("{folder} was not opened"))
                .run(format!("noctop store verify --data {folder}")),
        },
    }
}

fn absent(store: &StoreFacts, folder: &str) -> Check {
    if store.writable {
        return Check::new(STORE, Verdict::Ok, format!("there is none yet: the first start makes {folder}"));
    }
    Check::new(STORE, Verdict::Missing, format!("{folder} is not there and can't be made by this user"))
        .disabling(HISTORY)
        .run(format!("sudo install -d -o \"$USER\" -m 0700 {folder}"))
}

fn sound(health: &Health, folder: &str) -> Check {
    if let Some(first) = health.set_aside.first() {
        let says = format!("parts were damaged and set aside: {}, {}", health.set_aside.len(), visible(first));
        return Check::new(STORE, Verdict::Warning, says)
            .run(format!("noctop store verify --data {folder}"))
            .run("noctop store restore BACKUP");
    }
    if health.lost > 0 {
        let says = format!("{} records and polls could not be written since the engine started", health.lost);
        return Check::new(STORE, Verdict::Warning, says).run("noctop status").run(format!("df -h {folder}"));
    }
    Check::new(STORE, Verdict::Ok, format!("{folder} is sound, {}", octets(health.bytes)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::facts::Holder;
    use super::super::testing::{self, Case};
    use super::*;
    use std::path::PathBuf;
    use std::time::Duration;

    fn store_facts() -> StoreFacts {
        let health = Some(Ok(Health { bytes: 3 << 30, ..Health::default() }));
        StoreFacts {
            folder: Some(PathBuf::from("/d")),
            version: Some(Ok(2)),
            known: 2,
            writable: true,
            health,
            ..StoreFacts::default()
        }
    }

    fn disk_facts() -> Disk {
        Disk {
            folder: PathBuf::from("/d"),
            room: Some((90 << 30, 200 << 30)),
            sync: Some(Duration::from_micros(1500)),
            ..Disk::default()
        }
    }

    fn of_disk(disk: Disk) -> Facts {
        Facts { disk, store: store_facts(), ..Facts::default() }
    }

    fn of_store(store: StoreFacts) -> Facts {
        Facts { disk: disk_facts(), store, ..Facts::default() }
    }

    pub(in super::super) fn cases() -> Vec<Case> {
        [disk_cases(), store_cases()].concat()
    }

    fn disk_cases() -> Vec<Case> {
        use Verdict::{Missing, Ok, Unknown, Warning};
        let small = Some((1 << 29, 200 << 30));
        vec![
            (of_disk(disk_facts()), ("disk", Ok, "90 GiB free of 200 GiB at /d", "")),
            (of_disk(Disk { room: None, ..disk_facts() }), ("disk", Unknown, "can't be found out", "df /d")),
            (of_disk(Disk { read_only: true, ..disk_facts() }), ("disk", Missing, "/d is mounted read-only", "remount,rw")),
            (of_disk(Disk { kind: Some("tmpfs"), ..disk_facts() }), ("disk", Warning, "in memory", "--data")),
            (of_disk(Disk { kind: Some("nfs"), ..disk_facts() }), ("disk", Warning, "over the network (nfs)", "[store] path")),
            (of_disk(Disk { files: Some(9), ..disk_facts() }), ("disk", Warning, "but only 9 more files", "df -i /d")),
            (
                of_disk(Disk { store: (Some(100 << 30), Some(5 << 30)), ..disk_facts() }),
                ("disk", Warning, "less than [store] max_size allows, 100 GiB", "lower [store] max_size"),
            ),
            (of_disk(Disk { store: (Some(100 << 30), Some(50 << 30)), ..disk_facts() }), ("disk", Ok, "90 GiB free", "")),
            (
                of_disk(Disk { room: small, ..disk_facts() }),
                ("disk", Warning, "512 MiB free of 200 GiB at /d: soon full", "max_size"),
            ),
            (of_disk(disk_facts()), ("disk speed", Ok, "a write is on disk after 1.5 ms", "")),
            (of_disk(Disk { sync: None, ..disk_facts() }), ("disk speed", Ok, "not measured", "")),
            (
                of_disk(Disk { sync: Some(Duration::from_millis(180)), ..disk_facts() }),
                ("disk speed", Warning, "after 180 ms: polls", "iostat"),
            ),
        ]
    }

    fn store_cases() -> Vec<Case> {
        use Verdict::{Missing, Ok, Unknown, Warning};
        let at = |version: Option<Result<u32, String>>| StoreFacts { version, ..store_facts() };
        let health = |health: Option<Result<Health, String>>| StoreFacts { health, ..store_facts() };
        let held = Some(Holder { pid: Some(7), name: Some("noctop".to_owned()), unit: None });
        let aside = Health { set_aside: vec!["raw/20261101.damaged-1".to_owned()], ..Health::default() };
        vec![
            (of_store(store_facts()), ("store", Ok, "/d is sound, 3.0 GiB", "")),
            (of_store(at(None)), ("store", Ok, "there is none yet: the first start makes /d", "")),
            (
                of_store(StoreFacts { writable: false, ..at(None) }),
                ("store", Missing, "can't be made by this user", "sudo install -d"),
            ),
            (
                of_store(StoreFacts { folder: None, ..store_facts() }),
                ("store", Missing, "there is no home for a store", "--data"),
            ),
            (
                of_store(at(Some(Result::Ok(3)))),
                ("store", Missing, "has format 3, and this noctop knows up to 2", "upgrade noctop"),
            ),
            (of_store(at(Some(Result::Ok(1)))), ("store", Missing, "has format 1, which no release wrote", "move it away")),
            (
                of_store(at(Some(Err("it holds no number".to_owned())))),
                ("store", Missing, "its VERSION can't be read", "move it away"),
            ),
            (
                of_store(health(Some(Result::Ok(aside)))),
                ("store", Warning, "set aside: 1, raw/20261101.damaged-1", "store verify"),
            ),
            (
                of_store(health(Some(Result::Ok(Health { lost: 9, ..Health::default() })))),
                ("store", Warning, "9 records", "noctop status"),
            ),
            (of_store(health(Some(Err("damaged".to_owned())))), ("store", Missing, "damaged", "noctop store verify --data /d")),
            (
                of_store(StoreFacts { holder: held, ..health(Some(Err("in use".to_owned()))) }),
                ("store", Unknown, "/d is held by noctop (pid 7)", "--connect"),
            ),
            (
                of_store(StoreFacts { owner: Some("noctop".to_owned()), ..health(None) }),
                ("store", Unknown, "/d is noctop's", "sudo -u noctop noctop doctor"),
            ),
            (of_store(health(None)), ("store", Unknown, "was not opened", "store verify")),
        ]
    }

    #[test]
    fn every_outcome_is_judged() {
        testing::check(checks, cases());
    }

    #[test]
    fn a_disk_that_is_read_only_is_not_called_slow() {
        assert!(checks(&of_disk(Disk { read_only: true, ..disk_facts() })).iter().all(|check| check.name != "disk speed"));
    }
}
