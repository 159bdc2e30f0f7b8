//! The head of a message of version 3 (RFC 3412 §6, RFC 3414 §2.4), and messages that are not secured.

use super::super::Fault;
use super::super::ber::{self, OCTETS, SEQUENCE, Writer};
use super::super::message::open;
use super::super::pdu::{Pdu, PduKind};
use super::super::reader::Reader;
use crate::model::SnmpVersion;

/// RFC 3411 §5 snmpEngineID: at most 32 octets. Some agents exceed the text's 5 at the lower end.
pub(super) const MAX_ENGINE_ID: usize = 32;

/// Largest msgMaxSize that snmp2 accepts; RFC 3412 §6 allows 2^31-1.
pub(super) const MAX_SIZE: i64 = 65_507;

pub(super) const REPORTABLE: u8 = 4;

pub(super) const PRIVATE: u8 = 2;

pub(super) const AUTHENTIC: u8 = 1;

/// msgSecurityModel of the user-based security model (RFC 3411 §5).
const USM: i64 = 3;

/// What an agent says of itself in every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineSays {
    /// msgAuthoritativeEngineID
    pub id: Vec<u8>,
    /// msgAuthoritativeEngineBoots
    pub boots: u32,
    /// msgAuthoritativeEngineTime, seconds
    pub time: u32,
}

/// A message of version 3 that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it carries.
    pub pdu: Pdu,
    /// The engine it claims to come from.
    pub engine: EngineSays,
    /// Whether its digest proves it.
    pub authentic: bool,
}

/// A message that asks an agent for its engine id (RFC 3414 §4).
pub fn discovery(message_id: i32) -> Vec<u8> {
    plain_message(message_id, &[])
}

/// An unauthenticated message with a Get of nothing.
pub(super) fn plain_message(message_id: i32, engine_id: &[u8]) -> Vec<u8> {
    let frame = Frame { message_id, flags: REPORTABLE, engine: (engine_id, 0, 0), user: &[], digest_length: 0, privacy: &[] };
    frame.with_plain(&Pdu::request(PduKind::Get, message_id, &[]), &[])
}

/// What stands around the data of a message.
pub(super) struct Frame<'a> {
    pub(super) message_id: i32,
    pub(super) flags: u8,
    /// Id, boots and time of the authoritative engine.
    pub(super) engine: (&'a [u8], u32, u32),
    pub(super) user: &'a [u8],
    /// Zeros stand where the digest goes.
    pub(super) digest_length: usize,
    pub(super) privacy: &'a [u8],
}

impl Frame<'_> {
    pub(super) fn write(&self, data: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut parameters = Writer::new();
        parameters.constructed(SEQUENCE, |usm| {
            let (id, boots, time) = self.engine;
            usm.tlv(OCTETS, id);
            usm.signed(ber::INTEGER, i64::from(boots));
            usm.signed(ber::INTEGER, i64::from(time));
            usm.tlv(OCTETS, self.user);
            usm.tlv(OCTETS, &vec![0; self.digest_length]);
            usm.tlv(OCTETS, self.privacy);
        });
        let mut writer = Writer::new();
        writer.constructed(SEQUENCE, |message| {
            message.signed(ber::INTEGER, 3);
            message.constructed(SEQUENCE, |header| {
                header.signed(ber::INTEGER, i64::from(self.message_id));
                header.signed(ber::INTEGER, MAX_SIZE);
                header.tlv(OCTETS, &[self.flags]);
                header.signed(ber::INTEGER, USM);
            });
            message.tlv(OCTETS, &parameters.into_bytes());
            data(message);
        });
        writer.into_bytes()
    }

    /// With a PDU that is not encrypted; its context engine is the authoritative one.
    pub(super) fn with_plain(&self, pdu: &Pdu, context: &[u8]) -> Vec<u8> {
        self.write(|message| scoped((self.engine.0, context), pdu, message))
    }
}

