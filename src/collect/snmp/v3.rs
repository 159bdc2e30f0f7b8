//! SNMPv3: the engines of agents, the keys for them, and what to do about Reports (RFC 3414 §3.2, §4).

use super::error::Failure;
use super::exchange::Step;
use super::session::Session;
use crate::clock::Stopwatch;
use crate::model::{Credential, limit};
use crate::wire::snmp::pdu::PduHead;
use crate::wire::snmp::usm::{self, Complaint, EngineSays, Envelope, KeyExtension, Keys, Opened};
use crate::wire::snmp::{Fault, List, Pdu, PduKind};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// RFC 3414 §2.2.3: a message is fresh for 150 seconds.
const TIME_WINDOW: u32 = 150;

/// An agent's engine, and its clock as we believe it.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    pub(super) id: Vec<u8>,
    boots: u32,
    time: u32,
    /// When `time` was true.
    since: Stopwatch,
    /// Whether an authentic message has confirmed boots and time.
    confirmed: bool,
}

impl Engine {
    /// snmpEngineBoots, where an authentic message has told it.
    pub(super) fn boots_told(&self) -> Option<u32> {
        self.confirmed.then_some(self.boots)
    }

    pub(super) fn new(says: EngineSays, confirmed: bool) -> Self {
        Self { id: says.id, boots: says.boots, time: says.time, since: Stopwatch::start(), confirmed }
    }

    #[cfg(test)]
    pub(super) fn since(self, since: Stopwatch) -> Self {
        Self { since, ..self }
    }

    pub(super) fn time_now(&self) -> u32 {
        self.time.saturating_add(u32::try_from(self.since.elapsed().as_secs()).unwrap_or(u32::MAX)).min(i32::MAX as u32)
    }

    /// RFC 3414 §3.2 step 7b: an authentic message is refused when it is from before a restart, or old.
    pub(super) fn is_replay(&self, says: &EngineSays) -> bool {
        self.confirmed
            && self.id == says.id
            && (says.boots < self.boots || (says.boots == self.boots && says.time.saturating_add(TIME_WINDOW) < self.time))
    }
}

/// Keys of one user for one engine, in both forms of extension where they differ.
#[derive(Default)]
struct UserKeys {
    blumenthal: Option<Arc<Keys>>,
    reeder: Option<Arc<Keys>>,
    /// The form that was answered.
    proven: Option<KeyExtension>,
}

impl UserKeys {
    /// The form to use in a try: the proven one, else both in turn, since a wrong one meets with silence or a Report.
    fn form(&self, attempt: u32) -> KeyExtension {
        self.proven.unwrap_or(if attempt.is_multiple_of(2) { KeyExtension::Blumenthal } else { KeyExtension::Reeder })
    }

    const fn slot(&mut self, form: KeyExtension) -> &mut Option<Arc<Keys>> {
        match form {
            KeyExtension::Blumenthal => &mut self.blumenthal,
            KeyExtension::Reeder => &mut self.reeder,
        }
    }
}

type Users = Vec<(Arc<Credential>, UserKeys)>;

/// Localised keys by engine and credential, shared by all addresses of an agent.
#[derive(Default)]
pub(super) struct KeyStore(Mutex<FxHashMap<Vec<u8>, Users>>);

impl KeyStore {
    fn engines(&self) -> MutexGuard<'_, FxHashMap<Vec<u8>, Users>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, credential: &Arc<Credential>, engine_id: &[u8], read: impl FnOnce(&mut UserKeys) -> T) -> T {
        let mut engines = self.engines();
        if !engines.contains_key(engine_id) && !limit::SNMP_ENGINES.has_room(engines.len()) {
            engines.clear();
        }
        let users = engines.entry(engine_id.to_vec()).or_default();
        let known = users.iter().position(|(known, _)| Arc::ptr_eq(known, credential) || known == credential);
        let at = known.unwrap_or_else(|| {
            users.push((Arc::clone(credential), UserKeys::default()));
            users.len() - 1
        });
        match users.get_mut(at) {
            Some((_, keys)) => read(keys),
            None => read(&mut UserKeys::default()),
        }
    }

    /// The keys for a try. Deriving them takes milliseconds and is done without holding the lock.
    fn keys(&self, credential: &Arc<Credential>, engine_id: &[u8], attempt: u32) -> Result<Arc<Keys>, Failure> {
        let (form, kept) = self.with(credential, engine_id, |user| {
            let form = user.form(attempt);
            (form, user.slot(form).clone())
        });
        if let Some(keys) = kept {
            return Ok(keys);
        }
        let derived = Keys::localise(&credential.proof, engine_id, form);
        let keys = Arc::new(derived.map_err(|why| Failure::Auth(format!("the credential can't be used: {why}")))?);
        self.with(credential, engine_id, |user| {
            if !keys.extends() {
                // Both forms are the same: no need to take turns.
                user.proven = Some(form);
            }
            *user.slot(form) = Some(Arc::clone(&keys));
        });
        Ok(keys)
    }

    fn prove(&self, credential: &Arc<Credential>, engine_id: &[u8], attempt: u32) {
        self.with(credential, engine_id, |user| user.proven = Some(user.form(attempt)));
    }
}

