//! Our reader against snmp2's, over arbitrary octets: what both can read they read alike.

use super::reader::{Reader, oid_from, value_from, var_binds_from};
use super::value::Value;
use crate::model::Oid;
use crate::model::oid::MAX_OID_ARCS;
use proptest::prelude::*;
use snmp2::AsnReader;

/// Octets that are more often than not a varbind list of some kind.
fn list() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..12),
        proptest::collection::vec(0u8..0x80, 1..16),
        Just(vec![0x2b, 6, 1, 2, 1, 2, 2, 1, 10, 1]),
    ];
    let tag = prop_oneof![
        proptest::sample::select(vec![2u8, 4, 5, 6, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x80, 0x81, 0x82]),
        any::<u8>()
    ];
    let value = (tag, proptest::collection::vec(any::<u8>(), 0..10)).prop_map(|(tag, content)| tlv(tag, &content));
    let pair = (name, value).prop_map(|(name, value)| tlv(0x30, &[tlv(6, &name), value].concat()));
    let pair = prop_oneof![9 => pair, 1 => proptest::collection::vec(any::<u8>(), 0..20)];
    proptest::collection::vec(pair, 0..6).prop_map(|pairs| pairs.concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
}

/// What snmp2 makes of a list, varbind by varbind; `None` where it gives up. The second says whether the value's type is one of SNMP's.
fn theirs(content: &[u8]) -> Vec<Option<(Vec<u8>, String)>> {
    let mut list = AsnReader::from_bytes(content);
    let mut read = Vec::new();
    while let Ok(pair) = list.read_raw(0x30) {
        let mut pair = AsnReader::from_bytes(pair);
        let name = pair.read_raw(6).ok().map(<[u8]>::to_vec);
        let value = pair.next().and_then(|value| their_value(&value));
        read.push(name.zip(value));
    }
    read
}

fn their_value(value: &snmp2::Value<'_>) -> Option<String> {
    let ours = match value {
        snmp2::Value::Null => Value::Null,
        snmp2::Value::Integer(number) => Value::Integer(*number),
        snmp2::Value::OctetString(octets) => Value::Octets(octets.to_vec()),
        snmp2::Value::IpAddress(octets) => Value::IpAddress((*octets).into()),
        snmp2::Value::Counter32(number) => Value::Counter32(*number),
        snmp2::Value::Unsigned32(number) => Value::Gauge32(*number),
        snmp2::Value::Timeticks(number) => Value::TimeTicks(*number),
        snmp2::Value::Opaque(octets) => Value::Opaque(octets.to_vec()),
        snmp2::Value::Counter64(number) => Value::Counter64(*number),
        snmp2::Value::EndOfMibView => Value::EndOfMibView,
        snmp2::Value::NoSuchObject => Value::NoSuchObject,
        snmp2::Value::NoSuchInstance => Value::NoSuchInstance,
        _ => return None,
    };
    Some(format!("{ours:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_read_the_same(content in list()) {
        let mut binds = Vec::new();
        let unnamed = var_binds_from(&content, &mut binds);
        let theirs = theirs(&content);
        if let Ok(unnamed) = unnamed {
            prop_assert_eq!(binds.len() + unnamed, theirs.len());
        }
        let mut ours = binds.iter();
        for (name, value) in theirs.into_iter().map_while(|read| read) {
            let Ok(oid) = oid_from(&name) else { break };
            let bind = ours.next().unwrap();
            prop_assert_eq!(&bind.oid, &oid);
            // The one place where we are stricter: a number that does not fit 32 bits is cut by snmp2.
            if !matches!(bind.value, Value::Unreadable(0x41..=0x43)) {
                prop_assert_eq!(format!("{:?}", bind.value), value);
            }
        }
    }

    #[test]
    fn both_readers_take_the_same_lengths(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut ours = Reader::new(&bytes);
        let mut theirs = AsnReader::from_bytes(&bytes);
        let tag = bytes.first().copied().unwrap_or(0);
        prop_assert_eq!(ours.expect(tag).ok(), theirs.read_raw(tag).ok());
    }
}

#[test]
fn oids_are_read_to_their_limits_and_no_further() {
    let arcs = |content: &[u8]| oid_from(content).map(|oid| oid.arcs().to_vec()).ok();
    assert_eq!(arcs(&[]), Some(vec![0, 0]));
    assert_eq!(arcs(&[0x2b, 6, 1]), Some(vec![1, 3, 6, 1]));
    assert_eq!(arcs(&[0x2b, 0x8f, 0xff, 0xff, 0xff, 0x7f]), Some(vec![1, 3, u32::MAX]));
    assert_eq!(arcs(&[0x90, 0x80, 0x80, 0x80, 0x4f]), Some(vec![2, u32::MAX]));
    for malformed in
        [[0x2b, 0x90, 0x80, 0x80, 0x80, 0x00].as_slice(), &[0x2b, 0x86], &[0x90, 0x80, 0x80, 0x80, 0x50], &[0xff; 20]]
    {
        assert_eq!(arcs(malformed), None, "{malformed:?}");
    }
    assert_eq!(arcs(&[1; MAX_OID_ARCS - 1]).map(|arcs| arcs.len()), Some(MAX_OID_ARCS));
    assert_eq!(arcs(&[1; MAX_OID_ARCS]), None);
    let many_octets = [[0x2b].as_slice(), &[0x81, 0x01].repeat(12)].concat();
    assert_eq!(oid_from(&many_octets).ok(), Some(Oid::new(&[1, 3]).child(&[129; 12])));
}

#[test]
fn numbers_beyond_their_type_are_unreadable() {
    for (tag, content, value) in [
        (0x41, [1, 0, 0, 0, 0].as_slice(), Value::Unreadable(0x41)),
        (0x41, &[0, 0xff, 0xff, 0xff, 0xff], Value::Counter32(u32::MAX)),
        (0x42, &[0xff, 0xff, 0xff, 0xff], Value::Gauge32(u32::MAX)),
        (0x43, &[], Value::Unreadable(0x43)),
        (0x46, &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Value::Counter64(u64::MAX)),
        (0x46, &[1, 0, 0, 0, 0, 0, 0, 0, 0], Value::Unreadable(0x46)),
        (0x02, &[0; 9], Value::Unreadable(2)),
        (0x02, &[0x80], Value::Integer(-128)),
        (0x40, &[10, 0, 0], Value::Unreadable(0x40)),
        (0x05, &[0], Value::Unreadable(5)),
        (0x82, &[0], Value::Unreadable(0x82)),
    ] {
        assert_eq!(value_from(tag, content), value, "{tag:#x} {content:?}");
    }
}
