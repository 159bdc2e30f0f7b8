//! Rows of wireless networks, in every format.

use super::*;
use crate::model::wireless::RadioName;
use crate::model::{ApStatus, DeviceId, MacAddr, Timestamp, WifiBand};
use crate::report::tabular::Format;
use crate::report::tabular::tests::{check_columns, written};

fn radio() -> view::RadioRow {
    let device = DeviceId::new("chassis:x");
    view::RadioRow {
        name: RadioName { controller: device.clone(), key: MacAddr([0; 6]), slot: None },
        controller_name: "wlc".to_owned(),
        ap: "ap\u{1b}[2J".to_owned(),
        site: None,
        status: ApStatus::Down,
        since: Some(Timestamp(0)),
        model: None,
        address: None,
        mac: None,
        band: None,
        channel: None,
        width_mhz: None,
        tx_power_dbm: None,
        utilisation_percent: None,
        noise_dbm: None,
        clients: None,
        retry_percent: Some(12.345_678),
        quality_percent: None,
        alone: false,
        in_bps: None,
        out_bps: None,
        co_channel: 0,
        uplink: Some(view::Uplink {
            device,
            device_name: "acc-1".to_owned(),
            port: Some("Gi1".to_owned()),
            by: "mac".to_owned(),
            next: None,
        }),
        sampled_at: Timestamp(0),
        stale: false,
        spark: Vec::new(),
    }
}

fn client() -> view::ClientRow {
    view::ClientRow {
        mac: MacAddr([2, 0, 0, 0, 0, 1]),
        name: None,
        user: Some("lee".to_owned()),
        address: Some("10.30.0.1".parse().unwrap()),
        ssid: None,
        radio: None,
        controller: DeviceId::new("chassis:x"),
        controller_name: "wlc".to_owned(),
        ap: None,
        site: None,
        band: Some(WifiBand::Ghz6),
        channel: None,
        rssi_dbm: Some(-60),
        snr_db: None,
        phy: None,
        rate_mbps: None,
        retry_percent: None,
        in_bps: None,
        out_bps: None,
        since: None,
        uplink: None,
        stale: false,
    }
}

#[test]
fn columns_are_what_is_serialised() {
    check_columns(&RadioRow::from(&radio()));
    check_columns(&ClientRow::from(&client()));
    check_columns(&AccessPointRow::all(&[radio()])[0]);
    let ssid = view::SsidRow {
        name: "corp".to_owned(),
        clients: Some(7),
        by_band: [Some(1), Some(6), None, None],
        access_points: 2,
        controllers: 1,
        in_bps: Some(1e6),
        out_bps: None,
        weak: 0,
        heard: 0,
    };
    check_columns(&SsidRow::from(&ssid));
    let channel = view::ChannelRow {
        band: WifiBand::Ghz5,
        channel: 36,
        radios: 2,
        clients: 9,
        utilisation_max: None,
        utilisation_mean: None,
        noise_max: None,
        retry_mean: None,
        crowded: Some(("b1".to_owned(), 2)),
        sites: 1,
    };
    check_columns(&ChannelRow::from(&channel));
}

#[test]
fn names_do_no_harm_and_what_is_not_known_is_empty() {
    let csv = written(Format::Csv, vec![RadioRow::from(&radio())]);
    assert!(csv.contains("ap\\x1b[2J,,,chassis:x,wlc,down") && csv.contains("12.346"), "{csv}");
}

#[test]
fn an_access_point_is_one_row_with_its_radios() {
    let on = |slot: u16, busy: Option<f64>, clients: Option<u32>| view::RadioRow {
        name: RadioName { slot: Some(slot), ..radio().name },
        status: ApStatus::Up,
        band: Some(WifiBand::Ghz5),
        utilisation_percent: busy,
        clients,
        ..radio()
    };
    let other = view::RadioRow { name: RadioName { key: MacAddr([9; 6]), ..radio().name }, ap: "ap-2".to_owned(), ..radio() };
    let rows = AccessPointRow::all(&[on(1, Some(88.0), Some(61)), other, on(0, None, Some(3))]);
    let told: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.radios.len(), row.clients)).collect();
    assert_eq!(told, [("ap\u{1b}[2J", 2, Some(64)), ("ap-2", 0, None)]);
    assert_eq!((rows[0].channel_utilisation_percent, rows[0].radios[0].band.as_deref()), (Some(88.0), Some("5GHz")));
    let unknown = AccessPointRow::all(&[on(1, None, Some(61)), on(0, None, None)]);
    assert_eq!(unknown[0].clients, None, "a sum with an unknown part is unknown");
    insta::assert_snapshot!("wireless-rows", written(Format::Ndjson, rows));
}
