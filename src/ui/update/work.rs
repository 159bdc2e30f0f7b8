//! Maintenance from an alarm: what is worked on is chosen, then for how long. All of it is asked of the engine.

use super::alarms::{by, under_cursor};
use crate::engine::Command;
use crate::model::{MaintenanceAct, Scope, Window};
use crate::state::view::AlarmRow;
use crate::ui::action::Turn;
use crate::ui::effect::{Effect, Purpose};
use crate::ui::lang::{tr, trf};
use crate::ui::layer::Layer;
use std::time::Duration;

/// One thing that can be worked on, or work that can be ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// What it is, in words.
    pub label: String,
    /// What the window is called.
    pub name: String,
    /// What is worked on; `None` ends the work of this name.
    pub scope: Option<Scope>,
}

/// What can be worked on about an alarm: the work that goes on first, then its port, its link, its device, its site.
pub fn of(alarm: &AlarmRow) -> Vec<Work> {
    let work = |label: String, name: String, scope: Scope| Work { label, name, scope: Some(scope) };
    let mut all = Vec::new();
    if let Some((name, _)) = &alarm.work {
        all.push(Work { label: trf!("end the work: {}", name), name: name.clone(), scope: None });
    }
    let Some((id, name)) = alarm.device.as_ref().zip(alarm.device_name.as_ref()) else { return all };
    if let Some((_, port)) = alarm.object.split_once(' ') {
        let scope = Scope::Interface(id.clone(), port.to_owned());
        all.push(work(trf!("interface {} {}", name, port), format!("{name} {port}"), scope));
    }
    if let Some(link) = &alarm.link {
        let label = trf!("the link of {}: both its ports", alarm.object);
        all.push(work(label, format!("link {}", alarm.object), Scope::Link(link.clone())));
    }
    let label = trf!("device {} and what is reached through it alone", name);
    all.push(work(label, name.clone(), Scope::Device(id.clone())));
    if let Some(site) = &alarm.site {
        all.push(work(trf!("site {}", site), format!("site {site}"), Scope::Site(site.clone())));
    }
    all
}

/// `m`: what is worked on?
pub fn menu(turn: &mut Turn<'_>) -> Vec<Effect> {
    let choices = under_cursor(turn).map(of).unwrap_or_default();
    if choices.is_empty() {
        turn.state.complain(tr("nothing that can be worked on is under the cursor"));
        return Vec::new();
    }
    turn.state.layers.push(Layer::Work(choices, 0));
    Vec::new()
}

/// Up and down in it.
pub fn step(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    if let Some(Layer::Work(choices, at)) = turn.state.layers.last_mut()
        && !choices.is_empty()
    {
        *at = (*at + choices.len()).saturating_add_signed(by) % choices.len();
    }
    Vec::new()
}

/// Work on what is chosen begins now and goes on for so long; work that goes on ends.
pub fn begin(turn: &mut Turn<'_>, secs: u64) -> Vec<Effect> {
    let Some(Layer::Work(choices, at)) = turn.state.layers.pop() else { return Vec::new() };
    let Some(Work { name, scope, .. }) = choices.into_iter().nth(at) else { return Vec::new() };
    let who = by(turn.state);
    let Some(scope) = scope else {
        turn.state.alarms.undo.clear();
        let end = Command::Maintenance(MaintenanceAct::End(name, who));
        return vec![Effect::Ask(Purpose::Acknowledge("the work is over"), end)];
    };
    let from = turn.state.time.now;
    let until = from.plus(Duration::from_secs(secs));
    let window = Window { name: name.clone(), scope, from, until, by: who.clone(), note: None };
    turn.state.alarms.undo = vec![Command::Maintenance(MaintenanceAct::End(name, who))];
    let begin = Command::Maintenance(MaintenanceAct::Begin(Box::new(window)));
    vec![Effect::Ask(Purpose::Acknowledge("in maintenance: nobody is told; U takes it back"), begin)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Alarm, DeviceId, Severity, Timestamp};

    #[test]
    fn an_alarm_offers_its_port_its_device_and_its_site_and_ends_what_goes_on() {
        let mut row = AlarmRow::of(Alarm {
            id: "interface-down@x/Te1".to_owned(),
            rule: "interface-down".to_owned(),
            severity: Severity::Major,
            object: "core-1 Te1".to_owned(),
            device: Some(DeviceId::new("x")),
            text: String::new(),
            raised_at: Timestamp(0),
            cleared_at: None,
            count: 1,
            if_index: None,
            runbook: None,
            flap: None,
        });
        assert!(of(&row).is_empty(), "nobody knows what it is on");
        (row.device_name, row.site) = (Some("core-1".to_owned()), Some("hq".to_owned()));
        let scopes: Vec<Option<Scope>> = of(&row).into_iter().map(|work| work.scope).collect();
        let (id, port) = (DeviceId::new("x"), "Te1".to_owned());
        let wanted = [Scope::Interface(id.clone(), port), Scope::Device(id), Scope::Site("hq".to_owned())];
        assert_eq!(scopes, wanted.map(Some));
        row.work = Some(("core-1".to_owned(), Timestamp(5)));
        assert_eq!(of(&row).first().map(|work| (work.name.as_str(), work.scope.is_none())), Some(("core-1", true)));
    }
}
