//! One device read whole, with few requests. What could not be read is missing and named; the rest is kept.

use super::access::{Opened, PROBE};
use super::error::SnmpError;
use super::session::Session;
use super::tables::{self, Columns, addresses, bridge, cdp, entity, interfaces, lldp, stack};
use super::walk::Walk;
use crate::clock;
use crate::mib::{Kind, Registry};
use crate::model::inventory::{Inventory, Problem, Reason};
use crate::model::{Oid, SnmpAccess};
use crate::wire::snmp::{Value, VarBind};
use std::collections::BTreeMap;

/// Columns that are walked side by side, table by table: one table's columns end together, so that no request is half empty.
const TABLES: [&[&str]; 5] = [interfaces::COLUMNS, addresses::COLUMNS, bridge::COLUMNS, stack::COLUMNS, entity::COLUMNS];

/// Who is at the other end, before it is read whole.
pub struct Reading {
    session: Session,
    columns: Columns,
    faults: Faults,
}

/// What went wrong, and in which columns.
type Faults = BTreeMap<Reason, Fault>;

#[derive(Debug)]
struct Fault {
    detail: String,
    columns: Vec<&'static str>,
}

impl Reading {
    /// Reads the scalars that say who the device is. Always succeeds: the agent has answered its first question already.
    pub async fn begin(opened: Opened) -> Self {
        let mut reading = Self { session: opened.session, columns: Columns::default(), faults: Faults::new() };
        let rest: Vec<&'static str> = tables::assemble::scalars().into_iter().filter(|name| !PROBE.contains(name)).collect();
        reading.file_scalars(&PROBE, opened.probe);
        reading.read_scalars(&rest).await;
        reading.note_engine();
        if let Some(profile) = tables::assemble::profile(&reading.columns) {
            reading.session.obey(profile.quirks());
        }
        reading
    }

    /// What was read until now.
    pub const fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Reads everything else and puts the device together.
    pub async fn finish(mut self) -> Inventory {
        for table in TABLES {
            self.walk(table).await;
        }
        self.walk_neighbours().await;
        self.read_vendor_objects().await;
        self.assemble()
    }

    async fn walk_neighbours(&mut self) {
        self.walk(lldp::COLUMNS).await;
        let has_first = self.columns.len("lldpRemChassisId") > 0;
        if !has_first && self.columns.scalar("lldpV2LocChassisId").is_some() {
            self.walk(lldp::COLUMNS_V2).await;
        }
        self.walk(cdp::COLUMNS).await;
    }

    /// What the vendor's profile wants besides: model, version, serial number.
    async fn read_vendor_objects(&mut self) {
        self.read_scalars(&tables::assemble::probes(&self.columns)).await;
        let wanted = tables::assemble::vendor_objects(&self.columns);
        self.read_below(wanted.iter().copied().filter(|name| name.starts_with('.')).collect()).await;
        let fresh = wanted.into_iter().filter(|name| !self.columns.is_complete(name));
        let objects = fresh.filter_map(|name| Registry::global().object(name));
        let (mut scalars, mut columns) = (Vec::new(), Vec::new());
        for object in objects {
            let into = if object.kind == Kind::Scalar { &mut scalars } else { &mut columns };
            if !into.contains(&object.name.as_str()) {
                into.push(object.name.as_str());
            }
        }
        self.read_scalars(&scalars).await;
        self.walk(&columns).await;
    }

