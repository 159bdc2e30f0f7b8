//! What devices of a kind tell in tables of their own, as data: UPSes, PDUs, probes, telephone exchanges. A cell is a text, a number, or a
//! number that follows the day; for a while it may be another.

use super::file::TellFile;
use super::trouble::duration;
use crate::sim::hash::{between, mix, unit};

/// Cells of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Tell {
    /// Its name in `mibs/`.
    pub object: String,
    /// The indexes of its rows, ascending.
    pub rows: Vec<Vec<u32>>,
    /// What they are, by row; the last counts for all rows behind.
    said: Said,
    /// When they are something else.
    during: Vec<During>,
}

#[derive(Clone, Debug, PartialEq)]
enum Said {
    Texts(Vec<String>),
    Numbers(Vec<i64>),
    /// At night and at the height of the day.
    Day(f64, f64),
}

/// Other numbers for a while.
#[derive(Clone, Debug, PartialEq)]
struct During {
    /// The name of the device; `None` is all of the kind.
    device: Option<String>,
    /// The row; `None` is all.
    row: Option<usize>,
    /// Seconds before the scenario's moment.
    since: f64,
    /// Seconds; infinite lasts.
    took: f64,
    /// At its begin and at its end.
    from: f64,
    to: f64,
}

/// What a cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Cell<'a> {
    Text(&'a str),
    Number(i64),
}

/// Where and when a cell is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The name of the device.
    pub device: &'a str,
    /// What tells the device from others.
    pub chance: u64,
    /// Seconds since the epoch.
    pub at: f64,
    /// The scenario's moment, seconds since the epoch.
    pub moment: f64,
}

const DAY_SECS: f64 = 86_400.0;
/// When it is quietest, seconds of the day (UTC): the campus is in Seoul, where it is one at night.
const QUIETEST_SECS: f64 = 16.0 * 3600.0;
/// How long a bit of noise lasts.
const NOISE_SECS: f64 = 60.0;

impl Tell {
    /// From the file. Faults are added to `faults`.
    pub fn new(file: &TellFile, faults: &mut Vec<String>) -> Self {
        let mut fault = |what: String| faults.push(format!("{}: {what}", file.object));
        let row = |text: &String| text.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>();
        let rows: Result<Vec<Vec<u32>>, _> =
            if file.rows.is_empty() { Ok(vec![vec![0]]) } else { file.rows.iter().map(row).collect() };
        let rows = rows.unwrap_or_else(|_| {
            fault("rows are indexes such as 1.2".to_owned());
            Vec::new()
        });
        if rows.windows(2).any(|pair| matches!(pair, [before, after] if before >= after)) {
            fault("rows stand in ascending order".to_owned());
        }
        let said = match (&file.texts[..], &file.numbers[..], file.day) {
            (texts @ [_, ..], [], None) => Said::Texts(texts.to_vec()),
            ([], numbers @ [_, ..], None) => Said::Numbers(numbers.to_vec()),
            ([], [], Some([night, day])) => Said::Day(night, day),
            _ => {
                fault("one of texts, numbers and day is needed".to_owned());
                Said::Numbers(vec![0])
            }
        };
        let time = |text: &str| duration(text);
        let mut during = Vec::new();
        for other in &file.during {
            let took = other.took.as_deref().map_or(Some(f64::INFINITY), time);
            match (time(&other.since), took) {
                (Some(since), Some(took)) => during.push(During {
                    device: other.device.clone(),
                    row: other.row,
                    since,
                    took,
                    from: other.is,
                    to: other.to.unwrap_or(other.is),
                }),
                _ => fault("since and took are durations such as 3d4h".to_owned()),
            }
        }
        Self { object: file.object.clone(), rows, said, during }
    }

    /// When it becomes another on a device, and when it is as before again, seconds since the epoch.
    pub fn edges(&self, device: &str, moment: f64) -> impl Iterator<Item = f64> {
        let here: Vec<&During> = self.during.iter().filter(|during| during.is_on(device)).collect();
        here.into_iter().flat_map(move |during| {
            let from = moment - during.since;
            [Some(from), Some(from + during.took).filter(|to| to.is_finite())].into_iter().flatten()
        })
    }

