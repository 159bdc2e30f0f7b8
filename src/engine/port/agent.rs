//! What the device itself says of the port of an order, asked with the credential that may write.

use super::ground::Ground;
use crate::collect::snmp::access::Access;
use crate::collect::snmp::{Client, Limits, Options, Session};
use crate::config::Set;
use crate::engine::handle::AskError;
use crate::mib::Registry;
use crate::model::port::{PortAct, PortPlan, PortStep};
use crate::model::{AdminStatus, Oid, OperStatus, PoeStatus};
use crate::wire::snmp::Value;
use std::time::Duration;

/// The first wait for an answer to a question.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How often a question is repeated; a SET never is.
const RETRIES: u32 = 2;
/// How long the answer to a SET is waited for: a switch may write its configuration first.
const SET_TIMEOUT: Duration = Duration::from_secs(5);

/// TruthValue (RFC 2579).
pub(super) const TRUE: i64 = 1;
pub(super) const FALSE: i64 = 2;

/// ifAdminStatus (RFC 2863).
const UP: i64 = 1;
const DOWN: i64 = 2;

/// Numbers of the objects of one port.
pub(super) struct Objects {
    pub(super) admin: Oid,
    pub(super) oper: Oid,
    /// pethPsePortAdminEnable and pethPsePortDetectionStatus
    pub(super) power: Option<(Oid, Oid)>,
}

/// How a port is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) admin: Option<i64>,
    pub(super) oper: Option<OperStatus>,
    pub(super) enabled: Option<i64>,
    pub(super) power: Option<PoeStatus>,
}

/// An agent that takes a credential that may write.
pub(super) struct Asked {
    pub(super) session: Session,
    /// The same with patience for a SET.
    pub(super) setting: Session,
    pub(super) objects: Objects,
    pub(super) act: PortAct,
    pub(super) set: Set,
}

impl Asked {
    /// Finds the credential that the agent takes. Errors: a sentence.
    pub(super) async fn open(set: &Set, ground: &Ground) -> Result<Self, AskError> {
        let socket = |error| AskError::Failed(format!("could not open an SNMP socket: {error}"));
        let client = Client::open(Options::default()).map_err(socket)?;
        Self::over(&client, (set, ground)).await
    }

    /// The same over a client. Errors: as there.
    pub(super) async fn over(client: &Client, (set, ground): (&Set, &Ground)) -> Result<Self, AskError> {
        let objects = objects(ground).ok_or_else(|| AskError::Failed("the objects of a port are not known".to_owned()))?;
        let access = Access::new(&set.credentials);
        let limits = Limits { timeout: TIMEOUT, retries: RETRIES, ..Limits::default() };
        let opened = access.open(client, ground.address, limits).await.map_err(|refusal| {
            let name = ground.found.device.name();
            AskError::Failed(format!("{name} at {} takes no credential that may write: {}", ground.address, refusal.detail))
        })?;
        let setting = client.session(opened.session.agent(), Limits { timeout: SET_TIMEOUT, retries: 0, ..limits });
        Ok(Self { session: opened.session, setting, objects, act: ground.act, set: set.clone() })
    }

    /// How the port is now. Errors: the agent is silent, or refuses.
    pub(super) async fn read(&self) -> Result<Reading, String> {
        let mut names = vec![self.objects.admin.clone(), self.objects.oper.clone()];
        if let Some((enable, status)) = &self.objects.power {
            names.extend([enable.clone(), status.clone()]);
        }
        let binds = self.session.get(&names).await.map_err(|error| error.failure.to_string())?;
        let number = |oid: &Oid| binds.iter().find(|bind| bind.oid == *oid).and_then(|bind| bind.value.as_i64());
        let power = self.objects.power.as_ref();
        Ok(Reading {
            admin: number(&self.objects.admin),
            oper: number(&self.objects.oper).and_then(OperStatus::from_mib),
            enabled: power.and_then(|(enable, _)| number(enable)),
            power: power.and_then(|(_, status)| number(status)).and_then(PoeStatus::from_mib),
        })
    }

