//! What others send on their own (RFC 3414 §3.2): what a message claims, whether its user proves it, and how it is answered where this host
//! is the authoritative engine.

use super::super::Fault;
use super::super::digest::{self, AuthKey, MasterKey};
use super::super::pdu::{Pdu, PduKind};
use super::super::value::{Value, VarBind};
use super::header::{AUTHENTIC, EngineSays, Frame, Header, PRIVATE, REPORTABLE};
use super::{Complaint, Envelope, KeyExtension, Keys, USM_STATS, Unusable};
use crate::model::Oid;
use crate::model::access::Proof;

/// securityLevel (RFC 3411 §3.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum Level {
    NoAuthNoPriv,
    AuthNoPriv,
    AuthPriv,
}

/// What a message says of itself, nothing of it proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// msgID
    pub message_id: i32,
    /// The authoritative engine.
    pub engine: EngineSays,
    /// msgUserName
    pub user: Vec<u8>,
    /// Whether its sender waits for a Report where it can't be taken (RFC 3412 §6.4): informs say so.
    pub reportable: bool,
    /// securityLevel
    pub level: Level,
    /// msgAuthenticationParameters
    pub digest: Vec<u8>,
}

impl Claims {
    /// Reads them.
    ///
    /// Errors: [`Fault`]; also of privacy without authentication (RFC 3412 §7.2 step 5d).
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let header = Header::read(bytes)?;
        let level = match (header.flags & AUTHENTIC != 0, header.flags & PRIVATE != 0) {
            (false, false) => Level::NoAuthNoPriv,
            (true, false) => Level::AuthNoPriv,
            (true, true) => Level::AuthPriv,
            (false, true) => return Err(Fault::Malformed),
        };
        Ok(Self {
            message_id: header.message_id,
            engine: header.engine(),
            user: header.user.to_vec(),
            reportable: header.flags & REPORTABLE != 0,
            level,
            digest: header.digest.to_vec(),
        })
    }
}

/// A user whose messages are believed. Holds that part of the keys that is dear to make, so that a message which claims an engine that was
/// never heard of costs microseconds.
pub struct User {
    name: String,
    proof: Proof,
    master: Option<MasterKey>,
    level: Level,
}

impl User {
    /// Of a credential: some milliseconds.
    ///
    /// Errors: it can't be used with version 3.
    pub fn new(proof: &Proof) -> Result<Self, Unusable> {
        let Proof::Usm { username, auth, privacy, .. } = proof else { return Err(Unusable::NotUsm) };
        let level = match (auth, privacy) {
            (None, None) => Level::NoAuthNoPriv,
            (Some(_), None) => Level::AuthNoPriv,
            (Some(_), Some(_)) => Level::AuthPriv,
            (None, Some(_)) => return Err(Unusable::PrivacyWithoutAuth),
        };
        let secrets = auth.iter().map(|(_, secret)| secret).chain(privacy.iter().map(|(_, secret)| secret));
        if secrets.into_iter().any(|secret| secret.expose().is_empty()) {
            return Err(Unusable::EmptyPassword);
        }
        let master = auth.as_ref().map(|(protocol, secret)| MasterKey::of(*protocol, secret.expose()));
        Ok(Self { name: username.clone(), proof: proof.clone(), master, level })
    }

    /// msgUserName
    pub fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// The level at which it speaks: neither less nor more is believed.
    pub const fn level(&self) -> Level {
        self.level
    }

    fn key(&self, engine_id: &[u8]) -> Option<AuthKey> {
        self.master.as_ref().map(|master| master.at(engine_id))
    }

    /// Whether the message's digest is this user's. Of a user who does not authenticate nothing is proved.
    pub fn proves(&self, bytes: &[u8], engine_id: &[u8]) -> bool {
        let (Some(key), Ok(header)) = (self.key(engine_id), Header::read(bytes)) else { return false };
        let places = header.places(bytes);
        let mut message = bytes.get(..places.end).unwrap_or_default().to_vec();
        let Some(field) = message.get_mut(places.digest) else { return false };
        field.fill(0);
        header.digest.len() == key.length() && digest::same(&key.digest(&message), header.digest)
    }

