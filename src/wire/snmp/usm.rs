//! SNMPv3 with the user-based security model (RFC 3412 §6, RFC 3414 §3), by snmp2, with its defects kept away.

use super::Fault;
use super::ber::{self, OCTETS, SEQUENCE, Writer};
use super::digest::{self, AuthKey};
use super::message::open;
use super::pdu::{ErrorStatus, Pdu, PduKind, integer};
use super::value::{Value, VarBind};
use crate::model::SnmpVersion;
use crate::model::access::{AuthProtocol, PrivProtocol, Proof};
use crate::model::secret::Secret;
use snmp2::AsnReader;
use snmp2::v3::{Auth, AuthProtocol as SnmpAuth, Cipher, KeyExtension as SnmpExtension, Security};
use std::sync::{LazyLock, OnceLock};

/// RFC 3411 §5 snmpEngineID: at most 32 octets. Some agents exceed the text's 5 at the lower end.
const MAX_ENGINE_ID: usize = 32;

/// Largest msgMaxSize that snmp2 accepts; RFC 3412 §6 allows 2^31-1.
const MAX_SIZE: i64 = 65_507;

/// Octets of varbinds in one request at most: far above any request, and well inside snmp2's buffers, which panic beyond.
const MAX_REQUEST: usize = 32_768;

const REPORTABLE: u8 = 4;
const PRIVATE: u8 = 2;
const AUTHENTIC: u8 = 1;

/// msgSecurityModel of the user-based security model (RFC 3411 §5).
const USM: i64 = 3;

/// How a privacy key is made longer than the authentication protocol's digest (AES-192 and -256 have no standard for it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyExtension {
    /// draft-blumenthal-aes-usm-04: net-snmp and most others.
    Blumenthal,
    /// draft-reeder-snmpv3-usm-3desede-00: Cisco and some others.
    Reeder,
}

impl KeyExtension {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Blumenthal => Self::Reeder,
            Self::Reeder => Self::Blumenthal,
        }
    }
}

/// Why a credential can't be used with version 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is a community.
    #[error("a community can't be used with SNMP version 3")]
    NotUsm,
    /// RFC 3414 §11.2 asks for eight characters; snmp2 panics on none.
    #[error("an empty password")]
    EmptyPassword,
    /// RFC 3414 §3.1: there is no privacy without authentication.
    #[error("privacy without authentication")]
    PrivacyWithoutAuth,
    /// The engine id is empty or too long.
    #[error("an impossible engine id")]
    EngineId,
    /// snmp2 refused.
    #[error("keys could not be derived")]
    Keys,
}

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

/// usmStats (RFC 3414 §5): what a Report complains of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum Complaint {
    UnsupportedSecLevel,
    NotInTimeWindow,
    UnknownUserName,
    UnknownEngineId,
    WrongDigest,
    DecryptionError,
    /// Another counter, or none.
    Other,
}

/// usmStats, the part that all Reports of this security model begin with: an element of the protocol, as the PDU tags are.
const USM_STATS: [u32; 9] = [1, 3, 6, 1, 6, 3, 15, 1, 1];

impl Complaint {
    /// What a Report complains of.
    pub fn of(report: &Pdu) -> Self {
        let counter = report.varbinds.first().and_then(|bind| bind.oid.arcs().strip_prefix(USM_STATS.as_slice()));
        match counter {
            Some([1, ..]) => Self::UnsupportedSecLevel,
            Some([2, ..]) => Self::NotInTimeWindow,
            Some([3, ..]) => Self::UnknownUserName,
            Some([4, ..]) => Self::UnknownEngineId,
            Some([5, ..]) => Self::WrongDigest,
            Some([6, ..]) => Self::DecryptionError,
            _ => Self::Other,
        }
    }
}

/// A message that asks an agent for its engine id (RFC 3414 §4).
pub fn discovery(message_id: i32) -> Vec<u8> {
    plain_message(message_id, &[])
}

/// An unauthenticated message with a Get of nothing.
fn plain_message(message_id: i32, engine_id: &[u8]) -> Vec<u8> {
    let mut parameters = Writer::new();
    parameters.constructed(SEQUENCE, |usm| {
        usm.tlv(OCTETS, engine_id);
        usm.signed(ber::INTEGER, 0);
        usm.signed(ber::INTEGER, 0);
        (0..3).for_each(|_| usm.tlv(OCTETS, &[]));
    });
    let mut writer = Writer::new();
    writer.constructed(SEQUENCE, |message| {
        message.signed(ber::INTEGER, 3);
        message.constructed(SEQUENCE, |header| {
            header.signed(ber::INTEGER, i64::from(message_id));
            header.signed(ber::INTEGER, MAX_SIZE);
            header.tlv(OCTETS, &[REPORTABLE]);
            header.signed(ber::INTEGER, USM);
        });
        message.tlv(OCTETS, &parameters.into_bytes());
        message.constructed(SEQUENCE, |scoped| {
            scoped.tlv(OCTETS, engine_id);
            scoped.tlv(OCTETS, &[]);
            Pdu::request(PduKind::Get, message_id, &[]).write(scoped);
        });
    });
    writer.into_bytes()
}

