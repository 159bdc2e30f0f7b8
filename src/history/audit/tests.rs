//! Chains that are written, changed by hand in every way, and looked at again.

use super::frame::{self, Next};
use super::segment::{self, Segment};
use super::*;
use crate::model::audit::{Act, Actor, Class, Outcome, Receipt, Record, Role, Said, Verdict, Way};
use proptest::prelude::*;
use std::fs;
use std::time::Duration;

const DAY: i64 = 86_400_000_000_000;

/// 2026-11-26T12:00:00Z
const NOON: Moment = Moment(1_795_694_400_000_000_000);

fn kim() -> Actor {
    let said = Said { tty: Some("/dev/pts/3".to_owned()), from: Some("192.0.2.7".to_owned()), command: None };
    let (user, program) = ("kim".to_owned(), Some("noctop".to_owned()));
    Actor { uid: Some(1001), user, pid: Some(4711), program, role: Some(Role::Operator), way: Way::Socket, said }
}

fn act(class: Class, number: usize) -> Act {
    Act::new(class, "alarm.acknowledge", &format!("interface-down@core-1/Te1/1/{number}"))
        .words("acknowledge with a note: \u{202e}looked at")
        .old(Some("-"))
        .new_value(Some("acknowledged by kim"))
}

struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn open(&self, at: Moment) -> (Journal, Vec<String>) {
        Journal::open(self.folder.path(), (at, &kim())).unwrap()
    }

    /// Writes so many records of a class, a day apart.
    fn write(&self, class: Class, (from, count): (Moment, usize)) -> Vec<Receipt> {
        let (mut journal, _) = self.open(from);
        let at = |number: usize| Moment(from.0 + DAY * i64::try_from(number).unwrap());
        (0..count).map(|number| journal.append(at(number), &kim(), (act(class, number), Outcome::Accepted)).unwrap()).collect()
    }

    fn files(&self, class: Class) -> Vec<Segment> {
        segment::list(&self.folder.path().join(FOLDER).join(class.word())).unwrap()
    }

    fn verdict(&self, heads: &[&Receipt]) -> Verdict {
        let heads: Vec<String> = heads.iter().map(ToString::to_string).collect();
        verify(self.folder.path(), &heads).unwrap()
    }

    fn records(&self) -> Vec<Record> {
        let mut all = Vec::new();
        read(self.folder.path(), Wanted { from: Moment(0), to: Moment(i64::MAX) }, &mut |record| all.push(record)).unwrap();
        all
    }
}

/// Where each frame of a file begins, and where the last ends.
fn offsets(octets: &[u8]) -> Vec<usize> {
    let mut at = frame::MAGIC.len();
    let mut all = vec![at];
    while let Next::Frame(_, _, length) = frame::next(&octets[at..]) {
        at += length;
        all.push(at);
    }
    all
}

#[test]
fn what_is_written_is_read_and_found_sound() {
    let rig = Rig::new();
    let receipts = rig.write(Class::Change, (NOON, 3));
    let verdict = rig.verdict(&[&receipts[0], &receipts[2]]);
    assert_eq!((&verdict.faults[..], verdict.chains.len()), (&[][..], 1));
    let chain = &verdict.chains[0];
    assert_eq!((chain.records, chain.head.as_ref()), (4, Some(&receipts[2])), "the file's first record is one as well");
    let records = rig.records();
    assert_eq!(records[1].at, "2026-11-26T12:00:00.000000000Z");
    assert_eq!((&records[1].act, &records[1].actor), (&act(Class::Change, 0), &kim()));
    assert!(!format!("{records:?}").contains('\u{202e}'), "what could turn a terminal round is shown");
}

#[test]
fn every_flipped_bit_of_every_octet_of_a_file_is_found_with_its_file_and_place() {
    let rig = Rig::new();
    let receipts = rig.write(Class::Change, (NOON, 2));
    let file = rig.files(Class::Change).remove(0);
    let sound = file.octets().unwrap();
    let offsets = offsets(&sound);
    for at in 0..sound.len() {
        let mut changed = sound.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(&file.path, &changed).unwrap();
        let verdict = rig.verdict(&[]);
        let fault = verdict.faults.first().unwrap_or_else(|| panic!("octet {at} of {} is not missed", sound.len()));
        assert_eq!(fault.file, format!("audit/change/{}", file.name()));
        let begins = offsets.iter().rev().find(|begins| **begins <= at).copied().unwrap_or(0);
        assert_eq!(fault.offset, Some(begins as u64), "octet {at}: {fault}");
    }
    fs::write(&file.path, &sound).unwrap();
    assert_eq!(rig.verdict(&[&receipts[1]]).faults, []);
}

