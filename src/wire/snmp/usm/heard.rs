//! What others send on their own (RFC 3414 §3.2): what a message claims, whether its user proves it, and how it is answered where this host
//! is the authoritative engine.

use super::super::Fault;
use super::super::ber::{OCTETS, SEQUENCE, Writer};
use super::super::digest::{self, AuthKey, MasterKey};
use super::super::pdu::{Pdu, PduKind};
use super::super::privacy::{PrivKey, Salt};
use super::super::reader::Reader;
use super::super::value::{Value, VarBind};
use super::header::{AUTHENTIC, EngineSays, Frame, Header, PRIVATE, REPORTABLE, scoped};
use super::{Complaint, KeyExtension, USM_STATS, Unusable};
use crate::model::Oid;
use crate::model::access::{PrivProtocol, Proof};

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
    master: Option<MasterKey>,
    privacy: Option<(PrivProtocol, MasterKey)>,
    level: Level,
}

/// A user's keys at one engine.
pub struct Session {
    auth: Option<AuthKey>,
    privacy: Option<PrivKey>,
}

/// A scopedPDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scoped {
    /// contextEngineID
    pub engine_id: Vec<u8>,
    /// contextName
    pub context: Vec<u8>,
    /// What it carries.
    pub pdu: Pdu,
}

impl Scoped {
    fn read(mut reader: Reader<'_>) -> Result<Self, Fault> {
        let mut scoped = reader.inside(SEQUENCE)?;
        let (engine_id, context) = (scoped.octets()?.to_vec(), scoped.octets()?.to_vec());
        Ok(Self { engine_id, context, pdu: Pdu::read(&mut scoped)? })
    }