    /// The user's keys for an engine: some milliseconds where it encrypts.
    ///
    /// Errors: the engine id is impossible.
    pub fn keys(&self, engine_id: &[u8], extension: KeyExtension) -> Result<Keys, Unusable> {
        Keys::localise(&self.proof, engine_id, extension)
    }

    /// A Report that the user can believe: that its question is outside of the time window (RFC 3414 §3.2 step 7a).
    pub fn report(&self, complaint: Complaint, count: u32, (to, ours): (&Claims, &EngineSays)) -> Vec<u8> {
        let Some(key) = self.key(&ours.id) else { return report(complaint, count, (to, ours)) };
        let frame = Frame { flags: AUTHENTIC, digest_length: key.length(), ..plain_frame(to, ours) };
        let mut message = frame.with_plain(&report_pdu(complaint, count, 0), &[]);
        sign(&mut message, &key);
        message
    }
}

fn plain_frame<'a>(to: &'a Claims, ours: &'a EngineSays) -> Frame<'a> {
    let engine = (ours.id.as_slice(), ours.boots, ours.time);
    Frame { message_id: to.message_id, flags: 0, engine, user: &to.user, digest_length: 0, privacy: &[] }
}

fn report_pdu(complaint: Complaint, count: u32, request_id: i32) -> Pdu {
    let arcs: Vec<u32> = USM_STATS.into_iter().chain(complaint.counter()).chain([0]).collect();
    let varbinds = vec![VarBind { oid: Oid::new(&arcs), value: Value::Counter32(count) }];
    Pdu { varbinds, ..Pdu::request(PduKind::Report, request_id, &[]) }
}

/// A Report that is not secured, as it can't be where engine, user or digest are not known (RFC 3414 §3.2). It tells the engine id of this
/// host: so it is discovered (§4).
pub fn report(complaint: Complaint, count: u32, (to, ours): (&Claims, &EngineSays)) -> Vec<u8> {
    plain_frame(to, ours).with_plain(&report_pdu(complaint, count, 0), &[])
}

/// Puts the digest in its place.
fn sign(message: &mut [u8], key: &AuthKey) {
    let right = key.digest(message);
    let place = Header::read(message).map(|header| header.places(message).digest);
    if let Some(field) = place.ok().and_then(|place| message.get_mut(place)).filter(|field| field.len() == right.len()) {
        field.copy_from_slice(&right);
    }
}

