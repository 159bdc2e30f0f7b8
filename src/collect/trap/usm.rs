//! Notifications of version 3 (RFC 3414 §3.2): of traps the sender is the authoritative engine, of informs this host is.
//!
//! Users are those of the credentials, at the level that is configured for them, no other. What can't be opened is not believed, and it is
//! said why. Nothing here opens a socket or knows a clock.

use crate::model::access::{Credential, SnmpVersion};
use crate::model::{Timestamp, limit, text};
use crate::wire::snmp::usm::{
    Claims, Complaint, EngineSays, KeyExtension, Level, Scoped, Senders, Session, Untimely, User, heard, window,
};
use crate::wire::snmp::{Fault, Notification, PduKind};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// The shortest engine id (RFC 3411 §5); whoever sends a shorter one asks for ours.
const SHORTEST_ID: usize = 5;

/// Reports in a second: far more than agents need to find this host, and no flood that others could have sent to a third.
const MOST_REPORTS: u32 = 500;

/// Why a message of version 3 is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Distrust {
    /// It is not to be read.
    Malformed,
    /// It is secured in another way than by users and passwords.
    SecurityModel,
    /// No credential has its user.
    UnknownUser,
    /// It is secured more or less than is configured for the user.
    Level,
    /// Its digest is wrong: another password, or somebody else.
    WrongDigest,
    /// It was taken before.
    Replayed,
    /// It is older than the time window allows.
    Late,
    /// The digest is right and the content can't be read: another privacy protocol or password.
    NotDecipherable,
    /// It is for another engine than this host's.
    UnknownEngine,
    /// It is no notification.
    Kind,
}

/// What was proved, and the answer that its sender waits for.
type Proved = (Notification, Option<Vec<u8>>);

impl Distrust {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::Malformed,
        Self::SecurityModel,
        Self::UnknownUser,
        Self::Level,
        Self::WrongDigest,
        Self::Replayed,
        Self::Late,
        Self::NotDecipherable,
        Self::UnknownEngine,
        Self::Kind,
    ];

    /// The word under which it is counted.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::SecurityModel => "security-model",
            Self::UnknownUser => "unknown-user",
            Self::Level => "security-level",
            Self::WrongDigest => "wrong-digest",
            Self::Replayed => "replayed",
            Self::Late => "not-in-time-window",
            Self::NotDecipherable => "not-decipherable",
            Self::UnknownEngine => "unknown-engine",
            Self::Kind => "kind",
        }
    }

    /// The same as people say it.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Malformed => "it is malformed",
            Self::SecurityModel => "its security model is not the user-based one",
            Self::UnknownUser => "no credential has its user",
            Self::Level => "it is not secured as its user is configured",
            Self::WrongDigest => "its digest is wrong",
            Self::Replayed => "it was sent before",
            Self::Late => "it is outside of the time window",
            Self::NotDecipherable => "it can't be deciphered",
            Self::UnknownEngine => "it is for another engine",
            Self::Kind => "it is no notification",
        }
    }

    /// What a Report says of it.
    const fn complaint(self) -> Option<Complaint> {
        match self {
            Self::UnknownUser => Some(Complaint::UnknownUserName),
            Self::Level => Some(Complaint::UnsupportedSecLevel),
            Self::WrongDigest => Some(Complaint::WrongDigest),
            Self::Late => Some(Complaint::NotInTimeWindow),
            Self::NotDecipherable => Some(Complaint::DecryptionError),
            Self::UnknownEngine => Some(Complaint::UnknownEngineId),
            Self::Malformed | Self::SecurityModel | Self::Replayed | Self::Kind => None,
        }
    }

    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Malformed | Fault::Version => Self::Malformed,
            Fault::Kind => Self::Kind,
            Fault::NotAuthentic => Self::WrongDigest,
            Fault::NotDecipherable => Self::NotDecipherable,
            Fault::SecurityModel => Self::SecurityModel,
        }
    }
}

/// This host as an engine, to which informs are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnEngine {
    /// snmpEngineID
    pub id: Vec<u8>,
    /// snmpEngineBoots
    pub boots: u32,
    /// When it counts from.
    pub started: Timestamp,
}

impl OwnEngine {
    /// What it says of itself.
    pub fn says(&self, now: Timestamp) -> EngineSays {
        let time = u32::try_from(now.since(self.started).as_secs()).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs());
        EngineSays { id: self.id.clone(), boots: self.boots, time }
    }

    /// As people and other devices' configurations write it.
    pub fn hex(&self) -> String {
        self.id.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// A notification that its user proved.
    Proved(Notification),
    /// Somebody asks for this host's engine id or time, which is no fault.
    Discovery,
    /// It is not believed.
    Distrusted(Distrust),
}

