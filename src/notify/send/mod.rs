//! The ways to a receiver: each sends one letter once, in bounded time, and says what became of it.
//!
//! What is said of a failure goes to screens and into the journal: it never holds an address of a webhook or a password. Start at
//! [`Sender`].

mod command;
mod mail;
mod webhook;

use super::letter::Letter;
use super::template::{Place, render};
use crate::config::notify::{Receiver, Shape, Way};
use crate::model::text::visible;
use crate::net::client::Client;
use std::time::Duration;

/// Letters of a sentence about a failure.
const LONGEST_REASON: usize = 200;

/// Why a receiver did not take a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A sentence for people; no secret is in it.
    pub why: String,
    /// Whether to try again.
    pub again: Again,
}

/// Whether a letter is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Yes, and not before so long, where the receiver said so.
    Later(Option<Duration>),
    /// No: the same would be refused again.
    Never,
}

impl Failure {
    fn later(why: impl AsRef<str>) -> Self {
        Self { why: reason(why.as_ref()), again: Again::Later(None) }
    }

    fn never(why: impl AsRef<str>) -> Self {
        Self { why: reason(why.as_ref()), again: Again::Never }
    }
}

/// One line of a bounded length.
fn reason(why: &str) -> String {
    let line = why.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(LONGEST_REASON).collect();
    visible(&short).into_owned()
}

/// Sends to one receiver.
pub struct Sender {
    receiver: Receiver,
    client: Option<Client>,
}

impl Sender {
    /// Makes ready what every letter needs. Errors: a sentence, such as of a file of certificates that can't be read.
    pub fn new(receiver: Receiver) -> Result<Self, String> {
        let client = match &receiver.way {
            Way::Webhook(hook) => Some(Client::new(hook.ca.as_deref())?),
            Way::Command(_) | Way::Mail(_) => None,
        };
        Ok(Self { receiver, client })
    }

    /// Sends a letter once. Errors: why it was not taken. Cancel safety: none; it may have arrived.
    pub async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let timeout = self.receiver.timeout;
        let sent = async {
            match (&self.receiver.way, &self.client) {
                (Way::Command(argv), _) => command::send(argv, letter, timeout).await,
                (Way::Webhook(hook), Some(client)) => webhook::send(hook, client, letter).await,
                (Way::Webhook(_), None) => Err(Failure::never("there is no client")),
                (Way::Mail(mail), _) => mail::send(mail, letter, timeout).await,
            }
        };
        // A command ends its own time, with all that it started.
        let patience = if matches!(self.receiver.way, Way::Command(_)) { timeout.saturating_mul(2) } else { timeout };
        match tokio::time::timeout(patience, sent).await {
            Ok(sent) => sent,
            Err(_) => Err(Failure::later(format!("no answer in {} s", patience.as_secs_f64()))),
        }
    }
}

/// What is wrong with the templates and files of a receiver: line, column, sentence. `letters` are tried on them.
pub fn check(receiver: &Receiver, letters: &[Letter]) -> Vec<(usize, usize, String)> {
    let mut faults = Vec::new();
    let mut fault = |(line, column): (usize, usize), what: String| faults.push((line, column, what));
    match &receiver.way {
        Way::Command(_) => {}
        Way::Webhook(hook) => {
            if let Shape::Template(template) = &hook.body {
                let place = webhook::place(&hook.content_type);
                let wrong = letters.iter().find_map(|letter| render(&template.text, letter, place).err());
                wrong.into_iter().for_each(|what| fault(template.place, format!("template: {what}")));
            }
            Client::new(hook.ca.as_deref()).err().into_iter().for_each(|what| fault(receiver.place, what));
        }
        Way::Mail(mail) => {
            for template in [&mail.subject, &mail.text].into_iter().flatten() {
                let wrong = letters.iter().find_map(|letter| render(&template.text, letter, Place::Text).err());
                wrong.into_iter().for_each(|what| fault(template.place, format!("template: {what}")));
            }
            mail::check(mail).into_iter().for_each(|what| fault(receiver.place, what));
        }
    }
    faults
}
