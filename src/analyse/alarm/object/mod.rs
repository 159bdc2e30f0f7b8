//! What rules look at: objects with the columns of the filter language, a file for each kind. The names are those of the tables of the same
//! things on the screens, where there are such.

mod access_point;
mod device;
mod event;
mod gauge;
mod interface;
mod link;
mod own;

pub use access_point::AirObject;
pub use device::DeviceObject;
pub use event::EventObject;
pub use gauge::{GaugeObject, means};
pub use interface::{Importance, PortObject, Surroundings};
pub use link::{LinkObject, LinkSide};
pub use own::{CollectorObject, ExporterObject, LimitObject};

use crate::query::LOG_COLUMNS;
use crate::query::filter::{Column, Value};

/// A kind of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum On {
    Device,
    Interface,
    /// A sensor, a processor, memory, storage, a supply, PoE.
    Sensor,
    AccessPoint,
    Link,
    /// Something that happened, as the events' table has it.
    Event,
    /// A log line: syslog or a trap.
    Log,
    FlowExporter,
    /// A collector of noctop's own, or its store.
    Collector,
    /// A bound on what comes from outside.
    Limit,
}

impl On {
    /// All of them; the order is that of the numbers.
    pub const ALL: [Self; 10] = [
        Self::Device,
        Self::Interface,
        Self::Sensor,
        Self::AccessPoint,
        Self::Link,
        Self::Event,
        Self::Log,
        Self::FlowExporter,
        Self::Collector,
        Self::Limit,
    ];

    /// Its word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Interface => "interface",
            Self::Sensor => "sensor",
            Self::AccessPoint => "access-point",
            Self::Link => "link",
            Self::Event => "event",
            Self::Log => "log",
            Self::FlowExporter => "flow-exporter",
            Self::Collector => "collector",
            Self::Limit => "limit",
        }
    }

    /// By its word. A trap is a log line.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = if word == "trap" { Self::Log.word() } else { word };
        Self::ALL.into_iter().find(|on| on.word() == word)
    }

    /// What can be asked of one.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Device => device::COLUMNS,
            Self::Interface => interface::COLUMNS,
            Self::Sensor => gauge::COLUMNS,
            Self::AccessPoint => access_point::COLUMNS,
            Self::Link => link::COLUMNS,
            Self::Event => event::COLUMNS,
            Self::Log => LOG_COLUMNS,
            Self::FlowExporter => own::EXPORTER_COLUMNS,
            Self::Collector => own::COLLECTOR_COLUMNS,
            Self::Limit => own::LIMIT_COLUMNS,
        }
    }
}

/// Declares the columns of an object and how it answers, beside each other: names, kind, value.
macro_rules! columns {
    ($name:ident, $row:ident: $ty:ty { $( [$($names:literal),+] $kind:ident => $value:expr; )+ }) => {
        pub(super) const $name: &[$crate::query::filter::Column] = &[
            $( $crate::query::filter::Column { names: &[$($names),+], kind: $crate::query::filter::Kind::$kind } ),+
        ];
        impl $crate::query::filter::Row for $ty {
            fn value(&self, column: usize) -> $crate::query::filter::Value<'_> {
                let $row = self;
                let mut number = 0usize;
                $( if column == number { return $value; } number += 1; )+
                debug_assert!(column < number, "no column {column}");
                $crate::query::filter::Value::Unknown
            }
        }
    };
}
use columns;

const fn yes(is_so: bool) -> Value<'static> {
    Value::word(if is_so { "yes" } else { "no" })
}

fn word(word: Option<&'static str>) -> Value<'static> {
    word.map_or(Value::Unknown, Value::word)
}

fn owned(text: Option<String>) -> Value<'static> {
    text.map_or(Value::Unknown, |text| Value::Text(text.into()))
}

#[allow(clippy::cast_precision_loss, reason = "for comparison")]
fn whole(number: Option<u64>) -> Value<'static> {
    Value::number(number.map(|number| number as f64))
}

#[allow(clippy::cast_precision_loss, reason = "small counts")]
fn count(number: usize) -> Value<'static> {
    Value::Number(number as f64)
}
