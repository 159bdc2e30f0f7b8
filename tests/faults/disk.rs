//! A disk that is full, that has become read-only, and that is slow: polls and screens go on, and what could not be written is said.

use super::place::{PATIENCE, Place, Sim, answered, campus, collector, missing, must, run, says, until};
use noctop::engine::{Hosting, Update, WatchId};
use noctop::query::{Screen, ViewRequest};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file system of its own; gone with the value.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// In memory, of this size.
    fn small(size: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        must(&["mount", "-t", "tmpfs", "-o", &format!("size={size}"), "noctop-faults", &folder.path().display().to_string()]);
        Self { folder }
    }

    /// ext4 in a file; `None` where the system has no loop devices.
    fn ext4(image: &Path) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        fs::File::create(image).unwrap().set_len(96 << 20).unwrap();
        let (file, place) = (image.display().to_string(), folder.path().display().to_string());
        must(&["mkfs.ext4", "-q", "-F", &file]);
        let mounted = run(&["mount", "-o", "loop,errors=remount-ro", &file, &place]);
        mounted.status.success().then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn store(&self) -> PathBuf {
        self.path().join("store")
    }

    fn text(&self) -> String {
        self.path().display().to_string()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _thawed_already = run(&["fsfreeze", "-u", &self.text()]);
        let _gone_at_last = run(&["umount", "-l", &self.text()]);
    }
}

fn verified(place: &Place) {
    let (code, out, err) = place.run(&["store", "verify"]);
    assert_eq!(code, Some(0), "{out}{err}");
}

#[test]
fn a_full_disk_is_said_while_polls_go_on_and_nothing_is_lost_once_it_has_room() {
    if let Some(why) = missing(&["mount"]) {
        return eprintln!("SKIPPED a_full_disk: {why}");
    }
    let disk = Disk::small("96m");
    let _sim = Sim::start("127.95.3.0/24:19513", &[]);
    let place = Place::new(&campus("127.95.3.1", 19_513)).with_store(disk.store());
    let daemon = place.daemon();
    place.until_status("polls", |status| answered(status) > 20);
    let ballast = disk.path().join("ballast");
    // As much as goes in.
    let _full = run(&["dd", "if=/dev/zero", &format!("of={}", ballast.display()), "bs=1M", "status=none"]);
    let full = place.until_status("the full disk", |status| says(status, "history is not written: "));
    assert!(says(&full, "free space on its disk"), "{full:#}");
    let on = place.until_status("polls", |status| answered(status) > answered(&full) + 50);
    assert_eq!((on["store"]["lost"].as_u64(), on["pid"].as_u64()), (Some(0), Some(daemon.pid().into())), "{on:#}");
    until("the alarm", || place.run(&["alarms", "--format", "ndjson"]).1.contains("store-failing").then_some(()));
    fs::remove_file(&ballast).unwrap();
    let after = place.until_status("room", |status| !says(status, "history is not written"));
    assert_eq!((after["store"]["lost"].as_u64(), says(&after, "history has gaps")), (Some(0), false), "{after:#}");
    let samples = after["store"]["samples"].as_u64();
    let (ended, _) = daemon.end("-TERM");
    assert!(ended.success(), "{}", daemon.log());
    verified(&place);
    let kept = place.run(&["store", "stats", "--format", "json"]).1;
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert!(kept["samples"].as_u64() >= samples, "{samples:?} before, {kept:#}");
}

#[test]
fn a_disk_that_becomes_read_only_is_said_and_costs_what_came_after_it() {
    if let Some(why) = missing(&["mount", "mkfs.ext4"]) {
        return eprintln!("SKIPPED a_read_only_disk: {why}");
    }
    let image = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::ext4(&image.path().join("image")) else {
        return eprintln!("SKIPPED a_read_only_disk: no loop device");
    };
    let _sim = Sim::start("127.95.4.0/24:19514", &[]);
    let place = Place::new(&campus("127.95.4.1", 19_514)).with_store(disk.store());
    let daemon = place.daemon();
    place.until_status("polls", |status| answered(status) > 20);
    // As the kernel does itself where it finds the file system damaged.
    let source = run(&["findmnt", "-n", "-o", "SOURCE", &disk.text()]).stdout;
    let device = String::from_utf8(source).unwrap().trim().trim_start_matches("/dev/").to_owned();
    fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "noctop's own test").unwrap();
    let refused = place.until_status("the refusal", |status| says(status, "history is not written: "));
    place.until_status("polls", |status| answered(status) > answered(&refused) + 20);
    let (ended, took) = daemon.end("-TERM");
    assert!(ended.success() && took <= Duration::from_secs(5), "{took:?} {}", daemon.log());
    // Nobody opens it there, and is told what to do.
    let daemon = place.start();
    assert_eq!(daemon.ended().code(), Some(1));
    let (code, _, err) = place.run(&["devices"]);
    assert_eq!(code, Some(1));
    for said in [daemon.log(), err] {
        assert!(said.contains("is read-only: mount it writable, or copy the store elsewhere"), "{said}");
    }
    // Repaired, it has what was flushed before.
    must(&["umount", &disk.text()]);
    let image = image.path().join("image").display().to_string();
    let _repaired_is_code_1 = run(&["fsck.ext4", "-y", &image]);
    must(&["mount", "-o", "loop", &image, &disk.text()]);
    verified(&place);
    let daemon = place.daemon();
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
}

#[test]
fn a_disk_that_stands_still_holds_up_neither_polls_nor_screens_and_costs_nothing() {
    if let Some(why) = missing(&["mount", "mkfs.ext4", "fsfreeze"]) {
        return eprintln!("SKIPPED a_slow_disk: {why}");
    }
    let image = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::ext4(&image.path().join("image")) else {
        return eprintln!("SKIPPED a_slow_disk: no loop device");
    };
    let _sim = Sim::start("127.95.5.0/24:19515", &[]);
    let place = Place::new(&campus("127.95.5.1", 19_515)).with_store(disk.store());
    let daemon = place.daemon();
    let before = place.until_status("polls", |status| answered(status) > 50);
    let (console, told) = place.attach(Hosting::Never);
    console.watch(WatchId(1), ViewRequest::new(Screen::Interfaces, 20));
    let next = |after: i64| loop {
        if let Update::View(_, view) = told.recv_timeout(PATIENCE / 4).ok()?
            && view.chrome.at.millis() > after
        {
            return Some(view.chrome.at.millis());
        }
    };
    let began = next(0).expect("a view");
    must(&["fsfreeze", "-f", &disk.text()]);
    // Five seconds in which nothing is written: the screens show each of them. Whatever becomes of it, the disk goes on: a process that waits
    // for it can't be ended.
    let mut at = began;
    while let Some(view) = (at < began + 5_000).then(|| next(at)).flatten() {
        at = view;
    }
    must(&["fsfreeze", "-u", &disk.text()]);
    assert!(at >= began + 5_000, "the screens stood still after {} ms", at - began);
    let after = place.until_status("polls", |status| answered(status) > answered(&before) + 100);
    assert_eq!((after["store"]["lost"].as_u64(), after["pid"].as_u64()), (Some(0), Some(daemon.pid().into())), "{after:#}");
    assert_eq!(collector(&after, "snmp")["restarts"], 0);
    console.close();
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
    verified(&place);
}
