//! A mail by SMTP (RFC 5321) over TLS.

use super::Failure;
use crate::config::notify::{Mail, MailTls};
use crate::model::text::visible;
use crate::model::{NoticeKind, Timestamp};
use crate::net::client::ca_file;
use crate::notify::letter::Letter;
use crate::notify::shape::mail as shape;
use crate::notify::template::{Place, render};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::time::{Duration, UNIX_EPOCH};

/// Letters of a subject: longer ones are cut by those who show them.
const LONGEST_SUBJECT: usize = 200;

/// Sends it once, over a connection of its own.
pub(super) async fn send(mail: &Mail, letter: &Letter, timeout: Duration) -> Result<(), Failure> {
    let message = message(mail, letter).map_err(Failure::never)?;
    let transport = transport(mail, timeout).map_err(Failure::later)?;
    transport.send(message).await.map(drop).map_err(|error| failure(mail, &error))
}

fn failure(mail: &Mail, error: &Error) -> Failure {
    let mut why = format!("{}: {error}", mail.server);
    if let Some((_, password)) = &mail.login {
        why = why.replace(password.expose(), "***");
    }
    // Refused for good are the mail itself and its addresses; a login may be mended while it is tried (RFC 5321 §4.2.1).
    let code = error.status().map(|code| code.to_string());
    match code.as_deref() {
        Some("550" | "551" | "552" | "553" | "554" | "555") => Failure::never(why),
        _ => Failure::later(why),
    }
}

/// What is wrong with its addresses and certificates.
pub(super) fn check(mail: &Mail) -> Vec<String> {
    let addresses = std::iter::once(&mail.from).chain(&mail.to);
    let faults = addresses.filter_map(|address| mailbox(address).err());
    faults.chain(parameters(mail).err()).collect()
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|error| format!("{text:?} is no address of mail: {error}"))
}

fn transport(mail: &Mail, timeout: Duration) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = match mail.tls {
        MailTls::None => Tls::None,
        MailTls::StartTls => Tls::Required(parameters(mail)?),
        MailTls::Implicit => Tls::Wrapper(parameters(mail)?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server)
        .port(mail.port)
        .tls(tls)
        .timeout(Some(timeout))
        .hello_name(ClientId::Domain(mail.hello.clone()));
    if let Some((name, password)) = &mail.login {
        builder = builder.credentials(Credentials::new(name.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

fn parameters(mail: &Mail) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(mail.server.clone());
    if let Some(path) = &mail.ca {
        let unusable = |error: Error| format!("the certificates in {} can't be read: {error}", path.display());
        let certificates = Certificate::from_pem(&ca_file(path)?).map_err(unusable)?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificates);
    }
    builder.build().map_err(|error| format!("TLS can't be set up: {error}"))
}

/// The mail. Its id is the same whenever the same is told again, and all of one trouble stand in one thread.
fn message(mail: &Mail, letter: &Letter) -> Result<Message, String> {
    let write = |template: &Option<crate::config::notify::Template>, own: fn(&Letter) -> String| match template {
        Some(template) => render(&template.text, letter, Place::Text),
        None => Ok(own(letter)),
    };
    let subject: String = visible(write(&mail.subject, shape::subject)?.trim()).chars().take(LONGEST_SUBJECT).collect();
    let text = write(&mail.text, shape::text)?;
    let from = mailbox(&mail.from)?;
    let domain = from.email.domain().to_owned();
    let mut builder = Message::builder().from(from).subject(subject).date(UNIX_EPOCH + since_epoch(letter.at));
    builder = builder.message_id(Some(format!("<{}@{domain}>", letter.id())));
    for address in &mail.to {
        builder = builder.to(mailbox(address)?);
    }
    if let [only] = letter.items.as_slice()
        && only.kind != NoticeKind::Test
    {
        let thread = format!("<{}@{domain}>", only.thread(&letter.site));
        builder = builder.references(thread.clone()).in_reply_to(thread);
    }
    for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")] {
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned()));
    }
    builder.body(text).map_err(|error| format!("the mail can't be written: {error}"))
}

fn since_epoch(at: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0))
}
