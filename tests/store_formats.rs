//! A store of a newer noctop under every command of this one: refused with a sentence and exit code 1, and not an octet of it changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const NEWER: &str = "4711\nnoctop 9.8.7\n";

/// Of 1000 octets in 30 s, bit/s: what is imported by `--map` are counters.
const RATE: &str = "266.667";

/// 3000 octets in 30 s are 800 bit/s.
const MORE: &str =
    "in_bps{instance=\"sw-1\",ifName=\"Gi1\"} 3000 1700000060\nin_bps{instance=\"sw-1\",ifName=\"Gi1\"} 6000 1700000090\n";

fn noctop(folder: &Path, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_noctop"));
    command.args(["--config", "/dev/null", "--data"]).arg(data).arg("--connect").arg(folder.join("noctop.sock"));
    command.stdin(Stdio::null());
    command
}

fn run(folder: &Path, data: &Path, arguments: &[&str]) -> Output {
    noctop(folder, data).args(arguments).output().unwrap()
}

/// A store with some history.
fn store(folder: &Path) -> PathBuf {
    let (data, file) = (folder.join("store"), folder.join("past.txt"));
    fs::write(
        &file,
        "in_bps{instance=\"sw-1\",ifName=\"Gi1\"} 1000 1700000000\nin_bps{instance=\"sw-1\",ifName=\"Gi1\"} 2000 1700000030\n",
    )
    .unwrap();
    let imported = run(folder, &data, &["store", "import", file.to_str().unwrap(), "--map", "in_bps=in_bps"]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    data
}

fn everything(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.clone(), (fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap()));
            }
        }
    }
    found
}

#[test]
fn no_command_touches_the_store_of_a_newer_noctop() {
    let folder = tempfile::tempdir().unwrap();
    let data = store(folder.path());
    fs::write(data.join("VERSION"), NEWER).unwrap();
    let before = everything(&data);
    assert!(before.len() > 5, "{:?}", before.keys());
    let (copy, file) = (folder.path().join("copy"), folder.path().join("past.txt"));
    for arguments in [
        vec!["daemon"],
        vec!["devices"],
        vec!["history", "sw-1/Gi1/in_bps", "--from", "@1700000000", "--to", "@1700000100"],
        vec!["store", "stats"],
        vec!["store", "verify"],
        vec!["store", "backup", copy.to_str().unwrap()],
        vec!["store", "import", file.to_str().unwrap()],
        vec!["alarms", "--at", "-1h"],
        vec!["shot", "overview"],
    ] {
        let output = run(folder.path(), &data, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        for word in ["has format 4711, written by noctop 9.8.7", "nothing of it was changed", "install noctop 9.8.7"] {
            assert!(said.contains(word), "{arguments:?}: {word:?} is not in {said}");
        }
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(everything(&data), before, "{arguments:?}");
    }
    // A backup of a newer noctop is refused as well, and what was to be replaced stays.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    let restored = run(folder.path(), &other, &["store", "restore", data.to_str().unwrap()]);
    assert_eq!(restored.status.code(), Some(1));
    assert!(everything(&other).is_empty());
    assert_eq!(everything(&data), before);
}

#[test]
fn a_store_of_the_format_before_is_read_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = store(folder.path());
    fs::write(data.join("VERSION"), "2\n").unwrap();
    let history = ["history", "sw-1/Gi1/in_bps", "--from", "@1700000000", "--to", "@1700000100"];
    let read = run(folder.path(), &data, &history);
    assert!(read.status.success() && String::from_utf8_lossy(&read.stdout).contains(RATE), "{read:?}");
    assert_eq!(fs::read_to_string(data.join("VERSION")).unwrap(), "2\n", "who only reads marks nothing");
    fs::write(folder.path().join("more.txt"), MORE).unwrap();
    let more = run(
        folder.path(),
        &data,
        &["store", "import", folder.path().join("more.txt").to_str().unwrap(), "--map", "in_bps=in_bps"],
    );
    assert!(more.status.success(), "{more:?}");
    assert_ne!(fs::read_to_string(data.join("VERSION")).unwrap(), "2\n");
    let read = run(folder.path(), &data, &history);
    let text = String::from_utf8_lossy(&read.stdout).into_owned();
    assert!(text.contains(RATE) && text.contains("800.0"), "{text}");
}