impl Session {
    /// The octets of a request; while the agent's engine is not known, of the question for it.
    pub(super) fn seal_v3(&self, pdu: &Pdu, attempt: u32) -> Result<Vec<u8>, Failure> {
        let Some(engine) = self.learned.engine() else {
            return Ok(usm::discovery(pdu.request_id));
        };
        let keys = self.shared.keys.keys(&self.agent.credential, &engine.id, attempt)?;
        let context = self.context.as_ref().map(|context| context.context_name.as_str());
        let (boots, time) = (engine.boots, engine.time_now());
        keys.seal_as(pdu, &Envelope { boots, time, context }).map_err(Failure::Malformed)
    }

    pub(super) fn unseal_v3(&self, bytes: &mut [u8], attempt: u32) -> Step {
        let credential = &self.agent.credential;
        let Some(engine) = self.learned.engine() else {
            return match usm::open_plain(bytes) {
                Ok(opened) if opened.pdu.kind == PduKind::Report => self.meet(opened),
                Ok(_) => Step::Ignore(Fault::Kind),
                Err(fault) => Step::Ignore(fault),
            };
        };
        let opened = match self.shared.keys.keys(credential, &engine.id, attempt).map(|keys| keys.open(bytes)) {
            Ok(Ok(opened)) => opened,
            Ok(Err(fault)) => return Step::Ignore(fault),
            Err(failure) => return Step::Fail(failure),
        };
        if opened.authentic && engine.is_replay(&opened.engine) {
            return Step::Ignore(Fault::NotAuthentic);
        }
        match opened.pdu.kind {
            PduKind::Report => self.heed(opened, attempt),
            PduKind::Response if opened.authentic || !authenticates(credential) => {
                self.shared.keys.prove(credential, &engine.id, attempt);
                if opened.authentic {
                    self.learned.set_engine(Engine::new(opened.engine, true));
                }
                Step::Done(PduHead::from(&opened.pdu), List::Read { binds: opened.pdu.varbinds, unnamed: opened.pdu.unnamed })
            }
            PduKind::Response => Step::Ignore(Fault::NotAuthentic),
            _ => Step::Ignore(Fault::Kind),
        }
    }

    /// The agent has told its engine.
    fn meet(&self, opened: Opened) -> Step {
        if opened.engine.id.is_empty() {
            return Step::Ignore(Fault::Malformed);
        }
        self.learned.set_engine(Engine::new(opened.engine, false));
        Step::Again
    }

    /// RFC 3414 §3.2: what a Report asks us to do.
    fn heed(&self, opened: Opened, attempt: u32) -> Step {
        let refuse = |why: &str| Step::Fail(Failure::Auth(why.to_owned()));
        match Complaint::of(&opened.pdu) {
            Complaint::UnknownEngineId => self.meet(opened),
            // Step 7a: the time may only be taken from an authentic message. Where it was never confirmed, an agent that
            // reports without a digest is believed once: its next answer has to be authentic all the same.
            Complaint::NotInTimeWindow => {
                let confirmed = self.learned.engine().is_some_and(|engine| engine.confirmed);
                if opened.authentic || !confirmed {
                    self.learned.set_engine(Engine::new(opened.engine, opened.authentic));
                    Step::Again
                } else {
                    Step::Ignore(Fault::NotAuthentic)
                }
            }
            Complaint::UnknownUserName => refuse("the agent does not know the user"),
            Complaint::WrongDigest => refuse("wrong authentication password or protocol"),
            Complaint::UnsupportedSecLevel => refuse("the agent does not allow this security level to the user"),
            Complaint::DecryptionError => self.try_other_extension(&opened.engine.id, attempt),
            Complaint::UnknownContext => Step::Fail(Failure::Context),
            Complaint::Other => refuse("the agent reports an error that is not of its security model"),
        }
    }

    /// A privacy key may have been extended in the form that the agent does not use.
    fn try_other_extension(&self, engine_id: &[u8], attempt: u32) -> Step {
        let credential = &self.agent.credential;
        let open = self.shared.keys.with(credential, engine_id, |user| {
            let form = user.form(attempt);
            let tried_both = user.blumenthal.is_some() && user.reeder.is_some();
            let extends = user.slot(form).as_ref().is_some_and(|keys| keys.extends());
            let open = extends && !tried_both;
            if open {
                user.proven = Some(form.other());
            }
            open
        });
        if open { Step::Again } else { Step::Fail(Failure::Auth("wrong privacy password or protocol".to_owned())) }
    }
}

const fn authenticates(credential: &Credential) -> bool {
    matches!(credential.proof, crate::model::access::Proof::Usm { auth: Some(_), .. })
}

#[cfg(test)]
mod room_tests {
    use super::*;

    #[test]
    fn an_agent_that_invents_engines_makes_the_others_keys_be_derived_again_and_no_more() {
        let (store, credential) = (KeyStore::default(), Arc::new(Credential::community("a", "b")));
        let ((), forgotten) = limit::SNMP_ENGINES.during(|| {
            for number in 0..limit::SNMP_ENGINES.most() + 5 {
                store.with(&credential, &number.to_be_bytes(), |_| ());
            }
        });
        assert_eq!(store.engines().len(), 5);
        assert!(forgotten >= 1);
    }
}
