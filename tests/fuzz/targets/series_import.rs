//! Other programs' history: any octets as lines of each format.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::wire::series::{Format, LineReader, Read};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    let _any_or_none = Format::detect(data);
    for format in [Format::OpenMetrics, Format::Influx, Format::Victoria] {
        let mut reader = LineReader::new(format);
        for line in data.split(|octet| *octet == b'\n') {
            let (mut samples, mut refused) = (0, 0);
            reader.line(line, &mut |read| match read {
                Read::Run(run) => {
                    assert_eq!(run.times.len(), run.values.len());
                    samples += run.times.len();
                    if let Ok(labels) = format.labels(run.naming) {
                        let text: usize = labels.pairs().map(|(name, value)| name.len() + value.len()).sum();
                        assert!(text <= 4 * line.len() + 16, "{text} octets of labels out of {}", line.len());
                    }
                }
                Read::Refused(_, count) => refused += count,
            });
            assert!(samples as u64 + refused <= line.len() as u64 + 1);
        }
    }
}
