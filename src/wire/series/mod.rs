//! Series as other programs write them down: OpenMetrics text, InfluxDB line protocol, VictoriaMetrics JSON lines.
//!
//! Pure: a line in, samples out, one after the other. It must not know where series are kept or how they are named there. Every
//! reader is bounded by its line, refuses what it can't make sense of with a reason, and never panics. Start at [`Format`].

mod influx;
mod labels;
mod number;
mod openmetrics;
mod victoria;

pub use labels::Labels;
pub use number::Number;

/// Octets of a line at most: VictoriaMetrics writes all samples of a series, or 10,000 of them, in one.
pub const MAX_LINE: usize = 64 << 20;

/// Octets of what names a series at most; Prometheus and InfluxDB refuse such series as well.
pub const MAX_NAMING: usize = 16 << 10;

/// Labels of a series at most.
pub const MAX_LABELS: usize = 64;

/// Why something was refused, in words that are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Refusal(pub &'static str);

/// Not a line of the format.
pub const MALFORMED: Refusal = Refusal("malformed line");
/// Longer than [`MAX_LINE`].
pub const LINE_TOO_LONG: Refusal = Refusal("line too long");
/// [`MAX_NAMING`] or [`MAX_LABELS`] is exceeded.
pub const TOO_MANY_LABELS: Refusal = Refusal("too many or too long labels");
/// There is no time.
pub const NO_TIMESTAMP: Refusal = Refusal("no timestamp");
/// A time that can't be kept.
pub const BAD_TIMESTAMP: Refusal = Refusal("timestamp out of range");
/// NaN, null: no value.
pub const NOT_A_NUMBER: Refusal = Refusal("not a number (NaN or null)");
/// An infinity.
pub const INFINITE: Refusal = Refusal("infinite value");
/// Text, as InfluxDB may hold.
pub const TEXT: Refusal = Refusal("text value");
/// A whole number that no kind of number here holds exactly.
pub const BEYOND: Refusal = Refusal("number too large to be held exactly");
/// As many values as times there have to be.
pub const UNEVEN: Refusal = Refusal("values and timestamps differ in number");

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics, and Prometheus text with timestamps.
    OpenMetrics,
    /// InfluxDB line protocol.
    Influx,
    /// JSON lines of VictoriaMetrics (`/api/v1/export`).
    Victoria,
}

impl Format {
    /// By the first line that says something; `None` when nothing is like any of them.
    pub fn detect(text: &[u8]) -> Option<Self> {
        text.split(|byte| *byte == b'\n').find_map(Self::of_line)
    }

    fn of_line(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let first = line.first()?;
        // Prometheus 3 also writes `{"name", label="x"}`: that is no JSON object.
        if *first == b'{' && victoria::is_like(line) {
            return Some(Self::Victoria);
        }
        if *first == b'#' {
            let is_metadata = [&b"# TYPE "[..], b"# HELP ", b"# UNIT ", b"# EOF"].iter().any(|start| line.starts_with(start));
            return is_metadata.then_some(Self::OpenMetrics);
        }
        // A label's text may look like a field; no measurement looks like a metric with a number behind it.
        if openmetrics::is_like(line) {
            return Some(Self::OpenMetrics);
        }
        influx::is_like(line).then_some(Self::Influx)
    }

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenMetrics => "OpenMetrics text",
            Self::Influx => "InfluxDB line protocol",
            Self::Victoria => "VictoriaMetrics JSON lines",
        }
    }

    /// The labels of a series by what named it in a [`Run`].
    pub fn labels(self, naming: Naming<'_>) -> Result<Labels, Refusal> {
        match self {
            Self::OpenMetrics => openmetrics::labels(naming.series),
            Self::Influx => influx::labels(naming),
            Self::Victoria => victoria::labels(naming.series),
        }
    }
}

/// What names a series, as the line spells it: equal octets are one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming<'a> {
    /// The metric with its labels; the measurement with its tags; the JSON object.
    pub series: &'a [u8],
    /// The field, for InfluxDB; empty else.
    pub field: &'a [u8],
}

/// Samples of one series: as many times as values.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Whose.
    pub naming: Naming<'a>,
    /// When, milliseconds of the epoch.
    pub times: &'a [i64],
    /// What.
    pub values: &'a [Number],
}

/// What a reader hands over: samples, or how many were refused and why.
pub enum Read<'a> {
    /// To be kept.
    Run(Run<'a>),
    /// Not to be kept.
    Refused(Refusal, u64),
}

/// Reads lines of one format; keeps its working space between them.
pub struct LineReader {
    format: Format,
    times: Vec<i64>,
    values: Vec<Number>,
}

impl LineReader {
    /// Of a format.
    pub const fn new(format: Format) -> Self {
        Self { format, times: Vec::new(), values: Vec::new() }
    }

    /// The format.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Reads one line without its end. Comments and blank lines have nothing in them.
    pub fn line(&mut self, line: &[u8], take: &mut dyn FnMut(Read<'_>)) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        let read = match self.format {
            Format::OpenMetrics => openmetrics::line(line, take),
            Format::Influx => influx::line(line, take),
            Format::Victoria => victoria::line(line, (&mut self.times, &mut self.values), take),
        };
        if let Err(refusal) = read {
            take(Read::Refused(refusal, 1));
        }
    }
}

#[cfg(test)]
mod tests;
