//! The links' table, and links as the other screens list them.

use super::interfaces::{larger, sum};
use super::lookup::{Lookup, secs};
use super::rows::LinkRow;
use super::table::{Choice, Picked, columns, pick};
use crate::model::{DeviceId, DeviceStatus, Link, LinkEnd, Metric, OperStatus};
use crate::query::filter::Value;
use crate::query::{Subject, ViewRequest};
use std::sync::Arc;

/// A link with what is measured at its ends, by reference.
#[derive(Clone, Copy)]
pub(super) struct LinkRef<'a> {
    look: &'a Lookup<'a>,
    link: &'a Link,
}

impl<'a> LinkRef<'a> {
    pub(super) const fn of(look: &'a Lookup<'a>, link: &'a Link) -> Self {
        Self { look, link }
    }

    /// What one end sends: by its own counter, else by what the other receives. The first is what is asked of.
    fn sent(&self, near: &LinkEnd, far: &LinkEnd) -> Option<f64> {
        let rate = |end: &LinkEnd, metric| self.look.rates(end).and_then(|rates| rates.get(metric));
        rate(near, Metric::OutBps).or_else(|| rate(far, Metric::InBps))
    }

    pub(super) fn forward(&self) -> Option<f64> {
        self.sent(&self.link.a, &self.link.b)
    }

    pub(super) fn backward(&self) -> Option<f64> {
        self.sent(&self.link.b, &self.link.a)
    }

    /// The larger direction, fraction of 1.
    #[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
    pub(super) fn utilisation(&self) -> Option<f64> {
        let speed = self.link.speed_bps.filter(|speed| *speed > 0)?;
        larger(self.forward(), self.backward()).map(|rate| rate / speed as f64)
    }

    /// Errors that both ends receive, per second.
    pub(super) fn errors(&self) -> Option<f64> {
        let received = |end: &LinkEnd| self.look.rates(end).and_then(|rates| rates.get(Metric::InErrors));
        sum(received(&self.link.a), received(&self.link.b))
    }

    /// Whether both ends are up, as far as they are known; a device that does not answer has no end that is up.
    pub(super) fn is_up(&self) -> Option<bool> {
        let ends = [&self.link.a, &self.link.b];
        let status = |end: &LinkEnd| self.look.status(&end.device);
        if ends.into_iter().any(|end| matches!(status(end), Some(DeviceStatus::Down | DeviceStatus::Unreachable))) {
            return Some(false);
        }
        let opers = ends.into_iter().filter_map(|end| self.look.oper(end));
        opers.map(|oper| matches!(oper, OperStatus::Up | OperStatus::Dormant)).reduce(|x, y| x && y)
    }

    fn is_fault(&self) -> bool {
        self.is_up() == Some(false) || self.errors().is_some_and(|rate| rate > 0.0)
    }

    fn state_word(&self) -> Value<'static> {
        self.is_up().map_or(Value::Unknown, |up| Value::word(if up { "up" } else { "down" }))
    }

    fn name(&self, end: &LinkEnd) -> std::borrow::Cow<'a, str> {
        self.look.state.name_of(&end.device).into()
    }

    pub(super) fn whole(self) -> LinkRow {
        let link = self.link;
        LinkRow {
            a_device: link.a.device.clone(),
            a_name: self.look.state.name_of(&link.a.device),
            a_if_index: link.a.if_index,
            a_port: link.a.port.clone(),
            b_device: link.b.device.clone(),
            b_name: self.look.state.name_of(&link.b.device),
            b_if_index: link.b.if_index,
            b_port: link.b.port.clone(),
            evidence: link.evidence.clone(),
            confirmed_by: link.confirmed_by,
            confidence: link.confidence,
            aggregate: link.aggregate.clone(),
            stp_blocked: link.stp_blocked,
            speed_bps: link.speed_bps,
            up: self.is_up(),
            forward_bps: self.forward(),
            backward_bps: self.backward(),
            utilisation: self.utilisation(),
            errors_per_second: self.errors(),
            first_seen: link.first_seen,
            last_seen: self.look.state.link_last_seen(link),
            spark: Vec::new(),
        }
    }
}

fn flag(flag: Option<bool>) -> Value<'static> {
    flag.map_or(Value::Unknown, |set| Value::word(if set { "true" } else { "false" }))
}

