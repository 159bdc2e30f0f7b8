//! One device read whole, with few requests. What could not be read is missing and named; the rest is kept.
//!
//! In this order: the scalars; one look at which tables there are; all small tables and those of ports, side by side; single cells
//! that the tables made known (of the chassis, of local ports); what is measured, by the rules for the device; the texts of the parts that it
//! is made of; the large tables of addresses, at last those of single VLANs.

use super::access::{Opened, PROBE};
use super::error::{Failure, SnmpError};
use super::session::{Context, Session};
use super::tables::plan::{self, Asked, Cells};
use super::tables::{self, Columns, arp, fdb, health, parts};
use super::walk::Walk;
use crate::clock;
use crate::mib::{GaugeRule, Kind, PerVlan, Profile, Registry};
use crate::model::inventory::{Inventory, Problem, Reason};
use crate::model::{Oid, SnmpAccess, SnmpVersion};
use crate::wire::snmp::{Value, VarBind};
use std::collections::{BTreeMap, BTreeSet};

/// Who is at the other end, before it is read whole.
pub struct Reading {
    session: Session,
    columns: Columns,
    faults: Faults,
    /// Tables that the agent has, once it was looked.
    present: BTreeSet<&'static str>,
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
        let mut reading =
            Self { session: opened.session, columns: Columns::default(), faults: Faults::new(), present: BTreeSet::new() };
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
        let asked = self.look().await;
        self.walk_present(&plan::small(&self.columns, &asked)).await;
        self.read_cells(&asked).await;
        self.read_health().await;
        self.read_tree().await;
        self.read_addresses().await;
        self.read_vlans(&asked).await;
        self.assemble()
    }

    /// Which tables there are, and the scalars that tell systems of the vendor apart. Where the agent can't tell, all may be there.
    async fn look(&mut self) -> Asked {
        let mib = Registry::global();
        let probes = tables::assemble::probes(&self.columns);
        let tables = plan::tables(&self.columns);
        let named = probes.iter().chain(&tables).filter_map(|name| Some((*name, mib.oid(name)?)));
        let (names, oids): (Vec<&'static str>, Vec<Oid>) = named.unzip();
        if !self.is_over() {
            match self.session.next(&oids).await {
                Ok(found) => {
                    for ((name, oid), bind) in names.into_iter().zip(oids).zip(found) {
                        self.saw(name, oid, bind);
                    }
                }
                Err(error) if error.is_final() => note(&mut self.faults, &error, &tables),
                Err(_) => self.present.extend(tables),
            }
        }
        let asked = Asked::of(&self.columns);
        // Where nothing was answered nothing is known to be absent.
        if !self.is_over() {
            self.follow(&asked);
        }
        asked
    }

    /// Tables that are there or not with others, and those that are left alone.
    fn follow(&mut self, asked: &Asked) {
        for (table, is_there) in plan::followers(asked, &self.present) {
            if is_there {
                self.present.insert(table);
            } else {
                self.lacks(table);
            }
        }
        let quirks = asked.profile.map(Profile::quirks);
        self.present.retain(|table| !quirks.is_some_and(|quirks| quirks.ignores(table)));
    }

    fn saw(&mut self, name: &'static str, oid: Oid, next: Option<VarBind>) {
        let next = next.filter(|bind| bind.oid.starts_with(&oid));
        let is_table = Registry::global().object(name).is_some_and(|object| object.kind == Kind::Table);
        match next {
            Some(_) if is_table => drop(self.present.insert(name)),
            None if is_table => self.lacks(name),
            bind => self.columns.insert(name, oid, bind.into_iter().collect()),
        }
    }

    /// A table that is not there is read to its end: it has no row.
    fn lacks(&mut self, table: &str) {
        for (column, base) in plan::columns_of(table) {
            self.columns.insert_absent(column, base.clone());
        }
    }

    /// Walks those of `columns` whose table is there and that were not read.
    async fn walk_present(&mut self, columns: &[&'static str]) {
        let is_there = |name: &&'static str| plan::table_of(name).is_none_or(|table| self.present.contains(table));
        let open: Vec<&'static str> =
            columns.iter().copied().filter(is_there).filter(|name| !self.columns.is_complete(name)).collect();
        self.walk(&open).await;
    }

    /// Single cells that were made known by what was read, and the scalars of the vendor's profile.
    async fn read_cells(&mut self, asked: &Asked) {
        let below = asked.vendor_objects.iter().copied().filter(|name| name.starts_with('.'));
        self.read_below(below.collect()).await;
        let (cells, rest) = plan::cells(&self.columns, asked, &self.present);
        if !self.is_over() && !cells.is_empty() {
            self.get_cells(cells).await;
        }
        self.walk_present(&rest).await;
    }

    async fn get_cells(&mut self, cells: Cells) {
        let mib = Registry::global();
        let mut names = Vec::new();
        for (column, rows) in &cells {
            names.extend(mib.oid(column).into_iter().flat_map(|base| rows.iter().map(move |row| base.child(&[*row]))));
        }
        match self.session.get(&names).await {
            Ok(values) => {
                let mut values = values.into_iter();
                for (column, rows) in &cells {
                    if let Some(base) = mib.oid(column) {
                        self.columns.insert(column, base, values.by_ref().take(rows.len()).collect());
                    }
                }
            }
            Err(error) => note(&mut self.faults, &error, &cells.keys().copied().collect::<Vec<_>>()),
        }
    }

    /// What is measured: a look at what the rules name, what is there of it, and the names of the parts it is about.
    async fn read_health(&mut self) {
        let rules = health::rules(&self.columns);
        let leads = health::leads(&rules);
        let is_known = |name: &&'static str| self.columns.is_complete(name) && plan::table_of(name).is_none();
        let mut present: BTreeSet<&'static str> = self.present.iter().copied().collect();
        present.extend(leads.iter().copied().filter(is_known));
        let open: Vec<&'static str> = leads.into_iter().filter(|name| !present.contains(name)).collect();
        let named = open.into_iter().filter_map(|name| Some((name, Registry::global().oid(name)?)));
        let (names, oids): (Vec<&'static str>, Vec<Oid>) = named.unzip();
        if self.is_over() || names.is_empty() {
            return;
        }
        match self.session.next(&oids).await {
            Ok(found) => {
                let is_there = |oid: &Oid, bind: Option<VarBind>| bind.is_some_and(|bind| bind.oid.starts_with(oid));
                let there = names.into_iter().zip(oids).zip(found).filter(|((_, oid), bind)| is_there(oid, bind.clone()));
                present.extend(there.map(|((name, _), _)| name));
            }
            // What can't be looked at is not worth a walk of every table that a vendor ever had.
            Err(error) => return note(&mut self.faults, &error, &names),
        }
        let wanted = health::wanted(&rules, &present);
        let open = |names: Vec<&'static str>, columns: &Columns| -> Vec<&'static str> {
            names.into_iter().filter(|name| !columns.is_complete(name)).collect()
        };
        let scalars = open(wanted.scalars, &self.columns);
        self.read_scalars(&scalars).await;
        let columns = open(wanted.columns, &self.columns);
        self.walk(&columns).await;
        self.read_parts(&rules).await;
    }

    /// The names of the parts that gauges are about.
    async fn read_parts(&mut self, rules: &[&'static GaugeRule]) {
        for (column, rows) in health::parts(rules, &self.columns) {
            let Some(base) = Registry::global().oid(column).filter(|_| !self.is_over()) else { continue };
            let Some(rows) = rows else {
                self.walk(&[column]).await;
                continue;
            };
            let known: BTreeSet<u32> = self.columns.by_number(column).map(|(row, _)| row).collect();
            let asked: Vec<Oid> = rows.iter().filter(|row| !known.contains(row)).map(|row| base.child(&[*row])).collect();
            if asked.is_empty() {
                continue;
            }
            match self.session.get(&asked).await {
                Ok(values) => self.columns.add(column, base, values),
                Err(error) => note(&mut self.faults, &error, &[column]),
            }
        }
    }

    /// The texts of the parts that the device is made of, cell by cell: most of a large tree's are not worth reading.
    async fn read_tree(&mut self) {
        let mib = Registry::global();
        let wanted = parts::wanted(&self.columns).into_iter();
        let wanted: Vec<(&'static str, Oid, Vec<u32>)> =
            wanted.filter_map(|(column, rows)| Some((column, mib.oid(column)?, rows))).collect();
        let cells: Vec<Oid> = wanted.iter().flat_map(|(_, base, rows)| rows.iter().map(|row| base.child(&[*row]))).collect();
        if cells.is_empty() || self.is_over() {
            return;
        }
        match self.session.get(&cells).await {
            Ok(values) => {
                let mut values = values.into_iter();
                for (column, base, rows) in wanted {
                    self.columns.add(column, base, values.by_ref().take(rows.len()).collect());
                }
            }
            Err(error) => note(&mut self.faults, &error, parts::TEXTS),
        }
    }

    /// The forwarding table and the neighbours' addresses: the newer tables, and the older ones where those say nothing.
    async fn read_addresses(&mut self) {
        let has = |name: &str| self.present.contains(plan::table_of(name).unwrap_or(""));
        let with_vlans = [fdb::COLUMNS_Q, fdb::COLUMNS_IEEE].into_iter().find(|names| names.iter().any(|name| has(name)));
        let both = arp::COLUMNS.iter().any(|name| has(name));
        self.walk_present(&[with_vlans.unwrap_or(fdb::COLUMNS_D), if both { arp::COLUMNS } else { arp::COLUMNS_OLD }].concat())
            .await;
        let mut rest = Vec::new();
        let leave = |columns: &mut Columns, names: &[&'static str]| {
            for (name, base) in names.iter().filter_map(|name| Some((*name, Registry::global().oid(name)?))) {
                columns.insert_absent(name, base);
            }
        };
        if fdb::has_vlans(&self.columns) {
            leave(&mut self.columns, fdb::COLUMNS_D)
        } else {
            rest.extend(fdb::COLUMNS_D)
        }
        if with_vlans == Some(fdb::COLUMNS_Q) {
            leave(&mut self.columns, fdb::COLUMNS_IEEE);
        }
        if arp::has_ipv4(&self.columns) {
            leave(&mut self.columns, arp::COLUMNS_OLD)
        } else {
            rest.extend(arp::COLUMNS_OLD)
        }
        self.walk_present(&rest).await;
    }

    /// The forwarding table of each VLAN, where the agent keeps them apart. An agent that does not know the first context has none.
    async fn read_vlans(&mut self, asked: &Asked) {
        let per_vlan = asked.profile.and_then(|profile| profile.quirks().per_vlan);
        let version = self.session.agent().credential.version;
        let offered = match per_vlan {
            Some(PerVlan::CommunityIndex) => true,
            Some(PerVlan::Context) => version == SnmpVersion::V3,
            None => false,
        };
        for (count, vlan) in plan::vlans(&self.columns).into_iter().enumerate() {
            if !offered || self.is_over() {
                return;
            }
            let session = self.session.in_context(Context::vlan(vlan));
            // Silence is how an agent says that it does not know a community.
            let session = if count == 0 { session.with_retries(0) } else { session };
            let mut read = Columns::default();
            let failed = walk_into(&session, &mut read, fdb::COLUMNS_OF_VLAN).await;
            match failed.first() {
                Some((_, error)) if count == 0 && matches!(error.failure, Failure::Timeout { .. } | Failure::Context) => {
                    tracing::debug!(peer = %session.agent().address, vlan, %error, "no forwarding tables of single VLANs");
                    return;
                }
                Some((column, error)) => note(&mut self.faults, error, &[column]),
                None => {}
            }
            self.columns.insert_vlan(vlan, read);
        }
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
        for (name, error) in walk_into(&self.session, &mut self.columns, names).await {
            note(&mut self.faults, &error, &[name]);
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
            tracing::debug!(peer = %agent.address, rows = assembly.skipped_neighbours, "blank rows of neighbours passed over");
        }
        let problems = self.faults.iter().map(|(reason, fault)| Problem {
            target: agent.address.to_string(),
            reason: *reason,
            detail: format!("{} not read to the end: {}", fault.columns.join(", "), fault.detail),
        });
        Inventory {
            problems: problems.collect(),
            sightings: assembly.sightings,
            skipped_rows: assembly.skipped_neighbours,
            ..Inventory::of(agent.address, at, assembly.device)
        }
    }
}

/// Walks columns side by side and files them. What was not read to its end, and why.
async fn walk_into(session: &Session, columns: &mut Columns, names: &[&'static str]) -> Vec<(&'static str, SnmpError)> {
    let mib = Registry::global();
    let known: Vec<(&'static str, Oid)> = names.iter().filter_map(|name| Some((*name, mib.oid(name)?))).collect();
    let roots: Vec<Oid> = known.iter().map(|(_, oid)| oid.clone()).collect();
    let mut failed = Vec::new();
    for ((name, base), Walk { rows, fault, .. }) in known.into_iter().zip(session.walk_columns(&roots).await) {
        match fault {
            None => columns.insert(name, base, rows),
            Some(error) => {
                columns.insert_partial(name, base, rows);
                failed.push((name, error));
            }
        }
    }
    failed
}

fn note(faults: &mut Faults, error: &SnmpError, columns: &[&'static str]) {
    let fault = faults.entry(error.reason()).or_insert_with(|| Fault { detail: error.failure.to_string(), columns: Vec::new() });
    fault.columns.extend(columns);
}

#[cfg(test)]
mod tests;