    /// The answer that carries this PDU, in the same context.
    #[must_use]
    pub fn answer(&self, pdu: Pdu) -> Self {
        Self { engine_id: self.engine_id.clone(), context: self.context.clone(), pdu }
    }
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
        // RFC 3414 §2.6: the same hash makes both keys.
        let privacy = auth.as_ref().zip(privacy.as_ref());
        let privacy = privacy.map(|((hash, _), (protocol, secret))| (*protocol, MasterKey::of(*hash, secret.expose())));
        Ok(Self { name: username.clone(), master, privacy, level })
    }

    /// msgUserName
    pub fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// The level at which it speaks: neither less nor more is believed.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Whether the other [`KeyExtension`] would give other keys.
    pub fn extends(&self) -> bool {
        self.privacy.as_ref().is_some_and(|(protocol, master)| PrivKey::is_extended(*protocol, master))
    }

    fn key(&self, engine_id: &[u8]) -> Option<AuthKey> {
        self.master.as_ref().map(|master| master.at(engine_id))
    }

    /// The user's keys at an engine.
    pub fn session(&self, engine_id: &[u8], extension: KeyExtension) -> Session {
        let privacy = self.privacy.as_ref();
        let privacy = privacy.map(|(protocol, master)| PrivKey::localise(*protocol, master, (engine_id, extension)));
        Session { auth: self.key(engine_id), privacy }
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

impl Session {
    /// What a message carries whose digest was checked.
    ///
    /// Errors: [`Fault::NotDecipherable`], or what it carries is not to be read.
    pub fn open(&self, bytes: &[u8]) -> Result<Scoped, Fault> {
        let mut header = Header::read(bytes)?;
        if header.flags & PRIVATE == 0 {
            return Scoped::read(header.data);
        }
        let hidden = header.data.octets()?;
        let salt = Salt::try_from(header.privacy).map_err(|_| Fault::NotDecipherable)?;
        let key = self.privacy.as_ref().ok_or(Fault::NotDecipherable)?;
        let plain = key.decipher((header.boots, header.time), salt, hidden).ok_or(Fault::NotDecipherable)?;
        // With a wrong key it is noise.
        Scoped::read(Reader::new(&plain)).map_err(|fault| if fault == Fault::Kind { fault } else { Fault::NotDecipherable })
    }

    /// The answer to a confirmed message: under its msgID, at its level, and not reportable (RFC 3412 §7.1).
    ///
    /// Errors: it can't be enciphered.
    pub fn answer(&self, scoped_pdu: &Scoped, (to, ours): (&Claims, &EngineSays), salt: Salt) -> Result<Vec<u8>, Fault> {
        let mut plain = Writer::new();
        scoped((&scoped_pdu.engine_id, &scoped_pdu.context), &scoped_pdu.pdu, &mut plain);
        let plain = plain.into_bytes();
        let mut frame = plain_frame(to, ours);
        if let Some(auth) = &self.auth {
            (frame.flags, frame.digest_length) = (AUTHENTIC, auth.length());
        }
        let mut message = match &self.privacy {
            None => frame.write(|writer| writer.raw(&plain)),
            Some(key) => {
                let hidden = key.encipher((ours.boots, ours.time), salt, &plain).ok_or(Fault::NotDecipherable)?;
                (frame.flags, frame.privacy) = (AUTHENTIC | PRIVATE, &salt);
                frame.write(|writer| writer.tlv(OCTETS, &hidden))
            }
        };
        if let Some(key) = &self.auth {
            sign(&mut message, key);
        }
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Keys;
    use super::*;
    use crate::model::access::AuthProtocol;
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

    fn all() -> Vec<(Option<AuthProtocol>, Option<PrivProtocol>)> {
        use AuthProtocol::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
        use PrivProtocol::{Aes128, Aes192, Aes256, Des};
        let auths = [Md5, Sha1, Sha224, Sha256, Sha384, Sha512];
        let pairs = auths
            .into_iter()
            .flat_map(|auth| [None, Some(Des), Some(Aes128), Some(Aes192), Some(Aes256)].map(|privacy| (Some(auth), privacy)));
        std::iter::once((None, None)).chain(pairs).collect()
    }

    fn keys(proof: &Proof, extension: KeyExtension) -> Keys {
        Keys::localise(proof, &ENGINE, extension).unwrap()
    }

    #[test]
    fn what_snmp2_seals_is_opened_by_every_pair_of_protocols() {
        for extension in [KeyExtension::Blumenthal, KeyExtension::Reeder] {
            for (auth, privacy) in all() {
                let proof = proof(auth, privacy);
                let user = User::new(&proof).unwrap();
                let sealed = keys(&proof, extension).seal(&inform(), 5, 1000).unwrap();
                assert_eq!(user.proves(&sealed, &ENGINE), auth.is_some());
                let opened = user.session(&ENGINE, extension).open(&sealed).unwrap();
                assert_eq!(
                    (&opened.pdu, opened.engine_id.as_slice()),
                    (&inform(), ENGINE.as_slice()),
                    "{auth:?} {privacy:?} {extension:?}"
                );
                assert_eq!(user.extends(), keys(&proof, extension).extends(), "{auth:?} {privacy:?}");
            }
        }
    }

    #[test]
    fn an_answer_is_believed_by_snmp2_and_stands_under_the_questions_number_and_context() {
        let ours = EngineSays { id: ENGINE.to_vec(), boots: 5, time: 1000 };
        for (auth, privacy) in all() {
            let proof = proof(auth, privacy);
            let user = User::new(&proof).unwrap();
            let keys = keys(&proof, KeyExtension::Blumenthal);
            for message_id in [1, 0x7fff_ffff] {
                let claims = Claims { message_id, ..Claims::read(&keys.seal(&inform(), 5, 1000).unwrap()).unwrap() };
                let question = Scoped { engine_id: vec![0x80, 0, 0x1f, 0x88, 1], context: b"vlan".to_vec(), pdu: inform() };
                let answer = question.answer(inform().response(inform().varbinds));
                let session = user.session(&ENGINE, KeyExtension::Blumenthal);
                let bytes = session.answer(&answer, (&claims, &ours), [7; 8]).unwrap();
                let told = Claims::read(&bytes).unwrap();
                assert_eq!((told.message_id, told.reportable, told.level), (message_id, false, user.level()));
                assert_eq!(user.proves(&bytes, &ENGINE), auth.is_some());
                assert_eq!(session.open(&bytes).unwrap(), answer);
                let opened = keys.open(&mut bytes.clone()).unwrap();
                assert_eq!((opened.pdu, opened.authentic), (answer.pdu, auth.is_some()), "{auth:?} {privacy:?}");
            }
        }
    }

    #[test]
    fn a_digest_is_checked_without_keys_for_the_engine() {
        let full = proof(Some(AuthProtocol::Sha256), Some(PrivProtocol::Aes128));
        let user = User::new(&full).unwrap();
        let sealed = keys(&full, KeyExtension::Blumenthal).seal(&inform(), 5, 1000).unwrap();
        let other = Proof::Usm {
            username: "noc".to_owned(),
            context: String::new(),
            auth: Some((AuthProtocol::Sha256, Secret::new("another1"))),
            privacy: None,
        };
        assert!(user.proves(&sealed, &ENGINE) && !User::new(&other).unwrap().proves(&sealed, &ENGINE));
        assert!(!user.proves(&sealed, &[0x80, 0, 0, 0, 5]) && !user.proves(b"noise", &ENGINE));
        assert_eq!(User::new(&other).unwrap().session(&ENGINE, KeyExtension::Reeder).open(&sealed), Err(Fault::NotDecipherable));
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
        let opened = keys(&proof(Some(AuthProtocol::Sha1), None), KeyExtension::Blumenthal).open(&mut bytes.clone()).unwrap();
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
