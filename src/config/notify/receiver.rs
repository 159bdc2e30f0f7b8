//! One `[[receiver]]`: which keys each kind needs, and where secrets and templates come from.

use super::rule::filter;
use super::{Mail, MailTls, Rate, Receiver, Shape, Template, Way, Webhook};
use crate::config::read::Section;
use crate::config::value;
use crate::model::secret::Secret;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

/// A telling takes so long at most where nobody says otherwise: a slow mail server is done by then.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest that may be said.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(600);

/// What people are told at most: one in half a minute, after a first burst.
const PEOPLE: Rate = Rate { most: 20, within: Duration::from_secs(600) };
/// What programs are told at most; PagerDuty takes 120 a minute.
const PROGRAMS: Rate = Rate { most: 60, within: Duration::from_secs(60) };

/// The largest template.
const LARGEST_TEMPLATE: u64 = 64 << 10;

/// Where PagerDuty takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// Headers that the request itself makes.
const OWN_HEADERS: [&str; 6] = ["host", "content-length", "content-type", "transfer-encoding", "connection", "te"];

const KINDS: &str = "\"command\", \"webhook\" or \"mail\"";

/// The keys of each kind.
const COMMAND_KEYS: [&str; 1] = ["command"];
const WEBHOOK_KEYS: [&str; 5] = ["url", "method", "headers", "body", "key"];
const WEBHOOK_ONLY: [&str; 1] = ["content_type"];
const MAIL_KEYS: [&str; 9] = ["server", "port", "tls", "username", "password", "from", "to", "hello", "subject"];
const SHARED_KEYS: [&str; 3] = ["template", "template_file", "ca"];

/// Reads one; `None` where a fault was noted.
pub(super) fn read(section: Section<'_, '_>) -> Option<Receiver> {
    for key in ["name", "kind"] {
        if section.raw(key).is_none() {
            section.fault(
                section.start(),
                format!("a receiver needs {key}{}", if key == "kind" { format!(" = {KINDS}") } else { String::new() }),
            );
        }
    }
    let place = section.place(section.raw("name").map_or(section.start(), |name| name.span().start));
    let name = section.get("name", value::text);
    let kind = section.get("kind", value::text);
    let timeout = section.get("timeout", timeout).unwrap_or(TIMEOUT);
    let only = section.get("only", filter);
    let (rate, idempotent) = (section.get("rate", rate), section.get("idempotent", value::yes_or_no));
    let way = way(&section, kind.as_deref());
    section.finish();
    let (name, way) = (name?, way?);
    let to_program = matches!(&way, Way::Webhook(hook) if matches!(hook.body, Shape::PagerDuty(_) | Shape::Json))
        || matches!(way, Way::Command(_));
    let is_pagerduty = matches!(&way, Way::Webhook(hook) if matches!(hook.body, Shape::PagerDuty(_)));
    let rate = rate.unwrap_or(if to_program { PROGRAMS } else { PEOPLE });
    Some(Receiver { name, way, timeout, rate, only, idempotent: idempotent.unwrap_or(is_pagerduty), place })
}

fn way(section: &Section<'_, '_>, kind: Option<&str>) -> Option<Way> {
    match kind {
        Some("command") => {
            refuse(section, (&[&WEBHOOK_KEYS, &WEBHOOK_ONLY, &MAIL_KEYS, &SHARED_KEYS], "a command"));
            command(section)
        }
        Some("webhook") => {
            refuse(section, (&[&COMMAND_KEYS, &MAIL_KEYS], "a webhook"));
            webhook(section).map(|hook| Way::Webhook(Box::new(hook)))
        }
        Some("mail") => {
            refuse(section, (&[&COMMAND_KEYS, &WEBHOOK_KEYS, &WEBHOOK_ONLY], "mail"));
            mail(section).map(|mail| Way::Mail(Box::new(mail)))
        }
        other => {
            if let (Some(other), Some(place)) = (other, section.raw("kind")) {
                section.fault(place.span().start, format!("receiver.kind: {other:?} is none of {KINDS}"));
            }
            // What belongs to it can't be told.
            [&COMMAND_KEYS[..], &WEBHOOK_KEYS, &WEBHOOK_ONLY, &MAIL_KEYS, &SHARED_KEYS].concat().into_iter().for_each(|key| {
                let _known = section.raw(key);
            });
            None
        }
    }
}

