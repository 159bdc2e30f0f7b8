//! The engine behind a Unix socket: whoever holds the store serves it, consoles of other processes attach to it.
//!
//! Start at [`protocol`] (greeting and messages), then `parts` (views as differences), `server` and `attached`.

pub(super) mod attached;
mod parts;
mod protocol;
pub(super) mod server;

pub(super) use protocol::Hosted;

#[cfg(test)]
mod tests;

/// Reads octets as everything that an end of the socket takes from the other before it trusts it: a greeting, what a console says, what an
/// engine says with its views. For fuzzing: it returns, whatever the octets are.
pub fn untrusted(octets: &[u8]) {
    if let Some((head, text)) = octets.split_first_chunk::<{ protocol::GREETING_HEAD }>()
        && let Ok((greeting, length)) = protocol::Greeting::decode_head(head)
    {
        let _one_or_a_stranger = greeting.with_text(text.get(..length).unwrap_or(text));
    }
    if let Some(said) = protocol::message::<protocol::FromConsole>(octets) {
        let _as_it_is_sent = protocol::frame(&said);
    }
    if let Some(protocol::FromEngine::View(_, _, patch)) = protocol::message(octets) {
        let mut parts = parts::Parts::default();
        let _a_view_or_unfit = parts.apply(patch).and_then(|()| parts.view());
    }
}