#[test]
fn records_that_are_removed_swapped_or_doubled_are_found() {
    type Change = fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>;
    let changes: [(&str, Change); 4] = [
        ("removed", |mut all| {
            all.remove(2);
            all
        }),
        ("swapped", |mut all| {
            all.swap(1, 2);
            all
        }),
        ("doubled", |mut all| {
            all.insert(2, all[2].clone());
            all
        }),
        ("the last doubled", |mut all| {
            all.push(all[4].clone());
            all
        }),
    ];
    for (name, change) in changes {
        let rig = Rig::new();
        rig.write(Class::Change, (NOON, 4));
        let file = rig.files(Class::Change).remove(0);
        let octets = file.octets().unwrap();
        let frames = offsets(&octets).windows(2).map(|edges| octets[edges[0]..edges[1]].to_vec()).collect();
        fs::write(&file.path, [frame::MAGIC.to_vec(), change(frames).concat()].concat()).unwrap();
        let faults = rig.verdict(&[]).faults;
        assert!(faults.iter().any(|fault| fault.what.contains("hash")), "{name}: {faults:?}");
    }
}

#[test]
fn a_tail_that_is_cut_off_is_missed_by_a_head_that_was_noted_and_by_the_other_chains() {
    let rig = Rig::new();
    let receipts = rig.write(Class::Change, (NOON, 3));
    let anchor = rig.write(Class::Security, (NOON, 1));
    let file = rig.files(Class::Change).remove(0);
    let sound = file.octets().unwrap();
    let edges = offsets(&sound);
    for cut in frame::MAGIC.len()..sound.len() {
        fs::write(&file.path, &sound[..cut]).unwrap();
        let verdict = rig.verdict(&[&receipts[2]]);
        assert!(verdict.faults.iter().any(|fault| fault.what.contains("was noted as a head")), "{cut}");
        assert!(rig.verdict(&[]).faults.iter().any(|fault| fault.record == Some(4)), "the chain of security names it: {cut}");
        // Not even the record that opens the file is there.
        let is_whole = edges.contains(&cut) && cut > frame::MAGIC.len();
        assert_eq!(verdict.faults.iter().any(|fault| fault.what.contains("not whole")), !is_whole, "{cut}");
    }
    fs::remove_dir_all(file.path.parent().unwrap()).unwrap();
    let faults = rig.verdict(&[&anchor[0]]).faults;
    assert!(faults.iter().any(|fault| fault.what.contains("it is missing")), "a whole chain is missed too: {faults:?}");
}

#[test]
fn a_record_that_a_crash_tore_is_set_aside_and_told_and_the_chain_goes_on() {
    let rig = Rig::new();
    let receipts = rig.write(Class::Change, (NOON, 2));
    let file = rig.files(Class::Change).remove(0);
    let sound = file.octets().unwrap();
    let (last, end) = (offsets(&sound)[2], sound.len());
    for cut in [last + 1, last + 30, end - 1] {
        fs::write(&file.path, &sound[..cut]).unwrap();
        assert!(!rig.verdict(&[]).faults.is_empty());
        let (mut journal, told) = rig.open(Moment(NOON.0 + DAY));
        assert!(told[0].contains("set aside"), "{told:?}");
        let after = journal.append(Moment(NOON.0 + DAY), &kim(), (act(Class::Change, 9), Outcome::Done)).unwrap();
        drop(journal);
        let verdict = rig.verdict(&[&receipts[0], &after]);
        assert_eq!(verdict.faults, [], "{cut}");
        assert!(verdict.notes[0].contains("octets behind the last whole record"), "{:?}", verdict.notes);
        let kept = file.path.with_extension(format!("torn-{last}"));
        assert_eq!(fs::read(kept).unwrap(), &sound[last..cut], "nothing is thrown away");
    }
}

#[test]
fn a_damaged_file_is_left_and_the_next_goes_on_from_its_end() {
    let rig = Rig::new();
    rig.write(Class::Change, (NOON, 3));
    let file = rig.files(Class::Change).remove(0);
    let mut octets = file.octets().unwrap();
    let place = offsets(&octets)[2] + 20;
    octets[place] ^= 1;
    fs::write(&file.path, &octets).unwrap();
    let after = rig.write(Class::Change, (NOON, 2));
    assert_eq!(file.octets().unwrap(), octets);
    let verdict = rig.verdict(&[&after[1]]);
    assert_eq!(verdict.faults.len(), 1, "{:?}", verdict.faults);
    assert_eq!((verdict.faults[0].record, verdict.chains[0].files), (Some(3), 2));
}

#[test]
fn what_is_older_than_it_is_to_be_kept_goes_by_files_and_the_chain_says_so() {
    let rig = Rig::new();
    let receipts = rig.write(Class::Access, (NOON, 100));
    let months: Vec<String> = rig.files(Class::Access).into_iter().map(|file| file.month).collect();
    assert_eq!(months, ["2026-11", "2026-12", "2027-01", "2027-02", "2027-03"]);
    let (mut journal, _) = rig.open(NOON);
    let now = Moment(NOON.0 + 100 * DAY);
    let keep = Duration::from_secs(40 * 86_400);
    assert_eq!(journal.forget((Class::Access, keep), (now, &kim())).unwrap(), 2);
    assert_eq!(journal.forget((Class::Access, keep), (now, &kim())).unwrap(), 0);
    drop(journal);
    let verdict = rig.verdict(&[&receipts[99]]);
    assert_eq!((&verdict.faults[..], verdict.chains[0].removed), (&[][..], 2));
    assert!(verdict.notes[0].contains("00000001-2026-11.audit was removed"), "{:?}", verdict.notes);
    let files = rig.files(Class::Access);
    fs::remove_file(&files[0].path).unwrap();
    let faults = rig.verdict(&[]).faults;
    assert!(faults[0].what.contains("nothing in the chain says that they were removed"), "{faults:?}");
    fs::remove_file(&files[1].path).unwrap();
    assert!(!rig.verdict(&[]).faults.is_empty());
}

