//! Counters that an agent sends on its own at each interval.

use super::sample::{DataSource, Form, Records};
use super::xdr::Xdr;

/// A value of a block: its name, and whether it has eight octets.
type Column = (&'static str, Width);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Four,
    Eight,
}

/// if_counters: names of IF-MIB (RFC 2863).
const INTERFACE: &[Column] = &[
    ("ifIndex", Width::Four),
    ("ifType", Width::Four),
    ("ifSpeed", Width::Eight),
    ("ifDirection", Width::Four),
    ("ifStatus", Width::Four),
    ("ifInOctets", Width::Eight),
    ("ifInUcastPkts", Width::Four),
    ("ifInMulticastPkts", Width::Four),
    ("ifInBroadcastPkts", Width::Four),
    ("ifInDiscards", Width::Four),
    ("ifInErrors", Width::Four),
    ("ifInUnknownProtos", Width::Four),
    ("ifOutOctets", Width::Eight),
    ("ifOutUcastPkts", Width::Four),
    ("ifOutMulticastPkts", Width::Four),
    ("ifOutBroadcastPkts", Width::Four),
    ("ifOutDiscards", Width::Four),
    ("ifOutErrors", Width::Four),
    ("ifPromiscuousMode", Width::Four),
];

/// ethernet_counters: names of EtherLike-MIB (RFC 3635).
const ETHERNET: &[Column] = &[
    ("dot3StatsAlignmentErrors", Width::Four),
    ("dot3StatsFCSErrors", Width::Four),
    ("dot3StatsSingleCollisionFrames", Width::Four),
    ("dot3StatsMultipleCollisionFrames", Width::Four),
    ("dot3StatsSQETestErrors", Width::Four),
    ("dot3StatsDeferredTransmissions", Width::Four),
    ("dot3StatsLateCollisions", Width::Four),
    ("dot3StatsExcessiveCollisions", Width::Four),
    ("dot3StatsInternalMacTransmitErrors", Width::Four),
    ("dot3StatsCarrierSenseErrors", Width::Four),
    ("dot3StatsFrameTooLongs", Width::Four),
    ("dot3StatsInternalMacReceiveErrors", Width::Four),
    ("dot3StatsSymbolErrors", Width::Four),
];

/// vlan_counters.
const VLAN: &[Column] = &[
    ("vlan_id", Width::Four),
    ("octets", Width::Eight),
    ("ucastPkts", Width::Four),
    ("multicastPkts", Width::Four),
    ("broadcastPkts", Width::Four),
    ("discards", Width::Four),
];

/// processor: per cent over three times, octets.
const PROCESSOR: &[Column] = &[
    ("5s_cpu", Width::Four),
    ("1m_cpu", Width::Four),
    ("5m_cpu", Width::Four),
    ("total_memory", Width::Eight),
    ("free_memory", Width::Eight),
];

/// Blocks that are read, by format.
const BLOCKS: &[(u32, &[Column])] = &[(1, INTERFACE), (2, ETHERNET), (5, VLAN), (1001, PROCESSOR)];

/// Counters of a data source.
#[derive(Clone, Debug)]
pub struct CounterSample<'a> {
    /// Counts the counter samples of the data source.
    pub sequence: u32,
    /// Whose they are.
    pub source: DataSource,
    records: Records<'a>,
}

impl<'a> CounterSample<'a> {
    pub(super) fn read(mut from: Xdr<'a>, form: Form) -> Option<Self> {
        let sequence = from.u32()?;
        let source = DataSource::read(&mut from, form)?;
        Some(Self { sequence, source, records: Records { left: from.u32()?, rest: from } })
    }

    /// Format, name and value of each counter of the blocks that are known; others have a length and are passed over.
    pub fn each(&self, mut each: impl FnMut(u32, &'static str, u64)) {
        for (format, mut from) in self.records.clone().flatten() {
            let columns = BLOCKS.iter().find(|(known, _)| *known == format).map_or(&[][..], |(_, columns)| columns);
            for (name, width) in columns {
                let value = match width {
                    Width::Four => from.u32().map(u64::from),
                    Width::Eight => from.u64(),
                };
                let Some(value) = value else { break };
                each(format, name, value);
            }
        }
    }
}
