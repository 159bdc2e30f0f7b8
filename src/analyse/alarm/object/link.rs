//! A link between two devices that are polled.

use super::{columns, owned, word, yes};
use crate::model::{DeviceStatus, Link, OperStatus};
use crate::query::filter::Value;
use std::borrow::Cow;

/// One side of a link.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LinkSide {
    pub device: String,
    pub port: Option<String>,
    pub status: Option<DeviceStatus>,
    pub oper: Option<OperStatus>,
    pub uptime_seconds: Option<f64>,
}

/// A link, or one that is no longer said to exist.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct LinkObject<'a> {
    pub link: &'a Link,
    pub a: LinkSide,
    pub b: LinkSide,
    pub is_gone: bool,
}

impl LinkObject<'_> {
    fn evidence(&self) -> String {
        self.link.evidence.iter().map(|evidence| evidence.word()).collect::<Vec<_>>().join(" ")
    }

    fn is_up(&self) -> Option<bool> {
        let up = |oper: OperStatus| oper == OperStatus::Up;
        match (self.a.oper.map(up), self.b.oper.map(up)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

columns! {
    COLUMNS, row: LinkObject<'_> {
        ["a", "aDevice"] Text => Value::Text(Cow::Borrowed(&row.a.device));
        ["aPort"] Text => Value::text(row.a.port.as_deref());
        ["b", "bDevice"] Text => Value::Text(Cow::Borrowed(&row.b.device));
        ["bPort"] Text => Value::text(row.b.port.as_deref());
        ["aStatus"] Text => word(row.a.status.map(DeviceStatus::word));
        ["bStatus"] Text => word(row.b.status.map(DeviceStatus::word));
        ["aUptime"] Duration => Value::number(row.a.uptime_seconds);
        ["bUptime"] Duration => Value::number(row.b.uptime_seconds);
        ["up"] Text => row.is_up().map_or(Value::Unknown, yes);
        ["state"] Text => Value::word(if row.is_gone { "gone" } else { "there" });
        ["evidence"] Text => owned(Some(row.evidence()));
        ["aggregate"] Text => Value::text(row.link.aggregate.as_deref());
        ["stpBlocked", "blocked"] Text => row.link.stp_blocked.map_or(Value::Unknown, yes);
    }
}
