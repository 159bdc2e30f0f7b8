//! Information elements of flow exporters, from `mibs/flow/*.toml`: IANA's, and those of vendors by their enterprise numbers.

use super::builtin;
use super::registry::MibFault;
use crate::model::flow::{Element, ElementKind, Elements};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A file of `mibs/flow`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementFile {
    /// Enterprise number; 0 is IANA.
    enterprise: u32,
    /// Where the facts come from.
    #[allow(dead_code, reason = "for who reads the file")]
    source: String,
    /// Number = `name kind` and, for most, `field`.
    elements: BTreeMap<String, String>,
}

/// What is built into the binary. Read once, on first use.
pub fn builtin() -> Arc<Elements> {
    static BUILTIN: OnceLock<Arc<Elements>> = OnceLock::new();
    // A line that can't be read would be left out; a test holds that none is.
    Arc::clone(BUILTIN.get_or_init(|| Arc::new(load(builtin::FLOW_FILES).0)))
}

/// The elements of some files, by name and text, and what is wrong with them.
pub fn load(files: &[(&str, &str)]) -> (Elements, Vec<MibFault>) {
    let (mut elements, mut faults) = (Elements::default(), Vec::new());
    for (name, text) in files {
        let mut fault = |what: String| faults.push(MibFault { file: (*name).to_owned(), what });
        let file: ElementFile = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                fault(error.to_string());
                continue;
            }
        };
        for (number, line) in &file.elements {
            match (number.parse(), element(line)) {
                (Ok(number), Some(element)) => {
                    if let Some(earlier) = elements.0.insert((file.enterprise, number), element) {
                        fault(format!("{number} is {} already", earlier.name));
                    }
                }
                _ => fault(format!("{number} = {line:?} is no number and \"name kind [field]\"")),
            }
        }
    }
    (elements, faults)
}

fn element(line: &str) -> Option<Element> {
    let mut words = line.split_ascii_whitespace();
    let (name, kind, field) = (words.next()?, words.next()?, words.next());
    let kind = ElementKind::deserialize(IntoDeserializer::<Error>::into_deserializer(kind)).ok()?;
    words.next().is_none().then(|| Element { name: name.to_owned(), kind, field: field.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_element_is_read_and_no_number_stands_twice() {
        let (elements, faults) = load(builtin::FLOW_FILES);
        assert_eq!(faults, []);
        assert!(elements.0.len() > 600, "{}", elements.0.len());
        let octets = elements.get(0, 1).unwrap();
        assert_eq!(
            (octets.name.as_str(), octets.kind, octets.field.as_deref()),
            ("octetDeltaCount", ElementKind::Unsigned, Some("octets"))
        );
    }

    #[test]
    fn a_line_that_says_nothing_is_a_fault_and_the_others_are_read() {
        let text = "enterprise = 1\nsource = \"x\"\n[elements]\n1 = \"a unsigned\"\n2 = \"b\"\n70000 = \"c unsigned\"\n";
        let (elements, faults) = load(&[("x.toml", text), ("y.toml", "enterprise = 1\n")]);
        assert_eq!((elements.0.len(), faults.len()), (1, 3));
    }
}
