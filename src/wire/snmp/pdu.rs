//! Protocol data units (RFC 3416 §3; the same shape in RFC 1157 but for v1 traps).

use super::Fault;
use super::ber::{self, SEQUENCE, Writer};
use super::reader::{Reader, var_binds_from};
use super::value::{Value, VarBind};
use crate::model::Oid;

/// What a PDU asks or says. The numbers are the tags of RFC 3416 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum PduKind {
    Get = 0xa0,
    GetNext = 0xa1,
    Response = 0xa2,
    Set = 0xa3,
    GetBulk = 0xa5,
    Inform = 0xa6,
    Trap = 0xa7,
    Report = 0xa8,
}

impl PduKind {
    /// All of them. A v1 trap (0xa4) has another shape and is not among them.
    pub const ALL: [Self; 8] =
        [Self::Get, Self::GetNext, Self::Response, Self::Set, Self::GetBulk, Self::Inform, Self::Trap, Self::Report];

    fn from_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == tag)
    }
}

/// error-status (RFC 3416 §3, RFC 1157 §4.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ErrorStatus(pub u32);

impl ErrorStatus {
    /// noError
    pub const NO_ERROR: Self = Self(0);
    /// tooBig: the answer does not fit a message.
    pub const TOO_BIG: Self = Self(1);
    /// noSuchName: v1's word for a missing object and for the end of the MIB.
    pub const NO_SUCH_NAME: Self = Self(2);
    /// genErr
    pub const GEN_ERR: Self = Self(5);
    /// noAccess
    pub const NO_ACCESS: Self = Self(6);
    /// resourceUnavailable
    pub const RESOURCE_UNAVAILABLE: Self = Self(13);
    /// wrongType
    pub const WRONG_TYPE: Self = Self(7);
    /// wrongValue
    pub const WRONG_VALUE: Self = Self(10);
    /// commitFailed
    pub const COMMIT_FAILED: Self = Self(14);
    /// undoFailed
    pub const UNDO_FAILED: Self = Self(15);
    /// notWritable
    pub const NOT_WRITABLE: Self = Self(17);
    /// authorizationError
    pub const AUTHORIZATION_ERROR: Self = Self(16);

    /// The standard's name.
    pub fn name(self) -> &'static str {
        usize::try_from(self.0).ok().and_then(|at| ERROR_NAMES.get(at)).copied().unwrap_or("unknown error")
    }
}

/// Names of the error statuses by number (RFC 3416 §3).
const ERROR_NAMES: [&str; 19] = [
    "noError",
    "tooBig",
    "noSuchName",
    "badValue",
    "readOnly",
    "genErr",
    "noAccess",
    "wrongType",
    "wrongLength",
    "wrongEncoding",
    "wrongValue",
    "noCreation",
    "inconsistentValue",
    "resourceUnavailable",
    "commitFailed",
    "undoFailed",
    "authorizationError",
    "notWritable",
    "inconsistentName",
];

/// A protocol data unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    /// What it asks or says.
    pub kind: PduKind,
    /// request-id
    pub request_id: i32,
    /// error-status; non-repeaters in a GetBulk.
    pub error_status: ErrorStatus,
    /// error-index, from 1; max-repetitions in a GetBulk.
    pub error_index: u32,
    /// Names and values.
    pub varbinds: Vec<VarBind>,
    /// Varbinds that were left out because their name could not be read; only ever set by decoding.
    pub unnamed: usize,
}

impl Pdu {
    /// A request for the values of `names`.
    pub fn request(kind: PduKind, request_id: i32, names: &[Oid]) -> Self {
        let varbinds = names.iter().map(|oid| VarBind { oid: oid.clone(), value: Value::Null }).collect();
        Self { kind, request_id, error_status: ErrorStatus::NO_ERROR, error_index: 0, varbinds, unnamed: 0 }
    }

    /// A GetBulk without non-repeaters: `repetitions` successors of each of `names`.
    pub fn bulk(request_id: i32, repetitions: u32, names: &[Oid]) -> Self {
        Self { error_index: repetitions, ..Self::request(PduKind::GetBulk, request_id, names) }
    }

    /// The answer to this request that carries `varbinds`.
    pub fn response(&self, varbinds: Vec<VarBind>) -> Self {
        let kind = PduKind::Response;
        Self { kind, request_id: self.request_id, error_status: ErrorStatus::NO_ERROR, error_index: 0, varbinds, unnamed: 0 }
    }

    /// The answer to this request that says what is wrong with it: its own varbinds come back (RFC 3416 §4.2.1).
    pub fn error(&self, status: ErrorStatus, index: u32) -> Self {
        Self { error_status: status, error_index: index, ..self.response(self.varbinds.clone()) }
    }

