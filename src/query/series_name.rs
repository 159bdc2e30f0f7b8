//! Names of series and ports (contract §5): `DEVICE/METRIC`, `DEVICE/INTERFACE/METRIC`, `DEVICE/INTERFACE`, each part
//! percent-encoded where it holds a slash or a percent sign. In place of the metric may stand `sensor:NAME`, or the name that
//! an imported metric brought.

use crate::model::series::{named_part, split_named_part};
use crate::model::text::visible;
use crate::model::{EntityKey, Metric};

/// A series as it was named. The device is an id, or a name where it is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesName {
    /// Device id or name.
    pub device: String,
    /// The interface's name, where it is one of an interface; of a series under a name of its own what
    /// [`named_part`] makes of both.
    pub part: Option<String>,
    /// What is measured; [`Metric::NamedGauge`] stands for all of [`Metric::NAMED`].
    pub metric: Metric,
}

/// Why a series name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesNameError {
    /// Not two or three parts.
    #[error("`{0}` is not DEVICE/METRIC or DEVICE/INTERFACE/METRIC (a slash within a part is written %2F)")]
    Shape(String),
    /// The last part is no name: control characters, or far too long.
    #[error("`{0}` is neither a metric nor the name of a sensor or an imported metric")]
    Metric(String),
    /// A percent sign that is not followed by two hexadecimal digits, or octets that are not UTF-8.
    #[error("`{0}` is not percent-encoded text")]
    Encoding(String),
}

/// Reads the name of a series.
///
/// Errors: what is wrong with it.
pub fn parse(text: &str) -> Result<SeriesName, SeriesNameError> {
    let parts: Vec<&str> = text.split('/').collect();
    let (device, part, metric) = match parts.as_slice() {
        [device, metric] => (decode(device)?, None, decode(metric)?),
        [device, part, metric] => (decode(device)?, Some(decode(part)?), decode(metric)?),
        _ => return Err(SeriesNameError::Shape(text.to_owned())),
    };
    match Metric::from_name(&metric) {
        Some(metric) => Ok(SeriesName { device, part, metric }),
        None if metric.len() > LONGEST_NAME || metric.chars().any(char::is_control) => {
            Err(SeriesNameError::Metric(visible(&metric).into_owned()))
        }
        None => Ok(SeriesName { device, part: Some(named_part(part.as_deref(), &metric)), metric: Metric::NamedGauge }),
    }
}

/// Octets of the longest name that a series may have of its own: names of sensors and of metrics are far shorter.
const LONGEST_NAME: usize = 512;

/// Reads `DEVICE/INTERFACE`, as manual links name a port.
///
/// Errors: what is wrong with it.
pub fn parse_port(text: &str) -> Result<(String, String), SeriesNameError> {
    match text.split_once('/') {
        Some((device, port)) if !port.contains('/') && !device.is_empty() && !port.is_empty() => {
            Ok((decode(device)?, decode(port)?))
        }
        _ => Err(SeriesNameError::Shape(text.to_owned())),
    }
}

/// The name of a series.
pub fn print(entity: &EntityKey, metric: Metric) -> String {
    let device = encode(entity.device.as_str());
    if let Some((interface, name)) = entity.part.as_deref().and_then(split_named_part) {
        let interface = interface.map(|interface| format!("{}/", encode(interface))).unwrap_or_default();
        return format!("{device}/{interface}{}", encode(name));
    }
    match &entity.part {
        Some(part) => format!("{device}/{}/{}", encode(part), metric.name()),
        None => format!("{device}/{}", metric.name()),
    }
}

/// A part with its slashes and percent signs encoded.
pub fn encode(part: &str) -> String {
    part.replace('%', "%25").replace('/', "%2F")
}

fn decode(part: &str) -> Result<String, SeriesNameError> {
    let bad = || SeriesNameError::Encoding(part.to_owned());
    if part.is_empty() {
        return Err(bad());
    }
    let mut octets = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok()).ok_or_else(bad)?;
            let hex = pair.bytes().all(|b| b.is_ascii_hexdigit());
            octets.push(u8::from_str_radix(pair, 16).ok().filter(|_| hex).ok_or_else(bad)?);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            octets.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(octets).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DeviceId;
    use proptest::prelude::*;

    #[test]
    fn slashes_in_port_names_are_encoded() {
        let name = parse("dist-1/Gi1%2F0%2F1/in_bps").unwrap();
        assert_eq!((name.device.as_str(), name.part.as_deref(), name.metric), ("dist-1", Some("Gi1/0/1"), Metric::InBps));
        assert_eq!(parse_port("core-1/Te1%2F1%2F1"), Ok(("core-1".to_owned(), "Te1/1/1".to_owned())));
    }

    #[test]
    fn what_is_not_a_series_is_refused_with_a_reason() {
        assert!(matches!(parse("core-1"), Err(SeriesNameError::Shape(_))));
        assert!(matches!(parse("core-1/Gi1/0/1/in_bps"), Err(SeriesNameError::Shape(_))));
        assert!(matches!(parse("core-1/in%01bps"), Err(SeriesNameError::Metric(_))));
        assert!(matches!(parse("core%2/rtt_ms"), Err(SeriesNameError::Encoding(_))));
        assert!(matches!(parse("/rtt_ms"), Err(SeriesNameError::Encoding(_))));
    }

    #[test]
    fn sensors_and_imported_metrics_have_names_of_their_own() {
        for (text, part) in [
            ("ups-1/sensor:Inlet %25 A", named_part(None, "sensor:Inlet % A")),
            ("core-1/Gi1%2F0%2F1/ifHCInOctets", named_part(Some("Gi1/0/1"), "ifHCInOctets")),
        ] {
            let name = parse(text).unwrap();
            assert_eq!((name.part.as_ref(), name.metric), (Some(&part), Metric::NamedGauge));
            let entity = EntityKey { device: DeviceId::new(&name.device), part: name.part };
            assert_eq!(print(&entity, Metric::NamedFloat), text);
        }
    }

    proptest! {
        #[test]
        fn names_round_trip(device in ".{1,12}", part in proptest::option::of("[^\\x01].{0,11}")) {
            let entity = EntityKey { device: DeviceId::new(&device), part: part.clone() };
            let read = parse(&print(&entity, Metric::OutPps)).unwrap();
            prop_assert_eq!(read, SeriesName { device, part, metric: Metric::OutPps });
        }
    }
}
