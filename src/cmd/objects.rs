//! What `get` and `walk` share: names to numbers, values to rows, and how they end.

use super::credentials::Given;
use super::{Failure, Outcome, closed_pipe};
use crate::cli::{AgentArgs, Common, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_PARTIAL, EXIT_SILENT, RowFormat};
use crate::config;
use crate::engine::snmp_tools::{self, Asking, Read, Reading, ToolError};
use crate::mib::{Kind, Object, Registry, Syntax};
use crate::model::inventory::Reason;
use crate::model::text::{from_octets, is_control};
use crate::model::{MacAddr, Oid, unit};
use crate::report::{Format, ObjectRow, write_rows};
use crate::wire::snmp::{Value, VarBind};
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The object that a text names; a scalar's name alone is its one instance when `reading` objects is what is wanted.
///
/// Errors: exit code 2.
pub fn object(text: &str, scalars: Scalars) -> Result<Oid, Failure> {
    let mib = Registry::builtin();
    let oid = mib.parse_object(text).map_err(Failure::usage)?;
    let scalar = mib.name(&oid).is_some_and(|(object, rest)| rest.is_empty() && object.kind == Kind::Scalar);
    Ok(if scalar && scalars == Scalars::Instance { oid.child(&[0]) } else { oid })
}

/// What the name of a scalar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalars {
    /// Its one instance: `sysName` is `sysName.0`.
    Instance,
    /// The object itself.
    Object,
}

/// Reads, prints, and says how it ended.
///
/// Errors: exit code 2 for arguments, 1 for this host.
pub fn run(target: &str, args: &AgentArgs, common: &Common, reading: &Reading) -> Outcome {
    let asking = Asking {
        target: target.to_owned(),
        port: args.port,
        credentials: Given { communities: &args.community, file: args.credentials.as_deref(), common }.credentials()?,
        timeout: config::parse_duration(&args.timeout).map_err(|what| Failure::usage(format!("--timeout: {what}")))?,
        retries: args.retries,
    };
    let read = snmp_tools::read(&asking, reading).map_err(|error| match error {
        ToolError::Target(_) => Failure::usage(error),
        ToolError::Socket(_) => Failure::failed(error),
    })?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let rows = read.binds.iter().map(row);
    match write_rows(format(args.format), rows, &mut out).and_then(|()| out.flush()) {
        Err(error) if !closed_pipe(&error) => Err(Failure::failed(format!("could not write the output: {error}"))),
        _ => Ok(ending(&read)),
    }
}

/// Says on stderr what is missing, and gives the exit code.
fn ending(read: &Read) -> u8 {
    let mut code = EXIT_OK;
    let absent: Vec<String> =
        read.binds.iter().filter(|bind| bind.value.is_absent()).map(|bind| Registry::builtin().text(&bind.oid)).collect();
    if !absent.is_empty() {
        eprintln!("noctop: not there: {}", absent.join(", "));
        code = EXIT_PARTIAL;
    }
    if let Some(problem) = &read.problem {
        eprintln!("noctop: {}: {}: {}", problem.target, problem.reason.word(), problem.detail);
        code = match problem.reason {
            _ if !read.binds.is_empty() => EXIT_PARTIAL,
            Reason::Timeout | Reason::Unreachable | Reason::Refused | Reason::Unresolved => EXIT_SILENT,
            _ => EXIT_FAILED,
        };
    }
    if read.interrupted { EXIT_INTERRUPTED } else { code }
}

const fn format(format: RowFormat) -> Format {
    match format {
        RowFormat::Table => Format::Table,
        RowFormat::Json => Format::Json,
        RowFormat::Ndjson => Format::Ndjson,
        RowFormat::Csv => Format::Csv,
    }
}

fn row(bind: &VarBind) -> ObjectRow {
    let mib = Registry::builtin();
    let object = mib.name(&bind.oid).map(|(object, _)| object);
    let (kind, value) = typed(&bind.value, object);
    let text = text(&bind.value, object).unwrap_or_else(|| match &value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "-".to_owned(),
        other => other.to_string(),
    });
    ObjectRow { oid: bind.oid.to_string(), name: mib.text(&bind.oid), kind, value, text }
}