/// A user's keys, localised for one engine. Making them costs milliseconds, using them microseconds: keep them.
pub struct Keys {
    security: Security,
    auth: Option<(AuthProtocol, Secret)>,
    auth_key: OnceLock<AuthKey>,
    encrypts: bool,
    extends: bool,
}

impl Keys {
    /// Derives the keys.
    ///
    /// Errors: the credential can't be used with version 3.
    pub fn localise(proof: &Proof, engine_id: &[u8], extension: KeyExtension) -> Result<Self, Unusable> {
        let Proof::Usm { username, context, auth, privacy } = proof else { return Err(Unusable::NotUsm) };
        if engine_id.is_empty() || engine_id.len() > MAX_ENGINE_ID {
            return Err(Unusable::EngineId);
        }
        let secrets = auth.iter().map(|(_, secret)| secret).chain(privacy.iter().map(|(_, secret)| secret));
        if secrets.into_iter().any(|secret| secret.expose().is_empty()) {
            return Err(Unusable::EmptyPassword);
        }
        let password = auth.as_ref().map_or("", |(_, secret)| secret.expose());
        let mut security = Security::new(username.as_bytes(), password.as_bytes())
            .with_context_name(context)
            .with_key_extension_method(snmp2_extension(extension))
            .with_auth(snmp2_level(auth.is_some(), privacy.as_ref())?);
        let mut extends = false;
        if let Some((protocol, _)) = auth {
            let protocol = snmp2_auth(*protocol);
            security = security.with_auth_protocol(protocol);
            extends = privacy.as_ref().is_some_and(|(cipher, _)| snmp2_cipher(*cipher).priv_key_needs_extension(&protocol));
        }
        let security = security.with_engine_id(engine_id).map_err(|_| Unusable::Keys)?;
        Ok(Self { security, auth: auth.clone(), auth_key: OnceLock::new(), encrypts: privacy.is_some(), extends })
    }

    /// Whether the other [`KeyExtension`] would give other keys.
    pub const fn extends(&self) -> bool {
        self.extends
    }

    /// The engine that the keys are for.
    pub fn engine_id(&self) -> &[u8] {
        self.security.engine_id()
    }

    /// The octets to send; the PDU's request-id is the message's msgID too. `boots` and `time` are the agent's own, as far as
    /// known: snmp2 does not advance them.
    ///
    /// Errors: [`Fault::Malformed`] when the request is too large to be written.
    pub fn seal(&self, pdu: &Pdu, boots: u32, time: u32) -> Result<Vec<u8>, Fault> {
        let mut content = Writer::new();
        content.pairs(&pdu.varbinds);
        let content = content.into_bytes();
        if content.len() > MAX_REQUEST {
            return Err(Fault::Malformed);
        }
        // The version of snmp2's Pdu is private: one is read that has the right version, and then filled anew.
        let mut anyone = Security::new(&[], &[]).with_auth(Auth::NoAuthNoPriv);
        anyone = anyone.with_engine_id(&TEMPLATE_ENGINE).map_err(|_| Fault::Malformed)?;
        let template = snmp2::Pdu::from_bytes_with_security(&TEMPLATE, Some(&mut anyone));
        let mut message = template.map_err(|_| Fault::Malformed)?;
        message.message_type = snmp2::MessageType::from_ident(pdu.kind as u8).map_err(|_| Fault::Kind)?;
        message.req_id = pdu.request_id;
        message.error_status = pdu.error_status.0;
        message.error_index = pdu.error_index;
        message.varbinds = snmp2::Varbinds::from_bytes(&content);
        let security = self.security.clone().with_engine_boots_and_time(i64::from(boots), i64::from(time));
        message.to_bytes_with_security(Some(&security)).map_err(|_| Fault::Malformed)
    }

