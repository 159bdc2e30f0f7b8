//! What may stand in the configuration, as data: a [`Table`] for each table of the file, of which `noctop schema config` is made.
//!
//! A table or key that a section reads is written down here as well; a test holds the two against each other.

use serde_json::{Map, Value, json};

/// One table.
struct Table {
    /// Its name; empty for the keys that stand before all tables.
    name: &'static str,
    /// Whether it is written `[[name]]`, as often as needed.
    is_list: bool,
    doc: &'static str,
    keys: &'static [Key],
}

/// One key: its name, what it takes, what it means.
type Key = (&'static str, Takes, &'static str);

/// What a key takes.
#[derive(Clone, Copy)]
enum Takes {
    Text,
    Flag,
    Whole,
    /// `30s`, `5m`, `1h`, `14d`
    Duration,
    /// `20GiB`
    Size,
    Texts,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Several of these words.
    Words(&'static [&'static str]),
    /// A text, `{ is, when }`, or a list of these.
    Choices,
    /// A table of its own, and a list of such.
    Inner,
    Inners,
}
use Takes::{Choices, Duration, Flag, Inner, Inners, Size, Text, Texts, Whole, Word, Words};

const fn table(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Table {
    Table { name, is_list: false, doc, keys }
}

const fn list(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Table {
    Table { name, is_list: true, doc, keys }
}

const SEVERITIES: &str = "critical, major, minor, warning or indeterminate";
const OBJECTS: &[&str] =
    &["device", "interface", "sensor", "access-point", "link", "event", "log", "trap", "flow-exporter", "collector"];
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// All tables, in the order of the manual.
const TABLES: &[Table] = &[
    table("", "", &[("site", Text, "Shown in the chrome of every screen; the host's name where it is not set")]),
    list(
        "credential",
        "How agents are asked; tried in order",
        &[
            ("name", Text, "What it is called"),
            ("version", Word(&["1", "2c", "3"]), "SNMP version"),
            ("community", Text, "Community: secret:NAME, env:NAME, file:PATH, credential:NAME, fd:N or a literal"),
            ("networks", Texts, "Networks in which it is tried; everywhere in scope by default"),
            ("write", Flag, "Whether it is for [set] alone: never read with"),
            ("username", Text, "User of version 3"),
            ("context", Text, "Context of version 3"),
            ("auth", Word(&["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]), "Authentication of version 3"),
            ("auth_password", Text, "Its password: secret:NAME, env:NAME, file:PATH, credential:NAME, fd:N or a literal"),
            ("priv", Word(&["des", "aes128", "aes192", "aes256"]), "Privacy of version 3"),
            ("priv_password", Text, "Its password: secret:NAME, env:NAME, file:PATH, credential:NAME, fd:N or a literal"),
        ],
    ),
    table(
        "secrets",
        "The encrypted file out of which secret:NAME is read (noctop secrets)",
        &[
            ("file", Text, "The file, encrypted by age"),
            ("identity", Text, "The file of the identity that opens it, or credential:NAME"),
            ("passphrase", Text, "Or where its passphrase is: credential:NAME, fd:N, file:PATH, env:NAME"),
        ],
    ),
    table(
        "set",
        "Switching ports (noctop port)",
        &[
            ("enabled", Flag, "Whether ports may be switched"),
            ("off_for", Duration, "How long a port is without power in a cycle"),
            ("settle", Duration, "How long it is waited for a port to come up, or go down"),
        ],
    ),
    table(
        "discovery",
        "What is discovered, and how gently",
        &[
            ("targets", Texts, "Addresses, ADDR:PORT, names, CIDRs or ranges"),
            ("scope", Texts, "Networks that may be asked"),
            ("exclude", Texts, "Networks never asked"),
            ("trusted", Texts, "Networks to which a community may go in the clear, beside those that this host is connected to"),
            ("port", Whole, "UDP port of the agents"),
            ("interval", Duration, "How often the network is discovered anew"),
            ("skip", Texts, "Roles of neighbours and swept devices that are left out"),
            ("rate", Whole, "Datagrams a second at most to all agents"),
            ("per_device_rate", Whole, "Datagrams a second at most to one agent"),
            ("per_device_requests", Whole, "Requests in flight to one agent at most"),
            ("own_host", Flag, "Whether the host that noctop runs on is a device"),
        ],
    ),
    table(
        "polling",
        "How devices are polled",
        &[
            ("interval", Duration, "How often"),
            ("timeout", Duration, "First wait for a reply"),
            ("retries", Whole, "Repetitions after the first request"),
            ("burst", Duration, "How often what somebody looks at is polled; 0s is not more often"),
        ],
    ),
    list(
        "poll",
        "Networks that are polled more or less often",
        &[("networks", Texts, "Which"), ("interval", Duration, "How often")],
    ),
    table("store", "Where history is kept", &[("path", Text, "Its folder"), ("max_size", Size, "How large it may become")]),
    table(
        "retention",
        "How long history is kept",
        &[
            ("raw", Duration, "Samples"),
            ("minute", Duration, "Minutes"),
            ("hour", Duration, "Hours"),
            ("logs", Duration, "Log lines"),
            ("audit", Duration, "The audit journal: what was refused, starts and ends"),
            ("audit_changes", Duration, "The audit journal: what was changed"),
            ("audit_access", Duration, "The audit journal: who attached"),
        ],
    ),
    list(
        "manual_link",
        "Links that nothing tells",
        &[("a", Text, "DEVICE/INTERFACE, percent-encoded"), ("b", Text, "The other end")],
    ),
    list(
        "alarm",
        "Rules that raise alarms, over those that are shipped (docs/ALARMS.md)",
        &[
            ("name", Text, "The first part of the ids of its alarms; one that is shipped is replaced"),
            ("on", Word(OBJECTS), "What it looks at"),
            ("enabled", Flag, "false takes the shipped rule of this name away"),
            ("when", Text, "When an object is ill, in the filter language"),
            ("clear", Text, "When it is well again; not ill by default"),
            ("for", Duration, "How long it has to be ill"),
            ("clear_for", Duration, "How long it has to be well; of what only happens, how long after the last time"),
            ("missing", Duration, "It is ill where nothing was measured for so long"),
            ("change", Text, "A field: its changes are told"),
            ("count", Whole, "How often something has to happen"),
            ("within", Duration, "In which time"),
            (
                "by",
                Text,
                "What tells alarms of one rule apart: device, port, an object of a trap, /regex with (group)/; all, object for events",
            ),
            ("between", Text, "Hours of the day at which it holds: 08:00-20:00"),
            ("days", Words(DAYS), "Days at which it holds"),
            ("zone", Text, "Time zone of these; the host's by default"),
            ("severity", Choices, SEVERITIES),
            ("text", Choices, "What is said: {field} is its value, [ ] is left out where a value in it is not known"),
            ("runbook", Text, "What to do about it: a path or an address"),
        ],
    ),
    list(
        "maintenance",
        "Times of work, planned: what happens there then is nobody's alarm",
        &[
            ("name", Text, "What it is called; no other has it"),
            ("device", Text, "What is worked on: a device"),
            ("site", Text, "Or all devices whose location begins so"),
            ("interface", Text, "Or DEVICE/INTERFACE, percent-encoded"),
            ("link", Texts, "Or a link: its two ends, DEVICE/INTERFACE"),
            ("path", Texts, "Or the shortest ways between two devices"),
            ("all", Flag, "Or everything"),
            ("from", Text, "Once: when it begins"),
            ("until", Text, "Once: when it ends"),
            ("days", Words(DAYS), "Every week: on which days; every day by default"),
            ("at", Text, "Every week: at which time of day"),
            ("for", Duration, "Every week: for how long"),
            ("zone", Text, "Time zone of times that say none; the host's by default"),
            ("note", Text, "Why"),
        ],
    ),
    list(
        "log_class",
        "Log lines that are kept for another time than [retention] logs; the first class that a line matches takes it",
        &[
            ("name", Text, "What it is called: the name of its folder"),
            ("filter", Text, "Which lines, in the filter language"),
            ("keep", Duration, "For how long"),
        ],
    ),
    table(
        "mib",
        "What is known of MIBs besides what is built in",
        &[
            ("profiles", Texts, "Vendor profiles, files or folders"),
            ("folders", Texts, "Folders of SMI modules"),
            ("modules", Texts, "SMI modules that are always loaded"),
        ],
    ),
    table(
        "flows",
        "NetFlow, IPFIX and sFlow",
        &[
            ("listen", Texts, "ADDRESS:PORT; any version on any port"),
            ("keep_records", Duration, "How long full records are kept"),
            ("country_file", Text, "A MaxMind database of countries"),
        ],
    ),
    table(
        "capture",
        "Flows made of frames of this host's own ports",
        &[("interfaces", Texts, "Which ports"), ("promiscuous", Flag, "Frames for other hosts as well")],
    ),
    table("traps", "SNMP traps and informs", &[("listen", Texts, "ADDRESS:PORT")]),
    table(
        "syslog",
        "Log lines",
        &[
            ("listen", Texts, "udp:ADDRESS:PORT, tcp:ADDRESS:PORT or tls:ADDRESS:PORT"),
            ("certificate", Text, "Of tls: the certificate's file"),
            ("key", Text, "Of tls: the file of its key"),
            ("client_ca", Text, "Of tls: who signs the certificates of those who may send"),
        ],
    ),
    list(
        "receiver",
        "Who can be told about alarms, and how",
        &[
            ("name", Text, "By what [[notify]] names it"),
            ("kind", Word(&["command", "webhook", "mail"]), "How it is told"),
            ("timeout", Duration, "How long one telling may take"),
            ("only", Text, "Which alarms it wants at all, in the filter language"),
            ("rate", Text, "How much it is told at most"),
            ("idempotent", Flag, "Whether being told the same twice does no harm"),
            ("command", Texts, "Of a command: the program and its arguments"),
            ("url", Text, "Of a webhook: where"),
            ("method", Text, "Of a webhook: POST or PUT"),
            ("headers", Inner, "Of a webhook: further headers"),
            ("body", Text, "Of a webhook: its shape"),
            ("content_type", Text, "Of a webhook with a template: what the template makes"),
            ("key", Text, "Of PagerDuty: the routing key"),
            ("server", Text, "Of mail: the host"),
            ("port", Whole, "Of mail: its port"),
            ("tls", Text, "Of mail: how it is secured"),
            ("username", Text, "Of mail"),
            ("password", Text, "Of mail: secret:NAME, env:NAME, file:PATH, credential:NAME, fd:N or a literal"),
            ("from", Text, "Of mail"),
            ("to", Texts, "Of mail"),
            ("hello", Text, "Of mail: by what name noctop says hello"),
            ("subject", Text, "Of mail: a template"),
            ("template", Text, "What is said"),
            ("template_file", Text, "The file of what is said"),
            ("ca", Text, "The file of certificates that are trusted beside the system's"),
        ],
    ),
    list(
        "notify",
        "Who is told about which alarms, when and when again",
        &[
            ("name", Text, "What it is called"),
            ("filter", Text, "Which alarms, in the filter language"),
            ("to", Texts, "Receivers, where there is one step"),
            ("steps", Inners, "Steps of an escalation: to, after, unless"),
            ("repeat", Text, "How often they are told again"),
            ("cleared", Flag, "Whether they are told when it clears"),
            ("delay", Duration, "How long an alarm stands before anybody is told"),
            ("quiet", Inner, "When nobody is to be woken: between, days, zone, unless"),
        ],
    ),
    table(
        "metrics",
        "noctop's own figures for Prometheus",
        &[
            ("listen", Text, "ADDRESS:PORT; one that is not this host's own needs the other three"),
            ("polled", Flag, "The counters of interfaces as well"),
            ("certificate", Text, "Of TLS: the certificate's file"),
            ("key", Text, "Of TLS: the file of its key"),
            ("token", Text, "What whoever asks has to send as a bearer token: a literal, env:NAME or file:PATH"),
        ],
    ),
    table(
        "access",
        "Who may look and who may change things, by users and @groups of this host; root and the user that runs the engine may everything",
        &[
            ("operators", Texts, "Who may change things"),
            ("viewers", Texts, "Who may look; every member of the socket's group by default"),
            ("group", Text, "The group that may open the socket; noctop by default, where this host has it"),
            ("office_hours", Text, "When people are expected to work, for the report of the audit journal: 08:00-18:00"),
            ("office_days", Words(DAYS), "On which days"),
            ("zone", Text, "Time zone of these; the host's by default"),
        ],
    ),
];

/// The JSON Schema of the configuration.
pub fn schema() -> Value {
    let mut properties = Map::new();
    for table in TABLES {
        let keys: Map<String, Value> = table.keys.iter().map(property).collect();
        if table.name.is_empty() {
            properties.extend(keys);
            continue;
        }
        let object = json!({
            "type": "object",
            "description": table.doc,
            "properties": keys,
            "additionalProperties": false,
        });
        let value = if table.is_list { json!({ "type": "array", "description": table.doc, "items": object }) } else { object };
        properties.insert(table.name.to_owned(), value);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "noctop.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn property((name, takes, doc): &Key) -> (String, Value) {
    let mut value = match takes {
        Text => json!({ "type": "string" }),
        Flag => json!({ "type": "boolean" }),
        Whole => json!({ "type": "integer", "minimum": 0 }),
        Duration => json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d|w|y)$" }),
        Size => json!({ "type": "string", "pattern": "^[0-9]+ ?([KMGT]iB|[kMGT]?B)$" }),
        Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Word(words) => json!({ "type": "string", "enum": words }),
        Words(words) => json!({ "type": "array", "items": { "type": "string", "enum": words } }),
        Inner => json!({ "type": "object" }),
        Inners => json!({ "type": "array", "items": { "type": "object" } }),
        Choices => {
            let one = json!({ "anyOf": [{ "type": "string" }, {
                "type": "object",
                "properties": { "is": { "type": "string" }, "when": { "type": "string" } },
                "required": ["is"],
                "additionalProperties": false,
            }] });
            json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
        }
    };
    if let Some(object) = value.as_object_mut() {
        object.insert("description".to_owned(), Value::from(*doc));
    }
    ((*name).to_owned(), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use std::collections::BTreeSet;

    /// A key that is like no other: the fault names all that are known.
    const STRANGE: &str = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";

    fn known(name: &str, is_list: bool) -> BTreeSet<String> {
        let head = match (name, is_list) {
            ("", _) => String::new(),
            (name, true) => format!("[[{name}]]\n"),
            (name, false) => format!("[{name}]\n"),
        };
        let faults = parse("x", &format!("{head}{STRANGE} = 1\n")).unwrap_err();
        let told = faults.iter().find_map(|fault| fault.what.split_once("known here: ").map(|(_, known)| known.to_owned()));
        told.unwrap_or_else(|| panic!("{name}: {faults:?}")).split(", ").map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_has_exactly_the_keys_that_are_read() {
        let mut tables: BTreeSet<String> = BTreeSet::new();
        for table in TABLES {
            let written: BTreeSet<String> = table.keys.iter().map(|(name, ..)| (*name).to_owned()).collect();
            if table.name.is_empty() {
                tables.extend(written);
            } else {
                let known = known(table.name, table.is_list);
                // Some keys are looked for only where others stand.
                let depends = ["credential", "receiver", "notify"].contains(&table.name);
                assert!(known.is_subset(&written), "[{}] {known:?}", table.name);
                assert!(depends || written == known, "[{}] {written:?} {known:?}", table.name);
                tables.insert(table.name.to_owned());
            }
        }
        assert_eq!(tables, known("", false));
    }

    #[test]
    fn the_schema_says_what_may_stand_where() {
        let schema = schema();
        assert_eq!(schema["properties"]["alarm"]["items"]["properties"]["on"]["enum"][0], "device");
        assert_eq!(schema["properties"]["store"]["properties"]["max_size"]["type"], "string");
        assert_eq!(schema["additionalProperties"], false);
    }
}