fn typed(value: &Value, object: Option<&Object>) -> (&'static str, serde_json::Value) {
    use serde_json::Value::Null;
    match value {
        Value::Integer(number) => ("integer", (*number).into()),
        Value::Octets(octets) => ("octets", octets_text(octets, object).into()),
        Value::Oid(oid) => ("oid", oid.to_string().into()),
        Value::IpAddress(address) => ("ipAddress", address.to_string().into()),
        Value::Counter32(number) => ("counter32", (*number).into()),
        Value::Gauge32(number) => ("gauge32", (*number).into()),
        Value::TimeTicks(number) => ("timeTicks", (*number).into()),
        Value::Opaque(octets) => ("opaque", value.as_f64().map_or_else(|| hexadecimal(octets).into(), Into::into)),
        Value::Counter64(number) => ("counter64", (*number).into()),
        Value::Null => ("null", Null),
        Value::NoSuchObject => ("noSuchObject", Null),
        Value::NoSuchInstance => ("noSuchInstance", Null),
        Value::EndOfMibView => ("endOfMibView", Null),
        Value::Unreadable(_) => ("unreadable", Null),
    }
}

/// How people read a value; `None` where that is the value itself.
fn text(value: &Value, object: Option<&Object>) -> Option<String> {
    match value {
        Value::Integer(number) => Some(format!("{}({number})", object?.word(*number)?)),
        Value::TimeTicks(ticks) => Some(unit::age(u64::from(*ticks) / 100)),
        Value::Oid(oid) => Some(Registry::builtin().text(oid)),
        Value::Octets(octets) => octets_meaning(octets, object?),
        Value::NoSuchObject => Some("no such object".to_owned()),
        Value::NoSuchInstance => Some("no such instance".to_owned()),
        Value::EndOfMibView => Some("end of the MIB view".to_owned()),
        Value::Unreadable(tag) => Some(format!("a value of unknown type 0x{tag:02x}")),
        _ => None,
    }
}

fn octets_meaning(octets: &[u8], object: &Object) -> Option<String> {
    match object.syntax? {
        Syntax::Bits => Some(object.words_of_bits(octets).join(" ")),
        Syntax::Mac => MacAddr::from_octets_or_text(octets).map(|mac| mac.to_string()),
        Syntax::InetAddress | Syntax::IpAddress => {
            let v4 = <[u8; 4]>::try_from(octets).map(|octets| Ipv4Addr::from(octets).to_string());
            v4.or_else(|_| <[u8; 16]>::try_from(octets).map(|octets| Ipv6Addr::from(octets).to_string())).ok()
        }
        _ => None,
    }
}

/// Octets as text where they are meant as text, or look like it; else in hexadecimal.
fn octets_text(octets: &[u8], object: Option<&Object>) -> String {
    let meant = object.and_then(|object| object.syntax) == Some(Syntax::Text);
    let looks = || std::str::from_utf8(octets).is_ok_and(|text| !text.chars().any(|c| is_control(c) && !c.is_whitespace()));
    if meant || looks() { from_octets(octets) } else { hexadecimal(octets) }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: Value, json: serde_json::Value, shown: &str) {
        let row = row(&VarBind { oid: object(name, Scalars::Instance).unwrap(), value });
        assert_eq!((row.value, row.text.as_str()), (json, shown), "{name}");
    }

    #[test]
    fn values_are_shown_as_they_are_meant() {
        check("ifOperStatus.3", Value::Integer(1), 1.into(), "up(1)");
        check("ifOperStatus.3", Value::Integer(77), 77.into(), "77");
        check("sysName", Value::Octets(b"core\xfc".to_vec()), "coreü".into(), "coreü");
        check("sysUpTime", Value::TimeTicks(182_304_000), 182_304_000.into(), "21d");
        check("ifPhysAddress.1", Value::Octets(vec![0, 27, 84, 1, 2, 255]), "00:1b:54:01:02:ff".into(), "00:1b:54:01:02:ff");
        check("ifHCInOctets.1", Value::Counter64(u64::MAX), u64::MAX.into(), "18446744073709551615");
        check("sysObjectID", Value::NoSuchObject, serde_json::Value::Null, "no such object");
        check("1.3.9.9", Value::Octets(vec![1, 2]), "01:02".into(), "01:02");
        check("1.3.9.9", Value::Opaque(vec![0x9f, 0x78, 4, 0x41, 0x48, 0, 0]), 12.5.into(), "12.5");
    }

    #[test]
    fn a_scalars_name_is_its_instance_to_get_only() {
        let arcs = |scalars| object("sysName", scalars).unwrap().arcs().last().copied();
        assert_eq!(arcs(Scalars::Instance), Some(0));
        assert_ne!(arcs(Scalars::Object), Some(0));
        assert_eq!(object("nonsense.1", Scalars::Object).unwrap_err().code, crate::cli::EXIT_USAGE);
    }
}