    /// Opens an answer. What is not authenticated although these keys authenticate is opened too and says so: only Reports of
    /// that kind are of use. The buffer must be private: snmp2 writes into it.
    ///
    /// Errors: [`Fault`]; nothing of a message with a wrong digest is told.
    pub fn open(&self, bytes: &mut [u8]) -> Result<Opened, Fault> {
        let header = Header::read(bytes)?;
        let engine = header.engine();
        if header.flags & AUTHENTIC == 0 {
            return Ok(Opened { pdu: header.plain_pdu()?, engine, authentic: false });
        }
        if engine.id != self.engine_id() || header.user != self.security.username() {
            return Err(Fault::NotAuthentic);
        }
        let places = header.places(bytes);
        let (plain, oversize) = (header.flags & PRIVATE == 0, header.max_size > MAX_SIZE);
        let message = bytes.get_mut(..places.end).ok_or(Fault::Malformed)?;
        if plain || oversize {
            self.check_digest(message, &places)?;
        }
        if plain {
            let pdu = Header::read(message)?.plain_pdu()?;
            // RFC 3414 §3.2 step 5: an answer below the level of its question is none; a Report may be.
            let stripped = self.encrypts && pdu.kind != PduKind::Report;
            return if stripped { Err(Fault::NotDecipherable) } else { Ok(Opened { pdu, engine, authentic: true }) };
        }
        if oversize {
            self.shrink_max_size(message, &places)?;
        }
        Ok(Opened { pdu: self.decipher(message, &engine)?, engine, authentic: true })
    }

    /// Has snmp2 check the digest and decipher. The engine's time is taken from the message, because snmp2 would take it over
    /// before it has checked the digest; whether it lies in the window is for the caller to judge afterwards.
    fn decipher(&self, message: &[u8], engine: &EngineSays) -> Result<Pdu, Fault> {
        let mut security = self.security.clone().with_engine_boots_and_time(i64::from(engine.boots), i64::from(engine.time));
        match snmp2::Pdu::from_bytes_with_security(message, Some(&mut security)) {
            Ok(pdu) => ours(&pdu),
            Err(snmp2::Error::AuthFailure(_)) => Err(Fault::NotAuthentic),
            Err(_) => Err(Fault::NotDecipherable),
        }
    }

    fn auth_key(&self) -> Option<&AuthKey> {
        let (protocol, password) = self.auth.as_ref()?;
        Some(self.auth_key.get_or_init(|| AuthKey::localise(*protocol, password.expose(), self.engine_id())))
    }

    /// Checks the digest; it is zeros afterwards, as it was when the digest was made.
    fn check_digest(&self, message: &mut [u8], places: &Places) -> Result<(), Fault> {
        let (protocol, _) = self.auth.as_ref().ok_or(Fault::NotAuthentic)?;
        let field = message.get_mut(places.digest.clone()).ok_or(Fault::Malformed)?;
        let claimed = field.to_vec();
        field.fill(0);
        let right = self.auth_key().map(|key| key.digest(message)).unwrap_or_default();
        let authentic = claimed.len() == digest::digest_length(*protocol) && digest::same(&right, &claimed);
        if authentic { Ok(()) } else { Err(Fault::NotAuthentic) }
    }

    /// snmp2 refuses a message whose sender could take more than 65,507 octets. Its digest is checked by now: the size is
    /// lowered in place and the message signed anew.
    fn shrink_max_size(&self, message: &mut [u8], places: &Places) -> Result<(), Fault> {
        let field = message.get_mut(places.max_size.clone()).ok_or(Fault::Malformed)?;
        for (octet, lower) in field.iter_mut().rev().zip(MAX_SIZE.to_le_bytes()) {
            *octet = lower;
        }
        let right = self.auth_key().map(|key| key.digest(message)).unwrap_or_default();
        message
            .get_mut(places.digest.clone())
            .filter(|field| field.len() == right.len())
            .ok_or(Fault::Malformed)?
            .copy_from_slice(&right);
        Ok(())
    }
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
struct Header<'a> {
    max_size: i64,
    max_size_field: &'a [u8],
    flags: u8,
    engine_id: &'a [u8],
    boots: u32,
    time: u32,
    user: &'a [u8],
    digest: &'a [u8],
    data: AsnReader<'a>,
}

