//! One flow as it is looked at, be it a record or the row of a stretch.

use crate::model::MacAddr;
use crate::model::flow::talk::{NO_PROTOCOL, service_port};
use crate::model::flow::{Direction, ExporterKey, FlowAddr, FlowColumns, Known, TalkKey, TalkSum};

/// What keys and filters want to know. Unknown is `None`.
pub trait Flow {
    fn exporter(&self) -> Option<&ExporterKey>;
    fn src(&self) -> FlowAddr;
    fn dst(&self) -> FlowAddr;
    /// Prefix lengths as exported.
    fn masks(&self) -> (Option<u8>, Option<u8>);
    fn next_hop(&self) -> FlowAddr;
    /// 0 where it is not told.
    fn in_if(&self) -> u32;
    fn out_if(&self) -> u32;
    /// [`NO_PROTOCOL`] where there is none.
    fn protocol(&self) -> u8;
    /// The service's; 0 where there is none.
    fn port(&self) -> u16;
    /// Source's and destination's; of a stretch only the service's is known.
    fn ports(&self) -> (Option<u16>, Option<u16>);
    fn tos(&self) -> Option<u8>;
    fn vlan(&self) -> u16;
    fn direction(&self) -> Direction;
    fn ases(&self) -> (u32, u32);
    fn macs(&self) -> (MacAddr, MacAddr);
    fn app(&self) -> u64;
    fn sum(&self) -> TalkSum;
    /// Over the flow's own duration; `None` where that is not told.
    fn bps(&self) -> Option<f64>;
}

/// A row of a stretch.
pub struct TalkRow<'a> {
    pub key: &'a TalkKey,
    pub sum: &'a TalkSum,
    pub exporters: &'a [ExporterKey],
}

impl Flow for TalkRow<'_> {
    fn exporter(&self) -> Option<&ExporterKey> {
        self.exporters.get(usize::from(self.key.exporter))
    }
    fn src(&self) -> FlowAddr {
        self.key.src
    }
    fn dst(&self) -> FlowAddr {
        self.key.dst
    }
    fn masks(&self) -> (Option<u8>, Option<u8>) {
        (None, None)
    }
    fn next_hop(&self) -> FlowAddr {
        FlowAddr::NONE
    }
    fn in_if(&self) -> u32 {
        self.key.in_if
    }
    fn out_if(&self) -> u32 {
        self.key.out_if
    }
    fn protocol(&self) -> u8 {
        self.key.protocol
    }
    fn port(&self) -> u16 {
        self.key.port
    }
    fn ports(&self) -> (Option<u16>, Option<u16>) {
        let port = Some(self.key.port).filter(|port| *port != 0);
        if self.key.port_is_src { (port, None) } else { (None, port) }
    }
    fn tos(&self) -> Option<u8> {
        Some(self.key.tos)
    }
    fn vlan(&self) -> u16 {
        self.key.vlan
    }
    fn direction(&self) -> Direction {
        self.key.direction
    }
    fn ases(&self) -> (u32, u32) {
        (self.sum.src_as, self.sum.dst_as)
    }
    fn macs(&self) -> (MacAddr, MacAddr) {
        (self.sum.src_mac, self.sum.dst_mac)
    }
    fn app(&self) -> u64 {
        self.sum.app
    }
    fn sum(&self) -> TalkSum {
        *self.sum
    }
    fn bps(&self) -> Option<f64> {
        None
    }
}

/// A row of records. Columns that were not read are as if nothing was told.
pub struct RecordRow<'a> {
    pub columns: &'a FlowColumns,
    pub row: usize,
}

macro_rules! cell {
    ($self:ident.$field:ident) => {
        $self.columns.$field.get($self.row).copied().unwrap_or_default()
    };
}

impl RecordRow<'_> {
    fn known(&self, field: Known) -> bool {
        Known(cell!(self.known)).has(field)
    }
}

impl Flow for RecordRow<'_> {
    fn exporter(&self) -> Option<&ExporterKey> {
        self.columns.exporters.get(usize::from(cell!(self.exporter)))
    }
    #[inline]
    fn src(&self) -> FlowAddr {
        cell!(self.src)
    }
    #[inline]
    fn dst(&self) -> FlowAddr {
        cell!(self.dst)
    }
    fn masks(&self) -> (Option<u8>, Option<u8>) {
        let src = self.known(Known::SRC_MASK).then(|| cell!(self.src_mask));
        (src, self.known(Known::DST_MASK).then(|| cell!(self.dst_mask)))
    }
    fn next_hop(&self) -> FlowAddr {
        cell!(self.next_hop)
    }
    fn in_if(&self) -> u32 {
        cell!(self.in_if)
    }
    fn out_if(&self) -> u32 {
        cell!(self.out_if)
    }
    #[inline]
    fn protocol(&self) -> u8 {
        if self.known(Known::PROTOCOL) { cell!(self.protocol) } else { NO_PROTOCOL }
    }
    #[inline]
    fn port(&self) -> u16 {
        service_port(self.protocol(), cell!(self.src_port), cell!(self.dst_port)).0
    }
    fn ports(&self) -> (Option<u16>, Option<u16>) {
        let src = self.known(Known::SRC_PORT).then(|| cell!(self.src_port));
        (src, self.known(Known::DST_PORT).then(|| cell!(self.dst_port)))
    }
    fn tos(&self) -> Option<u8> {
        Some(cell!(self.tos))
    }
    fn vlan(&self) -> u16 {
        cell!(self.vlan)
    }
    fn direction(&self) -> Direction {
        cell!(self.direction)
    }
    fn ases(&self) -> (u32, u32) {
        (cell!(self.src_as), cell!(self.dst_as))
    }
    fn macs(&self) -> (MacAddr, MacAddr) {
        (cell!(self.src_mac), cell!(self.dst_mac))
    }
    fn app(&self) -> u64 {
        cell!(self.app)
    }
    #[inline]
    fn sum(&self) -> TalkSum {
        let (interval, packets) = (cell!(self.sampling_interval), cell!(self.packets));
        let by = u64::from(interval.max(1));
        let (src_as, dst_as) = self.ases();
        let (src_mac, dst_mac) = self.macs();
        TalkSum {
            octets: cell!(self.octets).saturating_mul(by),
            packets: packets.saturating_mul(by),
            seen_packets: packets,
            flows: 1,
            unscaled_flows: u64::from(interval == 0),
            sampling_interval: interval,
            src_as,
            dst_as,
            src_mac,
            dst_mac,
            app: self.app(),
            tcp_flags: cell!(self.tcp_flags),
        }
    }
    fn bps(&self) -> Option<f64> {
        let known = self.known(Known::START) && self.known(Known::END);
        let secs = cell!(self.end).since(cell!(self.start)).as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "a rate")]
        let octets = self.sum().octets as f64;
        (known && secs > 0.0).then(|| octets * 8.0 / secs)
    }
}
