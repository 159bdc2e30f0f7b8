//! What of a filter the kernel can decide.

use super::filter::{PROTOCOLS, end_of, is_protocol_field};
use crate::query::filter::{Expr, Habit, Op, Side, Term};
use crate::wire::bpf::{self, End, Step, Test};
use ipnet::IpNet;
use std::net::IpAddr;

/// A program that lets through whatever the filter may, `octets` of each frame.
pub(super) fn program(expr: &Expr, octets: u32) -> Vec<Step> {
    match test(expr) {
        Test::Unknown => bpf::heads(octets),
        Test::And(parts) if parts.is_empty() => bpf::heads(octets),
        test => bpf::program(&test, octets),
    }
}

fn test(expr: &Expr) -> Test {
    let all = |parts: &[Expr]| parts.iter().map(test).collect();
    match expr {
        Expr::Or(parts) => Test::Or(all(parts)),
        Expr::And(parts) => Test::And(all(parts)),
        Expr::Not(inner) => Test::Not(Box::new(test(inner))),
        Expr::Term(term, _) => term_test(term).unwrap_or(Test::Unknown),
    }
}

fn term_test(term: &Term) -> Option<Test> {
    match term {
        Term::Habit(side, habit, value, _) => match habit {
            Habit::Host | Habit::Net => Some(Test::Net(end_of(*side), net(value)?)),
            Habit::Port => Some(Test::Ports(end_of(*side), vec![value.parse().ok()?])),
            Habit::Proto => Some(Test::Protocol(protocol(value)?)),
            Habit::As => None,
        },
        Term::Word(word) => {
            PROTOCOLS.iter().find(|(_, name)| name.eq_ignore_ascii_case(word)).map(|(number, _)| Test::Protocol(*number))
        }
        Term::Compare(field, Op::Has | Op::Equal, value, _) => compared(field, value),
        Term::Compare(field, Op::NotEqual, value, _) => compared(field, value).map(|test| Test::Not(Box::new(test))),
        Term::Compare(..) | Term::Regex(_) => None,
    }
}

fn compared(field: &str, value: &str) -> Option<Test> {
    const ADDRESSES: [(&str, Option<Side>); 5] =
        [("src", Some(Side::Src)), ("dst", Some(Side::Dst)), ("host", None), ("ip", None), ("net", None)];
    const PORTS: [(&str, Option<Side>); 3] = [("srcport", Some(Side::Src)), ("dstport", Some(Side::Dst)), ("port", None)];
    let find = |fields: &[(&str, Option<Side>)]| {
        fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(field)).map(|(_, side)| -> End { end_of(*side) })
    };
    if is_protocol_field(field) {
        return protocol(value).map(Test::Protocol);
    }
    find(&ADDRESSES)
        .and_then(|end| Some(Test::Net(end, net(value)?)))
        .or_else(|| find(&PORTS).and_then(|end| Some(Test::Ports(end, vec![value.parse().ok()?]))))
}

fn net(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn protocol(text: &str) -> Option<u8> {
    let named = PROTOCOLS.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(number, _)| *number);
    named.or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::filter::parse;

    fn steps(text: &str) -> usize {
        program(&parse(text).unwrap(), 160).len()
    }

    #[test]
    fn what_the_kernel_can_decide_is_a_program() {
        for text in
            ["udp", "host ::1 and udp", "src net 10.0.0.0/8 or dst port 53", "not (tcp and port 22)", "dst=::1 dstport=443"]
        {
            assert!(steps(text) > 10, "{text}");
        }
        for text in ["", "octets>100", "/x/", "port=banana"] {
            assert!(steps(text) < 30, "{text}");
        }
        let many = (1..60).map(|port| format!("port {port}")).collect::<Vec<_>>().join(" or ");
        assert_eq!(steps(&many), 1, "a program that is too long lets everything through");
    }
}
