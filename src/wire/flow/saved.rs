//! What a decoder knows of its exporters, kept over a restart: templates and samplers. Without it data is lost until an exporter sends
//! its templates again, which may take half an hour.

use super::Decoder;
use super::sampling::Samplers;
use super::template::{Kept, Shape, Template};
use crate::model::Timestamp;
use crate::model::flow::ExporterKey;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Changes with everything below it.
const VERSION: u16 = 1;

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u16,
    streams: Vec<SavedStream>,
}

#[derive(Serialize, Deserialize)]
struct SavedStream {
    key: ExporterKey,
    heard: Timestamp,
    templates: Vec<(u16, Timestamp, Shape)>,
    samplers: Samplers,
    system_init: Option<i64>,
}

/// Octets that are not what [`Decoder::save`] wrote, or what another version did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the templates of this version")]
pub struct NotSaved;

impl Decoder {
    /// Templates and samplers of all exporters that have any.
    pub fn save(&self) -> Vec<u8> {
        let streams = self.exporters.streams.iter().filter(|stream| !stream.templates.is_empty()).map(|stream| SavedStream {
            key: stream.key,
            heard: stream.heard,
            templates: (stream.templates.iter()).map(|(id, kept)| (*id, kept.seen, kept.template.shape.clone())).collect(),
            samplers: stream.samplers.clone(),
            system_init: stream.system_init,
        });
        // Nothing of it can't be written; if it were, nothing is saved.
        postcard::to_stdvec(&Saved { version: VERSION, streams: streams.collect() }).unwrap_or_default()
    }

    /// Takes over what was saved, within the limits; what is known already stays. Returns how many templates there were.
    ///
    /// # Errors
    /// The octets are not what [`Self::save`] wrote.
    pub fn restore(&mut self, octets: &[u8], sink: &mut impl super::Sink) -> Result<usize, NotSaved> {
        let saved: Saved = postcard::from_bytes(octets).map_err(|_| NotSaved)?;
        if saved.version != VERSION {
            return Err(NotSaved);
        }
        Ok(saved.streams.into_iter().map(|stream| self.restore_stream(stream, sink)).sum())
    }

    fn restore_stream(&mut self, saved: SavedStream, sink: &mut impl super::Sink) -> usize {
        let limits = &self.shared.limits;
        let Some((id, is_new)) = self.exporters.find(&saved.key, saved.heard, limits) else { return 0 };
        if is_new {
            sink.exporter(id, &saved.key);
        }
        let Some(stream) = self.exporters.streams.get_mut(id) else { return 0 };
        if is_new && saved.samplers.len() <= limits.samplers {
            stream.samplers = saved.samplers;
            stream.system_init = saved.system_init;
        }
        let mut count = 0;
        for (id, seen, shape) in saved.templates {
            let fields = self.shared.fields + shape.fields.len();
            let has_room = shape.fields.len() <= limits.template_fields
                && fields <= limits.all_fields
                && stream.templates.len() < limits.templates;
            if !has_room || stream.templates.contains_key(&id) {
                continue;
            }
            self.shared.fields = fields;
            stream.counts.templates += u64::from(stream.template_ids.insert(id));
            let template = Arc::new(Template::new(shape, &self.shared.elements, limits));
            stream.templates.insert(id, Kept { template, seen });
            count += 1;
        }
        count
    }
}
