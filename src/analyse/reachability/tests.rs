//! Small networks written as text: who answers, who is silent, and what is said of them.

use super::*;
use crate::model::Timestamp;

const fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn answers() -> Sign {
    Sign::Answers { heard: Some(at(100)), doubted: false }
}

/// Heard until `heard`, silent since 20 s later.
fn silent(heard: i64) -> Sign {
    let (missed, fell, until) = (Some(at(heard + 10)), at(heard + 20), at(heard + 100));
    Sign::Silent(Silence { heard: Some(at(heard)), missed, fell, own: false, until })
}

fn net(signs: &[Sign], ways: &[(Place, Place, Pass)]) -> Net {
    let node = |sign: &Sign| Node { sign: *sign, carries: true, rank: 2, gateways: Vec::new() };
    let mut net = Net::new(signs.iter().map(node).collect());
    for (a, b, pass) in ways {
        net.add(Way { a: *a, b: *b, pass: *pass, firm: true });
    }
    net
}

/// `Down`, `Wait`, or the roots that it is behind; by place, of those that are silent.
fn told(net: &Net, now: i64) -> Vec<String> {
    let judged = judge(net, at(now));
    let word = |(place, verdict): (Place, &Option<Verdict>)| match verdict.as_ref()? {
        Verdict::Down(_) => Some(format!("{place} down")),
        Verdict::Wait(_) => Some(format!("{place} waits")),
        Verdict::Behind => {
            let roots: Vec<String> = judged.labels_of(place).iter().map(|label| label.root.to_string()).collect();
            Some(format!("{place} behind {}", roots.join(" ")))
        }
    };
    judged.verdicts.iter().enumerate().filter_map(word).collect()
}

const OPEN: Pass = Pass::Open;

#[test]
fn a_chain_has_one_root() {
    let net = net(&[answers(), silent(50), silent(50), silent(50)], &[(0, 1, OPEN), (1, 2, OPEN), (2, 3, OPEN)]);
    assert_eq!(told(&net, 120), ["1 down", "2 behind 1", "3 behind 1"]);
    let judged = judge(&net, at(120));
    assert_eq!(judged.chain(3, 1).iter().map(|(place, _)| *place).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn stale_evidence_is_waited_for_and_not_for_ever() {
    let stale = Sign::Answers { heard: Some(at(55)), doubted: false };
    let net = net(&[stale, silent(50), silent(50)], &[(0, 1, OPEN), (1, 2, OPEN)]);
    assert_eq!(told(&net, 80), ["1 waits", "2 waits"]);
    assert_eq!(judge(&net, at(80)).verdicts[1], Some(Verdict::Wait(vec![0])), "who is to be asked");
    assert_eq!(told(&net, 151), ["1 down", "2 behind 1"]);
}

#[test]
fn a_port_that_went_down_with_the_device_says_that_it_is_its_own_fault() {
    let shut = |since: i64| Pass::Shut(Some(at(since)));
    let with =
        |since: i64| net(&[answers(), silent(50), answers(), silent(50)], &[(0, 1, OPEN), (1, 3, OPEN), (2, 3, shut(since))]);
    assert_eq!(told(&with(10), 120), ["1 down", "3 behind 1"], "down for long");
    assert_eq!(told(&with(60), 120), ["1 down", "3 down"], "down since it fell");
}

#[test]
fn addresses_seen_behind_a_port_count_where_nothing_better_is_known() {
    let mut net = net(&[answers(), silent(50), silent(50)], &[(0, 1, OPEN)]);
    net.add(Way { a: 0, b: 2, pass: OPEN, firm: false });
    assert_eq!(told(&net, 120), ["1 down", "2 down"]);
    net.add(Way { a: 1, b: 2, pass: OPEN, firm: true });
    assert_eq!(told(&net, 120), ["1 down", "2 behind 1"], "a neighbour that names itself says more");
}

#[test]
fn what_is_never_asked_carries_on_but_is_no_root() {
    let net = |first: Sign| net(&[first, Sign::Unheard, silent(50)], &[(0, 1, OPEN), (1, 2, OPEN)]);
    assert_eq!(told(&net(answers()), 120), ["2 down"]);
    assert_eq!(told(&net(silent(50)), 120), ["0 down", "2 behind 0"], "nothing around answers: one stands for both");
}

#[test]
fn behind_a_router_that_fell_is_what_it_routes_for_though_its_switch_lives() {
    let gateways = |heard: i64| {
        let mut nodes: Vec<Node> = [Sign::Here, answers(), silent(50), silent(heard)]
            .map(|sign| Node { sign, carries: true, rank: 2, gateways: Vec::new() })
            .into();
        nodes[3].gateways = vec![2];
        let mut net = Net::new(nodes);
        for (a, b) in [(0, 1), (1, 2), (1, 3)] {
            net.add(Way { a, b, pass: OPEN, firm: true });
        }
        net
    };
    assert_eq!(told(&gateways(50), 120), ["2 down", "3 behind 2"]);
    assert_eq!(told(&gateways(75), 120), ["2 down", "3 down"], "it answered without the router");
}

#[test]
fn everything_may_be_judged_without_a_single_way() {
    assert_eq!(told(&net(&[], &[]), 1), Vec::<String>::new());
    assert_eq!(told(&net(&[silent(1), silent(1)], &[]), 50), ["0 down", "1 behind 0"], "nothing answers: one fault");
    assert_eq!(told(&net(&[silent(1), silent(90)], &[]), 120), ["0 down", "1 down"], "it answered after the other fell");
    assert_eq!(told(&net(&[silent(1), silent(1), answers()], &[]), 50), ["0 down", "1 down"], "something answers");
    assert_eq!(told(&net(&[silent(1), silent(1)], &[(0, 1, OPEN), (0, 0, OPEN), (0, 7, OPEN)]), 50), ["0 down", "1 behind 0"]);
}

#[test]
fn what_has_no_way_waits_until_anything_was_heard_of() {
    let stale = Sign::Answers { heard: Some(at(55)), doubted: true };
    let lone = net(&[stale, silent(50), silent(50), silent(50)], &[(2, 3, OPEN)]);
    assert_eq!(told(&lone, 80), ["1 waits", "2 waits", "3 waits"]);
    assert_eq!(judge(&lone, at(80)).verdicts[1], Some(Verdict::Wait(vec![0])), "who is to be asked");
    assert_eq!(told(&lone, 151), ["1 down", "2 down", "3 behind 2"]);
}

#[test]
fn what_hangs_on_something_alone_is_cut_off_with_it() {
    let net = net(&[Sign::Here, answers(), answers(), answers()], &[(0, 1, OPEN), (1, 2, OPEN), (0, 3, OPEN), (3, 1, OPEN)]);
    let cut = |taken: &[Place], ways: &[usize]| cut_off(&net, &taken.iter().copied().collect(), &ways.iter().copied().collect());
    assert_eq!(cut(&[1], &[]), [2]);
    assert_eq!(cut(&[3], &[]), Vec::<Place>::new());
    assert_eq!(cut(&[], &[1]), [2]);
    assert_eq!(cut(&[], &[0]), Vec::<Place>::new());
    assert_eq!(cut(&[0], &[]), Vec::<Place>::new(), "the largest part that is left is the rest of the network");
}
