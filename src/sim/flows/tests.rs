//! What is written stands where the formats say, octet for octet.

use super::template::element;
use super::*;
use crate::model::flow::{FlowAddr, FlowRecord};

fn moment() -> Timestamp {
    Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap()
}

fn head() -> Head {
    Head { at: moment(), up_time_ms: 100_000, sequence: 7, domain: 0x0102 }
}

fn record() -> FlowRecord {
    FlowRecord {
        src: FlowAddr::v4(0x0a00_0001),
        dst: FlowAddr::v4(0x0a00_0002),
        octets: 1500,
        packets: 3,
        start: Timestamp(moment().0 - 5000),
        end: Timestamp(moment().0 - 1000),
        src_port: 443,
        dst_port: 50_000,
        protocol: 6,
        tcp_flags: 0x1b,
        in_if: 3,
        out_if: 7,
        vlan: 10,
        ..FlowRecord::default()
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Compares octets with hexadecimal text, in which blanks mean nothing.
#[track_caller]
fn check(octets: &[u8], expected: &str) {
    assert_eq!(hex(octets), expected.replace(char::is_whitespace, ""));
}

#[test]
fn v5_stands_as_its_table_says() {
    let six = FlowRecord { src: FlowAddr(1 << 100), ..record() };
    check(
        &v5::datagram(&head(), 100, &[record(), six]),
        "0005 0001 000186a0 6b02d940 00000000 00000007 0102 4064
         0a000001 0a000002 00000000 0003 0007 00000003 000005dc 00017318 000182b8 01bb c350 00 1b 06 00 0000 0000 00 00 0000",
    );
}

#[test]
fn v9_counts_records_and_fills_up_to_words() {
    let fields = [Field::of(element::PROTOCOL_IDENTIFIER, 1), Field::of(element::OCTET_DELTA_COUNT, 2)];
    let template = Template::new(256, &fields);
    let options = Template::options(257, 1, &[Field::of(template::scope::SYSTEM, 4), Field::of(element::SAMPLING_INTERVAL, 4)]);
    let message = Message::new(Form::V9, head()).templates(&[&template, &options]);
    let message = message.data(&template, &[template.flow(&head(), &record()), template.flow(&head(), &record())]);
    check(
        &message.finish(),
        "0009 0004 000186a0 6b02d940 00000007 00000102
         0000 0010 0100 0002 0004 0001 0001 0002
         0001 0014 0101 0004 0004 0001 0004 0022 0004 0000
         0100 000c 06 05dc 06 05dc 0000",
    );
}

#[test]
fn ipfix_says_its_length_and_lengths_of_fields() {
    let fields = [Field::of(element::INTERFACE_NAME, VARIABLE), Field::private(9, 5, VARIABLE)];
    let template = Template::options(300, 1, &fields);
    let long = "x".repeat(300);
    let row = template.values(&[Value::text("Te1/1"), Value::text(&long)]);
    let message = Message::new(Form::Ipfix, head()).templates(&[&template]).data(&template, &[row]).withdraw(&template);
    let octets = message.finish();
    assert_eq!((octets.len(), &octets[2..4]), (364, &364u16.to_be_bytes()[..]));
    check(
        &octets[..60],
        "000a 016c 6b02d940 00000007 00000102
         0003 0018 012c 0002 0001 0052 ffff 8005 ffff 00000009 0000
         012c 013c 05 5465312f31 ff012c 78787878787878",
    );
    check(&octets[356..], "0003 0008 012c 0000");
}

#[test]
fn sflow_is_padded_to_words_and_says_lengths() {
    let about = sflow::FlowSample { sequence: 1, source: 3, rate: 512, pool: 512, drops: 0, input: 3, output: 7 };
    let record = sflow::raw_header(1518, &[1, 2, 3]);
    let datagram = sflow::Datagram::new("10.0.0.9".parse().unwrap(), 0, 9, 100_000).flow(&about, &[record]);
    let length = datagram.len();
    let octets = datagram.finish();
    assert_eq!(octets.len(), length);
    check(
        &octets,
        "00000005 00000001 0a000009 00000000 00000009 000186a0 00000001
         00000001 0000003c 00000001 00000003 00000200 00000200 00000000 00000003 00000007 00000001
         00000001 00000014 00000001 000005ee 00000004 00000003 01020300",
    );
    let expanded = sflow::Datagram::new("2001:db8::1".parse().unwrap(), 0, 9, 1).expanded_flow(&about, &[]);
    check(
        &expanded.finish()[40..],
        "00000003 0000002c 00000001 00000000 00000003 00000200 00000200 00000000 00000000 00000003 00000000 00000007 00000000",
    );
}

#[test]
fn a_frame_has_its_headers_and_a_true_checksum() {
    let octets = frame::of(&record(), 1514, frame::SHOWN);
    assert_eq!(octets.len(), frame::SHOWN);
    check(&octets[..18], "000000000000 000000000000 8100 000a 0800");
    check(&octets[18..28], "4500 05d8 0000 4000 3d06");
    check(&octets[30..38], "0a000001 0a000002");
    let sum: u32 = octets[18..38].chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
    check(&octets[38..58], "01bb c350 00000000 00000000 501b ffff 0000 0000");
}