#[test]
fn a_file_that_is_missing_between_two_or_has_another_name_is_found() {
    let rig = Rig::new();
    rig.write(Class::Access, (NOON, 100));
    let files = rig.files(Class::Access);
    let away = rig.folder.path().join("away");
    fs::rename(&files[2].path, &away).unwrap();
    assert!(rig.verdict(&[]).faults[0].what.contains("the file before it is missing: 2 is followed by 4"));
    fs::rename(&away, &files[2].path).unwrap();
    fs::rename(&files[1].path, &away).unwrap();
    fs::rename(&files[2].path, &files[1].path).unwrap();
    fs::rename(&away, &files[2].path).unwrap();
    assert!(rig.verdict(&[]).faults.iter().any(|fault| fault.what == "it was written as file 3 of the chain"));
}

#[test]
fn a_file_that_is_emptied_down_to_its_first_line_is_found() {
    let rig = Rig::new();
    rig.write(Class::Access, (NOON, 100));
    let file = rig.files(Class::Access).remove(1);
    for kept in [0, 5, frame::MAGIC.len()] {
        fs::write(&file.path, frame::MAGIC.get(..kept).unwrap()).unwrap();
        let faults = rig.verdict(&[]).faults;
        assert!(faults.iter().any(|fault| fault.file.ends_with(&file.name())), "{kept}: {faults:?}");
    }
}

#[test]
fn a_clock_that_steps_back_turns_no_record_round() {
    let rig = Rig::new();
    let (mut journal, _) = rig.open(NOON);
    for at in [NOON, Moment(NOON.0 - 40 * DAY), Moment(NOON.0 + 1)] {
        journal.append(at, &kim(), (act(Class::Change, 1), Outcome::Done)).unwrap();
    }
    drop(journal);
    let times: Vec<String> = rig.records().into_iter().map(|record| record.at).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!((&rig.verdict(&[]).faults[..], rig.files(Class::Change).len()), (&[][..], 1));
}

#[test]
fn one_process_writes() {
    let rig = Rig::new();
    let (_journal, _) = rig.open(NOON);
    assert!(matches!(Journal::open(rig.folder.path(), (NOON, &kim())), Err(AuditError::InUse(_))));
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(matches!(verify(elsewhere.path(), &[]), Err(AuditError::Absent(_))));
}

#[test]
fn nobody_else_can_look_into_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let rig = Rig::new();
    rig.write(Class::Change, (NOON, 1));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = rig.files(Class::Change).remove(0);
    assert_eq!(
        (mode(&rig.folder.path().join(FOLDER)), mode(file.path.parent().unwrap()), mode(&file.path)),
        (0o700, 0o700, 0o600)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is written, in however many runs, is found sound; whatever is done to a file after that is found.
    #[test]
    fn no_change_of_any_journal_goes_unseen(
        runs in prop::collection::vec(prop::collection::vec((0usize..3, "\\PC{0,40}", -3i64..60), 1..6), 1..4),
        (place, value, cut) in (any::<prop::sample::Index>(), 1u8..=255, any::<bool>()),
    ) {
        let rig = Rig::new();
        let (mut at, mut heads) = (NOON, std::collections::BTreeMap::new());
        for run in runs {
            let (mut journal, told) = rig.open(at);
            prop_assert!(told.is_empty(), "{told:?}");
            for (class, words, days) in run {
                at = Moment(at.0 + days * DAY);
                let act = Act::new(Class::ALL[class], "test", "x").words(&words);
                let receipt = journal.append(at, &kim(), (act, Outcome::Failed(words.clone()))).unwrap();
                heads.insert(receipt.class, receipt);
            }
        }
        let heads: Vec<&Receipt> = heads.values().collect();
        prop_assert_eq!(rig.verdict(&heads).faults, []);
        let files: Vec<Segment> = Class::ALL.into_iter().flat_map(|class| rig.files(class)).collect();
        let sizes: Vec<usize> = files.iter().map(|file| file.octets().unwrap().len()).collect();
        let mut place = place.index(sizes.iter().sum());
        let file = sizes.iter().position(|size| { let here = place < *size; if !here { place -= size; } here }).unwrap();
        let mut octets = files[file].octets().unwrap();
        if cut { octets.truncate(place); } else { octets[place] ^= value; }
        fs::write(&files[file].path, octets).unwrap();
        prop_assert!(!rig.verdict(&heads).faults.is_empty());
    }
}