/// A message of version 3, and the answer that its sender waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What became of it.
    pub came: Came,
    /// The octets of the answer.
    pub answer: Option<Vec<u8>>,
    /// Its user as it says, in the open.
    pub user: Option<String>,
}

/// Opens notifications of version 3.
pub struct Receiver {
    users: Vec<(Credential, User)>,
    sessions: FxHashMap<(usize, Vec<u8>), Session>,
    senders: Senders,
    own: OwnEngine,
    reports: (Timestamp, u32),
    counts: [u32; Distrust::ALL.len()],
    /// Messages that were enciphered.
    salts: u32,
}

impl Receiver {
    /// With the users of these credentials. Takes some milliseconds for each.
    pub fn new(credentials: &[Credential], own: OwnEngine, senders: Senders) -> Self {
        let of_v3 = credentials.iter().filter(|credential| credential.version == SnmpVersion::V3);
        let users = of_v3.filter_map(|credential| Some((credential.clone(), User::new(&credential.proof).ok()?))).collect();
        Self { users, sessions: FxHashMap::default(), senders, own, reports: <_>::default(), counts: <_>::default(), salts: 0 }
    }

    /// This host as an engine.
    pub const fn own(&self) -> &OwnEngine {
        &self.own
    }

    /// What is to be kept of the senders' clocks, where it changed.
    pub fn keep(&mut self) -> Option<Vec<u8>> {
        self.senders.keep()
    }

    /// Opens a message.
    pub fn open(&mut self, bytes: &[u8], (source, now): (IpAddr, Timestamp)) -> Opened {
        let claims = match Claims::read(bytes) {
            Ok(claims) => claims,
            Err(fault) => {
                return Opened { came: Came::Distrusted(Distrust::of(fault)), answer: None, user: None };
            }
        };
        let user = text::from_octets(&claims.user).chars().take(32).collect::<String>();
        let user = Some(user).filter(|user| !user.is_empty());
        let ours = self.own.says(now);
        if claims.engine.id.len() < SHORTEST_ID {
            let answer = self.report(Distrust::UnknownEngine, None, (&claims, &ours));
            return Opened { came: Came::Discovery, answer, user };
        }
        match self.prove(bytes, &claims, (source, now)) {
            Ok((notification, answer)) => Opened { came: Came::Proved(notification), answer, user },
            Err((distrust, by)) => {
                let answer = self.report(distrust, by, (&claims, &ours));
                // RFC 3414 §4: who knows the id and not yet the time asks once more.
                let asks = distrust == Distrust::Late && claims.engine.id == ours.id && claims.engine.boots == 0;
                let came = if asks { Came::Discovery } else { Came::Distrusted(distrust) };
                Opened { came, answer, user }
            }
        }
    }

    /// What is said of a message that is not taken, where its sender waits for that. Its user signs where it proved to be who it says.
    fn report(&mut self, distrust: Distrust, by: Option<usize>, (claims, ours): (&Claims, &EngineSays)) -> Option<Vec<u8>> {
        let foreign = claims.engine.id != ours.id;
        let distrust = if foreign { Distrust::UnknownEngine } else { distrust };
        let complaint = distrust.complaint().filter(|_| claims.reportable)?;
        let at = Distrust::ALL.iter().position(|known| *known == distrust)?;
        let count = self.counts.get_mut(at)?;
        *count = count.wrapping_add(1);
        let count = *count;
        let second = Timestamp(i64::from(ours.time));
        if self.reports.0 != second {
            self.reports = (second, 0);
        }
        self.reports.1 += 1;
        if self.reports.1 > MOST_REPORTS {
            return None;
        }
        Some(match by.and_then(|by| self.users.get(by)) {
            Some((_, user)) => user.report(complaint, count, (claims, ours)),
            None => heard::report(complaint, count, (claims, ours)),
        })
    }

    /// The user whose message it is.
    fn user(&self, bytes: &[u8], claims: &Claims, source: IpAddr) -> Result<usize, Distrust> {
        let named = self.users.iter().enumerate();
        let named: Vec<_> = named.filter(|(_, (_, user))| user.name() == claims.user).collect();
        if named.is_empty() {
            return Err(Distrust::UnknownUser);
        }
        let at_level =
            || named.iter().filter(|(_, (credential, user))| user.level() == claims.level && credential.is_for(source));
        if at_level().next().is_none() {
            return Err(Distrust::Level);
        }
        let proved = |user: &User| claims.level == Level::NoAuthNoPriv || user.proves(bytes, &claims.engine.id);
        at_level().find(|(_, (_, user))| proved(user)).map(|(at, _)| *at).ok_or(Distrust::WrongDigest)
    }

