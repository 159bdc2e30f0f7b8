//! The client against played agents under a paused clock.

use super::played::{Quirk, Scene, column, root};
use super::{Context, Failure, Limits, Options, Walk};
use crate::model::inventory::Reason;
use crate::model::{Oid, limit};
use crate::wire::snmp::Value;
use std::time::Duration;

const LIMITS: Limits = Limits { timeout: Duration::from_secs(1), retries: 2, deadline: None, rows: 10_000, octets: 10_000_000 };

fn names(count: u32) -> Vec<Oid> {
    (1..=count).map(|row| Oid::new(&[1, 1, 1, row])).collect()
}

fn values(walk: &Walk) -> Vec<u64> {
    walk.rows.iter().filter_map(|row| row.value.as_u64()).collect()
}

async fn check_whole_column(quirk: Quirk, rows: u32) -> Scene {
    let scene = Scene::new(quirk, column(1, rows).chain(column(2, 3)));
    let walk = scene.session(LIMITS).walk(&root(1)).await;
    assert_eq!(walk.fault, None, "{quirk:?}");
    assert_eq!(values(&walk), (1..=u64::from(rows)).collect::<Vec<_>>(), "{quirk:?}");
    scene
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_an_answer_and_the_next_one_is_only_counted() {
    let scene = Scene::new(Quirk::SlowAtFirst(Duration::from_millis(1500)), column(1, 3));
    let limits = Limits { timeout: Duration::from_millis(1499), ..LIMITS };
    let session = scene.session(limits);
    let got = session.get(&names(1)).await.unwrap();
    assert_eq!(got[0].value, Value::Counter32(1));
    assert_eq!((session.tally().sent, session.tally().resent, session.tally().answered), (2, 1, 1));
    for _ in 0..5 {
        assert_eq!(session.get(&names(3)).await.unwrap()[2].value, Value::Counter32(3));
    }
    let counts = scene.client.counts();
    assert_eq!((counts.late, counts.decoded, counts.received, counts.retried, counts.timeouts), (1, 6, 7, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_disturbs_nothing() {
    let scene = Scene::new(Quirk::Twice, column(1, 30));
    let session = scene.session(LIMITS);
    for _ in 0..4 {
        assert_eq!(session.get(&names(30)).await.unwrap().len(), 30);
    }
    assert_eq!(session.tally().resent, 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_elsewhere_is_refused_and_counted() {
    let scene = Scene::new(Quirk::OtherPort, column(1, 3));
    let error = scene.session(LIMITS).get(&names(1)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Timeout);
    assert_eq!(scene.client.counts().refused.get("source"), Some(&3));
}

#[tokio::test(start_paused = true)]
async fn silence_is_told_with_its_figures_and_leaves_nothing_behind() {
    let scene = Scene::new(Quirk::Silent, []);
    let error = scene.session(LIMITS).get(&names(1)).await.unwrap_err();
    assert_eq!(error.failure.to_string(), "no answer to 3 requests in 3.0 s");
    assert_eq!(error.to_string(), "get 192.0.2.7:161: no answer to 3 requests in 3.0 s");
    assert_eq!((scene.asked(), scene.client.known_agents()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_get_answers_every_name_in_order_in_both_versions() {
    let mut asked = names(40);
    asked.insert(7, Oid::new(&[1, 1, 9, 9]));
    asked.reverse();
    for v1 in [true, false] {
        let scene = Scene::new(Quirk::None, column(1, 40));
        let scene = if v1 { scene.v1() } else { scene };
        let got = scene.session(LIMITS).get(&asked).await.unwrap();
        assert_eq!(got.iter().map(|bind| bind.oid.clone()).collect::<Vec<_>>(), asked);
        assert_eq!(got.iter().filter(|bind| bind.value == Value::NoSuchObject).count(), 1, "v1: {v1}");
        assert_eq!(got.iter().filter_map(|bind| bind.value.as_u64()).sum::<u64>(), 820);
    }
}

#[tokio::test(start_paused = true)]
async fn batches_shrink_to_what_the_agent_bears() {
    for (most, expect) in [(100, 2), (24, 2), (5, 17), (1, 45)] {
        let scene = Scene::new(Quirk::TooBigAbove(most), column(1, 40));
        let got = scene.session(LIMITS).get(&names(40)).await.unwrap();
        assert!(got.iter().all(|bind| bind.value.as_u64().is_some()), "most {most}");
        assert!(scene.asked() <= expect, "most {most}: {} requests", scene.asked());
    }
}

#[tokio::test(start_paused = true)]
async fn one_object_that_breaks_the_agent_costs_only_itself() {
    for quirk in [Quirk::BreaksAt(&[1, 1, 1, 5]), Quirk::BreaksAtWithoutIndex(&[1, 1, 1, 5])] {
        let scene = Scene::new(quirk, column(1, 10));
        let got = scene.session(LIMITS).get(&names(10)).await.unwrap();
        assert_eq!(got.iter().filter(|bind| bind.value == Value::Null).count(), 1);
        assert_eq!(got.iter().filter(|bind| bind.value.as_u64().is_some()).count(), 9);
        let alone = scene.session(LIMITS).get(&[Oid::new(&[1, 1, 1, 5])]).await.unwrap_err();
        assert_eq!(alone.failure.to_string(), "the agent answered genErr");
    }
}

#[tokio::test(start_paused = true)]
async fn a_column_is_whole_whatever_the_agent_makes_of_bulk() {
    for quirk in [
        Quirk::None,
        Quirk::Twice,
        Quirk::IgnoresBulk,
        Quirk::RefusesBulk,
        Quirk::TooBigAbove(3),
        Quirk::TooBigAbove(1),
        Quirk::CutsBulkAt(7),
        Quirk::CutsBulkAt(1),
        Quirk::Loses(3),
        Quirk::Loses(5),
    ] {
        check_whole_column(quirk, 300).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_agent_is_asked_few_times() {
    let scene = check_whole_column(Quirk::None, 1000).await;
    assert!(scene.asked() <= 8, "{} requests for 1,000 rows", scene.asked());
}

#[tokio::test(start_paused = true)]
async fn a_table_that_was_read_before_is_asked_for_as_many_rows_as_it_had() {
    let scene = Scene::new(Quirk::None, (1..=6).flat_map(|number| column(number, 40)));
    let columns = [1, 2, 3, 4, 5].map(root);
    for requests in [3, 1, 1] {
        let before = scene.asked();
        let walks = scene.session(LIMITS).walk_columns(&columns).await;
        assert!(walks.iter().all(|walk| walk.rows.len() == 40 && walk.fault.is_none()));
        assert_eq!(scene.asked() - before, requests);
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_without_bulk_is_found_out_once() {
    let scene = check_whole_column(Quirk::IgnoresBulk, 50).await;
    let before = scene.client.counts().timeouts;
    scene.session(LIMITS).walk(&root(2)).await;
    assert_eq!(scene.client.counts().timeouts, before);
}

#[tokio::test(start_paused = true)]
async fn columns_end_each_on_its_own_and_keep_to_themselves() {
    for v1 in [false, true] {
        let scene = Scene::new(Quirk::None, column(1, 4).chain(column(2, 90)).chain(column(3, 0)).chain(column(4, 31)));
        let scene = if v1 { scene.v1() } else { scene };
        let walks = scene.session(LIMITS).walk_columns(&[4, 3, 2, 1].map(root)).await;
        assert_eq!(walks.iter().map(|walk| walk.rows.len()).collect::<Vec<_>>(), [31, 0, 90, 4]);
        assert!(walks.iter().all(|walk| walk.fault.is_none() && walk.rows.iter().all(|row| row.oid.starts_with(&walk.root))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_in_circles_ends_with_a_fault_and_spares_its_neighbours() {
    let quirk = Quirk::JumpsFrom(&[1, 1, 1, 9], &[1, 1, 1, 2]);
    let scene = Scene::new(quirk, column(1, 20).chain(column(2, 20)));
    let walks = scene.session(LIMITS).walk_columns(&[root(1), root(2)]).await;
    assert_eq!((walks[0].rows.len(), walks[1].rows.len()), (20, 20), "the rest is asked by name");
    assert_eq!(walks[0].fault.as_ref().unwrap().reason(), Reason::NonIncreasing);
    assert_eq!(walks[1].fault, None);
}

#[tokio::test(start_paused = true)]
async fn an_endless_table_costs_bounded_memory() {
    let scene = Scene::new(Quirk::Endless, []);
    let before = limit::WALK_ROWS.left_out();
    let walk = scene.session(Limits { rows: 1234, ..LIMITS }).walk(&Oid::new(&[1, 1])).await;
    assert!(limit::WALK_ROWS.left_out() > before);
    assert_eq!(walk.rows.len(), 1234);
    assert_eq!(
        walk.fault.unwrap().failure,
        Failure::Endless { rows: 1234, octets: 1234 * size_of::<crate::wire::snmp::VarBind>() }
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_keeps_what_was_read() {
    let scene = Scene::new(Quirk::Slow(Duration::from_millis(700)), column(1, 5000));
    let limits = Limits { deadline: Some(Duration::from_secs(5)), ..LIMITS };
    let walk = scene.session(limits).walk(&root(1)).await;
    assert!(walk.rows.len() > 100 && walk.rows.len() < 5000);
    assert_eq!(walk.fault.unwrap().reason(), Reason::Deadline);
}

#[tokio::test(start_paused = true)]
async fn a_broken_row_ends_its_column_only() {
    let scene = Scene::new(Quirk::BreaksAtWithoutIndex(&[1, 1, 1, 5]), column(1, 10).chain(column(2, 10)));
    let walks = scene.session(LIMITS).walk_columns(&[root(1), root(2)]).await;
    assert_eq!((walks[0].rows.len(), walks[1].rows.len()), (9, 10), "all but the broken one");
    assert_eq!(walks[0].fault.as_ref().unwrap().reason(), Reason::Partial);
}

#[tokio::test(start_paused = true)]
async fn what_getnext_can_not_tell_is_asked_by_name() {
    let scene = Scene::new(Quirk::BreaksNextAt(&[1, 1, 1, 5]), column(1, 10).chain(column(2, 10)));
    let walks = scene.session(LIMITS).walk_columns(&[root(1), root(2)]).await;
    assert_eq!(values(&walks[0]), (1..=10).collect::<Vec<_>>());
    assert_eq!((&walks[0].fault, &walks[1].fault), (&None, &None));
    let alone = scene.session(LIMITS).walk(&root(1)).await;
    assert_eq!((alone.rows.len(), alone.fault.unwrap().reason()), (4, Reason::Partial), "nobody tells which rows there are");
}

#[tokio::test(start_paused = true)]
async fn octets_that_a_walk_keeps_are_bounded() {
    let scene = Scene::new(Quirk::Endless, []);
    let walk = scene.session(Limits { octets: 100_000, ..LIMITS }).walk(&Oid::new(&[1, 1])).await;
    let kept: usize = walk.rows.iter().map(crate::wire::snmp::VarBind::octets).sum();
    assert!(kept <= 100_000 && kept > 90_000, "{kept}");
    assert_eq!(walk.fault.unwrap().reason(), Reason::Partial);
}

#[tokio::test(start_paused = true)]
async fn answers_that_never_come_because_they_are_large_are_found_out() {
    let scene = check_whole_column(Quirk::DropsAbove(100), 3000).await;
    let timeouts = scene.client.counts().timeouts;
    assert!(timeouts <= 4, "{timeouts} timeouts");
    assert!(scene.asked() <= 3000 / 50 + 12, "{} requests", scene.asked());
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_needs_long_for_each_row_is_asked_for_few() {
    let scene = check_whole_column(Quirk::SlowPerRow(Duration::from_millis(8)), 600).await;
    let counts = scene.client.counts();
    assert_eq!(counts.timeouts, 0);
    assert!((10..=30).contains(&counts.sent), "{} requests", counts.sent);
}

#[tokio::test(start_paused = true)]
async fn a_distant_agent_is_neither_starved_nor_asked_twice() {
    let scene = check_whole_column(Quirk::Slow(Duration::from_millis(900)), 3000).await;
    assert_eq!(scene.client.counts().retried, 0);
    assert!(scene.asked() <= 18, "large tables in large answers: {} requests", scene.asked());
}

#[tokio::test(start_paused = true)]
async fn one_agent_is_asked_no_faster_than_allowed() {
    let options = Options { rate_per_agent: Some(10), ..Options::default() };
    let scene = Scene::with_options(Quirk::None, column(1, 3), options);
    let (start, session) = (tokio::time::Instant::now(), scene.session(LIMITS));
    for _ in 0..21 {
        session.get(&names(1)).await.unwrap();
    }
    assert_eq!(start.elapsed().as_millis() / 100, 20);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_ones_turn_ends_with_the_deadline() {
    let options = Options { rate_per_agent: Some(1), ..Options::default() };
    let scene = Scene::with_options(Quirk::None, column(1, 3), options);
    let start = tokio::time::Instant::now();
    let session = scene.session(Limits { deadline: Some(Duration::from_millis(2500)), ..LIMITS });
    while session.get(&names(1)).await.is_ok() {}
    assert_eq!((start.elapsed().as_millis() / 100, session.tally().sent), (25, 3));
}

#[tokio::test(start_paused = true)]
async fn one_agent_has_one_request_in_flight() {
    let scene = Scene::new(Quirk::Slow(Duration::from_millis(600)), column(1, 3));
    let start = tokio::time::Instant::now();
    let sessions: Vec<_> = (0..4).map(|_| scene.session(LIMITS)).collect();
    let asked = names(3);
    let [a, b, c, d] = &sessions[..] else { panic!("four sessions") };
    let (a, b, c, d) = tokio::join!(a.get(&asked), b.get(&asked), c.get(&asked), d.get(&asked));
    assert!(a.is_ok() && b.is_ok() && c.is_ok() && d.is_ok());
    assert_eq!(start.elapsed().as_millis() / 100, 24);
    assert_eq!(scene.client.counts().timeouts, 0, "waiting for one's turn is no timeout");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_walk_keeps_what_was_read() {
    let scene = Scene::new(Quirk::Slow(Duration::from_millis(700)), column(1, 5000));
    let stop = tokio_util::sync::CancellationToken::new();
    let session = scene.session(LIMITS).stopped_by(stop.clone());
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        stop.cancel();
    };
    let column = root(1);
    let (walk, ()) = tokio::join!(session.walk(&column), stopping);
    assert!(walk.rows.len() > 100 && walk.rows.len() < 5000);
    assert_eq!(walk.fault.unwrap().failure, Failure::Stopped);
}

#[tokio::test(start_paused = true)]
async fn another_context_is_another_community_within_the_same_piece_of_work() {
    let scene = Scene::new(Quirk::KnowsOnly("public@10"), column(1, 3));
    let limits = Limits { retries: 0, ..LIMITS };
    let session = scene.session(limits);
    assert_eq!(session.get(&names(1)).await.unwrap_err().reason(), Reason::Timeout);
    assert_eq!(session.in_context(Context::vlan(11)).get(&names(1)).await.unwrap_err().reason(), Reason::Timeout);
    assert_eq!(session.in_context(Context::vlan(10)).get(&names(1)).await.unwrap()[0].value, Value::Counter32(1));
    assert_eq!((session.tally().sent, session.tally().answered), (3, 1));
}
