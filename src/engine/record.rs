//! A journal record: the event's format version in two octets, then the event in postcard.

use crate::event::{EVENT_VERSION, Event};

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
        EVENT_VERSION => postcard::from_bytes(body).map_err(|_| Unreadable::Damaged),
        other => Err(Unreadable::Version(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Body;
    use crate::model::{DeviceId, Timestamp};

    #[test]
    fn a_record_is_read_as_it_was_written_and_other_versions_are_named() {
        let event = Event { at: Timestamp(7), body: Body::Restarted(DeviceId::new("mac:1")) };
        let mut record = encode(&event).unwrap();
        assert_eq!(decode(&record), Ok(event));
        record[0] = 0xff;
        assert!(matches!(decode(&record), Err(Unreadable::Version(_))));
        assert_eq!(decode(&[0]), Err(Unreadable::Damaged));
        assert_eq!(decode(&[EVENT_VERSION.to_be_bytes()[0], EVENT_VERSION.to_be_bytes()[1], 0xff]), Err(Unreadable::Damaged));
    }
}
