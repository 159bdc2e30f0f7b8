//! Switching a port, as `noctop port` prints it: what would be done, and what came of it.

use crate::model::port::{Hanging, PortPlan, PortResult, PortStep};
use crate::model::text::visible;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// One object that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct Step {
    pub object: String,
    pub oid: String,
    pub old: Option<String>,
    pub new: String,
    /// What became of it; null in a dry run
    pub outcome: Option<String>,
}

/// An order: planned, or carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct PortReport {
    pub device: String,
    pub device_name: String,
    pub if_index: u32,
    pub port: String,
    pub if_alias: Option<String>,
    /// up, down, poe-cycle
    pub act: &'static str,
    pub address: String,
    pub credential: String,
    pub snmp_version: String,
    pub steps: Vec<Step>,
    pub oper_status: Option<String>,
    pub power: Option<String>,
    /// What is at the other ends of its links
    pub links: Vec<String>,
    pub endpoints: usize,
    pub addresses: Vec<String>,
    /// How many devices could not be reached without it
    pub cut: usize,
    pub cut_off: Vec<String>,
    /// Why the device itself may not be managed any more; it needs --force then
    pub own_way: Option<String>,
    pub notes: Vec<String>,
    /// planned, done, unsettled, already, failed, unknown
    pub outcome: &'static str,
    pub text: Option<String>,
    /// Where it stands in the audit journal; null where nothing was done
    pub audit: Option<String>,
}

impl From<&PortPlan> for PortReport {
    fn from(plan: &PortPlan) -> Self {
        let Hanging { links, endpoints, addresses, cut, cut_off, own_way, notes } = plan.hanging.clone();
        let step = |step: &PortStep| {
            let PortStep { object, oid, old, new, outcome } = step.clone();
            Step { object, oid, old, new, outcome }
        };
        Self {
            device: plan.device.to_string(),
            device_name: plan.device_name.clone(),
            if_index: plan.if_index.0,
            port: plan.port.clone(),
            if_alias: plan.alias.clone(),
            act: plan.act.word(),
            address: plan.address.clone(),
            credential: plan.credential.clone(),
            snmp_version: plan.version.clone(),
            steps: plan.steps.iter().map(step).collect(),
            oper_status: plan.oper.clone(),
            power: plan.power.clone(),
            links,
            endpoints,
            addresses,
            cut,
            cut_off,
            own_way,
            notes,
            outcome: "planned",
            text: plan.is_so.then(|| format!("it is {} already: nothing would be set", plan.act.word())),
            audit: None,
        }
    }
}

impl From<&PortResult> for PortReport {
    fn from(result: &PortResult) -> Self {
        Self {
            outcome: result.end.word(),
            text: Some(result.text.clone()),
            oper_status: result.oper.clone(),
            audit: Some(result.receipt.clone()).filter(|receipt| !receipt.is_empty()),
            ..Self::from(&result.plan)
        }
    }
}

/// What would be done, for people. Errors: those of `out`.
pub fn write_plan(report: &PortReport, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |name: &str, text: &str| writeln!(out, "{name:<12}{}", visible(text));
    let alias = report.if_alias.as_ref().map(|alias| format!("  {alias}")).unwrap_or_default();
    line("port", &format!("{} {}{alias}  (ifIndex {})", report.device_name, report.port, report.if_index))?;
    line("asked at", &format!("{} by {}, SNMP version {}", report.address, report.credential, report.snmp_version))?;
    line("now", &now(report))?;
    for step in &report.steps {
        line("set", &format!("{}  {} -> {}  ({})", step.object, step.old.as_deref().unwrap_or("-"), step.new, step.oid))?;
    }
    for link in &report.links {
        line("leads to", link)?;
    }
    if report.endpoints > 0 {
        line("behind it", &named((report.endpoints, "address", "addresses"), &report.addresses))?;
    }
    if report.cut > 0 {
        line("cuts off", &named((report.cut, "device", "devices"), &report.cut_off))?;
    }
    for note in &report.notes {
        line("note", note)?;
    }
    match &report.own_way {
        Some(why) => line("DANGER", &format!("{why}: --force does it all the same")),
        None => Ok(()),
    }
}

fn now(report: &PortReport) -> String {
    let oper = report.oper_status.as_deref().unwrap_or("-");
    report.power.as_ref().map_or_else(|| format!("ifOperStatus {oper}"), |power| format!("ifOperStatus {oper}, power {power}"))
}

fn named((count, one, several): (usize, &str, &str), names: &[String]) -> String {
    let more = if count > names.len() { ", ..." } else { "" };
    format!("{count} {}: {}{more}", if count == 1 { one } else { several }, names.join(", "))
}

/// What came of it, for people. Errors: those of `out`.
pub fn write_result(report: &PortReport, out: &mut dyn Write) -> io::Result<()> {
    for step in &report.steps {
        if let Some(outcome) = &step.outcome {
            writeln!(out, "{} = {}: {}", step.object, step.new, visible(outcome))?;
        }
    }
    writeln!(out, "{}: {}", report.outcome, visible(report.text.as_deref().unwrap_or_default()))?;
    match &report.audit {
        Some(receipt) => writeln!(out, "audit: {receipt}"),
        None => Ok(()),
    }
}
