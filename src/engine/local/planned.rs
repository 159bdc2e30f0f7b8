//! The maintenance that the configuration plans: told to the state when it is next, and when it is in the configuration no more.

use crate::config::Planned;
use crate::event::Body;
use crate::model::{MaintenanceAct, Timestamp, Window};
use crate::state::{MAINTENANCE_OVER, State, ended_by};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::time::Duration;

/// Who begins planned maintenance.
const BY: &str = "configuration";
/// How long before it begins the state is told: what it covers is looked for anew with every change of the network, and of all that is
/// planned for a year that would cost too much.
const AHEAD: Duration = Duration::from_secs(86_400);

/// See the module.
pub(super) struct Plan {
    planned: Vec<Planned>,
    zone: TimeZone,
    /// Windows that were told, by name: what an operator ended is not begun again.
    told: BTreeMap<String, (Timestamp, Timestamp)>,
    /// Whether windows of before this process were looked at.
    swept: bool,
}

impl Plan {
    pub(super) fn new(planned: Vec<Planned>) -> Self {
        Self { planned, zone: TimeZone::system(), told: BTreeMap::new(), swept: false }
    }

    /// What is to be told now.
    pub(super) fn due(&mut self, now: Timestamp, state: &State) -> Vec<Body> {
        let mut acts = Vec::new();
        if !std::mem::replace(&mut self.swept, true) {
            let old = state.maintenance().filter(|window| window.by == BY && !self.is_planned(window, now));
            acts.extend(old.map(|window| MaintenanceAct::End(window.name.clone(), BY.to_owned())));
            self.remember_ended(now, state);
        }
        for planned in &self.planned {
            let Some((from, until)) = planned.occurrence(now, &self.zone) else { continue };
            if from > now.plus(AHEAD) || self.told.get(&planned.name) == Some(&(from, until)) {
                continue;
            }
            let known = state.maintenance().find(|known| known.name == planned.name);
            if known.is_some_and(|known| waits_for(known, (from, now))) {
                continue;
            }
            self.told.insert(planned.name.clone(), (from, until));
            acts.push(MaintenanceAct::Begin(Box::new(window(planned, (from, until)))));
        }
        acts.into_iter().map(|act| Body::Maintenance(Box::new(act))).collect()
    }

    /// Whether a window is as the configuration has it now.
    fn is_planned(&self, known: &Window, now: Timestamp) -> bool {
        let planned = self.planned.iter().find(|planned| planned.name == known.name);
        planned.is_some_and(|planned| {
            planned.scope == known.scope && planned.occurrence(now, &self.zone) == Some((known.from, known.until))
        })
    }

    /// What goes on by the plan and was ended by an operator before this process: as far as the state remembers what happened.
    fn remember_ended(&mut self, now: Timestamp, state: &State) {
        for planned in &self.planned {
            let Some((from, until)) = planned.occurrence(now, &self.zone).filter(|(from, _)| *from <= now) else { continue };
            let since = state.recent().rev().take_while(|row| row.at >= from);
            let mut ends = since.filter(|row| row.kind == MAINTENANCE_OVER && row.object == planned.name);
            let by_configuration = ended_by(BY);
            let stands = state.maintenance().any(|known| known.name == planned.name);
            if !stands && ends.any(|row| row.text != by_configuration) {
                self.told.insert(planned.name.clone(), (from, until));
            }
        }
    }
}

/// Whether a window of the same name has to be over first: one that an operator began, and one that is just ending, which is to be told.
fn waits_for(known: &Window, (from, now): (Timestamp, Timestamp)) -> bool {
    known.by != BY || known.until <= now && from > now
}

fn window(planned: &Planned, (from, until): (Timestamp, Timestamp)) -> Window {
    let (name, scope, note) = (planned.name.clone(), planned.scope.clone(), planned.note.clone());
    Window { name, scope, from, until, by: BY.to_owned(), note }
}

