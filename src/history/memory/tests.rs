//! What there is no room for in memory is lost, and counted.

use super::*;

#[test]
fn series_without_end_are_lost_and_counted_and_known_ones_go_on() {
    let store = MemoryStore::default();
    let batch = |part: &str, at: i64| {
        let cells = vec![Cell { metric: Metric::RttMs, value: 1, broken: false }];
        let rows = vec![SampleRow { part: Some(part.to_owned()), cells }];
        SampleBatch { device: DeviceId::new("a"), at: Timestamp(at), rows }
    };
    store.samples_append(&[batch("known", 1000)]).unwrap();
    store.lock().entities = limit::MEMORY_SERIES.most();
    let (_, beyond) = limit::MEMORY_SERIES.during(|| store.samples_append(&[batch("new", 1000), batch("known", 2000)]).unwrap());
    let inner = store.lock();
    assert!(beyond >= 1 && inner.lost == 1);
    assert_eq!(inner.all().map(|entity| entity.at.len()).collect::<Vec<_>>(), [2]);
}
