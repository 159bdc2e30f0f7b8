//! Messages of NetFlow v9 (RFC 3954) and IPFIX (RFC 7011): sets of templates, of options templates and of data.

use super::{Head, Template, put, short};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Form {
    V9,
    Ipfix,
}

/// The bit that says that an enterprise number follows (RFC 7011 §3.2).
const PRIVATE: u16 = 0x8000;

/// Octets of the header of a set.
const SET_HEADER: usize = 4;

/// What a FlowSet's length is a multiple of (RFC 3954 §5.3); IPFIX allows it (RFC 7011 §3.3.1).
const ALIGNMENT: usize = 4;

impl Form {
    const fn version(self) -> u16 {
        match self {
            Self::V9 => 9,
            Self::Ipfix => 10,
        }
    }

    /// Set ids of templates and of options templates.
    pub const fn set_ids(self) -> (u16, u16) {
        match self {
            Self::V9 => (0, 1),
            Self::Ipfix => (2, 3),
        }
    }

    /// Octets of a message's header.
    pub const fn header(self) -> usize {
        match self {
            Self::V9 => 20,
            Self::Ipfix => 16,
        }
    }
}

/// A message that is being written.
#[derive(Clone, Debug)]
pub struct Message {
    form: Form,
    head: Head,
    sets: Vec<u8>,
    /// Records of all sorts, which is what the header of v9 counts.
    records: u16,
}

impl Message {
    /// An empty message.
    pub const fn new(form: Form, head: Head) -> Self {
        Self { form, head, sets: Vec::new(), records: 0 }
    }

    /// What its header says.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Octets so far.
    pub const fn len(&self) -> usize {
        self.form.header() + self.sets.len()
    }

    /// Whether there is nothing in it yet.
    pub const fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// With a set as it is, whatever it holds.
    #[must_use]
    pub fn set(mut self, id: u16, content: &[u8]) -> Self {
        put(&mut self.sets, id.to_be_bytes());
        let padding = (ALIGNMENT - content.len() % ALIGNMENT) % ALIGNMENT;
        put(&mut self.sets, short(SET_HEADER + content.len() + padding).to_be_bytes());
        self.sets.extend_from_slice(content);
        self.sets.extend(std::iter::repeat_n(0, padding));
        self
    }

    /// With templates: those of flows in one set, those of options in another.
    #[must_use]
    pub fn templates(mut self, templates: &[&Template]) -> Self {
        let (plain, options) = self.form.set_ids();
        for (id, is_options) in [(plain, false), (options, true)] {
            let these = templates.iter().filter(|template| (template.scopes > 0) == is_options);
            let mut content = Vec::new();
            for template in these {
                self.records += 1;
                definition(self.form, template, &mut content);
            }
            if !content.is_empty() {
                self = self.set(id, &content);
            }
        }
        self
    }

    /// With the withdrawal of a template (RFC 7011 §8.1). One of id 2 (of options: 3) withdraws all of its sort.
    #[must_use]
    pub fn withdraw(mut self, template: &Template) -> Self {
        let (plain, options) = self.form.set_ids();
        let [high, low] = template.id.to_be_bytes();
        self.records += 1;
        self.set(if template.scopes > 0 { options } else { plain }, &[high, low, 0, 0])
    }

    /// With data records of a template, one set.
    #[must_use]
    pub fn data(mut self, template: &Template, rows: &[Vec<u8>]) -> Self {
        self.records += short(rows.len());
        self.set(template.id, &rows.concat())
    }

    /// The datagram.
    pub fn finish(self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(self.len());
        put(&mut octets, self.form.version().to_be_bytes());
        match self.form {
            Form::V9 => {
                put(&mut octets, self.records.to_be_bytes());
                put(&mut octets, self.head.up_time_ms.to_be_bytes());
            }
            Form::Ipfix => put(&mut octets, short(self.len()).to_be_bytes()),
        }
        put(&mut octets, self.head.unix_secs().to_be_bytes());
        put(&mut octets, self.head.sequence.to_be_bytes());
        put(&mut octets, self.head.domain.to_be_bytes());
        octets.extend_from_slice(&self.sets);
        octets
    }
}

/// A template as it is told: RFC 7011 §3.4, RFC 3954 §5.2 and §6.1.
fn definition(form: Form, template: &Template, octets: &mut Vec<u8>) {
    put(octets, template.id.to_be_bytes());
    let (fields, scopes) = (template.fields.len(), template.scopes);
    match (form, scopes) {
        (_, 0) => put(octets, short(fields).to_be_bytes()),
        (Form::Ipfix, _) => {
            put(octets, short(fields).to_be_bytes());
            put(octets, short(scopes).to_be_bytes());
        }
        // v9 counts octets here, not fields.
        (Form::V9, _) => {
            put(octets, short(scopes * 4).to_be_bytes());
            put(octets, short(fields.saturating_sub(scopes) * 4).to_be_bytes());
        }
    }
    for field in &template.fields {
        let private = form == Form::Ipfix && field.enterprise != 0;
        put(octets, (field.number | if private { PRIVATE } else { 0 }).to_be_bytes());
        put(octets, field.length.to_be_bytes());
        if private {
            put(octets, field.enterprise.to_be_bytes());
        }
    }
}
