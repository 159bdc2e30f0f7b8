//! Messages of v1 and v2c (RFC 1157 §4, RFC 1901 §3), and the glance at any message that tells whose answer it is.

use super::Fault;
use super::ber::{self, SEQUENCE, Writer};
use super::list::List;
use super::pdu::{Pdu, PduHead, Question};
use super::reader::Reader;
use crate::model::SnmpVersion;

/// A message of v1 or v2c.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `V1` or `V2c`; version 3 has a module of its own.
    pub version: SnmpVersion,
    /// The community, as octets.
    pub community: Vec<u8>,
    /// What it carries.
    pub pdu: Pdu,
}

/// What a glance at the head of a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The message's version.
    pub version: SnmpVersion,
    /// request-id, or msgID in version 3.
    pub id: i32,
}

/// The message's version and the number by which an answer finds its question. Reads the first few octets only.
///
/// Errors: [`Fault`] where these are not those of an SNMP message.
pub fn peek(bytes: &[u8]) -> Result<Head, Fault> {
    let (version, mut reader) = open(bytes)?;
    let mut body = if version == SnmpVersion::V3 {
        reader.inside(SEQUENCE)?
    } else {
        reader.octets()?;
        Reader::new(reader.any()?.1)
    };
    Ok(Head { version, id: i32::try_from(body.integer()?).map_err(|_| Fault::Malformed)? })
}

/// The message's version and a reader of what follows it. Octets behind the message are ignored, as RFC 3417 §8 leaves open.
pub(super) fn open(bytes: &[u8]) -> Result<(SnmpVersion, Reader<'_>), Fault> {
    let mut reader = Reader::new(bytes).inside(SEQUENCE)?;
    let version = match reader.integer()? {
        0 => SnmpVersion::V1,
        1 => SnmpVersion::V2c,
        3 => SnmpVersion::V3,
        _ => return Err(Fault::Version),
    };
    Ok((version, reader))
}

/// Version, head and varbinds of a v1 or v2c message whose community is of no interest; the varbinds are not read yet.
///
/// Errors: as those of [`Message::decode`], with the message's memory.
pub fn read_lazily(message: Vec<u8>) -> Result<(SnmpVersion, PduHead, List), (Fault, Vec<u8>)> {
    let read = open(&message).and_then(|(version, mut reader)| {
        if version == SnmpVersion::V3 {
            return Err(Fault::Version);
        }
        reader.octets()?;
        let (head, list) = PduHead::read(&mut reader)?;
        let start = list.as_ptr().addr().saturating_sub(message.as_ptr().addr());
        Ok((version, head, start..start + list.len()))
    });
    match read {
        Ok((version, head, pairs)) => match List::raw(message, pairs) {
            Ok(list) => Ok((version, head, list)),
            Err(fault) => Err((fault, Vec::new())),
        },
        Err(fault) => Err((fault, message)),
    }
}

impl Message {
    /// Reads a v1 or v2c message, request or response.
    ///
    /// Errors: [`Fault::Version`] for version 3, [`Fault::Kind`] for a v1 trap, [`Fault::Malformed`] for anything else. A
    /// varbind of unknown type is no error: see [`Pdu::unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let (version, mut reader) = open(bytes)?;
        if version == SnmpVersion::V3 {
            return Err(Fault::Version);
        }
        let community = reader.octets()?.to_vec();
        Ok(Self { version, community, pdu: Pdu::read(&mut reader)? })
    }

    /// The octets to send. A message of version 3 can't be written this way and comes out as v2c.
    pub fn encode(&self) -> Vec<u8> {
        encode(self.version, &self.community, &self.pdu)
    }

    /// The answer to this message that carries `pdu`.
    pub fn reply(&self, pdu: Pdu) -> Self {
        Self { version: self.version, community: self.community.clone(), pdu }
    }
}