columns! {
    /// The columns of the links' table. `device` and `if` are either end.
    LINK_COLUMNS, row: LinkRef<'_> {
        ["device", "deviceName", "name"] Text => Value::Either(row.name(&row.link.a), row.name(&row.link.b));
        ["port", "if"] Text => match (&row.link.a.port, &row.link.b.port) {
            (Some(a), Some(b)) => Value::Either(a.into(), b.into()),
            (Some(one), None) | (None, Some(one)) => Value::Text(one.into()),
            (None, None) => Value::Unknown,
        };
        ["aName", "a"] Text => Value::Either(row.name(&row.link.a), row.link.a.device.as_str().into());
        ["aPort"] Text => Value::text(row.link.a.port.as_deref());
        ["bName", "b"] Text => Value::Either(row.name(&row.link.b), row.link.b.device.as_str().into());
        ["bPort"] Text => Value::text(row.link.b.port.as_deref());
        ["evidence"] Text => Value::Text(row.link.evidence.iter().map(|e| e.word()).collect::<Vec<_>>().join(" ").into());
        ["confirmedBy"] Text => Value::word(match row.link.confirmed_by {
            crate::model::Confirmed::Both => "both",
            crate::model::Confirmed::One => "one",
        });
        ["confidence"] Fraction => Value::Number(f64::from(row.link.confidence));
        ["aggregate"] Text => Value::text(row.link.aggregate.as_deref());
        ["stpBlocked"] Text => flag(row.link.stp_blocked);
        ["speedBps", "speed"] Number => {
            #[allow(clippy::cast_precision_loss, reason = "speeds stay far below 2^53")]
            Value::number(row.link.speed_bps.map(|speed| speed as f64))
        };
        ["operStatus", "state"] Text => row.state_word();
        ["forwardBps", "out"] Number => Value::number(row.forward());
        ["backwardBps", "in"] Number => Value::number(row.backward());
        ["utilisation", "util"] Fraction => Value::number(row.utilisation());
        ["errorsPerSecond", "err"] Number => Value::number(row.errors());
        ["firstSeen"] Time => Value::number(row.link.first_seen.map(secs));
        ["lastSeen"] Time => Value::number(row.look.state.link_last_seen(row.link).map(secs));
        ["age"] Duration => Value::number(row.link.first_seen.map(|first| row.look.state.now.since(first).as_secs_f64()));
    }
}

/// The wanted links, of one device or of all, by their ends unless sorted otherwise.
pub(super) fn links<'a>(look: &'a Lookup<'a>, request: &ViewRequest) -> Picked<LinkRef<'a>> {
    let rows = match &request.subject {
        Some(Subject::Device(id) | Subject::Interface(id, _)) => {
            look.state.links_of(id).iter().map(|link| LinkRef::of(look, link)).collect()
        }
        None => look.state.links.values().map(|link| LinkRef::of(look, link)).collect(),
    };
    pick(rows, &Choice { request, columns: LINK_COLUMNS, now: look.state.now, is_fault: LinkRef::is_fault })
}

/// The links of one device, its own end as `a`, by its own port.
pub(super) fn of_device(look: &Lookup<'_>, device: &DeviceId) -> Vec<LinkRow> {
    let turned = |link: &Arc<Link>| {
        let row = LinkRef::of(look, link).whole();
        if link.a.device == *device { row } else { turn(row) }
    };
    let mut rows: Vec<LinkRow> = look.state.links_of(device).iter().map(turned).collect();
    rows.sort_by(|x, y| {
        let key = |row: &LinkRow| (row.a_if_index.is_none(), row.a_if_index);
        key(x).cmp(&key(y)).then_with(|| (&x.a_port, &x.b_name, &x.b_port).cmp(&(&y.a_port, &y.b_name, &y.b_port)))
    });
    rows
}

/// The same link seen from its other end.
fn turn(row: LinkRow) -> LinkRow {
    LinkRow {
        a_device: row.b_device,
        a_name: row.b_name,
        a_if_index: row.b_if_index,
        a_port: row.b_port,
        b_device: row.a_device,
        b_name: row.a_name,
        b_if_index: row.a_if_index,
        b_port: row.a_port,
        forward_bps: row.backward_bps,
        backward_bps: row.forward_bps,
        ..row
    }
}

/// The busiest links by utilisation, then by traffic, at most `limit`.
pub(super) fn busiest(look: &Lookup<'_>, limit: usize) -> Vec<LinkRow> {
    let measured = |link| {
        let link = LinkRef::of(look, link);
        let traffic = larger(link.forward(), link.backward())?;
        Some(((link.utilisation().unwrap_or(0.0), traffic), link))
    };
    let mut links: Vec<_> = look.state.links.values().filter_map(|link| measured(link)).collect();
    links.sort_by(|x, y| y.0.0.total_cmp(&x.0.0).then(y.0.1.total_cmp(&x.0.1)));
    links.into_iter().take(limit).map(|(_, link)| link.whole()).collect()
}
