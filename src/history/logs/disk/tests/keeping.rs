//! What was written is there again, whatever happened to the process, the disk or the files.

use super::*;

#[test]
fn classes_are_folders_of_their_own_that_go_after_a_time_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, disk) = (MemoryLogs::default(), open(folder.path(), Access::Write));
    let class = |name: &str, text: &str, days: u64| LogClass {
        name: name.to_owned(),
        filter: filter::parse(text).unwrap(),
        keep: Duration::from_secs(days * 86_400),
    };
    disk.logs_classes(vec![class("debug", "sev<=info", 7), class("faults", "sev>=err", 700)]).unwrap();
    assert!(disk.logs_classes(vec![class("../x", "", 1)]).unwrap_err().contains("no name"));
    assert!(disk.logs_classes(vec![class("x", "nonsense=1", 1)]).unwrap_err().contains("no field"));
    memory.logs_append(lines(0, 200)).unwrap();
    disk.logs_append(lines(0, 100)).unwrap();
    disk.index_all();
    disk.logs_append(lines(100, 200)).unwrap();
    disk.logs_flush().unwrap();
    ask_everything(&memory, &disk, FILTERS);
    let mut folders: Vec<_> =
        std::fs::read_dir(folder.path().join(FOLDER)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    folders.sort();
    assert_eq!(folders, ["debug", "faults", "rest"]);
    let after = |days: i64| Timestamp(START + days * 86_400_000);
    let year = Duration::from_secs(365 * 86_400);
    assert_eq!(disk.forget(after(6), year).unwrap(), 0);
    assert_eq!(disk.forget(after(9), year).unwrap(), 1);
    assert_eq!(disk.logs_ask(&question("sev<=info")).unwrap().lines, 0);
    assert_eq!(disk.forget(after(400), year).unwrap(), 1);
    assert_eq!(disk.logs_ask(&question("not sev>=err")).unwrap().lines, 0);
    assert!(disk.logs_ask(&question("sev>=err")).unwrap().lines > 0);
}

#[test]
fn what_was_flushed_is_there_again_and_numbers_stay() {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryLogs::default();
    let mut numbers = Vec::new();
    for round in 0..4 {
        let disk = open(folder.path(), Access::Write);
        let some = lines(round * 50, round * 50 + 50);
        memory.logs_append(some.clone()).unwrap();
        disk.logs_append(some).unwrap();
        if round == 1 {
            disk.index_all();
        }
        disk.logs_flush().unwrap();
        let now: Vec<u64> = disk.logs_ask(&question("")).unwrap().rows.iter().map(|row| row.number).collect();
        assert_eq!(now[..numbers.len()], numbers);
        numbers = now;
    }
    for access in [Access::Read, Access::Write] {
        let disk = open(folder.path(), access);
        ask_everything(&memory, &disk, &FILTERS[..20]);
        let now: Vec<u64> = disk.logs_ask(&question("")).unwrap().rows.iter().map(|row| row.number).collect();
        assert_eq!(now, numbers);
    }
    assert!(open(folder.path(), Access::Read).logs_append(lines(0, 1)).is_err());
}

/// Every file below a folder, with what is in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            all.extend(files(&entry.path()));
        } else {
            all.insert(entry.path(), std::fs::read(entry.path()).unwrap());
        }
    }
    all
}

#[test]
fn an_index_that_is_damaged_or_gone_is_made_again_of_the_lines_and_readers_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryLogs::default();
    memory.logs_append(lines(0, 60)).unwrap();
    {
        let disk = open(folder.path(), Access::Write);
        for part in 0..3 {
            disk.logs_append(lines(part * 20, part * 20 + 20)).unwrap();
            disk.index_all();
        }
    }
    let sound = files(folder.path());
    let indexes: Vec<&PathBuf> = sound.keys().filter(|path| path.extension().is_none_or(|ending| ending != "dat")).collect();
    assert!(indexes.len() >= 3 * 5, "{indexes:?}");
    for (number, path) in indexes.iter().enumerate() {
        match number % 3 {
            0 => std::fs::remove_file(path).unwrap(),
            1 => std::fs::write(path, &sound[*path][..sound[*path].len() / 2]).unwrap(),
            _ => {
                let mut wrong = sound[*path].clone();
                let middle = wrong.len() / 2;
                wrong[middle] ^= 0x20;
                std::fs::write(path, wrong).unwrap();
            }
        }
        let reader = open(folder.path(), Access::Read);
        let damaged = files(folder.path());
        for text in &FILTERS[..4] {
            check(&memory, &reader, &question(text));
        }
        assert_eq!(files(folder.path()), damaged, "{}", path.display());
        drop(reader);
        let writer = open(folder.path(), Access::Write);
        for text in &FILTERS[..4] {
            check(&memory, &writer, &question(text));
        }
        assert_eq!(writer.faults().unwrap(), []);
        drop(writer);
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        for (path, octets) in &sound {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, octets).unwrap();
        }
    }
    let gone = sound.keys().find(|path| path.ends_with("meta.json")).unwrap().parent().unwrap();
    std::fs::remove_dir_all(gone).unwrap();
    let disk = open(folder.path(), Access::Write);
    ask_everything(&memory, &disk, &FILTERS[..4]);
}