    /// Reads instances below the device's own sysObjectID.
    async fn read_below(&mut self, names: Vec<&'static str>) {
        let known = names.into_iter().filter_map(|name| Some((name, tables::assemble::base(name, &self.columns)?)));
        let (names, instances): (Vec<&'static str>, Vec<Oid>) = known.unzip();
        if instances.is_empty() || self.is_over() {
            return;
        }
        match self.session.get(&instances).await {
            Ok(values) => {
                for ((name, base), value) in names.into_iter().zip(instances).zip(values) {
                    self.columns.insert(name, base, vec![value]);
                }
            }
            Err(error) => note(&mut self.faults, &error, &names),
        }
    }

    async fn read_scalars(&mut self, names: &[&'static str]) {
        let mib = Registry::global();
        let instances: Vec<Oid> = names.iter().filter_map(|name| mib.scalar(name)).collect();
        if instances.is_empty() || self.is_over() {
            return;
        }
        match self.session.get(&instances).await {
            Ok(values) => self.file_scalars(names, values),
            Err(error) => note(&mut self.faults, &error, names),
        }
    }

    fn file_scalars(&mut self, names: &[&'static str], values: Vec<VarBind>) {
        let mib = Registry::global();
        for (name, value) in names.iter().filter_map(|name| Some((*name, mib.oid(name)?))).zip(values) {
            let (name, base) = name;
            self.columns.insert(name, base, vec![value]);
        }
    }

    async fn walk(&mut self, names: &[&'static str]) {
        if names.is_empty() || self.is_over() {
            return;
        }
        let mib = Registry::global();
        let known: Vec<(&'static str, Oid)> = names.iter().filter_map(|name| Some((*name, mib.oid(name)?))).collect();
        let roots: Vec<Oid> = known.iter().map(|(_, oid)| oid.clone()).collect();
        for ((name, base), Walk { rows, fault, .. }) in known.into_iter().zip(self.session.walk_columns(&roots).await) {
            match fault {
                None => self.columns.insert(name, base, rows),
                Some(error) => {
                    self.columns.insert_partial(name, base, rows);
                    note(&mut self.faults, &error, &[name]);
                }
            }
        }
    }

    /// Whether the agent is past answering: then every further table would cost its timeouts.
    fn is_over(&self) -> bool {
        self.faults.keys().any(|reason| {
            matches!(reason, Reason::Timeout | Reason::Deadline | Reason::Refused | Reason::Unreachable | Reason::Auth)
        })
    }

    /// SNMPv3 tells the engine's id also where the agent's view hides the object.
    fn note_engine(&mut self) {
        const ENGINE: &str = "snmpEngineID";
        let Some((id, base)) = self.session.engine_id().zip(Registry::global().oid(ENGINE)) else { return };
        if self.columns.scalar(ENGINE).is_none() {
            let bind = VarBind { oid: base.child(&[0]), value: Value::Octets(id) };
            self.columns.insert(ENGINE, base, vec![bind]);
        }
    }

    fn assemble(self) -> Inventory {
        let agent = self.session.agent();
        let at = self.session.tally().last_answer_at.unwrap_or_else(clock::now);
        let access = SnmpAccess {
            address: agent.address,
            version: agent.credential.version,
            credential: agent.credential.name.clone(),
            partial: !self.faults.is_empty(),
        };
        let assembly = tables::assemble(&self.columns, access, at);
        if assembly.skipped_neighbours > 0 {
            tracing::debug!(peer = %agent.address, rows = assembly.skipped_neighbours, "blank LLDP rows passed over");
        }
        let problems = self.faults.iter().map(|(reason, fault)| Problem {
            target: agent.address.to_string(),
            reason: *reason,
            detail: format!("{} not read to the end: {}", fault.columns.join(", "), fault.detail),
        });
        Inventory {
            problems: problems.collect(),
            skipped_rows: assembly.skipped_neighbours,
            ..Inventory::of(agent.address, at, assembly.device)
        }
    }
}

fn note(faults: &mut Faults, error: &SnmpError, columns: &[&'static str]) {
    let fault = faults.entry(error.reason()).or_insert_with(|| Fault { detail: error.failure.to_string(), columns: Vec::new() });
    fault.columns.extend(columns);
}

#[cfg(test)]
mod tests {
    use super::super::access::Access;
    use super::super::fixture::{Network, client};
    use super::*;
    use crate::collect::snmp::Limits;
    use std::time::Duration;

    async fn read(lines: &str, limits: Limits) -> Inventory {
        let network = Network::default().agent("10.0.0.1:161", lines);
        let client = client(network);
        let opened = Access::new(&[]).open(&client, "10.0.0.1:161".parse().unwrap(), limits).await.ok().unwrap();
        Reading::begin(opened).await.finish().await
    }

    const SWITCH: &str =
        "sysName.0 = dist-1\nsysDescr.0 = Some switch\nifDescr.1 = Gi1\nifDescr.2 = Gi2\nifName.1 = Gi1\nifName.2 = Gi2
        lldpLocChassisIdSubtype.0 = #4\nlldpLocChassisId.0 = 0x001b54aabbcc\nlldpRemChassisIdSubtype.0.1.7 = #4
        lldpRemChassisId.0.1.7 = 0x001b54aabbdd";

    #[tokio::test(start_paused = true)]
    async fn a_device_is_read_whole() {
        let inventory = read(SWITCH, Limits::default()).await;
        assert_eq!(inventory.problems, []);
        assert_eq!(inventory.device.id.as_str(), "chassis:00:1b:54:aa:bb:cc");
        assert_eq!(inventory.device.interfaces.len(), 2);
        assert_eq!(inventory.device.neighbours.len(), 1);
        assert_eq!(inventory.device.snmp.map(|snmp| (snmp.partial, snmp.credential)), Some((false, "public".to_owned())));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_before_the_deadline_is_kept_and_labelled() {
        // Every answer takes 400 ms: the interface table fits into the deadline, the rest does not.
        let lines = format!("{SWITCH}\nlatency = 400");
        let inventory = read(&lines, Limits { deadline: Some(Duration::from_millis(2200)), ..Limits::default() }).await;
        assert_eq!(inventory.device.sys_name.as_deref(), Some("dist-1"));
        assert_eq!(inventory.device.interfaces.len(), 2);
        assert_eq!(inventory.device.neighbours, []);
        assert_eq!(inventory.problems.iter().map(|problem| problem.reason).collect::<Vec<_>>(), [Reason::Deadline]);
        assert!(inventory.device.snmp.is_some_and(|snmp| snmp.partial));
    }
}
