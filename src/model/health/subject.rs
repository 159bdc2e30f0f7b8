//! What a sensor is about, where a pane has to know: the words that a gauge's `class` may be.

/// Telephone exchanges: telephones, calls, trunks and their channels.
pub const VOICE: [&str; 15] = [
    "phones-registered",
    "phones-known",
    "phones-unregistered",
    "phones-rejected",
    "calls-active",
    "calls-most",
    "calls-failed",
    "calls-total",
    "trunk",
    "trunk-calls",
    "trunk-errors",
    "channel",
    "channels-used",
    "channels-most",
    "channels",
];

/// Power supplies: what comes in, what is stored, what goes out.
pub const POWER: [&str; 9] = ["source", "input", "output", "battery", "bypass", "alarms", "bank", "phase", "outlet"];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static str> {
    VOICE.into_iter().chain(POWER)
}
