//! sFlow version 5 (sflow.org, "sFlow Version 5", July 2004): samples of packets, and counters, as an agent sends them.
//!
//! [`Datagram::read`] reads a datagram's head, [`Datagram::samples`] its samples one after the other. A [`FlowSample`] has the
//! sampled packet as a [`FlowRecord`](crate::model::flow::FlowRecord) of one packet, to be multiplied by the sampling rate; what else
//! it tells is read only when asked ([`FlowSample::fields`]). Samples and records of formats that are not known have a length and are
//! passed over. It remembers nothing: sequence numbers and counts are the decoder's.

pub mod counters;
mod fields;
pub mod sample;
#[cfg(test)]
mod tests;
mod xdr;

pub use counters::CounterSample;
pub use sample::FlowSample;

use std::net::IpAddr;
use xdr::Xdr;

/// The version of this format.
const VERSION: u32 = 5;

/// Why a datagram or a sample is not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no sFlow, or of another version.
    Version,
    /// The head is cut, or names an agent's address of no known kind.
    Head,
    /// A sample is longer than what is left of the datagram: nothing behind it can be found.
    SampleLength,
    /// What a sample says of itself does not fit into it.
    Sample,
}

/// What all samples of a datagram share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Who sampled: not always who sent the datagram.
    pub agent: IpAddr,
    /// Which of its parts.
    pub sub_agent: u32,
    /// Counts the datagrams of the sub-agent.
    pub sequence: u32,
    /// Since the agent's start. Units: ms, modulo 2^32.
    pub uptime_ms: u32,
    /// So many samples the datagram says it has.
    pub samples: u32,
}

/// A datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Its head.
    pub head: Head,
    rest: Xdr<'a>,
}

/// A sample.
#[derive(Clone, Debug)]
pub enum Sample<'a> {
    /// A sampled packet (formats 1 and 3).
    Flow(FlowSample<'a>),
    /// Counters (formats 2 and 4).
    Counters(CounterSample<'a>),
    /// A packet that was dropped, and is told for that (format 5). It is in no traffic.
    Discarded,
    /// Of another format or of an enterprise: its number.
    Other(u32),
}

impl<'a> Datagram<'a> {
    /// Whether octets look like the head of an sFlow datagram of version 5, as far as two words can tell.
    pub fn is_one(octets: &[u8]) -> bool {
        matches!(octets, [0, 0, 0, 5, 0, 0, 0, 1 | 2, ..])
    }

    /// Reads the head.
    ///
    /// # Errors
    /// It is none of version 5, or is cut.
    pub fn read(octets: &'a [u8]) -> Result<Self, Fault> {
        let mut rest = Xdr(octets);
        if rest.u32().ok_or(Fault::Head)? != VERSION {
            return Err(Fault::Version);
        }
        Self::read_head(&mut rest).map(|head| Self { head, rest }).ok_or(Fault::Head)
    }

    fn read_head(rest: &mut Xdr<'_>) -> Option<Head> {
        Some(Head {
            agent: rest.address()??,
            sub_agent: rest.u32()?,
            sequence: rest.u32()?,
            uptime_ms: rest.u32()?,
            samples: rest.u32()?,
        })
    }

    /// Its samples, in order. After [`Fault::SampleLength`] there are no more.
    pub fn samples(&self) -> Samples<'a> {
        Samples { left: self.head.samples, rest: self.rest }
    }
}

/// See [`Datagram::samples`].
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    left: u32,
    rest: Xdr<'a>,
}

impl<'a> Iterator for Samples<'a> {
    type Item = Result<Sample<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        // Each sample takes octets, so that a number of four billion samples ends with the datagram.
        self.left = self.left.checked_sub(1)?;
        let Some((format, octets)) = self.rest.record() else {
            self.left = 0;
            return Some(Err(Fault::SampleLength));
        };
        Some(read_sample(format, octets).ok_or(Fault::Sample))
    }
}

fn read_sample(format: u32, octets: &[u8]) -> Option<Sample<'_>> {
    Some(match format {
        1 => Sample::Flow(FlowSample::read(Xdr(octets), sample::Form::Compact)?),
        2 => Sample::Counters(CounterSample::read(Xdr(octets), sample::Form::Compact)?),
        3 => Sample::Flow(FlowSample::read(Xdr(octets), sample::Form::Expanded)?),
        4 => Sample::Counters(CounterSample::read(Xdr(octets), sample::Form::Expanded)?),
        5 => Sample::Discarded,
        other => Sample::Other(other),
    })
}
