//! Heads that single makers put before their text. Each is tried in turn on what is left behind time and host.

use super::{digits, times, word};
use crate::model::log::{LogLine, LogSeverity};

/// Reads a head and gives what follows it; `None` where it is another's.
type Head = for<'a> fn(&'a str, &mut LogLine) -> Option<&'a str>;

const HEADS: [Head; 5] = [module_severity, topics, event_number, model_and_address, comma_separated];

/// The head of a maker, and what follows it.
pub(super) fn read<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    HEADS.iter().find_map(|head| head(text, line))
}

/// `%%01IFNET/4/IF_STATE(l)[12]:text` (Huawei VRP), `%%10IFNET/3/LINK_UPDOWN: text` (H3C Comware). The text keeps it, as with Cisco's.
fn module_severity<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    let rest = text.strip_prefix("%%")?;
    let rest = rest.get(2..).filter(|_| rest.bytes().take(2).all(|byte| byte.is_ascii_digit()))?;
    let (name, _) = rest.split_once(':')?;
    let mut parts = name.splitn(3, '/');
    let (module, severity, mnemonic) = (parts.next()?, parts.next()?, parts.next()?);
    let severity = digits::<u8>(severity, 1).and_then(LogSeverity::from_number)?;
    let mnemonic = mnemonic.split(['(', '[']).next().unwrap_or(mnemonic);
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !plain(module) || !plain(mnemonic) {
        return None;
    }
    line.severity = line.severity.or(Some(severity));
    line.app = word(module);
    line.message_id = word(&format!("{module}/{mnemonic}"));
    Some(text)
}

/// `system,error,critical login failure …` (MikroTik): topics, one of which says how bad it is.
fn topics<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    let (topics, rest) = text.split_once(' ')?;
    let plain = |topic: &str| !topic.is_empty() && topic.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !topics.contains(',') || !topics.split(',').all(plain) {
        return None;
    }
    let severity = topics.split(',').filter_map(LogSeverity::from_word).min()?;
    line.severity = line.severity.or(Some(severity));
    line.app = topics.split(',').next().and_then(word);
    line.message_id = word(topics);
    Some(rest.trim_start())
}

/// `00077 ports:  port 14 is now off-line` (HP ProCurve): the number of the event, and who says it.
fn event_number<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    let (number, rest) = text.split_once(' ')?;
    digits::<u32>(number, 5).filter(|_| number.len() == 5)?;
    let (app, rest) = rest.trim_start().split_once(':')?;
    if app.is_empty() || !app.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return None;
    }
    line.app = word(app);
    line.message_id = word(number);
    Some(rest.trim_start())
}

/// `U7PG2,f09fc2aabbcc,v4.3.28.11361: hostapd: …` (Ubiquiti): model, address and version in place of a host.
fn model_and_address<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    let (head, rest) = text.split_once(": ")?;
    let mut parts = head.split(',');
    let (model, address, _version) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some()
        || model.contains(' ')
        || address.len() != 12
        || !address.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return None;
    }
    let (app, rest) = rest.split_once(": ").filter(|(app, _)| !app.contains(' '))?;
    line.app = word(app);
    Some(rest)
}

/// `1,2026/11/22 11:45:33,SERIAL,SYSTEM,general,…` (Palo Alto): fields by their places. The text stays as it is.
fn comma_separated<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    let mut fields = text.split(',');
    let (_, time, _, kind, subtype) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let (own, rest) = times::take(time, line.received)?;
    if !rest.is_empty() || kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
        return None;
    }
    line.own = line.own.or(own);
    line.app = word(&kind.to_ascii_lowercase());
    line.message_id = word(subtype);
    Some(text)
}
