//! Names in filters of flows: `device:core`, `if:Gi0/1`, `exporter:wan-1`. A flow knows addresses and ifIndexes alone, so that names are
//! written out as those before the filter is asked of the store. Faults keep the column where they stand in what was typed.

use super::flow_ledger::Ledger;
use super::flow_names::{addresses_of, is_called};
use crate::model::flow::services;
use crate::model::{Device, Timestamp};
use crate::query::filter::{Column, Expr, FilterError, Matcher, Needle, Op, Term, parse};
use crate::state::State;
use std::net::IpAddr;

/// Fields that are names here.
const DEVICE: &[&str] = &["device", "devicename"];
const EXPORTER: &[&str] = &["exporter"];
const PORTS: &[(&str, &[&str])] = &[("if", &["if", "interface"]), ("inif", &["inif"]), ("outif", &["outif"])];
const APP: &[&str] = &["app", "application", "service"];

/// Alternatives that a name is written out as, at most: `device:a` of a large network is no filter any more.
const MOST: usize = 200;

/// What no flow is exported by (RFC 1122 §3.2.1.3): a name that nothing is called lets nothing through.
const NOBODY: &str = "exporter=0.0.0.0";

/// What names are looked up in.
#[derive(Clone, Copy)]
pub(super) struct Book<'a> {
    pub(super) state: &'a State,
    pub(super) ledger: &'a Ledger,
}

/// The same filter without names. `columns` are those that flows have.
///
/// Errors: the first fault, with its column in `text`.
pub(super) fn resolve(text: &str, book: Book<'_>, columns: &[Column]) -> Result<String, FilterError> {
    let expr = parse(text)?;
    Matcher::bind(&checked(&expr), columns, Timestamp(0))?;
    Ok(book.written_out(&expr)?.to_string())
}

/// Which kind of name a term compares.
enum Named {
    Device,
    Exporter,
    Port(&'static str),
    App,
}

fn named(field: &str, value: &str) -> Option<Named> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(field));
    let is_number = value.parse::<u32>().is_ok();
    if is(DEVICE) {
        return Some(Named::Device);
    }
    if is(EXPORTER) && value.parse::<ipnet::IpNet>().is_err() && value.parse::<IpAddr>().is_err() {
        return Some(Named::Exporter);
    }
    if is(APP) && !services::services_named(value).is_empty() {
        return Some(Named::App);
    }
    PORTS.iter().find(|(_, words)| is(words) && !is_number).map(|(own, _)| Named::Port(own))
}

/// The expression without what is a name: that is checked by looking it up.
fn checked(expr: &Expr) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(checked).collect();
    match expr {
        Expr::Or(parts) => Expr::Or(all(parts)),
        Expr::And(parts) => Expr::And(all(parts)),
        Expr::Not(inner) => Expr::Not(Box::new(checked(inner))),
        Expr::Term(Term::Compare(field, _, value, _), _) if named(field, value).is_some() => Expr::And(Vec::new()),
        Expr::Term(..) => expr.clone(),
    }
}

