//! Commands as the audit journal tells them: in words, with how it was before, and by whom they are done in truth.

use crate::engine::command::Command;
use crate::engine::forget;
use crate::model::audit::{Act, Actor, Way};
use crate::model::{AlarmAct, AlarmOrder, ForgetOrder, Forgotten, Handling, Leaving, MaintenanceAct, Timestamp, Window};
use crate::state::State;

/// Alarms of one order that are told with how they were; of more only how many there are.
const MOST_TOLD: usize = 20;

/// How a command is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// Once, before it is carried out: it is handed over and done within the moment.
    Once,
    /// Before, and once more with what became of it: it takes its time, or can fail on the way.
    Twice,
}

/// What a command changes; `None` of one that only reads, or that is written down as it is carried out.
pub fn act_of(command: &Command, state: &State) -> Option<(Act, Steps)> {
    let once = |act: Act| Some((act, Steps::Once));
    match command {
        Command::Discover(targets) if targets.is_empty() => {
            once(Act::change("discovery.run", "configured targets").words("discover the configured targets now"))
        }
        Command::Discover(targets) => {
            let targets = targets.join(" ");
            once(Act::change("discovery.run", &targets).words(&format!("discover {targets} now")))
        }
        Command::PauseDiscovery => once(Act::change("discovery.pause", "discovery").words("pause discovery, or go on")),
        Command::CancelDiscovery => once(Act::change("discovery.cancel", "discovery").words("end the running discovery")),
        Command::StoreBackup(to) => {
            let to = to.display().to_string();
            Some((Act::change("store.backup", &to).words(&format!("copy the store to {to}")), Steps::Twice))
        }
        Command::Alarms(order) => once(alarms(order, state)),
        Command::Maintenance(act) => once(maintenance(act, state)),
        Command::Forget(order) if order.dry_run => None,
        Command::Forget(order) => once(forget(order, state)),
        Command::History(_)
        | Command::Diff(..)
        | Command::Names(..)
        | Command::Status
        | Command::StoreStats
        | Command::StoreVerify
        | Command::Where(..)
        | Command::Top(_)
        | Command::AlarmTest(_)
        | Command::MaintenanceList(_)
        | Command::Record(..)
        | Command::PortPlan(_)
        | Command::PortSet(_)
        | Command::Audit(_) => None,
    }
}

/// The command with the name of who asks for it in it, whatever the console wrote there: nobody acknowledges in another's name.
///
/// In the engine's own process the console is its user's, and keeps the name that it knows.
pub fn owned(actor: &Actor, command: Command) -> Command {
    if actor.way == Way::Process {
        return command;
    }
    let by = actor.user.clone();
    match command {
        Command::Alarms(order) => Command::Alarms(AlarmOrder { by, ..order }),
        Command::Maintenance(MaintenanceAct::Begin(window)) => {
            Command::Maintenance(MaintenanceAct::Begin(Box::new(Window { by, ..*window })))
        }
        Command::Maintenance(MaintenanceAct::End(name, _)) => Command::Maintenance(MaintenanceAct::End(name, by)),
        Command::Forget(order) => Command::Forget(ForgetOrder { by, ..order }),
        other => other,
    }
}

fn alarms(order: &AlarmOrder, state: &State) -> Act {
    let count = order.alarms.len();
    let (kind, words, new) = match &order.act {
        AlarmAct::Acknowledge(None) => ("alarm.acknowledge", "acknowledge".to_owned(), "acknowledged".to_owned()),
        AlarmAct::Acknowledge(Some(note)) => {
            ("alarm.acknowledge", format!("acknowledge with the note {note:?}"), format!("acknowledged: {note}"))
        }
        AlarmAct::Silence(secs) => {
            let until = state.now().plus(std::time::Duration::from_secs(u64::from(*secs)));
            ("alarm.silence", format!("silence for {secs} s"), format!("silent until {until}"))
        }
        AlarmAct::Release => ("alarm.release", "release: neither acknowledged nor silent".to_owned(), "-".to_owned()),
    };
    let told = order.alarms.get(..count.min(MOST_TOLD)).unwrap_or_default();
    let old: Vec<String> = told.iter().map(|id| handled(state.handling(id), state.now())).collect();
    let old = if old.windows(2).all(|pair| pair.first() == pair.last()) {
        old.into_iter().next().unwrap_or_default()
    } else {
        told.iter().zip(&old).map(|(id, old)| format!("{id}: {old}")).collect::<Vec<_>>().join("; ")
    };
    let words = if count == 1 { words } else { format!("{words}: {count} alarms") };
    let act = Act::change(kind, &order.alarms.join(", ")).words(&words).old(Some(&old)).new_value(Some(&new));
    act.with("alarms", &count.to_string()).with("by", &order.by)
}

/// What has been done about an alarm, in words.
fn handled(handling: Option<&Handling>, now: Timestamp) -> String {
    let Some(handling) = handling else { return "-".to_owned() };
    let acknowledged = handling.acknowledged.as_ref().map(|ack| match &ack.note {
        Some(note) => format!("acknowledged by {}: {note}", ack.by),
        None => format!("acknowledged by {}", ack.by),
    });
    let silence = handling.silence(now).map(|silence| format!("silenced by {} until {}", silence.by, silence.until));
    let all: Vec<String> = acknowledged.into_iter().chain(silence).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

fn maintenance(act: &MaintenanceAct, state: &State) -> Act {
    let before = |name: &str| state.maintenance().find(|window| window.name == name).map(|window| told(window));
    match act {
        MaintenanceAct::Begin(window) => Act::change("maintenance.begin", &window.name)
            .words(&format!("maintenance of {}", window.scope.words()))
            .old(before(&window.name).as_deref())
            .new_value(Some(&told(window)))
            .with("by", &window.by),
        MaintenanceAct::End(name, by) => {
            let act = Act::change("maintenance.end", name).words("maintenance ends").new_value(Some("over"));
            act.old(before(name).as_deref()).with("by", by)
        }
    }
}

fn forget(order: &ForgetOrder, state: &State) -> Act {
    // Whom it means is looked for again when it is carried out: nobody is forgotten who came back in between.
    let found = forget::meant(state, order).unwrap_or_default();
    let old = |device: &Forgotten| {
        let since = device.since.map(|since| format!(" since {since}")).unwrap_or_default();
        format!("{} ({}), {}{since}", device.name, device.id, device.status.word())
    };
    let object = match &order.leaving {
        Leaving::Named(names) => names.join(", "),
        Leaving::SilentFor(secs) => format!("silent for {secs} s"),
    };
    let words = format!("forget {object}: devices that are gone for good");
    let old: Vec<String> = found.iter().take(MOST_TOLD).map(old).collect();
    let old = (!old.is_empty()).then(|| old.join("; "));
    let act = Act::change("device.forget", &object).words(&words).old(old.as_deref()).new_value(Some("forgotten"));
    act.with("devices", &found.len().to_string()).with("by", &order.by)
}

fn told(window: &Window) -> String {
    let note = window.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    format!("{}, {} to {}{note}", window.scope.words(), window.from, window.until)
}