    /// What a row says.
    pub fn cell(&self, row: usize, reading: Reading<'_>) -> Cell<'_> {
        if let Said::Texts(texts) = &self.said {
            return Cell::Text(texts.get(row).or_else(|| texts.last()).map_or("", String::as_str));
        }
        if let Some(during) = self.during.iter().find_map(|during| during.value(row, reading)) {
            return Cell::Number(whole(during));
        }
        match &self.said {
            Said::Numbers(numbers) => Cell::Number(numbers.get(row).or_else(|| numbers.last()).copied().unwrap_or(0)),
            Said::Day(night, day) => Cell::Number(whole(of_day((*night, *day), row, reading))),
            Said::Texts(_) => Cell::Text(""),
        }
    }
}

impl During {
    fn is_on(&self, device: &str) -> bool {
        self.device.as_deref().is_none_or(|own| own == device)
    }

    fn value(&self, row: usize, reading: Reading<'_>) -> Option<f64> {
        let into = reading.at - (reading.moment - self.since);
        let here = self.is_on(reading.device) && self.row.is_none_or(|own| own == row);
        let share = if self.took.is_finite() { into / self.took } else { 0.0 };
        (here && into >= 0.0 && into < self.took).then_some(self.from + (self.to - self.from) * share)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "figures of a device are small")]
const fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// Between what it is at night and at the height of the day, with a little noise; rows differ.
fn of_day((night, day): (f64, f64), row: usize, reading: Reading<'_>) -> f64 {
    let own = mix(reading.chance, row as u64);
    let height = 0.5 - 0.5 * ((reading.at - QUIETEST_SECS) / DAY_SECS * std::f64::consts::TAU).cos();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of minutes")]
    let noise = unit(mix(own, (reading.at / NOISE_SECS) as u64)) - 0.5;
    let level = (height * between(own, 0.8, 1.0) + 0.12 * noise).clamp(0.0, 1.0);
    night + (day - night) * level
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, device: &str, at: f64) -> Vec<i64> {
        let file: TellFile = toml::from_str(text).unwrap();
        let mut faults = Vec::new();
        let tell = Tell::new(&file, &mut faults);
        assert_eq!(faults, Vec::<String>::new(), "{text}");
        let reading = Reading { device, chance: 7, at, moment: 100_000.0 };
        let number = |row| match tell.cell(row, reading) {
            Cell::Number(number) => number,
            Cell::Text(text) => panic!("{text}"),
        };
        (0..tell.rows.len()).map(number).collect()
    }

    #[test]
    fn a_cell_is_another_for_a_while_on_one_device_and_one_row() {
        let text = "object = 'x'\nrows = ['1', '2']\nnumbers = [5, 6]\n\
                    during = [{ device = 'ups-1', row = 1, since = '100s', took = '50s', is = 100.0, to = 50.0 }]";
        assert_eq!(told(text, "ups-1", 99_899.0), [5, 6]);
        assert_eq!(told(text, "ups-1", 99_900.0), [5, 100]);
        assert_eq!(told(text, "ups-1", 99_925.0), [5, 75]);
        assert_eq!(told(text, "ups-1", 99_950.0), [5, 6]);
        assert_eq!(told(text, "ups-2", 99_925.0), [5, 6]);
    }

    #[test]
    fn its_changes_are_known() {
        let text = "object = 'x'\nnumbers = [5]\nduring = [{ device = 'a', since = '100s', took = '50s', is = 1.0 }, { since = '9s', is = 2.0 }]";
        let tell = Tell::new(&toml::from_str(text).unwrap(), &mut Vec::new());
        assert_eq!(tell.edges("a", 1000.0).collect::<Vec<_>>(), [900.0, 950.0, 991.0]);
        assert_eq!(tell.edges("b", 1000.0).collect::<Vec<_>>(), [991.0]);
    }

    #[test]
    fn what_follows_the_day_stays_between_night_and_day() {
        let text = "object = 'x'\nrows = ['1', '2']\nday = [10.0, 30.0]";
        let all: Vec<i64> = (0..96).flat_map(|quarter| told(text, "x", f64::from(quarter) * 900.0)).collect();
        assert!(all.iter().all(|value| (10..=30).contains(value)), "{all:?}");
        assert!(all.iter().any(|value| *value < 13) && all.iter().any(|value| *value > 25), "{all:?}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in
            ["object = 'x'", "object = 'x'\nnumbers = [1]\ntexts = ['a']", "object = 'x'\nrows = ['2', '1']\nnumbers = [1]"]
        {
            let mut faults = Vec::new();
            Tell::new(&toml::from_str(text).unwrap(), &mut faults);
            assert!(!faults.is_empty(), "{text}");
        }
    }
}
