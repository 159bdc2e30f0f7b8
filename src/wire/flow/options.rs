//! Options data: by what is sampled, what interfaces, applications, VRFs and samplers are called, and when the exporter started.

use super::naming;
use super::octets::unsigned;
use super::sampling;
use super::stream::Stream;
use super::template::{Template, V9_SCOPE, VARIABLE};
use crate::model::flow::FlowName;
use crate::model::text;

/// Scope "interface" of v9 (RFC 3954 §6.1).
const V9_SCOPE_INTERFACE: u16 = 2;

/// What one record says.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    sampling: sampling::Told,
    sampler: Option<u64>,
    interface: Option<u32>,
    application: Option<u64>,
    vrf: Option<u32>,
    /// interfaceName (82) and interfaceDescription (83).
    interface_name: Option<&'a [u8]>,
    interface_description: Option<&'a [u8]>,
    application_name: Option<&'a [u8]>,
    sampler_name: Option<&'a [u8]>,
    vrf_name: Option<&'a [u8]>,
    system_init: Option<i64>,
}

/// Reads a record.
pub(super) fn read<'a>(template: &Template, octets: &'a [u8]) -> Said<'a> {
    let mut said = Said::default();
    let mut at = 0;
    for field in &template.shape.fields {
        let place = match field.length {
            VARIABLE => naming::variable(octets, at),
            length => Some((at, usize::from(length))),
        };
        let Some((start, length)) = place else { break };
        let Some(octets) = octets.get(start..start + length) else { break };
        at = start + length;
        match field.enterprise {
            0 if !octets.is_empty() => said.take(field.number, octets),
            V9_SCOPE if field.number == V9_SCOPE_INTERFACE && !octets.is_empty() => said.interface = Some(narrow(octets)),
            _ => {}
        }
    }
    said
}

/// The low 32 bits of a number.
#[allow(clippy::cast_possible_truncation, reason = "an ifIndex or VRF id has 32 bits; more octets are noughts in front")]
fn narrow(octets: &[u8]) -> u32 {
    unsigned(octets) as u32
}

impl<'a> Said<'a> {
    fn take(&mut self, number: u16, octets: &'a [u8]) {
        let value = unsigned(octets);
        match number {
            10 | 14 | 252 | 253 => self.interface = self.interface.or(Some(narrow(octets))),
            34 => self.sampling.interval = value,
            48 | 302 => self.sampler = self.sampler.or(Some(value)),
            50 => self.sampling.random_interval = value,
            82 => self.interface_name = Some(octets),
            83 => self.interface_description = Some(octets),
            84 | 335 => self.sampler_name = Some(octets),
            95 => self.application = Some(value),
            96 => self.application_name = Some(octets),
            160 => self.system_init = i64::try_from(value).ok(),
            234 | 235 => self.vrf = self.vrf.or(Some(narrow(octets))),
            236 => self.vrf_name = Some(octets),
            304 => self.sampling.algorithm = value,
            305 => self.sampling.packets.0 = value,
            306 => self.sampling.packets.1 = value,
            309 => self.sampling.size.0 = value,
            310 => self.sampling.size.1 = value,
            _ => {}
        }
    }

    /// Takes over what later records lean on. `false` where there is no room for it.
    pub(super) fn learn(&self, stream: &mut Stream, most_samplers: usize) -> bool {
        if self.system_init.is_some() {
            stream.system_init = self.system_init;
        }
        match self.sampling.rate() {
            Some(rate) => stream.samplers.learn(self.sampler, self.interface, rate, most_samplers),
            None => true,
        }
    }

    /// What is called how.
    pub(super) fn names(&self) -> impl Iterator<Item = FlowName> {
        let text = |octets: Option<&[u8]>| octets.and_then(text::known);
        // Of an interface the name, which MIBs call ifName, and only without it the description.
        let interface_name = text(self.interface_name).or_else(|| text(self.interface_description));
        let interface = self.interface.zip(interface_name).map(|(interface, name)| FlowName::Interface(interface, name));
        let application = self.application.zip(text(self.application_name)).map(|(id, name)| FlowName::Application(id, name));
        let sampler = self.sampler.zip(text(self.sampler_name)).map(|(id, name)| FlowName::Sampler(id, name));
        let vrf = self.vrf.zip(text(self.vrf_name)).map(|(id, name)| FlowName::Vrf(id, name));
        [interface, application, sampler, vrf].into_iter().flatten()
    }
}