    /// non-repeaters of a GetBulk.
    pub const fn non_repeaters(&self) -> u32 {
        self.error_status.0
    }

    /// max-repetitions of a GetBulk.
    pub const fn max_repetitions(&self) -> u32 {
        self.error_index
    }

    /// How many varbinds hold something that could not be read.
    pub fn unreadable(&self) -> usize {
        self.unnamed + self.varbinds.iter().filter(|bind| matches!(bind.value, Value::Unreadable(_))).count()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.constructed(self.kind as u8, |pdu| {
            pdu.signed(ber::INTEGER, i64::from(self.request_id));
            pdu.signed(ber::INTEGER, i64::from(self.error_status.0));
            pdu.signed(ber::INTEGER, i64::from(self.error_index));
            pdu.var_binds(&self.varbinds);
        });
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let (head, list) = PduHead::read(reader)?;
        let PduHead { kind, request_id, error_status, error_index } = head;
        let mut varbinds = Vec::new();
        let unnamed = var_binds_from(list, &mut varbinds)?;
        Ok(Self { kind, request_id, error_status, error_index, varbinds, unnamed })
    }
}

/// A PDU without its varbinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PduHead {
    /// What it asks or says.
    pub kind: PduKind,
    /// request-id
    pub request_id: i32,
    /// error-status
    pub error_status: ErrorStatus,
    /// error-index
    pub error_index: u32,
}

impl PduHead {
    /// The head, and the content of the VarBindList.
    pub(super) fn read<'a>(reader: &mut Reader<'a>) -> Result<(Self, &'a [u8]), Fault> {
        let (tag, content) = reader.any()?;
        let kind = PduKind::from_tag(tag).ok_or(Fault::Kind)?;
        let mut body = Reader::new(content);
        let request_id = i32::try_from(body.integer()?).map_err(|_| Fault::Malformed)?;
        let error_status = ErrorStatus(not_negative(body.integer()?)?);
        let error_index = not_negative(body.integer()?)?;
        Ok((Self { kind, request_id, error_status, error_index }, body.expect(SEQUENCE)?))
    }
}

impl From<&Pdu> for PduHead {
    fn from(pdu: &Pdu) -> Self {
        let Pdu { kind, request_id, error_status, error_index, .. } = *pdu;
        Self { kind, request_id, error_status, error_index }
    }
}

/// A request for objects by name, without the memory that a [`Pdu`] takes for their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Get, GetNext, GetBulk or Set.
    pub kind: PduKind,
    /// max-repetitions of a GetBulk, else 0.
    pub repetitions: u32,
    /// The objects.
    pub names: Names<'a>,
}

/// The names of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names<'a> {
    /// To be written.
    Listed(&'a [Oid]),
    /// With values, to be set.
    Bound(&'a [VarBind]),
    /// Written already, by [`Asked`](super::Asked).
    Written(&'a [u8]),
}

impl<'a> From<&'a [Oid]> for Names<'a> {
    fn from(names: &'a [Oid]) -> Self {
        Self::Listed(names)
    }
}

impl Question<'_> {
    /// The same as a PDU.
    pub fn pdu(&self, request_id: i32) -> Pdu {
        let pdu = match self.names {
            Names::Listed(names) => Pdu::request(self.kind, request_id, names),
            Names::Bound(binds) => Pdu { varbinds: binds.to_vec(), ..Pdu::request(self.kind, request_id, &[]) },
            Names::Written(pairs) => {
                let mut pdu = Pdu::request(self.kind, request_id, &[]);
                // What was written here can be read.
                pdu.unnamed = var_binds_from(pairs, &mut pdu.varbinds).unwrap_or(0);
                pdu
            }
        };
        Pdu { error_index: self.repetitions, ..pdu }
    }

    pub(super) fn write(&self, request_id: i32, writer: &mut Writer) {
        writer.constructed(self.kind as u8, |pdu| {
            pdu.signed(ber::INTEGER, i64::from(request_id));
            pdu.signed(ber::INTEGER, 0);
            pdu.signed(ber::INTEGER, i64::from(self.repetitions));
            match self.names {
                Names::Listed(names) => pdu.names(names),
                Names::Bound(binds) => pdu.var_binds(binds),
                Names::Written(pairs) => pdu.constructed(SEQUENCE, |list| list.raw(pairs)),
            }
        });
    }
}

/// RFC 3416 §4.2.3: negative non-repeaters and max-repetitions count as zero. Numbers above 2^31-1 are outside the syntax.
fn not_negative(number: i64) -> Result<u32, Fault> {
    i32::try_from(number).map(|number| u32::try_from(number).unwrap_or(0)).map_err(|_| Fault::Malformed)
}