/// The octets of a v1 or v2c message.
pub fn encode(version: SnmpVersion, community: &[u8], pdu: &Pdu) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.constructed(SEQUENCE, |message| {
        message.signed(ber::INTEGER, if version == SnmpVersion::V1 { 0 } else { 1 });
        message.tlv(ber::OCTETS, community);
        pdu.write(message);
    });
    writer.into_bytes()
}

/// Who asks, and in which form: the head of a v1 or v2c message.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// `V1` or `V2c`.
    pub version: SnmpVersion,
    /// The community, in parts.
    pub community: [&'a [u8]; 2],
    /// request-id
    pub request_id: i32,
}

/// Writes a question as a v1 or v2c message into `buffer`, in place of what it holds.
pub fn encode_question(envelope: &Envelope<'_>, question: &Question<'_>, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut writer = Writer::over(std::mem::take(buffer));
    writer.constructed(SEQUENCE, |message| {
        message.signed(ber::INTEGER, if envelope.version == SnmpVersion::V1 { 0 } else { 1 });
        message.constructed(ber::OCTETS, |community| envelope.community.iter().for_each(|part| community.raw(part)));
        question.write(envelope.request_id, message);
    });
    *buffer = writer.into_bytes();
}

#[cfg(test)]
mod tests {
    use super::super::{ErrorStatus, PduKind, Value, VarBind};
    use super::*;
    use crate::model::Oid;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    fn any_oid() -> impl Strategy<Value = Oid> {
        let root = prop_oneof![(0u32..2, 0u32..40), (Just(2u32), any::<u32>())];
        (root, proptest::collection::vec(any::<u32>(), 0..20)).prop_map(|((a, b), rest)| Oid::new(&[a, b]).child(&rest))
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::Integer),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Octets),
            any_oid().prop_map(Value::Oid),
            Just(Value::Null),
            any::<u32>().prop_map(|number| Value::IpAddress(Ipv4Addr::from(number))),
            any::<u32>().prop_map(Value::Counter32),
            any::<u32>().prop_map(Value::Gauge32),
            any::<u32>().prop_map(Value::TimeTicks),
            proptest::collection::vec(any::<u8>(), 0..20).prop_map(Value::Opaque),
            any::<u64>().prop_map(Value::Counter64),
            Just(Value::NoSuchObject),
            Just(Value::NoSuchInstance),
            Just(Value::EndOfMibView),
        ]
    }

    fn any_message() -> impl Strategy<Value = Message> {
        let bind = (any_oid(), any_value()).prop_map(|(oid, value)| VarBind { oid, value });
        let numbers = (any::<i32>(), 0..=i32::MAX as u32, 0..=i32::MAX as u32);
        (
            prop_oneof![Just(SnmpVersion::V1), Just(SnmpVersion::V2c)],
            proptest::collection::vec(any::<u8>(), 0..40),
            proptest::sample::select(PduKind::ALL.to_vec()),
            numbers,
            proptest::collection::vec(bind, 0..12),
        )
            .prop_map(|(version, community, kind, (request_id, status, error_index), varbinds)| Message {
                version,
                community,
                pdu: Pdu { kind, request_id, error_status: ErrorStatus(status), error_index, varbinds, unnamed: 0 },
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_message_round_trips_and_is_found_by_its_id(message in any_message()) {
            let bytes = message.encode();
            let head = peek(&bytes);
            prop_assert_eq!(head, Ok(Head { version: message.version, id: message.pdu.request_id }));
            let (_, head, list) = read_lazily(bytes.clone()).unwrap();
            prop_assert_eq!(head, PduHead::from(&message.pdu));
            let lazily: Vec<VarBind> = list.iter().map(|bind| VarBind { oid: bind.oid().unwrap(), value: bind.value() }).collect();
            prop_assert_eq!(&lazily, &message.pdu.varbinds);
            prop_assert_eq!(Message::decode(&bytes), Ok(message));
        }

        #[test]
        fn snmp2_writes_the_same_octets(message in any_message()) {
            // snmp2 writes these as negative numbers: see defects.rs.
            prop_assume!(!message.pdu.varbinds.iter().any(|bind| matches!(bind.value, Value::Counter64(0x8000_0000_0000_0000..))));
            let bytes = message.encode();
            let theirs = snmp2::Pdu::from_bytes(&bytes).and_then(|pdu| pdu.to_bytes());
            prop_assert_eq!(theirs.ok(), Some(bytes));
        }

        #[test]
        fn a_question_is_written_as_its_pdu(names in proptest::collection::vec(any_oid(), 0..12), id in any::<i32>(), bulk in any::<bool>()) {
            let kind = if bulk { PduKind::GetBulk } else { PduKind::Get };
            let question = Question { kind, repetitions: if bulk { 25 } else { 0 }, names: names.as_slice().into() };
            let envelope = Envelope { version: SnmpVersion::V2c, community: [b"public", b"@10"], request_id: id };
            let mut bytes = vec![7; 3];
            encode_question(&envelope, &question, &mut bytes);
            prop_assert_eq!(bytes, encode(SnmpVersion::V2c, b"public@10", &question.pdu(id)));
        }

        #[test]
        fn arbitrary_octets_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(peek(&bytes).is_ok() || Message::decode(&bytes).is_err());
        }

        #[test]
        fn a_damaged_message_never_panics(message in any_message(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
            let mut bytes = message.encode();
            let at = at.index(bytes.len());
            bytes[at] = octet;
            let decoded = Message::decode(&bytes);
            prop_assert_eq!(read_lazily(bytes.clone()).is_ok(), decoded.is_ok());
            bytes.truncate(at);
            prop_assert!(decoded.is_err() || decoded.is_ok_and(|read| read.pdu.varbinds.len() <= 200));
            prop_assert!(Message::decode(&bytes).is_err());
        }
    }

    #[test]
    fn a_value_of_unknown_type_does_not_hide_the_next() {
        let binds = [1u32, 2].map(|n| VarBind { oid: Oid::new(&[1, 3, n]), value: Value::Integer(7) });
        let mut bytes = encode(SnmpVersion::V2c, b"public", &Pdu::request(PduKind::Get, 1, &[]).response(binds.to_vec()));
        let at = bytes.windows(3).position(|three| three == [2, 1, 7]).unwrap();
        bytes[at] = 0x45;
        let read = Message::decode(&bytes).unwrap().pdu;
        assert_eq!(
            read.varbinds.iter().map(|bind| bind.value.clone()).collect::<Vec<_>>(),
            [Value::Unreadable(0x45), Value::Integer(7)]
        );
        assert_eq!(read.unreadable(), 1);
    }

    #[test]
    fn a_counter_without_its_sign_octet_is_read_as_meant() {
        let bind = VarBind { oid: Oid::new(&[1, 3]), value: Value::Counter32(0x7fff_fff0) };
        let mut bytes = encode(SnmpVersion::V2c, b"", &Pdu::request(PduKind::Get, 1, &[]).response(vec![bind]));
        let at = bytes.windows(2).position(|two| two == [0x41, 4]).unwrap();
        bytes[at + 2] = 0xff;
        assert_eq!(Message::decode(&bytes).unwrap().pdu.varbinds[0].value, Value::Counter32(0xffff_fff0));
    }

    #[test]
    fn negative_repetitions_count_as_none() {
        let mut bytes = encode(SnmpVersion::V2c, b"", &Pdu::bulk(5, 9, &[Oid::new(&[1, 3])]));
        let at = bytes.windows(3).position(|three| three == [2, 1, 9]).unwrap();
        bytes[at + 2] = 0xff;
        let pdu = Message::decode(&bytes).unwrap().pdu;
        assert_eq!((pdu.non_repeaters(), pdu.max_repetitions()), (0, 0));
    }

    #[test]
    fn net_snmps_floats_are_numbers() {
        let float = Value::Opaque(vec![0x9f, 0x78, 4, 0x41, 0x48, 0, 0]);
        assert_eq!(float.as_f64(), Some(12.5));
        assert_eq!(Value::Opaque(vec![0x9f, 0x78, 4, 0x41]).as_f64(), None);
    }
}