/// Where in the message its fields stand.
struct Places {
    max_size: std::ops::Range<usize>,
    digest: std::ops::Range<usize>,
    end: usize,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (version, mut message) = open(bytes)?;
        if version != SnmpVersion::V3 {
            return Err(Fault::Version);
        }
        let mut global = AsnReader::from_bytes(message.read_raw(SEQUENCE).map_err(|_| Fault::Malformed)?);
        integer(&mut global)?;
        let max_size_field = global.clone().read_raw(ber::INTEGER).map_err(|_| Fault::Malformed)?;
        let max_size = integer(&mut global)?;
        let flags = octets(&mut global)?.first().copied().ok_or(Fault::Malformed)?;
        if integer(&mut global)? != USM {
            return Err(Fault::SecurityModel);
        }
        let mut parameters = AsnReader::from_bytes(octets(&mut message)?);
        let mut usm = AsnReader::from_bytes(parameters.read_raw(SEQUENCE).map_err(|_| Fault::Malformed)?);
        let engine_id = octets(&mut usm)?;
        let (boots, time) = (seconds(&mut usm)?, seconds(&mut usm)?);
        let (user, digest) = (octets(&mut usm)?, octets(&mut usm)?);
        octets(&mut usm)?;
        if engine_id.len() > MAX_ENGINE_ID || max_size < 0 {
            return Err(Fault::Malformed);
        }
        Ok(Self { max_size, max_size_field, flags, engine_id, boots, time, user, digest, data: message })
    }

    fn engine(&self) -> EngineSays {
        EngineSays { id: self.engine_id.to_vec(), boots: self.boots, time: self.time }
    }

    /// The PDU of a message that is not encrypted.
    fn plain_pdu(mut self) -> Result<Pdu, Fault> {
        if self.flags & PRIVATE != 0 {
            return Err(Fault::NotDecipherable);
        }
        let mut scoped = AsnReader::from_bytes(self.data.read_raw(SEQUENCE).map_err(|_| Fault::Malformed)?);
        octets(&mut scoped)?;
        octets(&mut scoped)?;
        Pdu::read(&mut scoped)
    }

    fn places(&self, bytes: &[u8]) -> Places {
        let place = |field: &[u8]| {
            let start = field.as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
            start..start + field.len()
        };
        let mut whole = AsnReader::from_bytes(bytes);
        let read = whole.read_raw(SEQUENCE).is_ok();
        let end = if read { bytes.len() - whole.bytes_left() } else { 0 };
        Places { max_size: place(self.max_size_field), digest: place(self.digest), end }
    }
}

fn octets<'a>(reader: &mut AsnReader<'a>) -> Result<&'a [u8], Fault> {
    reader.read_asn_octetstring().map_err(|_| Fault::Malformed)
}

/// Boots and time are 0 to 2^31-1 (RFC 3414 §2.4).
fn seconds(reader: &mut AsnReader<'_>) -> Result<u32, Fault> {
    i32::try_from(integer(reader)?).ok().and_then(|number| u32::try_from(number).ok()).ok_or(Fault::Malformed)
}

/// How many unreadable varbinds in a row are passed over in a deciphered message.
const MAX_GAP: usize = 64;

/// snmp2's PDU as ours. Its iterator of varbinds says "no more" at one that it can't read, and goes on when asked again; what
/// it passed over so is counted, but for those at the very end.
fn ours(pdu: &snmp2::Pdu<'_>) -> Result<Pdu, Fault> {
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

const TEMPLATE_ENGINE: [u8; 5] = [0x80, 0, 0, 0, 0];

static TEMPLATE: LazyLock<Vec<u8>> = LazyLock::new(|| plain_message(1, &TEMPLATE_ENGINE));

fn snmp2_level(authenticates: bool, privacy: Option<&(PrivProtocol, Secret)>) -> Result<Auth, Unusable> {
    match (authenticates, privacy) {
        (false, None) => Ok(Auth::NoAuthNoPriv),
        (false, Some(_)) => Err(Unusable::PrivacyWithoutAuth),
        (true, None) => Ok(Auth::AuthNoPriv),
        (true, Some((protocol, secret))) => {
            Ok(Auth::AuthPriv { cipher: snmp2_cipher(*protocol), privacy_password: secret.expose().as_bytes().to_vec() })
        }
    }
}

const fn snmp2_auth(protocol: AuthProtocol) -> SnmpAuth {
    match protocol {
        AuthProtocol::Md5 => SnmpAuth::Md5,
        AuthProtocol::Sha1 => SnmpAuth::Sha1,
        AuthProtocol::Sha224 => SnmpAuth::Sha224,
        AuthProtocol::Sha256 => SnmpAuth::Sha256,
        AuthProtocol::Sha384 => SnmpAuth::Sha384,
        AuthProtocol::Sha512 => SnmpAuth::Sha512,
    }
}

const fn snmp2_cipher(protocol: PrivProtocol) -> Cipher {
    match protocol {
        PrivProtocol::Des => Cipher::Des,
        PrivProtocol::Aes128 => Cipher::Aes128,
        PrivProtocol::Aes192 => Cipher::Aes192,
        PrivProtocol::Aes256 => Cipher::Aes256,
    }
}

const fn snmp2_extension(extension: KeyExtension) -> SnmpExtension {
    match extension {
        KeyExtension::Blumenthal => SnmpExtension::Blumenthal,
        KeyExtension::Reeder => SnmpExtension::Reeder,
    }
}