/// A scopedPDU (RFC 3412 §6): contextEngineID and contextName, and the PDU.
pub(super) fn scoped((engine_id, context): (&[u8], &[u8]), pdu: &Pdu, writer: &mut Writer) {
    writer.constructed(SEQUENCE, |scoped| {
        scoped.tlv(OCTETS, engine_id);
        scoped.tlv(OCTETS, context);
        pdu.write(scoped);
    });
}

/// Opens an answer to a question that was not secured: to [`discovery`].
///
/// Errors: [`Fault`], also for a secured message.
pub fn open_plain(bytes: &[u8]) -> Result<Opened, Fault> {
    let header = Header::read(bytes)?;
    let engine = header.engine();
    Ok(Opened { pdu: header.plain_pdu()?, engine, authentic: false })
}

/// The head of a message (RFC 3412 §6, RFC 3414 §2.4).
pub(super) struct Header<'a> {
    pub(super) message_id: i32,
    pub(super) max_size: i64,
    pub(super) max_size_field: &'a [u8],
    pub(super) flags: u8,
    pub(super) engine_id: &'a [u8],
    pub(super) boots: u32,
    pub(super) time: u32,
    pub(super) user: &'a [u8],
    pub(super) digest: &'a [u8],
    pub(super) privacy: &'a [u8],
    pub(super) data: Reader<'a>,
}

/// Where in the message its fields stand.
pub(super) struct Places {
    pub(super) max_size: std::ops::Range<usize>,
    pub(super) digest: std::ops::Range<usize>,
    pub(super) end: usize,
}

impl<'a> Header<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (version, mut message) = open(bytes)?;
        if version != SnmpVersion::V3 {
            return Err(Fault::Version);
        }
        let mut global = message.inside(SEQUENCE)?;
        let message_id = i32::try_from(global.integer()?).map_err(|_| Fault::Malformed)?;
        let max_size_field = Reader::expect(&mut global.clone(), ber::INTEGER)?;
        let max_size = global.integer()?;
        let flags = global.octets()?.first().copied().ok_or(Fault::Malformed)?;
        if global.integer()? != USM {
            return Err(Fault::SecurityModel);
        }
        let mut usm = Reader::new(message.octets()?).inside(SEQUENCE)?;
        let engine_id = usm.octets()?;
        let (boots, time) = (seconds(&mut usm)?, seconds(&mut usm)?);
        let (user, digest) = (usm.octets()?, usm.octets()?);
        let privacy = usm.octets()?;
        if engine_id.len() > MAX_ENGINE_ID || max_size < 0 {
            return Err(Fault::Malformed);
        }
        Ok(Self { message_id, max_size, max_size_field, flags, engine_id, boots, time, user, digest, privacy, data: message })
    }

    pub(super) fn engine(&self) -> EngineSays {
        EngineSays { id: self.engine_id.to_vec(), boots: self.boots, time: self.time }
    }

    /// The PDU of a message that is not encrypted.
    pub(super) fn plain_pdu(mut self) -> Result<Pdu, Fault> {
        if self.flags & PRIVATE != 0 {
            return Err(Fault::NotDecipherable);
        }
        let mut scoped = self.data.inside(SEQUENCE)?;
        scoped.octets()?;
        scoped.octets()?;
        Pdu::read(&mut scoped)
    }

    pub(super) fn places(&self, bytes: &[u8]) -> Places {
        let place = |field: &[u8]| {
            let start = field.as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
            start..start + field.len()
        };
        let mut whole = Reader::new(bytes);
        let read = whole.expect(SEQUENCE).is_ok();
        let end = if read { bytes.len() - whole.left() } else { 0 };
        Places { max_size: place(self.max_size_field), digest: place(self.digest), end }
    }
}

/// Boots and time are 0 to 2^31-1 (RFC 3414 §2.4).
fn seconds(reader: &mut Reader<'_>) -> Result<u32, Fault> {
    i32::try_from(reader.integer()?).ok().and_then(|number| u32::try_from(number).ok()).ok_or(Fault::Malformed)
}
