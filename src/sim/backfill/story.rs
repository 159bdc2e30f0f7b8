//! What people did about what happened: alarms acknowledged with a note and silenced, work on devices, who was told.
//!
//! Observations, as operators and receivers make them: what does not stand by then is nobody's, so that nothing here depends on which
//! alarms the rules raise.

use super::{Known, Past};
use crate::event::{Body, Event};
use crate::model::{AlarmAct, AlarmOrder, MaintenanceAct, Notice, NoticeKind, NoticeOutcome, Scope, Timestamp, Window};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// Something that somebody did about an alarm: how long ago, who, the rule, the device and its port, what.
type Did = (u64, &'static str, &'static str, (&'static str, &'static str), AlarmAct);

/// Somebody was told: how long ago, the device, the receiver, the step, which try, why, what became of it.
type Told = (u64, &'static str, (&'static str, u32, u32), NoticeKind, fn(Timestamp) -> NoticeOutcome);

/// Work on a device: how long ago it began, how long it takes, on what, by whom, why.
type Work = (u64, u64, &'static str, &'static str, &'static str);

const WORK: [Work; 3] = [
    (2 * DAY + 9 * HOUR, HOUR, "dist-b1", "choi", "firmware 17.9.5"),
    (25 * MINUTE, 2 * HOUR, "pbx-1", "choi", "SIP trunk moves to the new provider"),
    (10 * MINUTE, 3 * HOUR, "ups-2", "park", "batteries are replaced"),
];

fn sent(_: Timestamp) -> NoticeOutcome {
    NoticeOutcome::Sent
}

fn timed_out(at: Timestamp) -> NoticeOutcome {
    NoticeOutcome::Failed("no answer within 10 s".to_owned(), Some(at.plus(Duration::from_secs(MINUTE))))
}

const DEAD: &str = "acc-b2-07";
/// When it was told of the device that is dead: the scenario has it silent for 2 h 7 m.
const SINCE_DEAD: u64 = 2 * HOUR + 6 * MINUTE;

const TOLD: [Told; 5] = [
    (SINCE_DEAD, DEAD, ("noc-chat", 0, 1), NoticeKind::Raised, sent),
    (SINCE_DEAD - 15 * MINUTE, DEAD, ("pager", 1, 1), NoticeKind::Escalated, timed_out),
    (SINCE_DEAD - 16 * MINUTE, DEAD, ("pager", 1, 2), NoticeKind::Escalated, sent),
    (SINCE_DEAD - HOUR, DEAD, ("noc-chat", 0, 1), NoticeKind::Repeated, sent),
    (SINCE_DEAD - 2 * HOUR, DEAD, ("noc-chat", 0, 1), NoticeKind::Repeated, sent),
];

impl Past {
    /// All of it, in no order.
    pub(super) fn story(&self) -> Vec<Event> {
        let did: [Did; 4] = [
            (55 * MINUTE, "kim", "interface-down", ("acc-b4-03", "Gi1/0/25"), note("patch cord in b4 MDF is loose, ticket 4711")),
            (54 * MINUTE, "kim", "interface-down", ("dist-b4", "1/1/3"), note("patch cord in b4 MDF is loose, ticket 4711")),
            (26 * MINUTE, "lee", "interface-down", ("core-1", "Te1/0/6"), note("spare SFP is on its way from the depot")),
            (20 * MINUTE, "lee", "interface-down", ("dist-b3", "1/1/46"), AlarmAct::Silence(8 * 3_600)),
        ];
        let did = did.iter().filter_map(|did| self.did(did));
        let work = WORK.iter().filter_map(|work| self.work(work));
        let told = TOLD.iter().filter_map(|told| self.notice(told));
        did.chain(work).chain(told).collect()
    }

    fn ago(&self, secs: u64) -> Timestamp {
        self.until.minus(Duration::from_secs(secs))
    }

    fn called(&self, name: &str) -> Option<&Known> {
        let number = self.campus.scenario.named(name)?;
        self.devices.iter().find(|device| device.number == number)
    }

    fn did(&self, (ago, by, rule, (device, port), act): &Did) -> Option<Event> {
        let id = &self.called(device)?.id;
        let order = AlarmOrder { alarms: vec![format!("{rule}@{id}/{port}")], by: (*by).to_owned(), act: act.clone() };
        Some(Event { at: self.ago(*ago), body: Body::AlarmOrder(Box::new(order)) })
    }

    fn work(&self, (ago, takes, device, by, note): &Work) -> Option<Event> {
        let from = self.ago(*ago);
        let window = Window {
            name: (*device).to_owned(),
            scope: Scope::Device(self.called(device)?.id.clone()),
            from,
            until: from.plus(Duration::from_secs(*takes)),
            by: (*by).to_owned(),
            note: Some((*note).to_owned()),
        };
        Some(Event { at: from, body: Body::Maintenance(Box::new(MaintenanceAct::Begin(Box::new(window)))) })
    }

    fn notice(&self, (ago, device, (receiver, step, attempt), kind, outcome): &Told) -> Option<Event> {
        let at = self.ago(*ago);
        let notice = Notice {
            alarm: format!("device-down@{}", self.called(device)?.id),
            raised_at: self.ago(SINCE_DEAD),
            receiver: (*receiver).to_owned(),
            step: *step,
            kind: *kind,
            attempt: *attempt,
            outcome: outcome(at),
        };
        Some(Event { at, body: Body::Notice(Box::new(notice)) })
    }
}

fn note(text: &str) -> AlarmAct {
    AlarmAct::Acknowledge(Some(text.to_owned()))
}
