//! Lines and what they say.

use super::*;
use proptest::prelude::*;

/// What a line brought, in words: `name{labels} @millis value` or `! reason`.
fn told(format: Format, line: &str) -> Vec<String> {
    octets_told(format, line.as_bytes())
}

fn octets_told(format: Format, line: &[u8]) -> Vec<String> {
    let mut told = Vec::new();
    LineReader::new(format).line(line, &mut |read| match read {
        Read::Refused(refusal, count) => told.push(format!("! {} {count}", refusal.0)),
        Read::Run(run) => {
            let Labels { name, .. } = format.labels(run.naming).unwrap();
            let labels: Vec<String> =
                format.labels(run.naming).unwrap().pairs().map(|(label, value)| format!("{label}={value}")).collect();
            assert_eq!(run.times.len(), run.values.len());
            let labels = labels.join(",");
            told.extend(run.times.iter().zip(run.values).map(|(at, value)| format!("{name}{{{labels}}} @{at} {value:?}")));
        }
    });
    told
}

fn check(format: Format, cases: &[(&str, &[&str])]) {
    for (line, expected) in cases {
        assert_eq!(told(format, line), *expected, "{line}");
    }
}

#[test]
fn openmetrics_and_prometheus_lines() {
    check(
        Format::OpenMetrics,
        &[
            ("up 1 1795132800", &["up{} @1795132800000 Whole(1)"]),
            ("up{instance=\"a:1\",job=\"\"} 0 1795132800123", &["up{instance=a:1} @1795132800123 Whole(0)"]),
            ("t{b=\"2\", a=\"x\\\"y\\\\z\\n}\",} -1.5 1795132800.0456", &["t{a=x\"y\\z\n},b=2} @1795132800046 Real(-1.5)"]),
            ("o 18446744073709551615 5", &["o{} @5000 Whole(18446744073709551615)"]),
            ("o 18446744073709551616 5.5", &["o{} @5500 Real(1.8446744073709552e19)"]),
            ("o -0 1.7e3", &["o{} @1700000 Real(-0.0)"]),
            ("o 1.795e3 -1.5", &["o{} @-1500 Whole(1795)"]),
            (
                "c_total{le=\"+Inf\"} 17 1795132800.0 # {trace=\"a b\"} 0.67 1795132799.9",
                &["c_total{le=+Inf} @1795132800000 Whole(17)"],
            ),
            ("{\"odd name\",x=\"1\"} 2 3", &["odd name{x=1} @3000 Whole(2)"]),
            ("# TYPE up gauge", &[]),
            ("   ", &[]),
            ("up NaN 1795132800", &["! not a number (NaN or null) 1"]),
            ("up +Inf 1795132800", &["! infinite value 1"]),
            ("up 1", &["! no timestamp 1"]),
            ("up 1 # {} 5", &["! no timestamp 1"]),
            ("up x 5", &["! malformed line 1"]),
            ("up{a=\"b\" 1 5", &["! malformed line 1"]),
            ("up 1 5 6", &["! malformed line 1"]),
            ("up 1 99999999999999999999", &["! timestamp out of range 1"]),
        ],
    );
}

#[test]
fn influx_lines() {
    check(
        Format::Influx,
        &[
            (
                "in_octets,device=sw0,ifIndex=3 value=5i 1795132800123000000",
                &["in_octets{device=sw0,ifIndex=3} @1795132800123 Whole(5)"],
            ),
            (
                "net,host=a in=1u,out=2.5 1795132800",
                &["net_in{host=a} @1795132800000 Whole(1)", "net_out{host=a} @1795132800000 Real(2.5)"],
            ),
            (
                "m\\ x,t\\,a=b\\=c f=-3i,g=t,h=\"a b,c=\\\" d\",i=1e3 1795132800123",
                &[
                    "m x_f{t,a=b=c} @1795132800123 Real(-3.0)",
                    "m x_g{t,a=b=c} @1795132800123 Whole(1)",
                    "! text value 1",
                    "m x_i{t,a=b=c} @1795132800123 Whole(1000)",
                ],
            ),
            ("m value=-9223372036854775808i 5", &["! number too large to be held exactly 1"]),
            ("m value=1", &["! no timestamp 1"]),
            ("m value 5", &["! malformed line 1"]),
            ("m", &["! malformed line 1"]),
            ("# a comment", &[]),
        ],
    );
}

