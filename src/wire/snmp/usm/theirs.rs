//! snmp2's words for ours.

use super::super::Fault;
use super::super::pdu::{ErrorStatus, Pdu, PduKind};
use super::super::reader::oid_from;
use super::super::value::{Value, VarBind};
use super::{KeyExtension, Unusable};
use crate::model::access::{AuthProtocol, PrivProtocol};
use crate::model::secret::Secret;
use snmp2::v3::{Auth, AuthProtocol as SnmpAuth, Cipher, KeyExtension as SnmpExtension};
use std::net::Ipv4Addr;

/// How many unreadable varbinds in a row are passed over in a deciphered message.
const MAX_GAP: usize = 64;

/// snmp2's PDU as ours. Its iterator of varbinds says "no more" at one that it can't read, and goes on when asked again; what
/// it passed over so is counted, but for those at the very end.
pub(super) fn ours(pdu: &snmp2::Pdu<'_>) -> Result<Pdu, Fault> {
    let kind = PduKind::ALL
        .into_iter()
        .find(|kind| snmp2::MessageType::from_ident(*kind as u8).is_ok_and(|ident| ident == pdu.message_type))
        .ok_or(Fault::Kind)?;
    let mut read = Pdu {
        kind,
        request_id: pdu.req_id,
        error_status: ErrorStatus(pdu.error_status),
        error_index: pdu.error_index,
        varbinds: Vec::new(),
        unnamed: 0,
    };
    let mut binds = pdu.varbinds.clone();
    let mut gap = 0;
    while gap < MAX_GAP {
        let Some((name, value)) = binds.next() else {
            gap += 1;
            continue;
        };
        read.unnamed += gap;
        gap = 0;
        match oid_from(name.as_bytes()) {
            Ok(oid) => read.varbinds.push(VarBind { oid, value: value_from(&value).unwrap_or(Value::Unreadable(0)) }),
            Err(_) => read.unnamed += 1,
        }
    }
    Ok(read)
}

/// snmp2's value as ours; `None` for what may not stand in a varbind.
fn value_from(value: &snmp2::Value<'_>) -> Option<Value> {
    Some(match value {
        snmp2::Value::Null => Value::Null,
        snmp2::Value::Integer(number) => Value::Integer(*number),
        snmp2::Value::OctetString(octets) => Value::Octets(octets.to_vec()),
        snmp2::Value::ObjectIdentifier(oid) => Value::Oid(oid_from(oid.as_bytes()).ok()?),
        snmp2::Value::IpAddress(octets) => Value::IpAddress(Ipv4Addr::from(*octets)),
        snmp2::Value::Counter32(number) => Value::Counter32(*number),
        snmp2::Value::Unsigned32(number) => Value::Gauge32(*number),
        snmp2::Value::Timeticks(number) => Value::TimeTicks(*number),
        snmp2::Value::Opaque(octets) => Value::Opaque(octets.to_vec()),
        snmp2::Value::Counter64(number) => Value::Counter64(*number),
        snmp2::Value::EndOfMibView => Value::EndOfMibView,
        snmp2::Value::NoSuchObject => Value::NoSuchObject,
        snmp2::Value::NoSuchInstance => Value::NoSuchInstance,
        _ => return None,
    })
}

pub(super) fn snmp2_level(authenticates: bool, privacy: Option<&(PrivProtocol, Secret)>) -> Result<Auth, Unusable> {
    match (authenticates, privacy) {
        (false, None) => Ok(Auth::NoAuthNoPriv),
        (false, Some(_)) => Err(Unusable::PrivacyWithoutAuth),
        (true, None) => Ok(Auth::AuthNoPriv),
        (true, Some((protocol, secret))) => {
            Ok(Auth::AuthPriv { cipher: snmp2_cipher(*protocol), privacy_password: secret.expose().as_bytes().to_vec() })
        }
    }
}

pub(super) const fn snmp2_auth(protocol: AuthProtocol) -> SnmpAuth {
    match protocol {
        AuthProtocol::Md5 => SnmpAuth::Md5,
        AuthProtocol::Sha1 => SnmpAuth::Sha1,
        AuthProtocol::Sha224 => SnmpAuth::Sha224,
        AuthProtocol::Sha256 => SnmpAuth::Sha256,
        AuthProtocol::Sha384 => SnmpAuth::Sha384,
        AuthProtocol::Sha512 => SnmpAuth::Sha512,
    }
}

pub(super) const fn snmp2_cipher(protocol: PrivProtocol) -> Cipher {
    match protocol {
        PrivProtocol::Des => Cipher::Des,
        PrivProtocol::Aes128 => Cipher::Aes128,
        PrivProtocol::Aes192 => Cipher::Aes192,
        PrivProtocol::Aes256 => Cipher::Aes256,
    }
}

pub(super) const fn snmp2_extension(extension: KeyExtension) -> SnmpExtension {
    match extension {
        KeyExtension::Blumenthal => SnmpExtension::Blumenthal,
        KeyExtension::Reeder => SnmpExtension::Reeder,
    }
}