/// The next windows of what the configuration plans and the state was not told yet.
pub(super) fn to_come(planned: &[Planned], (now, state): (Timestamp, &State)) -> Vec<Window> {
    let zone = TimeZone::system();
    let next = |planned: &Planned| {
        let found = planned.occurrence(now, &zone)?;
        // What goes on by the plan and not in the state was ended by an operator.
        let found = if found.0 <= now { planned.occurrence(found.1, &zone)? } else { found };
        Some(window(planned, found))
    };
    let is_told = |planned: &&Planned| state.maintenance().any(|known| known.name == planned.name);
    planned.iter().filter(|planned| !is_told(planned)).filter_map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::event::Event;
    use crate::model::Scope;
    use crate::state::{Settings, apply};

    /// 2026-11-22T00:00:00Z, a Sunday. Units: seconds.
    const SUNDAY: i64 = 1_795_305_600;
    const HOUR: i64 = 3600;

    /// A state with a plan, as the engine's loop has them.
    struct World {
        state: State,
        plan: Plan,
    }

    impl World {
        fn new(text: &str) -> Self {
            Self { state: State::new(Settings::default()), plan: plan(text) }
        }

        /// A tick so many hours after Sunday began.
        fn tick(&mut self, hours: f64) {
            let at = time(hours);
            for body in self.plan.due(at, &self.state) {
                apply(&mut self.state, &Event { at, body });
            }
            apply(&mut self.state, &Event { at, body: Body::Tick });
        }

        fn act(&mut self, hours: f64, act: MaintenanceAct) {
            apply(&mut self.state, &Event { at: time(hours), body: Body::Maintenance(Box::new(act)) });
        }

        /// Hours from Sunday when each begins and ends.
        fn windows(&self) -> Vec<(i64, i64)> {
            self.state.maintenance().map(|known| (hours(known.from), hours(known.until))).collect()
        }

        fn told(&self) -> Vec<&str> {
            self.state.recent().map(|row| row.kind.as_str()).collect()
        }
    }

    fn plan(text: &str) -> Plan {
        let config = config::parse("x.toml", text).unwrap();
        Plan { zone: TimeZone::UTC, ..Plan::new(config.maintenance) }
    }

    fn time(hours: f64) -> Timestamp {
        Timestamp::from_secs(SUNDAY + (hours * HOUR as f64) as i64)
    }

    fn hours(at: Timestamp) -> i64 {
        (at.secs() - SUNDAY) / HOUR
    }

    const NIGHTLY: &str = "[[maintenance]]\nname = \"night\"\nall = true\nat = \"22:00\"\nfor = \"4h\"\nzone = \"UTC\"\n";

    fn own(name: &str, (from, until): (f64, f64)) -> Window {
        Window {
            name: name.to_owned(),
            scope: Scope::All,
            from: time(from),
            until: time(until),
            by: "kim".to_owned(),
            note: None,
        }
    }

    #[test]
    fn a_window_is_told_a_day_ahead_and_its_end_before_the_next() {
        let mut world = World::new(NIGHTLY);
        world.tick(12.0);
        assert_eq!((world.windows(), world.told()), (vec![(22, 26)], vec!["maintenance-set"]));
        for at in [22.0, 25.9, 26.0] {
            world.tick(at);
        }
        assert_eq!((world.windows(), world.told()), (vec![], vec!["maintenance-set", "maintenance-over"]), "its end is told");
        world.tick(26.001);
        assert_eq!(world.windows(), [(46, 50)]);
    }

    #[test]
    fn what_an_operator_ended_is_not_begun_again_not_even_by_the_next_process() {
        let mut world = World::new(NIGHTLY);
        world.tick(23.0);
        world.act(23.1, MaintenanceAct::End("night".to_owned(), "kim".to_owned()));
        world.tick(23.2);
        assert_eq!(world.windows(), []);
        world.plan = plan(NIGHTLY);
        world.tick(23.3);
        assert_eq!(world.windows(), []);
        world.tick(26.1);
        assert_eq!(world.windows(), [(46, 50)], "the next night has its own");
    }

    #[test]
    fn another_configuration_ends_what_it_does_not_plan() {
        let mut world = World::new(NIGHTLY);
        world.tick(23.0);
        world.plan = plan(&NIGHTLY.replace("night", "dusk"));
        world.tick(23.1);
        let named: Vec<&str> = world.state.maintenance().map(|known| known.name.as_str()).collect();
        assert_eq!(named, ["dusk"]);
        world.plan = plan(&NIGHTLY.replace("night", "dusk").replace("22:00", "01:00"));
        world.tick(23.2);
        assert_eq!(world.windows(), [(25, 29)], "at another time it does not go on now");
        world.plan = plan("");
        world.tick(23.3);
        assert_eq!(world.windows(), []);
    }

    #[test]
    fn an_operators_window_of_the_same_name_is_over_first() {
        let mut world = World::new(NIGHTLY);
        world.act(1.0, MaintenanceAct::Begin(Box::new(own("night", (1.0, 3.0)))));
        world.tick(2.0);
        assert_eq!(world.windows(), [(1, 3)]);
        world.tick(3.0);
        world.tick(3.1);
        assert_eq!(world.windows(), [(22, 26)]);
    }

    #[test]
    fn what_is_far_off_is_listed_though_the_state_knows_nothing_of_it() {
        let weekly = NIGHTLY.replace("zone", "days = [\"fri\"]\nzone");
        let mut world = World::new(&weekly);
        let listed = |world: &World, at: f64| {
            let windows = to_come(&world.plan.planned, (time(at), &world.state));
            windows.iter().map(|known| (hours(known.from), hours(known.until))).collect::<Vec<_>>()
        };
        world.tick(12.0);
        assert_eq!((world.windows(), listed(&world, 12.0)), (vec![], vec![(142, 146)]));
        world.tick(140.0);
        assert_eq!((world.windows(), listed(&world, 140.0)), (vec![(142, 146)], vec![]), "each once");
        world.tick(143.0);
        world.act(143.1, MaintenanceAct::End("night".to_owned(), "kim".to_owned()));
        assert_eq!(listed(&world, 143.2), [(142 + 168, 146 + 168)]);
    }
}
