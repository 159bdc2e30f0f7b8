//! What `get` and `walk` share: names to numbers, values to rows, and how they end.

use super::credentials::Given;
use super::mib_files::Names;
use super::{Failure, Outcome, closed_pipe};
use crate::cli::{AgentArgs, Common, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_PARTIAL, EXIT_SILENT, RowFormat};
use crate::config;
use crate::engine::snmp_tools::{self, Asking, Read, Reading, ToolError};
use crate::mib::{Object, Registry, Syntax, smi};
use crate::model::inventory::Reason;
use crate::model::text::{from_octets, is_control};
use crate::model::{MacAddr, unit};
use crate::report::{Format, ObjectRow, write_rows};
use crate::wire::snmp::{Value, VarBind};
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Reads, prints, and says how it ended.
///
/// Errors: exit code 2 for arguments, 1 for this host.
pub fn run(target: &str, (args, common): (&AgentArgs, &Common), reading: &Reading, names: &Names) -> Outcome {
    let mib = names.registry();
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
    let rows = read.binds.iter().map(|bind| row(bind, mib));
    match write_rows(format(args.format), rows, &mut out).and_then(|()| out.flush()) {
        Err(error) if !closed_pipe(&error) => Err(Failure::failed(format!("could not write the output: {error}"))),
        _ => Ok(ending(&read, mib)),
    }
}

/// Says on stderr what is missing, and gives the exit code.
fn ending(read: &Read, mib: &Registry) -> u8 {
    let mut code = EXIT_OK;
    let absent: Vec<String> = read.binds.iter().filter(|bind| bind.value.is_absent()).map(|bind| mib.text(&bind.oid)).collect();
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

fn row(bind: &VarBind, mib: &Registry) -> ObjectRow {
    let object = mib.name(&bind.oid).map(|(object, _)| object);
    let (kind, value) = typed(&bind.value, object);
    let text = text(&bind.value, object, mib).unwrap_or_else(|| match &value {
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
fn text(value: &Value, object: Option<&Object>, mib: &Registry) -> Option<String> {
    match value {
        Value::Integer(number) => number_meaning(*number, object?),
        Value::Gauge32(number) => number_meaning(i64::from(*number), object?),
        Value::TimeTicks(ticks) => Some(unit::age(u64::from(*ticks) / 100)),
        Value::Oid(oid) => Some(mib.text(oid)),
        Value::Octets(octets) => octets_meaning(octets, object?),
        Value::NoSuchObject => Some("no such object".to_owned()),
        Value::NoSuchInstance => Some("no such instance".to_owned()),
        Value::EndOfMibView => Some("end of the MIB view".to_owned()),
        Value::Unreadable(tag) => Some(format!("a value of unknown type 0x{tag:02x}")),
        _ => None,
    }
}

/// The word of a number, or the number as its DISPLAY-HINT wants it, with its unit. `None` where the object says nothing of that.
fn number_meaning(number: i64, object: &Object) -> Option<String> {
    if let Some(word) = object.word(number) {
        return Some(format!("{word}({number})"));
    }
    let hinted = object.hint.as_deref().and_then(|hint| smi::hinted_number(hint, number));
    match (&object.units, hinted) {
        (Some(units), hinted) => Some(format!("{} {units}", hinted.unwrap_or_else(|| number.to_string()))),
        (None, hinted) => hinted,
    }
}

fn octets_meaning(octets: &[u8], object: &Object) -> Option<String> {
    match object.syntax? {
        Syntax::Octets => smi::hinted_octets(object.hint.as_deref()?, octets),
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
    use super::super::mib_files::Scalars;
    use super::*;

    /// Common options with a configuration whose only folder of modules is the fixture's.
    fn common() -> (tempfile::NamedTempFile, Common) {
        let mibs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smi");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("[mib]\nfolders = [{:?}]\n", mibs.display().to_string())).unwrap();
        let common = Common { config: Some(file.path().to_owned()), ..Common::default() };
        (file, common)
    }

    fn check(name: &str, value: Value, json: serde_json::Value, shown: &str) {
        let (_file, common) = common();
        let mut names = Names::new(&common).unwrap();
        let oid = names.object(name, Scalars::Instance).unwrap();
        let row = row(&VarBind { oid, value }, names.registry());
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
    fn values_of_a_users_module_are_shown_by_its_words_hints_and_units() {
        check("BREWERY-MIB::kettleTemperature.1", Value::Integer(985), 985.into(), "98.5 degrees Celsius");
        check("kettleState.1", Value::Integer(2), 2.into(), "boiling(2)");
        check("BREWERY-MIB::kettleCount", Value::Gauge32(3), 3.into(), "3 kettles");
    }

    #[test]
    fn a_scalars_name_is_its_instance_to_get_only() {
        let (_file, common) = common();
        let mut names = Names::new(&common).unwrap();
        let mut last = |text: &str, scalars| names.object(text, scalars).map(|oid| oid.arcs().last().copied());
        assert_eq!(last("sysName", Scalars::Instance).unwrap(), Some(0));
        assert_ne!(last("sysName", Scalars::Object).unwrap(), Some(0));
        assert_eq!(last("BREWERY-MIB::kettleCount", Scalars::Instance).unwrap(), Some(0));
        assert_eq!(last("RFC1213-MIB::sysName", Scalars::Instance).unwrap(), Some(0), "an older module of a built-in name");
        assert_eq!(last("nonsense.1", Scalars::Object).unwrap_err().code, crate::cli::EXIT_USAGE);
        let several = last("kettleCount", Scalars::Object);
        assert!(several.is_ok() || several.is_err_and(|error| error.message.contains("TEAHOUSE-MIB::kettleCount")));
    }
}
