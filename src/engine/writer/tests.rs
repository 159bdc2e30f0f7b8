//! Pieces of work, panics and queues of the writer.

use super::*;
use crate::history::{MemoryStore, SledStore};
use crate::model::LogKind;
use std::sync::mpsc;

#[test]
fn a_checkpoint_covers_the_records_that_were_handed_over_before_it() {
    let store = Arc::new(MemoryStore::new());
    let writer = Writer::start(Arc::clone(&store) as Arc<dyn Store>).unwrap();
    let record = |at: i64| (Timestamp(at), vec![1]);
    writer.records(vec![record(1), record(2)]);
    writer.checkpoint(Timestamp(2), Box::new(|| vec![("all".to_owned(), vec![9])]));
    writer.records(vec![record(3)]);
    let losses = Arc::clone(writer.losses());
    writer.finish();
    let checkpoint = store.checkpoint_before(Timestamp(9)).unwrap().unwrap();
    assert_eq!((checkpoint.seq, checkpoint.parts.len()), (2, 1));
    assert_eq!(store.journal_read(checkpoint.seq, Timestamp(9), 9).unwrap().len(), 1);
    assert_eq!((losses.total(), losses.failure()), (0, None));
}

#[test]
fn flow_records_take_no_more_memory_than_they_may_and_the_others_are_written() {
    let store = Arc::new(MemoryStore::new());
    let writer = Writer::start(Arc::clone(&store) as Arc<dyn Store>).unwrap();
    let records = |rows| Box::new(FlowColumns { exporter: vec![0; rows], ..FlowColumns::default() });
    writer.flow_records(records(FLOWS_WAITING + 1));
    writer.flow_records(records(7));
    writer.flow_time(FlowTime::default());
    let losses = Arc::clone(writer.losses());
    writer.finish();
    assert_eq!((losses.total(), losses.flows_waiting.load(Ordering::Relaxed)), (FLOWS_WAITING as u64 + 1, 0));
    assert_eq!(store.stats().unwrap().flows, 7);
}

#[test]
fn what_is_to_be_done_after_a_flush_finds_everything_written_that_was_handed_over_before() {
    let store = Arc::new(MemoryStore::new());
    let writer = Writer::start(Arc::clone(&store) as Arc<dyn Store>).unwrap();
    let (send, told) = std::sync::mpsc::channel();
    writer.records(vec![(Timestamp(1), vec![1]), (Timestamp(2), vec![1])]);
    let seen = Arc::clone(&store);
    let then: Then = Box::new(move || send.send(seen.journal_read(0, Timestamp(9), 9).unwrap().len()).unwrap());
    assert!(writer.after_flush(then).is_ok());
    writer.finish();
    assert_eq!(told.try_recv(), Ok(2));
}

#[test]
fn a_panic_costs_what_was_at_hand_and_the_next_piece_is_written() {
    let store = Arc::new(MemoryStore::new());
    let writer = Writer::start(Arc::clone(&store) as Arc<dyn Store>).unwrap();
    let (send, told) = std::sync::mpsc::channel();
    let fails: Then = Box::new(move || {
        send.send(()).unwrap();
        panic!("it fails");
    });
    assert!(writer.after_flush(fails).is_ok());
    told.recv().unwrap();
    writer.records(vec![(Timestamp(1), vec![1])]);
    let losses = Arc::clone(writer.losses());
    writer.finish();
    assert_eq!(store.journal_read(0, Timestamp(9), 9).unwrap().len(), 1);
    assert_eq!(losses.failure(), None, "the disk takes it");
}

#[test]
fn a_queue_that_nobody_empties_takes_so_many_pieces_and_counts_the_others() {
    let (send, receive) = sync_channel(QUEUE);
    let writer = Writer { send, thread: None, losses: Arc::default() };
    (0..QUEUE + 7).for_each(|_| writer.records(vec![(Timestamp(1), vec![1])]));
    assert_eq!((writer.losses().total(), receive.try_iter().count()), (7, QUEUE));
}

#[test]
fn what_comes_after_the_end_is_counted_as_lost() {
    let writer = Writer::start(Arc::new(MemoryStore::new())).unwrap();
    let (losses, send) = (Arc::clone(writer.losses()), writer.send.clone());
    writer.finish();
    let late = Writer { send, thread: None, losses: Arc::clone(&losses) };
    late.records(vec![(Timestamp(1), vec![1]), (Timestamp(2), vec![1])]);
    assert_eq!(losses.total(), 2);
}

/// A daemon that has nothing but a listener for syslog: no polls, no events.
#[test]
fn lines_alone_are_flushed_and_so_are_there_after_a_crash_and_after_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path()).unwrap());
    let writer = Writer::start(Arc::clone(&store)).unwrap();
    let line = |secs: i64| LogLine::new(Timestamp(secs * 1000), [10, 0, 0, 1].into(), LogKind::Syslog);
    writer.logs(vec![line(1)]);
    let (send, flushed) = mpsc::channel();
    let told = writer.after_flush(Box::new(move || send.send(()).unwrap()));
    assert!(told.is_ok() && flushed.recv().is_ok());
    let copy = tempfile::tempdir().unwrap();
    copied(folder.path(), copy.path());
    assert_eq!(kept(copy.path()), 1, "the files as a process that is killed now leaves them");
    writer.logs(vec![line(2)]);
    writer.finish();
    drop(store);
    assert_eq!(kept(folder.path()), 2);
}

fn kept(folder: &std::path::Path) -> u64 {
    let store = SledStore::open(folder).unwrap();
    store.logs().logs_kept().unwrap().lines
}

fn copied(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copied(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