#[test]
fn victoria_lines() {
    check(
        Format::Victoria,
        &[
            (
                "{\"metric\":{\"__name__\":\"in\",\"device\":\"sw\\u0030\"},\"values\":[1, 2.5 ,null,4],\"timestamps\":[1795132800123,1795132860000,1795132920000,1795132980000]}",
                &[
                    "in{device=sw0} @1795132800123 Whole(1)",
                    "in{device=sw0} @1795132860000 Real(2.5)",
                    "! not a number (NaN or null) 1",
                    "in{device=sw0} @1795132980000 Whole(4)",
                ],
            ),
            (
                "{\"timestamps\":[1795132800123],\"x\":{\"y\":[1,{\"z\":\"}\"}]},\"values\":[\"Infinity\"],\"metric\":{\"__name__\":\"a\"}}",
                &["! infinite value 1"],
            ),
            ("{\"metric\":{\"__name__\":\"a\"},\"values\":[],\"timestamps\":[]}", &[]),
            (
                "{\"metric\":{\"__name__\":\"a\"},\"values\":[1],\"timestamps\":[]}",
                &["! values and timestamps differ in number 1"],
            ),
            ("{\"metric\":{\"__name__\":\"a\"},\"values\":[1]}", &["! no timestamp 1"]),
            ("{\"metric\":{\"__name__\":\"a\"},\"values\":[1],\"timestamps\":[1795132800123]", &["! malformed line 1"]),
            ("{\"values\":[1],\"timestamps\":[1795132800123]}", &["! malformed line 1"]),
            ("[]", &["! malformed line 1"]),
        ],
    );
}

#[test]
fn octets_that_are_not_utf8_are_latin1() {
    assert_eq!(octets_told(Format::OpenMetrics, b"t{a=\"Z\xfcrich\"} 1 5"), ["t{a=Zürich} @5000 Whole(1)"]);
}

#[test]
fn a_format_is_known_by_its_first_line() {
    let cases: [(&str, Option<Format>); 9] = [
        ("# HELP a b\n# TYPE a gauge\n", Some(Format::OpenMetrics)),
        ("\n\na{b=\"x y=1\"} 5 6\n", Some(Format::OpenMetrics)),
        ("# a remark\na 5 6\n", Some(Format::OpenMetrics)),
        ("{\"odd name\",x=\"1\"} 2 3", Some(Format::OpenMetrics)),
        ("cpu,host=a usage=5 123\n", Some(Format::Influx)),
        ("cpu usage=5,text=\"a b\" 123\n", Some(Format::Influx)),
        ("{\"metric\":{\"__name__\":\"a\"},\"values\":[1]", Some(Format::Victoria)),
        ("<html>\n", None),
        ("", None),
    ];
    for (text, format) in cases {
        assert_eq!(Format::detect(text.as_bytes()), format, "{text}");
    }
}

/// A line near what the formats say, so that the readers get far into it.
fn near() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        Just("{\"metric\":{\"__name__\":\"a\"},\"values\":[1,2],\"timestamps\":[1795132800123,5]}"),
        Just("a{b=\"c\",d=\"e\\\"\"} 1 1795132800.123"),
        Just("m,t=a\\ b f=1i,g=\"x\" 1795132800123456789"),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just("\""),
        Just("\\"),
        Just(","),
        Just("="),
        Just(" "),
        Just("null"),
        Just("-"),
        Just("1e309"),
        Just("18446744073709551616"),
        Just("."),
        Just("#"),
        Just(":"),
    ];
    let text = prop::collection::vec(pieces, 0..9).prop_map(|pieces| pieces.concat().into_bytes());
    (text, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)).prop_map(|(mut text, changes)| {
        for (at, to) in changes {
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = to;
            }
        }
        text
    })
}

proptest! {
    #[test]
    fn lines_of_anything_never_panic(line in prop_oneof![near(), prop::collection::vec(any::<u8>(), 0..300)]) {
        let _ = Format::detect(&line);
        for format in [Format::OpenMetrics, Format::Influx, Format::Victoria] {
            LineReader::new(format).line(&line, &mut |read| if let Read::Run(run) = read {
                let _ = format.labels(run.naming);
            });
        }
    }

    #[test]
    fn numbers_come_through_exactly(whole: u64, real in any::<f64>()) {
        prop_assert_eq!(number::value(whole.to_string().as_bytes()), Ok(Number::Whole(whole)));
        if real.is_finite() {
            let back = match number::value(format!("{real:e}").as_bytes()).unwrap() {
                Number::Whole(whole) => whole as f64,
                Number::Real(real) => real,
            };
            prop_assert_eq!(back.to_bits(), real.to_bits());
        }
    }

    #[test]
    fn times_with_a_fraction_are_those_of_the_nearest_millisecond(millis in 0..4_000_000_000_000u64, further in 0..1000u32) {
        let text = format!("{}.{:03}{further:03}", millis / 1000, millis % 1000);
        prop_assert_eq!(number::time(text.as_bytes()), Ok(millis as i64 + i64::from(further >= 500)));
    }
}
