//! A journal record: the event's format version in two octets, then the event in postcard.

use crate::event::{EVENT_VERSION, Event, OLDEST_EVENT_VERSION};

/// Why a record could not be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Written by another version of noctop.
    #[error("a journal record has event format {0}, and this noctop knows {EVENT_VERSION}")]
    Version(u16),
    /// Not an event.
    #[error("a journal record is damaged")]
    Damaged,
}

/// The record of an event. Errors: an event that postcard can't write, which none is.
pub(super) fn encode(event: &Event) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_extend(event, EVENT_VERSION.to_be_bytes().to_vec())
}

/// The event of a record.
pub(super) fn decode(record: &[u8]) -> Result<Event, Unreadable> {
    let (version, body) = record.split_first_chunk::<2>().ok_or(Unreadable::Damaged)?;
    match u16::from_be_bytes(*version) {
        OLDEST_EVENT_VERSION..=EVENT_VERSION => postcard::from_bytes(body).map_err(|_| Unreadable::Damaged),
        other => Err(Unreadable::Version(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Body;
    use crate::history::{MemoryStore, OLDEST_STORE_VERSION, STORE_VERSION, Store};
    use crate::mib::Registry;
    use crate::model::{DeviceId, Timestamp};
    use crate::sim::backfill::Past;
    use crate::sim::serve::Campus;
    use crate::sim::{Scale, Scenario};
    use crate::state::checkpoint::{self, CHECKPOINT_VERSION};
    use crate::state::{self, Settings, State};
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    /// What each format of a store holds: journal records and checkpoints of these versions. A change of one of them is a new line, and a
    /// new `STORE_VERSION`, so that an older noctop refuses the store instead of passing over what it can't read.
    const FORMATS: &[(u32, u16, u8)] = &[(3, 5, 5), (4, 6, 5)];

    #[test]
    fn a_new_format_of_records_or_checkpoints_is_a_new_format_of_the_store() {
        assert_eq!(FORMATS.last(), Some(&(STORE_VERSION, EVENT_VERSION, CHECKPOINT_VERSION)));
        assert!(FORMATS.windows(2).all(|two| two[0].0 < two[1].0));
        const { assert!(OLDEST_STORE_VERSION <= STORE_VERSION) }
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_other_versions_are_named() {
        let event = Event { at: Timestamp(7), body: Body::Restarted(DeviceId::new("mac:1")) };
        let mut record = encode(&event).unwrap();
        assert_eq!(decode(&record), Ok(event));
        let mut before = record.clone();
        before[..2].copy_from_slice(&OLDEST_EVENT_VERSION.to_be_bytes());
        assert_eq!(decode(&before), decode(&record), "kinds were only added since");
        record[0] = 0xff;
        assert!(matches!(decode(&record), Err(Unreadable::Version(_))));
        assert_eq!(decode(&[0]), Err(Unreadable::Damaged));
        assert_eq!(decode(&[EVENT_VERSION.to_be_bytes()[0], EVENT_VERSION.to_be_bytes()[1], 0xff]), Err(Unreadable::Damaged));
    }

    /// Octets of a kind's example at most: fixtures are to stay small.
    const MOST_OCTETS: usize = 3000;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(name)
    }

    /// Pieces with their length in front.
    fn framed<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        pieces.flat_map(|piece| [&u32::try_from(piece.len()).unwrap().to_be_bytes(), piece].concat()).collect()
    }

    fn pieces(mut octets: &[u8]) -> Vec<&[u8]> {
        let mut found = Vec::new();
        while let Some((length, rest)) = octets.split_first_chunk::<4>() {
            let (piece, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
            found.push(piece);
            octets = rest;
        }
        found
    }

    /// The word of an event's kind.
    fn kind(event: &Event) -> String {
        let text = format!("{:?}", event.body);
        text.split(['(', ' ']).next().unwrap_or_default().to_owned()
    }

    /// Of each kind of event in the demo's past the richest example that is not too large.
    fn examples() -> Vec<Vec<u8>> {
        let scale = Scale::at(Timestamp::from_secs(1_795_348_800), 1);
        let campus = Arc::new(Campus::new(Arc::new(Scenario::campus(scale).unwrap()), Registry::builtin()).unwrap());
        let store = Arc::new(MemoryStore::new());
        let mut core = super::super::core::Core::restore(Arc::clone(&store) as Arc<dyn Store>, "", Settings::default()).unwrap();
        core.sow(Past::new(campus, 10161, "demo").events()).unwrap();
        let mut best: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for record in store.journal_read(0, Timestamp(i64::MAX), usize::MAX).unwrap() {
            let size = |bytes: &[u8]| if bytes.len() <= MOST_OCTETS { bytes.len() as i64 } else { -(bytes.len() as i64) };
            let of = best.entry(kind(&decode(&record.bytes).unwrap())).or_insert_with(|| record.bytes.clone());
            if size(&record.bytes) > size(of) {
                *of = record.bytes;
            }
        }
        best.into_values().collect()
    }

    /// The state after some records.
    fn state_of(records: &[&[u8]]) -> State {
        let mut state = State::new(Settings::default());
        let mut events: Vec<Event> = records.iter().map(|record| decode(record).unwrap()).collect();
        events.sort_by_key(|event| event.at);
        events.iter().for_each(|event| {
            state::apply(&mut state, event);
        });
        state
    }

    /// What this says when it fails: the bytes of a journal that is out there would be read wrongly, or not at all.
    const WHAT_TO_DO: &str = "the format of what is kept changed: raise EVENT_VERSION or CHECKPOINT_VERSION with STORE_VERSION and a line of FORMATS, \
        go on reading the old one (docs/decisions/0092), and write examples of the new one with NOCTOP_BLESS=1";

    #[test]
    fn what_the_formats_before_wrote_is_still_read() {
        for version in OLDEST_EVENT_VERSION..EVENT_VERSION {
            let octets = std::fs::read(fixture(&format!("journal-{version}.bin"))).unwrap();
            let records = pieces(&octets);
            assert!(records.len() >= 12, "{version}");
            for record in records {
                assert_eq!(record[..2], version.to_be_bytes());
                decode(record).unwrap_or_else(|error| panic!("{version}: {error}"));
            }
        }
    }

    #[test]
    fn what_was_written_in_this_format_is_read_as_it_was_meant() {
        let (journal, kept) = (format!("journal-{EVENT_VERSION}.bin"), format!("checkpoint-{CHECKPOINT_VERSION}.bin"));
        if std::env::var_os("NOCTOP_BLESS").is_some() {
            let records = examples();
            std::fs::write(fixture(&journal), framed(records.iter().map(Vec::as_slice))).unwrap();
            let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
            let parts = checkpoint::encode(&state_of(&records));
            let octets = framed(parts.iter().flat_map(|(name, part)| [name.as_bytes(), part.as_slice()]));
            std::fs::write(fixture(&kept), octets).unwrap();
        }
        let octets = std::fs::read(fixture(&journal)).expect(WHAT_TO_DO);
        let records = pieces(&octets);
        assert!(records.len() >= 12, "{} kinds of events", records.len());
        for record in &records {
            let event = decode(record).unwrap_or_else(|error| panic!("{error}: {WHAT_TO_DO}"));
            assert!(encode(&event).as_deref() == Ok(record), "{}: {WHAT_TO_DO}", kind(&event));
        }
        let octets = std::fs::read(fixture(&kept)).expect(WHAT_TO_DO);
        let parts: Vec<(String, Vec<u8>)> =
            pieces(&octets).chunks(2).map(|two| (String::from_utf8(two[0].to_vec()).unwrap(), two[1].to_vec())).collect();
        let read = checkpoint::decode(&parts, Settings::default()).unwrap_or_else(|error| panic!("{error}: {WHAT_TO_DO}"));
        assert!(checkpoint::encode(&read) == parts, "checkpoint: {WHAT_TO_DO}");
    }
}
