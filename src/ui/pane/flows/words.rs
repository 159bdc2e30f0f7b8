//! Keys of flows in words: titles, what stands in a cell, what is added to a filter, and by what one looks next.

use crate::model::flow::{KeyValue, TopKey, services};

/// Fields of a filter on flows, as operators call them most (contract §6).
pub const FIELDS: [&str; 24] = [
    "src", "dst", "host", "net", "port", "srcport", "dstport", "proto", "app", "device", "if", "exporter", "vlan", "bps",
    "octets", "packets", "tos", "as", "srcas", "dstas", "inif", "outif", "mac", "country",
];

/// What flows can be summed up by on the screen: its name in the menu, and the keys. `b` goes through them.
pub const GROUPS: [(&str, &[TopKey]); 16] = [
    ("conversations", &[TopKey::Src, TopKey::Dst, TopKey::App]),
    ("hosts (either side)", &[TopKey::Address]),
    ("sources", &[TopKey::Src]),
    ("destinations", &[TopKey::Dst]),
    ("pairs of hosts", &[TopKey::Src, TopKey::Dst]),
    ("applications", &[TopKey::App]),
    ("protocols", &[TopKey::Protocol]),
    ("networks", &[TopKey::Net]),
    ("autonomous systems", &[TopKey::As]),
    ("interfaces", &[TopKey::Interface]),
    ("exporters", &[TopKey::Exporter]),
    ("VLANs", &[TopKey::Vlan]),
    ("DSCP", &[TopKey::Dscp]),
    ("MAC addresses", &[TopKey::Mac]),
    ("countries", &[TopKey::Country]),
    ("source and application", &[TopKey::Src, TopKey::App]),
];

/// The place of keys in the menu; conversations where they are none of it.
pub fn group_of(by: &[TopKey]) -> usize {
    GROUPS.iter().position(|(_, keys)| *keys == by).unwrap_or(0)
}

/// The keys as `--by` takes them: `src,dst,app`.
pub fn by_words(by: &[TopKey]) -> String {
    by.iter().map(|key| key.name()).collect::<Vec<_>>().join(",")
}

/// Keys by their words. Errors: the word that is none.
pub fn by_of(text: &str) -> Result<Vec<TopKey>, String> {
    match text.trim() {
        "" | "conversation" | "conv" => Ok(GROUPS.first().map(|(_, keys)| keys.to_vec()).unwrap_or_default()),
        text => text
            .split(',')
            .map(|word| TopKey::from_name(word.trim()).ok_or_else(|| format!("flows can't be summed up by `{}`", word.trim())))
            .collect(),
    }
}

/// By what one looks at what is behind a row.
pub fn next(by: &[TopKey]) -> &'static [TopKey] {
    match by {
        [TopKey::Address | TopKey::Mac | TopKey::SrcMac | TopKey::DstMac | TopKey::Port] => {
            &[TopKey::Src, TopKey::Dst, TopKey::App]
        }
        [TopKey::Src | TopKey::SrcNet] => &[TopKey::Dst, TopKey::App],
        [TopKey::Dst | TopKey::DstNet] => &[TopKey::Src, TopKey::App],
        [TopKey::Net | TopKey::Country | TopKey::SrcCountry | TopKey::DstCountry] => &[TopKey::Address],
        [TopKey::Src, TopKey::Dst] => &[TopKey::App],
        [TopKey::Src, TopKey::App] => &[TopKey::Dst],
        [TopKey::Dst, TopKey::App] => &[TopKey::Src],
        [TopKey::App | TopKey::As | TopKey::SrcAs | TopKey::DstAs | TopKey::Vlan] => &[TopKey::Src, TopKey::Dst],
        [TopKey::Protocol | TopKey::Dscp] => &[TopKey::App],
        [TopKey::Exporter | TopKey::Version] => &[TopKey::Interface],
        [TopKey::Interface | TopKey::InIf | TopKey::OutIf] => &[TopKey::Src, TopKey::Dst, TopKey::App],
        // A whole conversation: the ways that it takes.
        _ => &[TopKey::Exporter, TopKey::InIf, TopKey::OutIf],
    }
}

/// The title of a key's column.
pub const fn title(key: TopKey) -> &'static str {
    match key {
        TopKey::Address => "HOST",
        TopKey::Src => "SOURCE",
        TopKey::Dst => "DESTINATION",
        TopKey::SrcNet => "SOURCE NET",
        TopKey::DstNet => "DEST NET",
        TopKey::Net => "NETWORK",
        TopKey::App => "APP",
        TopKey::Port => "PORT",
        TopKey::Protocol => "PROTOCOL",
        TopKey::As => "AS",
        TopKey::SrcAs => "SOURCE AS",
        TopKey::DstAs => "DEST AS",
        TopKey::Exporter => "EXPORTER",
        TopKey::Interface => "INTERFACE",
        TopKey::InIf => "IN INTERFACE",
        TopKey::OutIf => "OUT INTERFACE",
        TopKey::Vlan => "VLAN",
        TopKey::Dscp => "DSCP",
        TopKey::Mac => "MAC",
        TopKey::SrcMac => "SOURCE MAC",
        TopKey::DstMac => "DEST MAC",
        TopKey::Country => "COUNTRY",
        TopKey::SrcCountry => "FROM",
        TopKey::DstCountry => "TO",
        TopKey::Version => "VERSION",
    }
}

