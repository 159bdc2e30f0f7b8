//! What the scenario has devices say and notify of beside their everyday: bursts with patterns of their own, traps that no link makes.

use super::{Saying, Script, moment, notify};
use crate::model::log::{LogDatagram, LogKind};
use crate::sim::hash::{between, mix};

impl Script {
    pub(super) fn story(&self, second: i64, out: &mut Vec<LogDatagram>) {
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "seconds of this age fit into 53 bits and are positive"
        )]
        let (start, salt) = (second as f64, mix(self.scenario.seed ^ 0x0057_0041, second as u64));
        for told in self.scenario.sayings.iter().filter(|told| told.is_due(second)) {
            let Some(speaker) = self.speaker(told.device) else { continue };
            let salt = mix(salt, u64::from(told.device));
            let line = &told.what;
            let text = line.text.replace("{n}", &(14 + salt % 12).to_string());
            let saying = Saying { severity: line.severity, app: line.app.clone().into(), id: line.id.clone().into(), text };
            self.say(speaker, (start + between(salt, 0.0, 1.0), &saying), out);
        }
        for told in self.scenario.notifications.iter().filter(|told| told.is_due(second)) {
            let Some(speaker) = self.speaker(told.device) else { continue };
            let at = start + between(mix(salt, u64::from(told.device)), 0.0, 1.0);
            if !self.scenario.answers(speaker.device, at) {
                continue;
            }
            if let Some(octets) = notify::named(&self.scenario, speaker.device, (&told.what, at)) {
                out.push(self.datagram(speaker, (moment(at), LogKind::Trap), octets));
            }
        }
    }
}
