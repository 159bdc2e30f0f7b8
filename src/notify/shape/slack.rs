//! Slack's incoming webhooks, and what understands the same (Mattermost, Rocket.Chat).

use super::{LISTED, json, shown, tone};
use crate::notify::letter::Letter;
use serde_json::{Value, json};

/// Slack takes so many letters in a field.
const LONGEST_FIELD: usize = 2000;

/// The body.
pub fn write(letter: &Letter) -> String {
    let attachments: Vec<Value> = match letter.items.as_slice() {
        [only] => {
            let fields = shown(only)
                .into_iter()
                .map(|(name, value)| json!({ "title": name, "value": safe(&value), "short": value.chars().count() < 40 }));
            let color = match tone(only) {
                "attention" => "danger",
                other => other,
            };
            vec![
                json!({ "color": color, "fallback": safe(&only.line()), "fields": fields.collect::<Vec<_>>(), "ts": only.since.secs() }),
            ]
        }
        several => {
            let lines: Vec<String> = several.iter().take(LISTED).map(|item| safe(&item.line())).collect();
            let more = several.len().saturating_sub(LISTED);
            let rest = if more > 0 { format!("\nand {more} more") } else { String::new() };
            let text: String = format!("{}{rest}", lines.join("\n")).chars().take(LONGEST_FIELD * 4).collect();
            vec![json!({ "color": "danger", "text": text })]
        }
    };
    let text = format!("{} · {}", safe(&letter.line()), safe(&letter.site));
    // What stands in the text is no markup, no mention and no link.
    json::line(&json!({ "text": text, "mrkdwn": false, "attachments": attachments }))
}

/// Text that Slack takes for text: `<!channel>` would call everybody.
fn safe(text: &str) -> String {
    let text = crate::model::text::visible(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").chars().take(LONGEST_FIELD).collect()
}
