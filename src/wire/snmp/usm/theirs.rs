//! snmp2's words for ours.

use super::super::Fault;
use super::super::ber;
use super::super::pdu::{ErrorStatus, Pdu, PduKind};
use super::super::value::{Value, VarBind};
use super::{KeyExtension, Unusable};
use crate::model::access::{AuthProtocol, PrivProtocol};
use crate::model::secret::Secret;
use snmp2::v3::{Auth, AuthProtocol as SnmpAuth, Cipher, KeyExtension as SnmpExtension};

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
        match ber::oid_from(name.as_bytes()) {
            Ok(oid) => read.varbinds.push(VarBind { oid, value: ber::value_from(&value).unwrap_or(Value::Unreadable(0)) }),
            Err(_) => read.unnamed += 1,
        }
    }
    Ok(read)
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