/// Keys of other kinds.
fn refuse(section: &Section<'_, '_>, (keys, kind): (&[&[&'static str]], &str)) {
    for key in keys.iter().flat_map(|keys| keys.iter()) {
        if let Some(place) = section.raw(key) {
            section.fault(place.span().start, format!("{key} does not belong to {kind}"));
        }
    }
}

/// Notes which of these keys are missing.
fn need(section: &Section<'_, '_>, kind: &str, keys: &[&'static str]) {
    for key in keys {
        if section.raw(key).is_none() {
            section.fault(section.start(), format!("{kind} needs {key}"));
        }
    }
}

fn command(section: &Section<'_, '_>) -> Option<Way> {
    need(section, "a receiver of the kind \"command\"", &["command"]);
    let place = section.raw("command")?.span().start;
    let argv = section.list("command", argument);
    if argv.first().is_none_or(String::is_empty) {
        section.fault(place, "receiver.command: it names no program: a list of the program and its arguments, such as [\"/usr/local/bin/page\", \"noc\"]");
        return None;
    }
    Some(Way::Command(argv))
}

fn argument(value: &DeValue<'_>) -> Result<String, String> {
    let text = value::any_text(value)?;
    if text.contains('\0') { Err("an argument holds no NUL".to_owned()) } else { Ok(text) }
}

fn webhook(section: &Section<'_, '_>) -> Option<Webhook> {
    let body = body(section);
    if !matches!(body, Some(Shape::PagerDuty(_))) {
        need(section, "a webhook", &["url"]);
    }
    let url = match section.raw("url") {
        Some(value) => url(section, value),
        None => url_of(PAGERDUTY).ok(),
    };
    let method = section.get("method", method).unwrap_or("POST");
    let headers = headers(section);
    let content_type = section.get("content_type", content_type);
    if let (Some(place), false) = (section.raw("content_type"), matches!(body, Some(Shape::Template(_)) | None)) {
        section.fault(place.span().start, "content_type belongs to a template of one's own");
    }
    let ca = section.get("ca", value::path);
    let (url, host) = url?;
    let content_type = content_type.unwrap_or_else(|| "application/json".to_owned());
    Some(Webhook { url, host, method, headers, body: body?, content_type, ca })
}

/// `body`, or the template that stands instead of it.
fn body(section: &Section<'_, '_>) -> Option<Shape> {
    let (word, template) = (section.get("body", value::text), template(section));
    let key = section.secret("key");
    if let (Some(place), true) = (section.raw("key"), word.as_deref() != Some("pagerduty")) {
        section.fault(place.span().start, "key belongs to body = \"pagerduty\"");
    }
    let place = section.raw("body").map_or(section.start(), |body| body.span().start);
    if word.is_some() && (section.raw("template").is_some() || section.raw("template_file").is_some()) {
        section.fault(place, "a webhook has either body or a template");
    }
    match word.as_deref() {
        None if section.raw("template").is_some() || section.raw("template_file").is_some() => template.map(Shape::Template),
        None | Some("json") => Some(Shape::Json),
        Some("slack") => Some(Shape::Slack),
        Some("teams") => Some(Shape::Teams),
        Some("pagerduty") => {
            need(section, "body = \"pagerduty\"", &["key"]);
            key.map(Shape::PagerDuty)
        }
        Some(other) => {
            section.fault(place, format!("receiver.body: {other:?} is none of json slack teams pagerduty"));
            None
        }
    }
}

/// `template`, or what stands in `template_file`.
fn template(section: &Section<'_, '_>) -> Option<Template> {
    let (inline, file) = (section.raw("template"), section.raw("template_file"));
    if let (Some(_), Some(place)) = (inline, file) {
        section.fault(place.span().start, "there is either template or template_file");
    }
    let text = section.get("template", value::text).or_else(|| section.get("template_file", template_file))?;
    let place = section.place(inline.or(file)?.span().start);
    Some(Template { text, place })
}

fn template_file(value: &DeValue<'_>) -> Result<String, String> {
    use std::io::Read as _;
    let path = value::text(value)?;
    let unreadable = |error: std::io::Error| format!("the template {path} can't be read: {error}");
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(LARGEST_TEMPLATE + 1).read_to_string(&mut text).map_err(unreadable)?;
    match text.len() as u64 {
        0 => Err(format!("the template {path} is empty")),
        length if length > LARGEST_TEMPLATE => Err(format!("the template {path} is larger than {} KiB", LARGEST_TEMPLATE >> 10)),
        _ => Ok(text),
    }
}

fn headers(section: &Section<'_, '_>) -> Vec<(String, Secret)> {
    let Some(value) = section.raw("headers") else { return Vec::new() };
    let Some(table) = value.get_ref().as_table() else {
        section.fault(value.span().start, "receiver.headers: a table is wanted: { NAME = \"VALUE\" }");
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in table {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let text = name.get_ref().as_ref();
        if text.is_empty() || !text.chars().all(is_token) || OWN_HEADERS.contains(&text.to_ascii_lowercase().as_str()) {
            section.fault(name.span().start, format!("receiver.headers: {text:?} is no header that can be set"));
            continue;
        }
        let is_plain = |secret: &Secret| secret.expose().chars().all(|c| c == ' ' || c.is_ascii_graphic());
        match section.secret_at(&format!("receiver.headers.{text}"), value) {
            Some((secret, _)) if is_plain(&secret) => headers.push((text.to_owned(), secret)),
            Some(_) => section.fault(value.span().start, format!("receiver.headers: the value of {text} is not printable ASCII")),
            None => {}
        }
    }
    headers
}

fn url<'i>(section: &Section<'_, 'i>, value: &Spanned<DeValue<'i>>) -> Option<(Secret, String)> {
    let (secret, _) = section.secret_at("receiver.url", value)?;
    url_of(secret.expose()).map_err(|what| section.fault(value.span().start, format!("receiver.url: {what}"))).ok()
}

/// An address of a webhook, and the host in it. Errors: a sentence without the address, which may be a secret.
fn url_of(text: &str) -> Result<(Secret, String), String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| "it begins with neither https:// nor http://".to_owned())?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err("it holds what is no printable ASCII: write it percent-encoded".to_owned());
    }
    if authority.contains('@') {
        return Err("it holds a name or password: put them into headers".to_owned());
    }
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => {
            if port.parse::<u16>().is_err() {
                return Err("its port is no number from 1 to 65535".to_owned());
            }
            name
        }
        _ => authority,
    };
    let plain = name.trim_start_matches('[').trim_end_matches(']');
    if plain.is_empty() || !plain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%')) {
        return Err("it names no host".to_owned());
    }
    Ok((Secret::new(text), authority.to_owned()))
}

