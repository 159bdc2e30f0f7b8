//! What a sample tells beside the fields that every record has, by name.

use super::sample::{FlowSample, Port};
use super::xdr::Xdr;
use crate::model::flow::FieldValue;
use std::net::IpAddr;

/// Where names and values go.
type Into<'a> = &'a mut Vec<(&'static str, FieldValue)>;

/// Numbers of a list that are told: AS paths, communities and label stacks are shorter.
const MOST: u32 = 64;

/// The format of the record with translated addresses (extended_nat).
const NAT: u32 = 1007;

/// Reads a record; `None` where it is cut.
type Read = fn(&mut Xdr<'_>, Into<'_>) -> Option<()>;

/// How each format of a record is read. Names are IANA's where it has one (`postNATSourceIPv4Address`), else sFlow's.
const READ: &[(u32, Read)] = &[
    (2, |from, into| {
        from.array::<20>()?;
        number(from, ("ethernetType", into))
    }),
    (1001, |from, into| numbers(from, (&["", "dot1qPriority", "postVlanId", "postDot1qPriority"], into))),
    (1003, gateway),
    (1004, |from, into| {
        for name in ["sourceUserName", "destinationUserName"] {
            from.u32()?;
            text(from, (name, into))?;
        }
        Some(())
    }),
    (1005, |from, into| {
        number(from, ("urlDirection", into))?;
        text(from, ("httpRequestTarget", into))?;
        text(from, ("httpRequestHost", into))
    }),
    (1006, |from, into| {
        address(from, ("mplsTopLabelIPAddress", into))?;
        list(from, ("mplsInLabelStack", into))?;
        list(from, ("mplsOutLabelStack", into))
    }),
    (NAT, nat),
    (1008, |from, into| {
        text(from, ("mplsTunnelName", into))?;
        numbers(from, (&["mplsTunnelId", "mplsTunnelExp"], into))
    }),
    (1009, |from, into| {
        text(from, ("mplsVcInstanceName", into))?;
        numbers(from, (&["mplsVcId", "mplsVcExp"], into))
    }),
    (1010, |from, into| {
        text(from, ("mplsFtnDescription", into))?;
        number(from, ("mplsFtnMask", into))
    }),
    (1011, |from, into| number(from, ("mplsTopLabelPrefixLength", into))),
    (1012, |from, into| list(from, ("vlanTunnelStack", into))),
    (1014, |from, into| wireless(from, ("wlanSSID", into))),
    (1015, |from, into| wireless(from, ("wlanSSID", into))),
    (1027, |from, into| {
        number(from, ("aclNumber", into))?;
        text(from, ("aclName", into))?;
        number(from, ("aclDirection", into))
    }),
    (1028, |from, into| text(from, ("functionSymbol", into))),
    (1029, |from, into| number(from, ("vni", into))),
    (1030, |from, into| number(from, ("vni", into))),
];

impl FlowSample<'_> {
    /// Whether it tells translated addresses.
    pub fn has_nat(&self) -> bool {
        self.records.clone().flatten().any(|(format, _)| format == NAT)
    }

    /// Name and value of each. Of a record that is cut what stands before.
    pub fn fields(&self) -> Vec<(&'static str, FieldValue)> {
        let mut found = vec![
            ("sampleSequence", unsigned(self.sequence)),
            ("samplePool", unsigned(self.pool)),
            ("sampleDrops", unsigned(self.drops)),
            ("dataSourceType", unsigned(self.source.kind)),
            ("dataSourceIndex", unsigned(self.source.index)),
        ];
        port(self.input, (["inputInternal", "inputDiscardReason", "inputPorts"], &mut found));
        port(self.output, (["outputInternal", "outputDiscardReason", "outputPorts"], &mut found));
        for (format, mut from) in self.records.clone().flatten() {
            if let Some((_, read)) = READ.iter().find(|(known, _)| *known == format) {
                let _what_was_read_before_a_cut_is_there = read(&mut from, &mut found);
            }
        }
        found
    }
}

fn unsigned(value: u32) -> FieldValue {
    FieldValue::Unsigned(u64::from(value))
}

fn port(port: Port, ([internal, discarded, several], into): ([&'static str; 3], Into<'_>)) {
    match port {
        Port::Unknown | Port::Interface(_) => {}
        Port::Internal => into.push((internal, FieldValue::Boolean(true))),
        Port::Discarded(reason) => into.push((discarded, unsigned(reason))),
        Port::Several(count) => into.push((several, unsigned(count))),
    }
}

fn number(from: &mut Xdr<'_>, (name, into): (&'static str, Into<'_>)) -> Option<()> {
    into.push((name, unsigned(from.u32()?)));
    Some(())
}

/// A number for each name; without a name it is passed over.
fn numbers(from: &mut Xdr<'_>, (names, into): (&[&'static str], Into<'_>)) -> Option<()> {
    for name in names {
        let value = from.u32()?;
        if !name.is_empty() {
            into.push((name, unsigned(value)));
        }
    }
    Some(())
}

fn text(from: &mut Xdr<'_>, (name, into): (&'static str, Into<'_>)) -> Option<()> {
    into.push((name, FieldValue::Text(crate::model::text::from_octets(from.opaque()?))));
    Some(())
}

fn address(from: &mut Xdr<'_>, (name, into): (&'static str, Into<'_>)) -> Option<Option<IpAddr>> {
    let address = from.address()?;
    into.extend(address.map(|address| (name, FieldValue::Ip(address))));
    Some(address)
}

fn list(from: &mut Xdr<'_>, (name, into): (&'static str, Into<'_>)) -> Option<()> {
    let mut values = Vec::new();
    for number in 0..from.u32()? {
        let value = from.u32()?;
        if number < MOST {
            values.push(unsigned(value));
        }
    }
    into.push((name, FieldValue::List(values)));
    Some(())
}

fn gateway(from: &mut Xdr<'_>, into: Into<'_>) -> Option<()> {
    address(from, ("bgpNextHopAddress", into))?;
    numbers(from, (&["bgpRouterAs", "", "bgpPrevAdjacentAsNumber"], into))?;
    let mut path = Vec::new();
    for _ in 0..from.u32()? {
        let _is_sequence = from.u32()?;
        for _ in 0..from.u32()? {
            let number = from.u32()?;
            if path.len() < usize::try_from(MOST).unwrap_or(0) {
                path.push(unsigned(number));
            }
        }
    }
    into.push(("bgpDestinationAsPath", FieldValue::List(path)));
    list(from, ("bgpCommunities", into))?;
    number(from, ("bgpLocalPreference", into))
}

fn nat(from: &mut Xdr<'_>, into: Into<'_>) -> Option<()> {
    let names = [
        ["postNATSourceIPv4Address", "postNATSourceIPv6Address"],
        ["postNATDestinationIPv4Address", "postNATDestinationIPv6Address"],
    ];
    for [four, six] in names {
        if let Some(address) = from.address()? {
            into.push((if address.is_ipv4() { four } else { six }, FieldValue::Ip(address)));
        }
    }
    Some(())
}

/// IEEE 802.11: the network's name and the access point's address; the rest is of the radio.
fn wireless(from: &mut Xdr<'_>, (name, into): (&'static str, Into<'_>)) -> Option<()> {
    text(from, (name, into))?;
    into.push(("wlanBSSID", FieldValue::Mac(from.mac()?)));
    Some(())
}
