//! Why something was not taken. Every refusal is counted by its word.

use crate::model::{Limit, limit};

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Refusal {
    Truncated,
    UnknownVersion,
    BadMessageLength,
    BadSetLength,
    BadRecordLength,
    BadTemplate,
    TemplateTooLarge,
    ReservedSet,
    TooManyExporters,
    TooManyTemplates,
    TooManyWaiting,
    WaitedTooLong,
    TooManySamplers,
    BadSample,
}

impl Refusal {
    /// All of them with their words, in the order of their numbers.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Truncated, "truncated"),
        (Self::UnknownVersion, "unknown-version"),
        (Self::BadMessageLength, "bad-message-length"),
        (Self::BadSetLength, "bad-set-length"),
        (Self::BadRecordLength, "bad-record-length"),
        (Self::BadTemplate, "bad-template"),
        (Self::TemplateTooLarge, "template-too-large"),
        (Self::ReservedSet, "reserved-set"),
        (Self::TooManyExporters, "too-many-exporters"),
        (Self::TooManyTemplates, "too-many-templates"),
        (Self::TooManyWaiting, "too-many-waiting"),
        (Self::WaitedTooLong, "waited-too-long"),
        (Self::TooManySamplers, "too-many-samplers"),
        (Self::BadSample, "bad-sample"),
    ];

    /// The bound that it is about.
    fn limit(self) -> Option<&'static Limit> {
        match self {
            Self::TooManyExporters => Some(&limit::FLOW_EXPORTERS),
            Self::TooManyTemplates => Some(&limit::FLOW_TEMPLATES),
            Self::TooManyWaiting => Some(&limit::FLOW_WAITING),
            Self::TooManySamplers => Some(&limit::FLOW_SAMPLERS),
            _ => None,
        }
    }

    /// The word that is shown.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(reason, _)| *reason == self).map_or("", |(_, word)| word)
    }
}

/// How often each reason was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused([u64; Refusal::ALL.len()]);

impl Refused {
    /// Once more.
    pub fn count(&mut self, reason: Refusal) {
        if let Some(count) = self.0.get_mut(reason as usize) {
            *count += 1;
        }
        if let Some(limit) = reason.limit() {
            limit.beyond(1);
        }
    }

    /// Those that were met, by word.
    pub fn by_word(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Refusal::ALL.iter().zip(self.0).filter(|(_, count)| *count > 0).map(|((_, word), count)| (*word, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_at_a_bound_is_counted_there() {
        let bounded = Refusal::ALL.iter().filter_map(|(reason, _)| Some((*reason, reason.limit()?)));
        let counts: Vec<bool> = bounded.map(|(reason, limit)| limit.during(|| Refused::default().count(reason)).1 > 0).collect();
        assert_eq!(counts, [true; 4]);
    }

    #[test]
    fn each_reason_is_counted_by_itself() {
        for (at, (reason, word)) in Refusal::ALL.iter().enumerate() {
            let mut refused = Refused::default();
            refused.count(*reason);
            assert_eq!((*reason as usize, reason.word()), (at, *word));
            assert_eq!(refused.by_word().collect::<Vec<_>>(), [(*word, 1)]);
        }
    }
}