    /// Errors: why it is not believed, and whose it is where that is proved.
    fn prove(
        &mut self,
        bytes: &[u8],
        claims: &Claims,
        (source, now): (IpAddr, Timestamp),
    ) -> Result<Proved, (Distrust, Option<usize>)> {
        let at = self.user(bytes, claims, source).map_err(|distrust| (distrust, None))?;
        let to_us = claims.engine.id == self.own.id;
        if claims.level != Level::NoAuthNoPriv {
            self.in_time(claims, now).map_err(|distrust| (distrust, Some(at)))?;
        }
        let scoped = self.decipher(bytes, claims, at).map_err(|distrust| (distrust, None))?;
        // RFC 3413 §3.4: informs are for their receiver's engine, traps from their sender's.
        let is_inform = scoped.pdu.kind == PduKind::Inform;
        if is_inform && !to_us {
            return Err((Distrust::UnknownEngine, None));
        }
        let answer = is_inform.then(|| self.receipt(&scoped, claims, (at, now))).flatten();
        let notification = Notification::opened(scoped.pdu).map_err(|fault| (Distrust::of(fault), None))?;
        Ok((notification, answer))
    }

    /// RFC 3414 §3.2 step 7.
    fn in_time(&mut self, claims: &Claims, now: Timestamp) -> Result<(), Distrust> {
        if claims.engine.id == self.own.id {
            let ours = self.own.says(now);
            let apart = claims.engine.time.abs_diff(ours.time);
            if claims.engine.boots != ours.boots || u64::from(apart) > window::WINDOW.as_secs() {
                return Err(Distrust::Late);
            }
        }
        self.senders.take(&claims.engine, &claims.digest, now).map_err(|untimely| match untimely {
            Untimely::Replayed => Distrust::Replayed,
            Untimely::Late => Distrust::Late,
        })
    }

    /// Opens it with the user's keys; where the makers of its agent lengthen privacy keys in the other way, with those.
    fn decipher(&mut self, bytes: &[u8], claims: &Claims, at: usize) -> Result<Scoped, Distrust> {
        let (_, user) = self.users.get(at).ok_or(Distrust::UnknownUser)?;
        let place = (at, claims.engine.id.clone());
        make_room(&mut self.sessions, &place);
        let fresh = || user.session(&claims.engine.id, KeyExtension::Blumenthal);
        let session = self.sessions.entry(place).or_insert_with(fresh);
        match session.open(bytes) {
            Err(Fault::NotDecipherable) if user.extends() => {
                let other = user.session(&claims.engine.id, KeyExtension::Reeder);
                let opened = other.open(bytes).map_err(Distrust::of)?;
                *session = other;
                Ok(opened)
            }
            opened => opened.map_err(Distrust::of),
        }
    }

    /// RFC 3416 §4.2.7: the answer carries what came, in its context.
    fn receipt(&mut self, inform: &Scoped, claims: &Claims, (at, now): (usize, Timestamp)) -> Option<Vec<u8>> {
        // RFC 3826 §3.1.2.1: no salt is used twice in one boot.
        self.salts = self.salts.wrapping_add(1);
        let ours = self.own.says(now);
        let salt = (u64::from(ours.boots) << 32 | u64::from(self.salts)).to_be_bytes();
        let answer = inform.answer(inform.pdu.response(inform.pdu.varbinds.clone()));
        self.sessions.get(&(at, claims.engine.id.clone()))?.answer(&answer, (claims, &ours), salt).ok()
    }
}

/// Where there is no room for another key all go: they are made again as they are needed.
fn make_room<T>(sessions: &mut FxHashMap<(usize, Vec<u8>), T>, place: &(usize, Vec<u8>)) {
    if !sessions.contains_key(place) && !limit::TRAP_KEYS.has_room(sessions.len()) {
        sessions.clear();
    }
}

#[cfg(test)]
mod room_tests {
    use super::*;

    #[test]
    fn keys_of_invented_engines_take_bounded_room() {
        let mut sessions = FxHashMap::default();
        let ((), forgotten) = limit::TRAP_KEYS.during(|| {
            for number in 0..limit::TRAP_KEYS.most() + 5 {
                let place = (0, number.to_be_bytes().to_vec());
                make_room(&mut sessions, &place);
                sessions.insert(place, ());
            }
        });
        assert_eq!(sessions.len(), 5);
        assert!(forgotten >= 1);
    }
}