impl Book<'_> {
    fn written_out(self, expr: &Expr) -> Result<Expr, FilterError> {
        let all = |parts: &[Expr]| parts.iter().map(|part| self.written_out(part)).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::Or(parts) => Expr::Or(all(parts)?),
            Expr::And(parts) => Expr::And(all(parts)?),
            Expr::Not(inner) => Expr::Not(Box::new(self.written_out(inner)?)),
            Expr::Term(Term::Compare(field, op, value, at), _) => match named(field, value) {
                None => expr.clone(),
                Some(named) => {
                    let alternatives = self.alternatives(&named, (*op, value), at.0)?;
                    let found = parse(&joined(alternatives, at.0)?)?;
                    if *op == Op::NotEqual { Expr::Not(Box::new(found)) } else { found }
                }
            },
            Expr::Term(..) => expr.clone(),
        })
    }

    fn alternatives(self, named: &Named, (op, value): (Op, &str), at: usize) -> Result<Vec<String>, FilterError> {
        if !matches!(op, Op::Has | Op::Equal | Op::NotEqual) {
            return Err(FilterError::new(at, "names are compared with `:`, `=` or `!=`"));
        }
        let needle = Needle::new(value);
        let is_wanted = |name: &str| if op == Op::Has { needle.is_in(name) } else { needle.equals(name) };
        Ok(match named {
            Named::App => {
                services::services_named(value).iter().map(|(proto, port)| format!("(proto={proto} port={port})")).collect()
            }
            Named::Device => self.devices(&is_wanted).flat_map(|device| self.of_device(device)).collect(),
            Named::Exporter => {
                let exporters = self.devices(&is_wanted).flat_map(|device| self.exporters(device).collect::<Vec<_>>());
                exporters.map(|address| format!("exporter={address}")).collect()
            }
            Named::Port(field) => self.ports(field, &is_wanted, (op, value)),
        })
    }

    fn devices<'s>(&'s self, is_wanted: &'s dyn Fn(&str) -> bool) -> impl Iterator<Item = &'s Device> {
        let devices = self.state.devices().map(AsRef::as_ref);
        devices.filter(move |device: &&Device| is_wanted(&device.name()) || is_wanted(device.id.as_str()))
    }

    /// Its addresses under which it exports.
    fn exporters(self, device: &Device) -> impl Iterator<Item = IpAddr> {
        let mut addresses: Vec<IpAddr> = addresses_of(device).filter(|address| self.ledger.exports(*address)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.into_iter()
    }

    /// What a device exports; of one that exports nothing what it talks itself.
    fn of_device(self, device: &Device) -> Vec<String> {
        let exported: Vec<String> = self.exporters(device).map(|address| format!("exporter={address}")).collect();
        if !exported.is_empty() {
            return exported;
        }
        let mut own: Vec<IpAddr> = addresses_of(device).collect();
        own.sort_unstable();
        own.dedup();
        own.into_iter().map(|address| format!("host={address}")).collect()
    }

    /// Ports that are called so, by SNMP or by their exporters.
    fn ports(self, field: &str, is_wanted: &dyn Fn(&str) -> bool, (op, value): (Op, &str)) -> Vec<String> {
        let mut found = Vec::new();
        for device in self.state.devices() {
            for exporter in self.exporters(device) {
                let ports = device.interfaces.iter();
                let called = ports.filter(|port| {
                    if op == Op::Has { is_wanted(&port.name()) } else { is_called(port, value) || is_wanted(&port.name()) }
                });
                found.extend(called.map(|port| (exporter, port.if_index.0)));
            }
        }
        found.extend(
            self.ledger.interfaces().filter(|(.., name)| is_wanted(name)).map(|(exporter, if_index, _)| (exporter, if_index)),
        );
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|(exporter, if_index)| format!("(exporter={exporter} {field}={if_index})")).collect()
    }
}

fn joined(alternatives: Vec<String>, at: usize) -> Result<String, FilterError> {
    match alternatives.len() {
        0 => Ok(NOBODY.to_owned()),
        1..=MOST => Ok(alternatives.join(" or ")),
        many => Err(FilterError::new(at, format!("{many} things are called so: write more of the name"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::core::flow_fixture as fixture;
    use crate::query::filter::Kind;

    const COLUMNS: [Column; 6] = [
        Column { names: &["src"], kind: Kind::Address },
        Column { names: &["host"], kind: Kind::Address },
        Column { names: &["exporter"], kind: Kind::Address },
        Column { names: &["port"], kind: Kind::Number },
        Column { names: &["proto"], kind: Kind::Text },
        Column { names: &["inif"], kind: Kind::Number },
    ];

    fn check(text: &str, expected: Result<&str, (usize, &str)>) {
        let (state, ledger) = (fixture::state(), fixture::ledger());
        let made = resolve(text, Book { state: &state, ledger: &ledger }, &COLUMNS);
        match (made, expected) {
            (Ok(made), Ok(expected)) => assert_eq!(made, expected, "{text}"),
            (Err(error), Err((column, words))) => {
                assert_eq!(error.column, column, "{text}: {error}");
                assert!(error.message.contains(words), "{text}: {error}");
            }
            (made, _) => panic!("{text}: {made:?}"),
        }
    }

    #[test]
    fn names_are_written_out_as_what_flows_know() {
        check("src:10.0.0.0/8", Ok("src:10.0.0.0/8"));
        check("device:wan", Ok("exporter=10.0.0.1"));
        check("device=wan-1 port=443", Ok("exporter=10.0.0.1 port=443"));
        check("exporter:wan-1", Ok("exporter=10.0.0.1"));
        check("exporter=10.0.0.9", Ok("exporter=10.0.0.9"));
        check("inif=Gi0/1", Ok("exporter=10.0.0.1 inif=1"));
        check("inif:uplink", Ok("exporter=10.0.0.1 inif=77"));
        check("inif=3", Ok("inif=3"));
        check("not device:printer", Ok("not host=10.0.9.9"));
        check("device:nobody or port=1", Ok("exporter=0.0.0.0 or port=1"));
        check("app:dns", Ok("proto=6 port=53 or proto=17 port=53"));
        check("app!=https", Ok("not (proto=6 port=443)"));
    }

    #[test]
    fn faults_stand_where_they_were_typed() {
        check("device:wan-1 nonsense=3", Err((14, "no field `nonsense`")));
        check("device:wan-1 port=x", Err((19, "not a number")));
        check("device>wan-1", Err((8, "compared with")));
        check("device:wan-1 (port=1", Err((14, "without its")));
    }
}