/// A value in words, without its name.
pub fn value(key: TopKey, value: &KeyValue) -> String {
    match value {
        KeyValue::Unknown => "-".to_owned(),
        KeyValue::Address(address) | KeyValue::Exporter(address) => address.to_string(),
        KeyValue::Net(address, prefix) => format!("{address}/{prefix}"),
        KeyValue::Number(number) if matches!(key, TopKey::As | TopKey::SrcAs | TopKey::DstAs) => format!("AS{number}"),
        KeyValue::Number(number) if matches!(key, TopKey::InIf | TopKey::OutIf | TopKey::Interface) => format!("idx {number}"),
        KeyValue::Number(number) => number.to_string(),
        KeyValue::Service(protocol, 0) => protocol_word(*protocol),
        KeyValue::Service(protocol, port) => format!("{}/{port}", protocol_word(*protocol)),
        KeyValue::Interface(exporter, if_index) => format!("{exporter} idx {if_index}"),
        KeyValue::Mac(mac) => mac.to_string(),
        KeyValue::Word(word) => word.clone(),
    }
}

fn protocol_word(protocol: u8) -> String {
    services::protocol_name(protocol).map_or_else(|| format!("proto {protocol}"), str::to_owned)
}

/// What is added to a filter so that only this value passes; `None` where no filter says it.
pub fn term(key: TopKey, value: &KeyValue) -> Option<String> {
    let field = key.name();
    Some(match value {
        KeyValue::Unknown => return None,
        KeyValue::Address(address) => format!("{field}={address}"),
        KeyValue::Net(address, prefix) => match key {
            TopKey::SrcNet => format!("src:{address}/{prefix}"),
            TopKey::DstNet => format!("dst:{address}/{prefix}"),
            _ => format!("net:{address}/{prefix}"),
        },
        KeyValue::Number(number) => format!("{field}={number}"),
        KeyValue::Service(protocol, 0) => format!("proto={protocol}"),
        KeyValue::Service(protocol, port) => format!("proto={protocol} port={port}"),
        KeyValue::Exporter(address) => format!("exporter={address}"),
        KeyValue::Interface(exporter, if_index) => format!("exporter={exporter} {field}={if_index}"),
        KeyValue::Mac(mac) => format!("{field}={mac}"),
        KeyValue::Word(word) => format!("{field}={word}"),
    })
}

/// A filter with terms of a row added.
pub fn drilled(filter: &str, (by, keys): (&[TopKey], &[KeyValue])) -> String {
    let terms: Vec<String> = by.iter().zip(keys).filter_map(|(key, value)| term(*key, value)).collect();
    let before = filter.trim();
    let before = match before.contains(" or ") {
        true => format!("({before})"),
        false => before.to_owned(),
    };
    [before].into_iter().chain(terms).filter(|term| !term.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A row in few words: `10.0.0.1 > 10.0.0.2 https`, with names where there are some.
pub fn label(by: &[TopKey], (keys, names): (&[KeyValue], &[Option<String>]), arrow: &str) -> String {
    let mut words = String::new();
    for (at, (key, keyed)) in by.iter().zip(keys).enumerate() {
        let name = names.get(at).cloned().flatten().unwrap_or_else(|| value(*key, keyed));
        let between = match (at, key) {
            (0, _) => String::new(),
            (_, TopKey::Dst) => format!(" {arrow} "),
            _ => " ".to_owned(),
        };
        words.push_str(&between);
        words.push_str(&name);
    }
    words
}

/// TCP flags as nfdump writes them. Source: RFC 9293 §3.1, RFC 3168 §6.1.
pub fn flags(flags: u16) -> String {
    const LETTERS: [(u16, char); 8] =
        [(0x80, 'C'), (0x40, 'E'), (0x20, 'U'), (0x10, 'A'), (0x08, 'P'), (0x04, 'R'), (0x02, 'S'), (0x01, 'F')];
    LETTERS.iter().map(|(bit, letter)| if flags & bit == 0 { '.' } else { *letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(filter: &str, by: &[TopKey], keys: &[KeyValue], expected: &str) {
        let made = drilled(filter, (by, keys));
        assert_eq!(made, expected);
        assert!(crate::query::filter::parse(&made).is_ok(), "{made}");
    }

    #[test]
    fn a_drill_adds_what_the_row_is_about() {
        let host = |last: u8| KeyValue::Address([10, 0, 0, last].into());
        let port = KeyValue::Interface([10, 0, 0, 1].into(), 7);
        check("", &[TopKey::Src, TopKey::Dst], &[host(1), host(2)], "src=10.0.0.1 dst=10.0.0.2");
        check("app:https", &[TopKey::App], &[KeyValue::Service(17, 443)], "app:https proto=17 port=443");
        check("port=1 or port=2", &[TopKey::Vlan], &[KeyValue::Number(9)], "(port=1 or port=2) vlan=9");
        check("vlan=1", &[TopKey::Interface], &[port], "vlan=1 exporter=10.0.0.1 if=7");
        check("vlan=1", &[TopKey::As], &[KeyValue::Unknown], "vlan=1");
        check("", &[TopKey::Net], &[KeyValue::Net([10, 0, 0, 0].into(), 24)], "net:10.0.0.0/24");
    }

    #[test]
    fn every_group_leads_on_and_none_to_itself() {
        for (name, keys) in GROUPS {
            assert_ne!(next(keys), keys, "{name}");
            assert_eq!(by_of(&by_words(keys)).unwrap(), keys, "{name}");
        }
        assert_eq!(by_of("src,nonsense"), Err("flows can't be summed up by `nonsense`".to_owned()));
    }

    #[test]
    fn values_and_flags_read_as_operators_say_them() {
        assert_eq!(value(TopKey::App, &KeyValue::Service(6, 8081)), "tcp/8081");
        assert_eq!(value(TopKey::App, &KeyValue::Service(1, 0)), "icmp");
        assert_eq!(value(TopKey::SrcAs, &KeyValue::Number(64_500)), "AS64500");
        assert_eq!(value(TopKey::Vlan, &KeyValue::Unknown), "-");
        assert_eq!(flags(0x1b), "...AP.SF");
    }
}
