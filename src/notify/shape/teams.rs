//! A workflow of Microsoft Teams: a message with an adaptive card.

use super::{LISTED, json, shown, tone};
use crate::notify::letter::{Item, Letter};
use serde_json::{Value, json};

/// The body.
pub fn write(letter: &Letter) -> String {
    let color = letter.first().map_or("default", |item| tone(item));
    let mut body = vec![plain(&letter.line(), (color, "Bolder"))];
    match letter.items.as_slice() {
        [only] => body.extend(facts(only)),
        several => {
            body.extend(several.iter().take(LISTED).map(|item| plain(&item.line(), (tone(item), "Default"))));
            let more = several.len().saturating_sub(LISTED);
            if more > 0 {
                body.push(plain(&format!("and {more} more"), ("default", "Default")));
            }
        }
    }
    body.push(plain(&letter.site, ("default", "Lighter")));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "body": body,
    });
    json::line(&json!({
        "type": "message",
        "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card }],
    }))
}

fn facts(item: &Item) -> Vec<Value> {
    shown(item).into_iter().map(|(name, value)| plain(&format!("{name}: {value}"), ("default", "Default"))).collect()
}

/// A line of text. The runs of a rich text block are not read as Markdown: what a device says makes no link.
fn plain(text: &str, (color, weight): (&str, &str)) -> Value {
    let text = crate::model::text::visible(text);
    let run = json!({ "type": "TextRun", "text": text, "color": color, "weight": weight });
    json!({ "type": "RichTextBlock", "inlines": [run] })
}
