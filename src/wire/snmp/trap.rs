//! Notifications: traps and informs of v2c, traps of v1 (RFC 1157 §4.1.6), and as much of v3 as is said in the open.
//!
//! Names are not given here: this knows no MIB.

use super::Fault;
use super::ber::{self, SEQUENCE, Writer};
use super::message::{Message, open};
use super::pdu::{Pdu, PduKind};
use super::reader::{Reader, oid_from, value_from, var_binds_from};
use super::usm::open_plain;
use super::value::{Value, VarBind};
use crate::model::{Oid, SnmpVersion};
use std::net::Ipv4Addr;

/// Tag of a v1 trap.
const TRAP_V1: u8 = 0xa4;

/// generic-trap of v1: the sender's own, named by enterprise and specific-trap.
pub const ENTERPRISE_SPECIFIC: i64 = 6;

/// What v1 says in place of snmpTrapOID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrapV1 {
    /// enterprise
    pub enterprise: Oid,
    /// agent-addr: who it was, where somebody passed it on.
    pub agent: Option<Ipv4Addr>,
    /// generic-trap, 0 coldStart to 6 [`ENTERPRISE_SPECIFIC`].
    pub generic: i64,
    /// specific-trap
    pub specific: i64,
    /// time-stamp: sysUpTime
    pub uptime_ticks: u32,
}

/// A notification as it was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Its version.
    pub version: SnmpVersion,
    /// request-id; 0 of version 1, and where it is not told in the open.
    pub request_id: i32,
    /// Of version 1.
    pub v1: Option<TrapV1>,
    /// What it carries; nothing where it is not told in the open.
    pub varbinds: Vec<VarBind>,
    /// Varbinds that were passed over because their names could not be read.
    pub unnamed: usize,
    /// Whether what it carries could be read.
    pub readable: bool,
    /// The answer that an inform waits for.
    pub receipt: Option<Vec<u8>>,
    /// Whether it is an inform.
    pub inform: bool,
}

impl Notification {
    /// Reads a notification.
    ///
    /// Errors: [`Fault`] for anything else. A message of version 3 that is encrypted or of a model that is not read is a notification of
    /// which nothing is known.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let (version, reader) = open(bytes)?;
        match version {
            // Whose user is not known; nothing of it is believed.
            SnmpVersion::V3 => open_plain(bytes).map_or_else(|_| Ok(Self::closed()), |opened| Self::opened(opened.pdu)),
            SnmpVersion::V1 => Self::v1(reader),
            SnmpVersion::V2c => {
                let message = Message::decode(bytes)?;
                let inform = message.pdu.kind == PduKind::Inform;
                if !inform && message.pdu.kind != PduKind::Trap {
                    return Err(Fault::Kind);
                }
                // RFC 3416 §4.2.7: the answer carries what came.
                let receipt = inform.then(|| message.reply(message.pdu.response(message.pdu.varbinds.clone())).encode());
                Ok(Self { receipt, ..Self::of(version, message.pdu) })
            }
        }
    }

    /// What a message of version 3 carries that was opened.
    ///
    /// Errors: it is no notification.
    pub fn opened(pdu: Pdu) -> Result<Self, Fault> {
        let is_one = matches!(pdu.kind, PduKind::Trap | PduKind::Inform);
        if is_one { Ok(Self::of(SnmpVersion::V3, pdu)) } else { Err(Fault::Kind) }
    }

    /// Of version 3, and nothing of it is told in the open.
    pub const fn closed() -> Self {
        let version = SnmpVersion::V3;
        Self { version, request_id: 0, v1: None, varbinds: Vec::new(), unnamed: 0, readable: false, receipt: None, inform: false }
    }

    fn of(version: SnmpVersion, pdu: Pdu) -> Self {
        let Pdu { kind, request_id, varbinds, unnamed, .. } = pdu;
        let inform = kind == PduKind::Inform;
        Self { version, request_id, v1: None, varbinds, unnamed, readable: true, receipt: None, inform }
    }

    fn v1(mut reader: Reader<'_>) -> Result<Self, Fault> {
        reader.octets()?;
        if reader.peek()? != TRAP_V1 {
            return Err(Fault::Kind);
        }
        let mut body = reader.inside(TRAP_V1)?;
        let enterprise = oid_from(body.expect(ber::OBJECT_IDENTIFIER)?)?;
        let (tag, address) = body.any()?;
        let agent = match value_from(tag, address) {
            Value::IpAddress(address) => Some(address).filter(|address| !address.is_unspecified()),
            _ => None,
        };
        let (generic, specific) = (body.integer()?, body.integer()?);
        let (tag, ticks) = body.any()?;
        let uptime_ticks = value_from(tag, ticks).as_u64().and_then(|ticks| u32::try_from(ticks).ok()).unwrap_or(0);
        let mut varbinds = Vec::new();
        let unnamed = var_binds_from(body.expect(SEQUENCE)?, &mut varbinds)?;
        let v1 = Some(TrapV1 { enterprise, agent, generic, specific, uptime_ticks });
        Ok(Self { version: SnmpVersion::V1, request_id: 0, v1, varbinds, unnamed, readable: true, receipt: None, inform: false })
    }
}

/// The octets of a v1 trap.
pub fn encode_v1(community: &[u8], trap: &TrapV1, varbinds: &[VarBind]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.constructed(SEQUENCE, |message| {
        message.signed(ber::INTEGER, 0);
        message.tlv(ber::OCTETS, community);
        message.constructed(TRAP_V1, |pdu| {
            pdu.oid(&trap.enterprise);
            pdu.tlv(ber::IP_ADDRESS, &trap.agent.unwrap_or(Ipv4Addr::UNSPECIFIED).octets());
            pdu.signed(ber::INTEGER, trap.generic);
            pdu.signed(ber::INTEGER, trap.specific);
            pdu.unsigned(ber::TIME_TICKS, u64::from(trap.uptime_ticks));
            pdu.var_binds(varbinds);
        });
    });
    writer.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(text: &str) -> Oid {
        text.parse().unwrap()
    }

    #[test]
    fn a_v1_trap_is_read_as_it_was_written() {
        let trap = TrapV1 {
            enterprise: oid("1.3.6.1.4.1.9.1.1208"),
            agent: Some("10.0.0.2".parse().unwrap()),
            generic: 2,
            specific: 0,
            uptime_ticks: 4_000_000_000,
        };
        let binds = vec![VarBind { oid: oid("1.3.6.1.2.1.2.2.1.1.14"), value: Value::Integer(14) }];
        let read = Notification::decode(&encode_v1(b"public", &trap, &binds)).unwrap();
        assert_eq!((read.version, read.v1, read.varbinds), (SnmpVersion::V1, Some(trap), binds));
        assert!(read.readable && read.receipt.is_none());
    }

    #[test]
    fn an_inform_has_its_answer_ready_and_a_question_is_no_notification() {
        let message = |kind| Message { version: SnmpVersion::V2c, community: b"x".to_vec(), pdu: Pdu::request(kind, 7, &[]) };
        let read = Notification::decode(&message(PduKind::Inform).encode()).unwrap();
        let receipt = Message::decode(&read.receipt.unwrap()).unwrap();
        assert_eq!((read.inform, receipt.pdu.kind, receipt.pdu.request_id), (true, PduKind::Response, 7));
        assert_eq!(Notification::decode(&message(PduKind::Get).encode()), Err(Fault::Kind));
        let v1 = Message { version: SnmpVersion::V1, ..message(PduKind::Get) };
        assert_eq!(Notification::decode(&v1.encode()), Err(Fault::Kind));
    }
}
