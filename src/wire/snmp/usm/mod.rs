//! SNMPv3 with the user-based security model (RFC 3412 §6, RFC 3414 §3), by snmp2, with its defects kept away.
//!
//! [`Keys`] seals and opens what one user says to one engine; `header` reads what stands around it, `theirs` translates. What others send on
//! their own, traps and informs, is `heard`'s, and whether it is in time `window`'s.

mod header;
pub mod heard;
#[cfg(test)]
mod tests;
mod theirs;
pub mod window;

pub use header::{EngineSays, Opened, discovery, open_plain};
pub use heard::{Claims, Level, Scoped, Session, User};
pub use window::{Senders, Untimely};

use super::Fault;
use super::ber::Writer;
use super::digest::{self, AuthKey};
use super::pdu::{Pdu, PduKind};
use crate::model::access::{AuthProtocol, Proof};
use crate::model::secret::Secret;
use header::{AUTHENTIC, Header, MAX_ENGINE_ID, MAX_SIZE, PRIVATE, Places, plain_message};
use snmp2::v3::{Auth, Security};
use std::sync::{LazyLock, OnceLock};
use theirs::{ours, snmp2_auth, snmp2_cipher, snmp2_extension, snmp2_level};

/// Octets of varbinds in one request at most: far above any request, and well inside snmp2's buffers, which panic beyond.
const MAX_REQUEST: usize = 32_768;

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
    /// snmpUnknownContexts (RFC 3413 §3.2)
    UnknownContext,
    /// Another counter, or none.
    Other,
}

/// usmStats, the part that all Reports of this security model begin with: an element of the protocol, as the PDU tags are.
const USM_STATS: [u32; 9] = [1, 3, 6, 1, 6, 3, 15, 1, 1];

/// snmpUnknownContexts (RFC 3413 §3.2): likewise.
const UNKNOWN_CONTEXTS: [u32; 10] = [1, 3, 6, 1, 6, 3, 12, 1, 5, 0];

impl Complaint {
    /// The counter that a Report of it carries; `None` of what is not said by this model.
    const fn counter(self) -> Option<u32> {
        match self {
            Self::UnsupportedSecLevel => Some(1),
            Self::NotInTimeWindow => Some(2),
            Self::UnknownUserName => Some(3),
            Self::UnknownEngineId => Some(4),
            Self::WrongDigest => Some(5),
            Self::DecryptionError => Some(6),
            Self::UnknownContext | Self::Other => None,
        }
    }

    /// What a Report complains of.
    pub fn of(report: &Pdu) -> Self {
        let arcs = report.varbinds.first().map_or([].as_slice(), |bind| bind.oid.arcs());
        if arcs == UNKNOWN_CONTEXTS {
            return Self::UnknownContext;
        }
        match arcs.strip_prefix(USM_STATS.as_slice()) {
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

/// What a request says besides its PDU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The agent's boots, as far as known.
    pub boots: u32,
    /// The agent's time, as far as known: snmp2 does not advance it.
    pub time: u32,
    /// contextName, where it is not the credential's own.
    pub context: Option<&'a str>,
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

    /// The octets to send, in the credential's own context. See [`Self::seal_as`].
    ///
    /// Errors: as there.
    pub fn seal(&self, pdu: &Pdu, boots: u32, time: u32) -> Result<Vec<u8>, Fault> {
        self.seal_as(pdu, &Envelope { boots, time, context: None })
    }

    /// The octets to send; the PDU's request-id is the message's msgID too.
    ///
    /// Errors: [`Fault::Malformed`] when the request is too large to be written.
    pub fn seal_as(&self, pdu: &Pdu, envelope: &Envelope<'_>) -> Result<Vec<u8>, Fault> {
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
        let (boots, time) = (i64::from(envelope.boots), i64::from(envelope.time));
        let mut security = self.security.clone().with_engine_boots_and_time(boots, time);
        if let Some(context) = envelope.context {
            security = security.with_context_name(context);
        }
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

const TEMPLATE_ENGINE: [u8; 5] = [0x80, 0, 0, 0, 0];

static TEMPLATE: LazyLock<Vec<u8>> = LazyLock::new(|| plain_message(1, &TEMPLATE_ENGINE));
