//! How long a screen takes, now and at a past time: `cargo bench --bench past [-- DEVICES]`. The bar is 300 ms for a past
//! screen at 5,000 devices.
#![allow(clippy::unwrap_used, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::engine::Core;
use noctop::history::{SledStore, Store};
use noctop::mib::Registry;
use noctop::model::Timestamp;
use noctop::query::{Screen, ViewRequest};
use noctop::sim::backfill::{Order, Past};
use noctop::sim::serve::Campus;
use noctop::sim::{Scale, Scenario};
use noctop::state::Settings;
use std::sync::Arc;
use std::time::Duration;

const MOMENT: Timestamp = Timestamp::from_secs(1_795_348_800);
const SCREENS: [Screen; 6] =
    [Screen::Overview, Screen::Topology, Screen::Devices, Screen::Interfaces, Screen::Links, Screen::Events];

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let stopwatch = Stopwatch::start();
    let done = work();
    println!("{what:<44} {:>9.1} ms", stopwatch.elapsed().as_secs_f64() * 1000.0);
    done
}

fn main() {
    let devices = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(5000);
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path()).unwrap());
    let scenario = Scenario::campus(Scale { devices: Some(devices), ..Scale::at(MOMENT, 1) }).unwrap();
    let campus = Arc::new(Campus::new(Arc::new(scenario), Registry::builtin()).unwrap());
    let past = timed("making the network", || Past::new(Arc::clone(&campus), 10161, "demo"));
    let open = || Core::restore(Arc::clone(&store), "bench", Settings::default()).unwrap();
    let mut core = open();
    timed("its past as events", || {
        for (number, event) in past.events().into_iter().enumerate() {
            core.turn(&event).unwrap();
            // As often as the engine writes one: after some thousand derived events.
            if number % 4000 == 3999 {
                core.write_checkpoint().unwrap();
            }
        }
    });
    timed("twenty minutes of samples", || {
        for chunk in past.samples_of(Order::OldestFirst, Duration::from_secs(1200)) {
            store.samples_backfill(&chunk).unwrap();
        }
    });
    timed("a checkpoint", || core.write_checkpoint().unwrap());
    store.flush().unwrap();
    println!("{:?}", store.stats().unwrap());
    let core = timed("restoring", open);
    for screen in SCREENS {
        timed(&format!("{screen:?} now"), || core.answer(&request(screen, None)));
    }
    for screen in SCREENS {
        let minutes = 5;
        let at = MOMENT.minus(Duration::from_secs(60 * minutes));
        let fresh = open();
        timed(&format!("{screen:?}, {minutes} min ago, first"), || fresh.answer(&request(screen, Some(at))));
        timed(&format!("{screen:?}, again"), || fresh.answer(&request(screen, Some(at))));
        let next = at.plus(Duration::from_secs(60));
        timed(&format!("{screen:?}, a minute later"), || fresh.answer(&request(screen, Some(next))));
    }
}

fn request(screen: Screen, at: Option<Timestamp>) -> ViewRequest {
    ViewRequest { at, ..ViewRequest::new(screen, 50) }
}