impl Keys {
    /// The answer to a confirmed message: under its msgID, and not reportable (RFC 3412 §7.1). snmp2 knows requests only.
    ///
    /// Errors: as those of [`Keys::seal_as`].
    pub fn seal_answer(&self, pdu: &Pdu, envelope: &Envelope<'_>, message_id: i32) -> Result<Vec<u8>, Fault> {
        let sealed = self.seal_as(pdu, envelope)?;
        let header = Header::read(&sealed)?;
        let frame = Frame {
            message_id,
            flags: header.flags & !REPORTABLE,
            engine: (header.engine_id, header.boots, header.time),
            user: header.user,
            digest_length: header.digest.len(),
            privacy: header.privacy,
        };
        let mut message = frame.write(|writer| writer.raw(header.data.rest()));
        if let Some(key) = self.auth_key() {
            sign(&mut message, key);
        }
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::access::{AuthProtocol, PrivProtocol};
    use crate::model::secret::Secret;

    const ENGINE: [u8; 9] = [0x80, 0, 0, 0, 5, 1, 2, 3, 4];

    fn proof(auth: Option<AuthProtocol>, privacy: Option<PrivProtocol>) -> Proof {
        Proof::Usm {
            username: "noc".to_owned(),
            context: String::new(),
            auth: auth.map(|protocol| (protocol, Secret::new("authentic"))),
            privacy: privacy.map(|protocol| (protocol, Secret::new("private!"))),
        }
    }

    fn inform() -> Pdu {
        let bind = VarBind { oid: Oid::new(&[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0]), value: Value::Oid(Oid::new(&[1, 3, 6])) };
        Pdu { varbinds: vec![bind], ..Pdu::request(PduKind::Inform, 77, &[]) }
    }

    #[test]
    fn an_answer_is_believed_and_stands_under_the_questions_number() {
        for (auth, privacy) in [
            (None, None),
            (Some(AuthProtocol::Md5), None),
            (Some(AuthProtocol::Sha256), Some(PrivProtocol::Aes128)),
            (Some(AuthProtocol::Sha1), Some(PrivProtocol::Aes256)),
            (Some(AuthProtocol::Sha512), Some(PrivProtocol::Des)),
        ] {
            let user = User::new(&proof(auth, privacy)).unwrap();
            let keys = user.keys(&ENGINE, KeyExtension::Blumenthal).unwrap();
            let envelope = Envelope { boots: 5, time: 1000, context: None };
            let answer = inform().response(inform().varbinds);
            for message_id in [1, 0x7fff_ffff] {
                let mut bytes = keys.seal_answer(&answer, &envelope, message_id).unwrap();
                let claims = Claims::read(&bytes).unwrap();
                assert_eq!((claims.message_id, claims.reportable, claims.level), (message_id, false, user.level()));
                assert_eq!(user.proves(&bytes, &ENGINE), auth.is_some());
                let opened = keys.open(&mut bytes).unwrap();
                assert_eq!((opened.pdu, opened.authentic), (answer.clone(), auth.is_some()), "{auth:?} {privacy:?}");
            }
        }
    }

    #[test]
    fn a_digest_is_checked_without_keys_for_the_engine() {
        let user = User::new(&proof(Some(AuthProtocol::Sha256), Some(PrivProtocol::Aes128))).unwrap();
        let sealed = user.keys(&ENGINE, KeyExtension::Blumenthal).unwrap().seal(&inform(), 5, 1000).unwrap();
        let other = Proof::Usm {
            username: "noc".to_owned(),
            context: String::new(),
            auth: Some((AuthProtocol::Sha256, Secret::new("another1"))),
            privacy: None,
        };
        assert!(user.proves(&sealed, &ENGINE) && !User::new(&other).unwrap().proves(&sealed, &ENGINE));
        assert!(!user.proves(&sealed, &[0x80, 0, 0, 0, 5]) && !user.proves(b"noise", &ENGINE));
    }

    #[test]
    fn reports_say_who_this_host_is() {
        let user = User::new(&proof(Some(AuthProtocol::Sha1), None)).unwrap();
        let claims = Claims::read(&super::super::discovery(9)).unwrap();
        assert!(claims.reportable && claims.engine.id.is_empty());
        let ours = EngineSays { id: ENGINE.to_vec(), boots: 3, time: 70 };
        let plain = super::super::open_plain(&report(Complaint::UnknownEngineId, 4, (&claims, &ours))).unwrap();
        assert_eq!((&plain.engine, Complaint::of(&plain.pdu)), (&ours, Complaint::UnknownEngineId));
        assert_eq!(plain.pdu.varbinds[0].value, Value::Counter32(4));
        let claims = Claims { user: b"noc".to_vec(), ..claims };
        let bytes = user.report(Complaint::NotInTimeWindow, 1, (&claims, &ours));
        assert!(user.proves(&bytes, &ENGINE));
        let opened = user.keys(&ENGINE, KeyExtension::Blumenthal).unwrap().open(&mut bytes.clone()).unwrap();
        assert_eq!((Complaint::of(&opened.pdu), opened.engine, opened.authentic), (Complaint::NotInTimeWindow, ours, true));
    }

    #[test]
    fn privacy_without_authentication_is_no_message() {
        let ours = EngineSays { id: ENGINE.to_vec(), boots: 3, time: 70 };
        let claims = Claims::read(&super::super::discovery(9)).unwrap();
        let frame = Frame { flags: PRIVATE, ..plain_frame(&claims, &ours) };
        assert_eq!(Claims::read(&frame.with_plain(&inform(), &[])), Err(Fault::Malformed));
    }
}
