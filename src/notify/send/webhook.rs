//! An HTTP request: any 2xx is taken; what is refused for what it says is not tried again, everything else is.

use super::{Again, Failure};
use crate::config::notify::{Shape, Webhook};
use crate::model::secret::Secret;
use crate::net::client::{Asked, Client, Reply};
use crate::notify::letter::Letter;
use crate::notify::shape::{json, pagerduty, slack, teams};
use crate::notify::template::{Place, render};

/// Asks once.
pub(super) async fn send(hook: &Webhook, client: &Client, letter: &Letter) -> Result<(), Failure> {
    let body = match &hook.body {
        Shape::Json => json::write(letter),
        Shape::Slack => slack::write(letter),
        Shape::Teams => teams::write(letter),
        Shape::PagerDuty(key) => pagerduty::write(letter, key),
        Shape::Template(template) => render(&template.text, letter, place(&hook.content_type)).map_err(Failure::never)?,
    };
    // Who keeps it sees that the same came twice (draft-ietf-httpapi-idempotency-key-header).
    let key = ("Idempotency-Key".to_owned(), Secret::new(format!("\"{}\"", letter.id())));
    let headers: Vec<(String, Secret)> = hook.headers.iter().cloned().chain([key]).collect();
    let asked = Asked { url: &hook.url, method: hook.method, content_type: &hook.content_type, headers: &headers, body };
    let reply = client.ask(asked).await.map_err(|why| Failure::later(format!("{}: {why}", hook.host)))?;
    judge(hook, &reply)
}

fn judge(hook: &Webhook, reply: &Reply) -> Result<(), Failure> {
    let Reply { status, retry_after, text } = reply;
    if (200..300).contains(status) {
        return Ok(());
    }
    // A reply may repeat what it was sent.
    let mut text = text.clone();
    let keys = [Some(&hook.url), if let Shape::PagerDuty(key) = &hook.body { Some(key) } else { None }];
    for secret in keys.into_iter().flatten().chain(hook.headers.iter().map(|(_, value)| value)) {
        text = text.replace(secret.expose(), "***");
        let path = secret.expose().split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
        text = path.filter(|path| path.len() > 3).map_or(text.clone(), |path| text.replace(path, "***"));
    }
    let said = if text.trim().is_empty() { String::new() } else { format!(": {text}") };
    let why = format!("{} answered {status}{said}", hook.host);
    Err(match status {
        // The same would be refused again. A key that is wrong may be mended while it is tried.
        400 | 405 | 406 | 411 | 413 | 415 | 422 => Failure::never(why),
        300..400 => Failure::later(format!("{} answered {status}: redirects are not followed", hook.host)),
        _ => Failure { again: Again::Later(*retry_after), ..Failure::later(why) },
    })
}

/// How a template's values are written for a media type.
pub(super) fn place(content_type: &str) -> Place {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || kind.ends_with("+json") { Place::Json } else { Place::Text }
}
