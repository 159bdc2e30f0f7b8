//! `[[receiver]]` and `[[notify]]`: who is told about which alarms, by what way, when and when again.
//!
//! Typed and checked here; sending and timing are in `crate::notify`. Start at [`Notifications`], then `receiver` and `rule`
//! (how the tables are read), `filter` (which alarms) and `hours` (quiet hours).

mod filter;
mod hours;
mod receiver;
mod rule;
#[cfg(test)]
mod tests;

pub use filter::AlarmFilter;
pub use hours::Hours;

use super::read::Section;
use crate::model::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// Receivers and rules that are read at most: more are a mistake of whoever writes them.
const MOST: usize = 100;

/// Everything about telling people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notifications {
    /// `[[receiver]]`, all names different.
    pub receivers: Vec<Receiver>,
    /// `[[notify]]`; every one that matches an alarm counts.
    pub rules: Vec<NotifyRule>,
}

/// `[[receiver]]`
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// By what rules name it.
    pub name: String,
    /// How it is told.
    pub way: Way,
    /// How long one telling may take.
    pub timeout: Duration,
    /// How much it is told at most.
    pub rate: Rate,
    /// Which alarms it wants at all; `None` is all.
    pub only: Option<AlarmFilter>,
    /// Whether being told the same twice does no harm: what may have arrived before noctop ended is then told again.
    pub idempotent: bool,
    /// Line and column of it in the file.
    pub place: (usize, usize),
}

impl Receiver {
    /// Whether several alarms can be told in one: not where each opens an incident of its own.
    pub const fn takes_digests(&self) -> bool {
        !matches!(&self.way, Way::Webhook(hook) if matches!(hook.body, Shape::PagerDuty(_)))
    }
}

/// How a receiver is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// A program with its arguments, without a shell.
    Command(Vec<String>),
    /// An HTTP request.
    Webhook(Box<Webhook>),
    /// A mail.
    Mail(Box<Mail>),
}

impl Way {
    /// Its word in the configuration and on screens.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Webhook(_) => "webhook",
            Self::Mail(_) => "mail",
        }
    }
}

/// `kind = "webhook"`
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Where to; the address of a chat's webhook is a secret.
    pub url: Secret,
    /// The host and port in it, which may be shown.
    pub host: String,
    /// `POST` or `PUT`
    pub method: &'static str,
    /// More headers.
    pub headers: Vec<(String, Secret)>,
    /// What is sent.
    pub body: Shape,
    /// Media type of a template of one's own.
    pub content_type: String,
    /// A file of certificates that are trusted, instead of the system's.
    pub ca: Option<PathBuf>,
}

/// What a webhook is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// noctop's own document.
    Json,
    /// An incoming webhook of Slack, and of what understands the same.
    Slack,
    /// A workflow of Microsoft Teams: an adaptive card.
    Teams,
    /// PagerDuty's Events API v2; the integration's key.
    PagerDuty(Secret),
    /// One's own.
    Template(Template),
}

impl Shape {
    /// Its word in the configuration and on screens.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::PagerDuty(_) => "pagerduty",
            Self::Template(_) => "template",
        }
    }
}

/// A template in minijinja's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The text.
    pub text: String,
    /// Line and column in the file of what named it.
    pub place: (usize, usize),
}

/// `kind = "mail"`
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Name or address of the server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is made safe.
    pub tls: MailTls,
    /// Name and password.
    pub login: Option<(String, Secret)>,
    /// Who it is from.
    pub from: String,
    /// Who it is to.
    pub to: Vec<String>,
    /// What the server is greeted as.
    pub hello: String,
    /// Its subject; `None` is noctop's own.
    pub subject: Option<Template>,
    /// Its text; `None` is noctop's own.
    pub text: Option<Template>,
    /// A file of certificates that are trusted, instead of the system's.
    pub ca: Option<PathBuf>,
}

/// How a connection to a mail server is made safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// STARTTLS (RFC 3207); without it nothing is sent.
    StartTls,
    /// TLS from the first octet (RFC 8314 §3.3).
    Implicit,
    /// Not at all: for a relay on this host.
    None,
}

/// How much a receiver is told at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many.
    pub most: u32,
    /// In so long.
    pub within: Duration,
}

/// `[[notify]]`
#[derive(Clone, Debug, PartialEq)]
pub struct NotifyRule {
    /// What it is called.
    pub name: String,
    /// Which alarms; `None` is all.
    pub filter: Option<AlarmFilter>,
    /// Who is told when; never empty, in the order of `after`.
    pub steps: Vec<Step>,
    /// How often those who were told are told again while nobody cares for it.
    pub repeat: Option<Duration>,
    /// Whether those who were told are told when it clears.
    pub cleared: bool,
    /// How long an alarm stands before anybody is told: so long a cause may be found that explains it.
    pub delay: Duration,
    /// When nobody is to be woken.
    pub quiet: Option<Quiet>,
}

/// A step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Names of receivers.
    pub to: Vec<String>,
    /// How long after the alarm was raised.
    pub after: Duration,
    /// Whether it is left out once somebody cares for the alarm.
    pub unless_acknowledged: bool,
}

/// `quiet` of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiet {
    /// When.
    pub hours: Hours,
    /// Alarms that are told all the same.
    pub unless: Option<AlarmFilter>,
}

/// The part of the document.
pub(super) fn read(root: &Section<'_, '_>) -> Notifications {
    let mut receivers: Vec<Receiver> = Vec::new();
    let tables = root.tables("receiver");
    if let Some(beyond) = tables.get(MOST) {
        root.fault(beyond.start(), format!("there are more than {MOST} receivers"));
    }
    // A faulty receiver is known by its name: those who name it are not at fault.
    let mut names: Vec<String> = Vec::new();
    for section in tables.into_iter().take(MOST) {
        let name_at = section.raw("name").map_or(section.start(), |name| name.span().start);
        let name = section.raw("name").and_then(|name| name.get_ref().as_str()).map(str::to_owned);
        if name.as_ref().is_some_and(|name| names.contains(name)) {
            root.fault(name_at, format!("there are two receivers of the name {:?}", name.as_deref().unwrap_or_default()));
        }
        names.extend(name);
        receivers.extend(receiver::read(section));
    }
    let tables = root.tables("notify");
    if let Some(beyond) = tables.get(MOST) {
        root.fault(beyond.start(), format!("there are more than {MOST} rules of notification"));
    }
    let numbered = tables.into_iter().take(MOST).enumerate();
    let rules = numbered.filter_map(|(number, section)| rule::read(section, (number + 1, &names))).collect();
    Notifications { receivers, rules }
}
