//! Conversations add up to what interfaces count, exporters tell them true, and the same each time.

use super::*;
use crate::mib::Registry;
use crate::model::Timestamp;
use crate::sim::{Scale, Scenario};

fn moment() -> Timestamp {
    Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap()
}

fn traffic() -> Traffic {
    let scenario = Scenario::campus(Scale::at(moment(), 1)).unwrap();
    Traffic::new(Arc::new(Campus::new(Arc::new(scenario), Registry::builtin()).unwrap()))
}

#[test]
#[ignore = "prints"]
fn overview() {
    let traffic = traffic();
    let slot = Slot::of(Timestamp(moment().0 - 60_000), 60);
    let watch = crate::clock::Stopwatch::start();
    for exporter in traffic.exporters() {
        let scenario = &traffic.campus().scenario;
        let moved = exporter.moved(scenario, slot);
        let talks = traffic.talks(exporter, slot);
        let told = traffic.told(exporter, slot);
        let (into, out) = moved.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        println!(
            "{} {:?} ports {} cells {} in {:.0} out {:.0} Mbit/s talks {} told {} samples {}",
            scenario.node(exporter.device).unwrap().name,
            exporter.export.how,
            exporter.ports.len(),
            exporter.cells.len(),
            into * 8.0 / 6e7,
            out * 8.0 / 6e7,
            talks.len(),
            told.len(),
            told.iter().map(|told| told.record.packets).sum::<u64>(),
        );
        let node = &scenario.node(exporter.device).unwrap().name;
        if ["core-1", "wan-1", "dist-b1", "dist-b3", "acc-b1-01", "ap-b1-f1-02"].contains(&node.as_str()) {
            for (place, port) in exporter.ports.iter().enumerate() {
                let into: u64 = talks.iter().filter(|talk| talk.from == place).map(|talk| talk.octets).sum();
                let out: u64 = talks.iter().filter(|talk| talk.to == place).map(|talk| talk.octets).sum();
                let (wanted_in, wanted_out) = moved[place];
                println!(
                    "  {:10} in {:8.2} {:.3} out {:8.2} {:.3}",
                    port.name,
                    wanted_in * 8.0 / 6e7,
                    into as f64 / wanted_in,
                    wanted_out * 8.0 / 6e7,
                    out as f64 / wanted_out
                );
            }
            let mut top = talks.clone();
            top.sort_by_key(|talk| std::cmp::Reverse(talk.octets));
            for talk in top.iter().take(6) {
                println!("    {:?}:{} {:?}:{} {} {:.1} Mbit/s size {}", talk.src, talk.src_port, talk.dst, talk.dst_port, talk.protocol, talk.octets as f64 * 8.0 / 6e7, talk.octets / talk.packets);
            }
        }
    }
    println!("{:?}", watch.elapsed());
}