#[test]
fn damage_is_named_by_its_file_and_costs_a_block_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = {
        let disk = open(folder.path(), Access::Write);
        disk.logs_append((0..600).map(|seed| line(3, START + seed * 100)).collect()).unwrap();
        disk.index_all();
        disk.periods()[0].folder().to_owned()
    };
    let file = path.join(lines::FILE);
    let mut octets = std::fs::read(&file).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(&file, octets).unwrap();
    let disk = open(folder.path(), Access::Read);
    let faults = disk.faults().unwrap();
    assert_eq!((faults.len(), &faults[0].0), (1, &file));
    let answer = disk.logs_ask(&question("\"failed password\"")).unwrap();
    assert_eq!((answer.total, answer.lines), (600, 600 - lines::ROWS));
}

#[test]
fn a_crash_at_any_step_costs_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryLogs::default();
    memory.logs_append(lines(0, 100)).unwrap();
    let disk = open(folder.path(), Access::Write);
    disk.logs_append(lines(0, 100)).unwrap();
    disk.logs_flush().unwrap();
    let saved = files(folder.path());
    disk.index_all();
    let indexed = files(folder.path());
    drop(disk);
    let (tail, octets) = saved.iter().find(|(path, _)| path.to_string_lossy().contains("tail-")).unwrap();
    let restore = |files: &BTreeMap<PathBuf, Vec<u8>>| {
        std::fs::remove_dir_all(folder.path().join(FOLDER)).unwrap();
        for (path, octets) in files {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, octets).unwrap();
        }
    };
    let only_lines: BTreeMap<_, _> = indexed
        .iter()
        .filter(|(path, _)| path.ends_with(lines::FILE))
        .map(|(path, octets)| (path.clone(), octets.clone()))
        .collect();
    let (lines_path, lines_octets) = only_lines.iter().next().unwrap();
    // The lines were written in part; wholly, and the tail was still there; wholly, and it was gone.
    for (cut, has_tail) in
        [(0, true), (10, true), (lines_octets.len() / 2, true), (lines_octets.len(), true), (lines_octets.len(), false)]
    {
        let mut files = BTreeMap::from([(lines_path.clone(), lines_octets[..cut].to_vec())]);
        if has_tail {
            files.insert(tail.clone(), octets.clone());
        }
        restore(&files);
        for access in [Access::Read, Access::Write, Access::Write] {
            ask_everything(&memory, &open(folder.path(), access), &FILTERS[..8]);
        }
    }
    // An index that was half made, and one that was joined while those that it was made of were still there.
    restore(&indexed);
    std::fs::create_dir_all(lines_path.with_file_name("new")).unwrap();
    std::fs::write(lines_path.with_file_name("new").join("x.term"), b"half").unwrap();
    ask_everything(&memory, &open(folder.path(), Access::Write), &FILTERS[..8]);
    assert!(!lines_path.with_file_name("new").exists());
}

#[test]
fn what_finds_no_room_waits_and_what_can_not_wait_is_counted() {
    use std::sync::atomic::AtomicBool;
    let folder = tempfile::tempdir().unwrap();
    let full = Arc::new(AtomicBool::new(true));
    let is_full = Arc::clone(&full);
    let room = move |_| {
        let refused = || StoreError::Io { what: "writing", path: "x".into(), source: std::io::ErrorKind::StorageFull.into() };
        if is_full.load(Ordering::Relaxed) { Err(refused()) } else { Ok(()) }
    };
    let disk = DiskLogs::open(&folder.path().join(FOLDER), Access::Write, Box::new(room)).unwrap();
    let plain = |from: i64, to: i64| (from..to).map(|at| line(11, START + at)).collect::<Vec<_>>();
    disk.logs_append(plain(0, 100)).unwrap();
    assert!(disk.logs_flush().is_err());
    assert!(disk.index_next(All::Heads).is_err());
    assert_eq!((disk.logs_ask(&question("down")).unwrap().lines, disk.figures().lost), (100, 0));
    full.store(false, Ordering::Relaxed);
    disk.logs_flush().unwrap();
    drop(disk);
    assert_eq!(open(folder.path(), Access::Read).logs_ask(&question("down")).unwrap().lines, 100);
}

#[test]
fn backups_hold_what_was_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryLogs::default();
    memory.logs_append(lines(0, 100)).unwrap();
    let disk = open(folder.path(), Access::Write);
    disk.logs_append(lines(0, 60)).unwrap();
    disk.index_all();
    disk.logs_append(lines(60, 100)).unwrap();
    disk.logs_flush().unwrap();
    let to = tempfile::tempdir().unwrap();
    disk.copy_to(&to.path().join(FOLDER), &mut |from, to, _| {
        std::fs::copy(from, to).map(drop).map_err(|source| StoreError::Io { what: "copying", path: from.to_owned(), source })
    })
    .unwrap();
    ask_everything(&memory, &open(to.path(), Access::Read), &FILTERS[..8]);
}