fn method(value: &DeValue<'_>) -> Result<&'static str, String> {
    match value::text(value)?.as_str() {
        "POST" => Ok("POST"),
        "PUT" => Ok("PUT"),
        other => Err(format!("{other:?} is neither \"POST\" nor \"PUT\"")),
    }
}

fn content_type(value: &DeValue<'_>) -> Result<String, String> {
    let text = value::text(value)?;
    let looks_right = text.contains('/') && text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    if looks_right { Ok(text) } else { Err(format!("{text:?} is no media type such as \"application/json\"")) }
}

fn mail(section: &Section<'_, '_>) -> Option<Mail> {
    need(section, "mail", &["server", "from", "to"]);
    let server = section.get("server", host);
    let tls = section.get("tls", tls).unwrap_or(MailTls::StartTls);
    let port = section.get("port", value::port).unwrap_or(match tls {
        // RFC 6409 §3.1, RFC 8314 §7.3, RFC 5321 §4.5.4.2
        MailTls::StartTls => 587,
        MailTls::Implicit => 465,
        MailTls::None => 25,
    });
    let login = login(section, tls);
    let from = section.get("from", mailbox);
    let to = section.list("to", mailbox);
    if let (Some(place), true) = (section.raw("to"), to.is_empty()) {
        section.fault(place.span().start, "receiver.to: it names nobody");
    }
    let subject = section.raw("subject").and_then(|value| {
        Some(Template { text: section.get("subject", value::text)?, place: section.place(value.span().start) })
    });
    let (hello, text, ca) = (section.get("hello", host), template(section), section.get("ca", value::path));
    let from = from?;
    let domain = from.trim_end_matches('>').rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
    Some(Mail { server: server?, port, tls, login, from, to, hello: hello.unwrap_or(domain), subject, text, ca })
}

/// Name and password: both or neither, and never in the open.
fn login(section: &Section<'_, '_>, tls: MailTls) -> Option<(String, Secret)> {
    let (name, password) = (section.get("username", value::text), section.secret("password"));
    match (section.raw("username"), section.raw("password")) {
        (Some(place), None) => section.fault(place.span().start, "username needs password"),
        (None, Some(place)) => section.fault(place.span().start, "password needs username"),
        (Some(place), Some(_)) if tls == MailTls::None => {
            section.fault(place.span().start, "a password is not sent in the open: tls = \"starttls\" or \"implicit\"");
        }
        _ => {}
    }
    name.zip(password)
}

fn tls(value: &DeValue<'_>) -> Result<MailTls, String> {
    match value::text(value)?.as_str() {
        "starttls" => Ok(MailTls::StartTls),
        "implicit" => Ok(MailTls::Implicit),
        "none" => Ok(MailTls::None),
        other => Err(format!("{other:?} is none of starttls implicit none")),
    }
}

fn host(value: &DeValue<'_>) -> Result<String, String> {
    let text = value::text(value)?;
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    // A password may have been written with it.
    if plain { Ok(text) } else { Err("this is no name of a host".to_owned()) }
}

/// `noc@example.net` or `NOC <noc@example.net>`; the mail's own reader looks closer.
fn mailbox(value: &DeValue<'_>) -> Result<String, String> {
    let text = value::text(value)?;
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').unwrap_or_default(),
        None => &text,
    };
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>,;\"".contains(c));
    let looks_right = address.split_once('@').is_some_and(|(user, domain)| plain(user) && plain(domain) && !domain.contains('@'));
    if looks_right && !text.chars().any(char::is_control) {
        Ok(text)
    } else {
        Err(format!("{text:?} is no address of mail such as \"noc@example.net\" or \"NOC <noc@example.net>\""))
    }
}

fn timeout(value: &DeValue<'_>) -> Result<Duration, String> {
    let timeout = value::duration(value)?;
    if timeout > LONGEST_TIMEOUT { Err("longer than 10m nobody waits".to_owned()) } else { Ok(timeout) }
}

/// `20/10m`
fn rate(value: &DeValue<'_>) -> Result<Rate, String> {
    let text = value::text(value)?;
    let read = || {
        let (most, within) = text.split_once('/')?;
        let most = most.trim().parse::<u32>().ok().filter(|most| (1..=100_000).contains(most))?;
        Some(Rate { most, within: value::parse_duration(within.trim()).ok()? })
    };
    read().ok_or_else(|| format!("{text:?} is not COUNT/TIME such as \"20/10m\""))
}
