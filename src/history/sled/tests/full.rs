//! Disks that are full: nothing stops, and nothing is lost when there is room again.

use super::space::forever;
use super::*;

/// Writes until so many flushes were refused, or so many instants are written; how many of both there were.
fn fill(store: &SledStore, (times, most): (u32, u64)) -> (u64, u32) {
    let (mut n, mut refused) = (0, 0);
    while refused < times && n < most {
        assert_eq!(store.journal_append(&[(time(n), n.to_string().into_bytes())]).unwrap(), n + 1);
        store.samples_append(&DEVICES.map(|device| batch(device, n))).unwrap();
        n += 1;
        if n % 10 == 0 {
            match store.flush() {
                Ok(()) => {}
                Err(StoreError::Io { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    (n, refused)
}

#[test]
#[ignore = "a process that another test starts with a limit on the size of its files"]
fn writes_on_a_full_disk() {
    let path = PathBuf::from(std::env::var(CHILD).unwrap());
    let store = SledStore::open(&path).unwrap();
    let (mut n, refused) = fill(&store, (5, 3000));
    assert!(refused >= 5, "the limit was not reached");
    let pid = std::process::id().to_string();
    let lifted = Command::new("prlimit").args(["--fsize=unlimited:unlimited", "--pid", &pid]).status().unwrap();
    assert!(lifted.success());
    for _ in 0..10 {
        store.samples_append(&DEVICES.map(|device| batch(device, n))).unwrap();
        store.journal_append(&[(time(n), n.to_string().into_bytes())]).unwrap();
        n += 1;
    }
    store.flush().unwrap();
    assert_eq!(check(&store), (n, vec![n; 9]));
    assert_eq!(store.stats().unwrap().lost, 0);
    drop(store);
    println!("recovered {n}");
}

#[test]
fn a_full_disk_is_survived_and_nothing_is_lost_when_it_has_room_again() {
    if Command::new("prlimit").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED a_full_disk_is_survived: prlimit (util-linux) is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // A write beyond the limit is refused as on a full disk, for this process alone. The unit is 512 bytes by POSIX.
    let script = r#"trap "" XFSZ; ulimit -S -f 1100; exec "$0" "$@""#;
    let output = child("full::writes_on_a_full_disk", folder.path(), Some(script)).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let n: u64 = said.lines().find_map(|line| line.strip_prefix("recovered ")).unwrap().parse().unwrap();
    assert_eq!(check(&SledStore::open(folder.path()).unwrap()), (n, vec![n; 9]));
}

/// A file system of its own, as large as it is told; `None`, said aloud, where it can't be had.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(size: &str, test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "noctop-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED {test}: mounting a tmpfs takes root");
            return None;
        }
        Some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_disk_that_is_really_full_stops_nothing_and_has_everything_when_there_is_room() {
    let Some(disk) = SmallDisk::new("20m", "a_disk_that_is_really_full") else { return };
    let (path, ballast) = (disk.0.path().join("store"), disk.0.path().join("ballast"));
    let store = SledStore::open(&path).unwrap();
    fs::write(&ballast, vec![1; 9 << 20]).unwrap();
    let (n, refused) = fill(&store, (20, 4000));
    assert_eq!(refused, 20, "it was not full");
    let limits = Limits { now: time(n + 100_000), ..forever() };
    assert!(matches!(store.maintain(&limits), Err(StoreError::Io { .. })), "nor can it be summed up");
    fs::remove_file(&ballast).unwrap();
    store.flush().unwrap();
    assert_eq!(check(&store), (n, vec![n; 9]));
    store.maintain(&limits).unwrap();
    assert_eq!((store.stats().unwrap().lost, store.verify().unwrap()), (0, vec![]));
    drop(store);
    let store = SledStore::open(&path).unwrap();
    assert_eq!(check(&store), (n, vec![n; 9]));
    assert_eq!(store.verify().unwrap(), vec![]);
}
