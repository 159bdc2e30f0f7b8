//! The defects of snmp2 0.5.3 that are worked around here, each shown. A test that fails after an upgrade tells that the defect
//! is mended and its work-around can go.

use super::usm::{KeyExtension, Keys};
use super::{Message, Pdu, PduKind, Value, VarBind, message};
use crate::model::access::{AuthProtocol, Proof};
use crate::model::secret::Secret;
use crate::model::{Oid, SnmpVersion};
use snmp2::v3::{Auth, Security};

fn response(values: &[Value]) -> Vec<u8> {
    let binds = values.iter().map(|value| VarBind { oid: Oid::new(&[1, 3, 6]), value: value.clone() }).collect();
    message::encode(SnmpVersion::V2c, b"public", &Pdu::request(PduKind::Get, 1, &[]).response(binds))
}

#[test]
fn an_unknown_type_ends_the_iteration_of_varbinds_silently() {
    let mut bytes = response(&[Value::Integer(7), Value::Integer(8)]);
    let at = bytes.windows(3).position(|three| three == [2, 1, 7]).unwrap();
    bytes[at] = 0x45;
    assert_eq!(snmp2::Pdu::from_bytes(&bytes).unwrap().varbinds.count(), 0);
    assert_eq!(Message::decode(&bytes).unwrap().pdu.varbinds.len(), 2);
}

#[test]
fn a_counter64_with_its_highest_bit_set_is_written_as_negative() {
    let bytes = response(&[Value::Counter64(u64::MAX)]);
    let theirs = snmp2::Pdu::from_bytes(&bytes).unwrap().to_bytes().unwrap();
    assert!(theirs.ends_with(&[0x46, 1, 0xff]), "u64::MAX became -1");
    assert!(bytes.ends_with(&[0x46, 9, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
}

#[test]
fn an_empty_password_panics_in_snmp2() {
    let tried = std::panic::catch_unwind(|| Security::new(b"u", b"").with_auth(Auth::AuthNoPriv).with_engine_id(&[1; 5]).is_ok());
    assert!(tried.is_err());
}

/// A v3 message of a user who authenticates, from an engine that says boots 5, time 1000.
fn authenticated() -> (Vec<u8>, Security) {
    let (auth, engine) = (Some((AuthProtocol::Sha1, Secret::new("authentic"))), [1; 5]);
    let proof = Proof::Usm { username: "u".to_owned(), context: String::new(), auth, privacy: None };
    let keys = Keys::localise(&proof, &engine, KeyExtension::Blumenthal).unwrap();
    let security =
        Security::new(b"u", b"authentic").with_auth(Auth::AuthNoPriv).with_auth_protocol(snmp2::v3::AuthProtocol::Sha1);
    (keys.seal(&Pdu::request(PduKind::Get, 1, &[]), 5, 1000).unwrap(), security.with_engine_id(&engine).unwrap())
}

#[test]
fn the_engines_time_is_taken_over_before_the_digest_is_checked() {
    let (mut bytes, mut security) = authenticated();
    *bytes.last_mut().unwrap() ^= 1;
    assert!(snmp2::Pdu::from_bytes_with_security(&bytes, Some(&mut security)).is_err());
    assert_eq!((security.engine_boots(), security.engine_time()), (5, 1000), "out of a forged message");
}

#[test]
fn reading_a_message_writes_into_it() {
    let (bytes, security) = authenticated();
    let before = bytes.clone();
    let mut security = security.with_engine_boots_and_time(5, 1000);
    assert!(snmp2::Pdu::from_bytes_with_security(&bytes, Some(&mut security)).is_ok());
    assert_ne!(bytes, before, "although it was lent to be read only");
}