    /// What would be done. Errors: the agent is silent or has no such port, or power is off at it.
    pub(super) async fn plan(&self, ground: &Ground) -> Result<PortPlan, AskError> {
        let name = ground.found.device.name();
        let reading = self.read().await.map_err(|why| AskError::Failed(format!("{name} could not be read: {why}")))?;
        let (device, port) = (&ground.found.device, &ground.found.port);
        let steps = self.steps(reading).map_err(|why| AskError::Refused(format!("{} of {name}: {why}", ground.found.name)))?;
        let agent = self.session.agent();
        Ok(PortPlan {
            device: device.id.clone(),
            device_name: name,
            if_index: port.if_index,
            port: ground.found.name.clone(),
            alias: port.if_alias.clone(),
            act: ground.act,
            address: ground.address.to_string(),
            credential: agent.credential.name.clone(),
            version: agent.credential.version.to_string(),
            is_so: ground.act != PortAct::PoeCycle && steps.iter().all(|step| step.old.as_ref() == Some(&step.new)),
            steps,
            oper: reading.oper.map(|oper| oper.word().to_owned()),
            power: power(ground, reading),
            hanging: ground.hanging.clone(),
        })
    }

    fn steps(&self, reading: Reading) -> Result<Vec<PortStep>, String> {
        let step = |oid: &Oid, old: Option<String>, new: &str| PortStep {
            object: Registry::builtin().text(oid),
            oid: oid.to_string(),
            old,
            new: new.to_owned(),
            outcome: None,
        };
        match (self.act, &self.objects.power) {
            (PortAct::Up | PortAct::Down, _) => {
                let old = reading.admin.ok_or("its agent tells no ifAdminStatus")?;
                let new = if self.act == PortAct::Up { AdminStatus::Up } else { AdminStatus::Down };
                Ok(vec![step(&self.objects.admin, Some(admin_word(old)), new.word())])
            }
            (PortAct::PoeCycle, Some((enable, _))) => match reading.enabled {
                Some(TRUE) => Ok(vec![step(enable, Some(truth(TRUE)), "false"), step(enable, Some(truth(FALSE)), "true")]),
                Some(_) => Err("power is switched off at it: a cycle would switch it on".to_owned()),
                None => Err("its agent tells no pethPsePortAdminEnable".to_owned()),
            },
            (PortAct::PoeCycle, None) => Err("it gives no power".to_owned()),
        }
    }

    /// The value of the object that the act is about, in words.
    pub(super) fn told(&self, reading: Reading) -> Option<String> {
        match self.act {
            PortAct::Up | PortAct::Down => reading.admin.map(admin_word),
            PortAct::PoeCycle => reading.enabled.map(truth),
        }
    }

    /// The object and value of a step by its word.
    pub(super) fn value(&self, word: &str) -> Option<(Oid, Value)> {
        let (oid, number) = match (self.act, word) {
            (PortAct::Up | PortAct::Down, "up") => (&self.objects.admin, UP),
            (PortAct::Up | PortAct::Down, "down") => (&self.objects.admin, DOWN),
            (PortAct::PoeCycle, "true") => (&self.objects.power.as_ref()?.0, TRUE),
            (PortAct::PoeCycle, "false") => (&self.objects.power.as_ref()?.0, FALSE),
            _ => return None,
        };
        Some((oid.clone(), Value::Integer(number)))
    }
}

fn objects(ground: &Ground) -> Option<Objects> {
    let mib = Registry::builtin();
    let of_port = |name: &str| Some(mib.oid(name)?.child(&[ground.found.port.if_index.0]));
    let of_power = |name: &str, (group, port): (u32, u32)| Some(mib.oid(name)?.child(&[group, port]));
    let power = match ground.power {
        Some(place) => Some((of_power("pethPsePortAdminEnable", place)?, of_power("pethPsePortDetectionStatus", place)?)),
        None => None,
    };
    Some(Objects { admin: of_port("ifAdminStatus")?, oper: of_port("ifOperStatus")?, power })
}

fn admin_word(number: i64) -> String {
    AdminStatus::from_mib(number).map_or_else(|| number.to_string(), |admin| admin.word().to_owned())
}

fn truth(number: i64) -> String {
    match number {
        TRUE => "true".to_owned(),
        FALSE => "false".to_owned(),
        other => other.to_string(),
    }
}

fn power(ground: &Ground, reading: Reading) -> Option<String> {
    let known = ground.found.port.poe.as_deref()?;
    let status = reading.power.or(known.status)?;
    Some(match known.draw_mw {
        Some(draw) => format!("{}, {}.{} W at the last reading", status.word(), draw / 1000, draw % 1000 / 100),
        None => status.word().to_owned(),
    })
}
