//! The Wireless screen: two floors with something wrong on one of them, a name that would harm a terminal, and Korean.

use super::fixture::{Network, ago, handle, id, now};
use super::golden::{drawn, state};
use noctop::model::switching::{PoePort, PoeStatus};
use noctop::model::wireless::Phy;
use noctop::model::wireless::RadioName;
use noctop::model::{ApStatus, MacAddr, WifiBand};
use noctop::query::{Screen, ViewRequest, WirelessPart};
use noctop::state::view::Table;
use noctop::state::view::wireless::rows::{
    ChainStep, ChannelRow, ClientRow, CoChannel, PlanCell, RadioDetail, RadioRow, SitePlan, SsidRow, Uplink, WirelessSummary,
    WirelessView,
};
use noctop::ui::{Depth, GlyphSet, Lang, ThemeName, shot};

fn key(number: u8) -> MacAddr {
    MacAddr([0x70, 0x0f, 0x6a, 0, 3, number])
}

fn uplink(number: u8) -> Uplink {
    let by = if number == 12 { "lldp" } else { "mac" };
    Uplink {
        device: id("acc-b1-02"),
        device_name: "acc-b3-02".to_owned(),
        port: Some(format!("Gi1/0/{number}")),
        by: by.to_owned(),
        next: Some((id("acc-b1-02"), "acc-b3-02".to_owned(), "Po1".to_owned())),
    }
}

type Told = (u8, &'static str, Option<(u16, WifiBand, u16, u16)>, [f64; 4], u32);

/// Number, site, radio (slot, band, channel, width), busy noise retry tx, clients.
const TOLD: [Told; 9] = [
    (1, "b2 f1", None, [0.0; 4], 0),
    (12, "b3 f4", Some((1, WifiBand::Ghz5, 149, 80)), [88.0, -91.0, 22.0, 17.0], 61),
    (12, "b3 f4", Some((0, WifiBand::Ghz2, 6, 20)), [64.0, -79.0, 31.0, 14.0], 14),
    (3, "b3 f4", Some((1, WifiBand::Ghz5, 36, 40)), [41.0, -94.0, 4.0, 15.0], 11),
    (4, "b3 f4", Some((1, WifiBand::Ghz5, 149, 80)), [37.0, -93.0, 6.0, 14.0], 9),
    (4, "b3 f4", Some((2, WifiBand::Ghz6, 37, 160)), [4.0, -96.0, 1.0, 20.0], 3),
    (5, "b3 f3", Some((1, WifiBand::Ghz5, 161, 80)), [22.0, -95.0, 3.0, 17.0], 7),
    (6, "회의실-3층", Some((1, WifiBand::Ghz5, 44, 40)), [12.0, -95.0, 2.0, 17.0], 5),
    (7, "b3 f3\u{1b}]0;x", Some((0, WifiBand::Ghz2, 11, 20)), [9.0, -95.0, 2.0, 11.0], 0),
];

fn radios() -> Vec<RadioRow> {
    let row = |told: &Told| {
        let (number, site, radio, [busy, noise, retry, tx], clients) = *told;
        let known = radio.is_some();
        let figure = |value: f64| known.then_some(value);
        RadioRow {
            name: RadioName { controller: id("wlc-1"), key: key(number), slot: radio.map(|(slot, ..)| slot) },
            controller_name: "wlc-1".to_owned(),
            ap: format!("ap-b3-f4-{number:02}"),
            site: Some(site.to_owned()),
            status: if known { ApStatus::Up } else { ApStatus::Down },
            since: Some(ago(if known { 912_000 } else { 131 })),
            model: Some("C9120AXI-K".to_owned()),
            address: Some([10, 9, 0, number].into()),
            mac: Some(key(number)),
            band: radio.map(|(_, band, ..)| band),
            channel: radio.map(|(_, _, channel, _)| channel),
            width_mhz: radio.map(|(.., width)| width),
            tx_power_dbm: figure(tx),
            utilisation_percent: figure(busy),
            noise_dbm: figure(noise),
            clients: known.then_some(clients),
            retry_percent: figure(retry),
            quality_percent: None,
            alone: false,
            in_bps: figure(f64::from(clients) * 2.1e6),
            out_bps: figure(f64::from(clients) * 0.3e6),
            co_channel: if radio.is_some_and(|(_, _, channel, _)| channel == 149) { 3 } else { 1 },
            uplink: (number != 7).then(|| uplink(number)),
            sampled_at: ago(12),
            stale: false,
            spark: if known { wave(busy, usize::from(number)) } else { Vec::new() },
        }
    };
    TOLD.iter().map(row).collect()
}

fn wave(top: f64, seed: usize) -> Vec<Option<f32>> {
    (0..10).map(|at| Some((top * (0.6 + 0.4 * ((at + seed) as f64 / 2.0).sin())) as f32)).collect()
}

fn clients() -> Vec<ClientRow> {
    let rows: [(&str, &str, i16, i16, Phy, u32, f64); 6] = [
        ("park.seojun", "corp", -79, 12, Phy::Ax, 58, 41.0),
        ("lee.jiwoo", "corp", -71, 20, Phy::Ax, 172, 28.0),
        ("", "guest", -66, 25, Phy::Ac, 200, 19.0),
        ("김민수", "corp", -58, 37, Phy::Ax, 866, 3.0),
        ("", "\u{1b}[2Jfree", -52, 43, Phy::N, 144, 2.0),
        ("", "iot", -84, 9, Phy::G, 12, 33.0),
    ];
    let row = |((user, ssid, rssi, snr, phy, rate, retry), number): (&(&str, &str, i16, i16, Phy, u32, f64), u8)| ClientRow {
        mac: MacAddr([0x3c, 0x22, 0xfb, 0, 0, number]),
        name: Some(if number == 5 { "scanner" } else { "Windows 11" }.to_owned()),
        user: Some((*user).to_owned()).filter(|user| !user.is_empty()),
        address: (number != 5).then(|| [10, 30, 0, number].into()),
        ssid: Some((*ssid).to_owned()),
        radio: Some(RadioName { controller: id("wlc-1"), key: key(12), slot: Some(1) }),
        controller: id("wlc-1"),
        controller_name: "wlc-1".to_owned(),
        ap: Some("ap-b3-f4-12".to_owned()),
        site: Some("b3 f4".to_owned()),
        band: Some(WifiBand::Ghz5),
        channel: Some(149),
        rssi_dbm: Some(*rssi),
        snr_db: Some(*snr),
        phy: Some(*phy),
        rate_mbps: Some(*rate),
        retry_percent: Some(*retry),
        in_bps: Some(f64::from(number) * 1.2e5),
        out_bps: (number != 3).then_some(f64::from(number) * 1.1e6),
        since: Some(ago(u64::from(number) * 700)),
        uplink: Some(uplink(12)),
        stale: false,
    };
    rows.iter().zip(0..).map(row).collect()
}

fn channels() -> Vec<ChannelRow> {
    let rows = [
        (WifiBand::Ghz2, 6, 1, 14, 64.0, None),
        (WifiBand::Ghz5, 36, 1, 11, 41.0, None),
        (WifiBand::Ghz5, 149, 3, 70, 88.0, Some(("b3 f4".to_owned(), 3))),
        (WifiBand::Ghz6, 37, 1, 3, 4.0, None),
    ];
    let row = |(band, channel, radios, clients, busy, crowded): (WifiBand, u16, usize, usize, f64, Option<(String, usize)>)| {
        ChannelRow {
            band,
            channel,
            radios,
            clients,
            utilisation_max: Some(busy),
            utilisation_mean: Some(busy * 0.7),
            noise_max: Some(-91.0),
            retry_mean: Some(12.0),
            crowded,
            sites: 1,
        }
    };
    rows.map(row).into()
}

fn cells() -> Vec<PlanCell> {
    [(36, 1, 11, 41.0), (40, 1, 2, 18.0), (149, 3, 70, 88.0), (153, 2, 20, 61.0), (161, 1, 0, 7.0)]
        .map(|(channel, radios, clients, busy)| PlanCell { channel, radios, clients, utilisation_max: Some(busy) })
        .into()
}

fn summary() -> WirelessSummary {
    WirelessSummary {
        controllers: 2,
        access_points: 288,
        access_points_up: 286,
        access_points_down: 2,
        clients: 3911,
        clients_by_band: [611, 2988, 312, 0],
        utilisation_p95: Some(71.0),
        ssids: [("corp", 3012), ("guest", 640), ("\u{1b}[2Jfree", 12)].map(|(name, count)| (name.to_owned(), count)).into(),
        sampled_at: Some(ago(12)),
        ..WirelessSummary::default()
    }
}

fn plan() -> Vec<SitePlan> {
    let site = |(site, down, channels): (&str, usize, Vec<PlanCell>)| SitePlan {
        site: site.to_owned(),
        access_points: 5,
        access_points_down: down,
        clients: 40,
        channels,
    };
    [
        ("b2 f1", 1, Vec::new()),
        ("b3 f3", 0, cells()[3..].to_vec()),
        ("b3 f4", 0, cells()),
        ("회의실-3층", 0, cells()[..2].to_vec()),
    ]
    .map(site)
    .into()
}

fn table<R>(rows: Vec<R>, request: &ViewRequest) -> Table<R> {
    let (matched, offset) = (rows.len(), request.window.offset.min(rows.len()));
    Table { matched, total: matched, offset, rows: rows.into_iter().skip(offset).take(request.window.rows).collect() }
}

/// From the access point's port over the distribution to the core: the second is full.
fn chain() -> Vec<ChainStep> {
    let step = |(name, port, peer, busy): (&str, &str, Option<&str>, f64)| ChainStep {
        device: id(name),
        device_name: name.to_owned(),
        port: Some(port.to_owned()),
        peer: peer.map(str::to_owned),
        up: Some(true),
        speed_bps: Some(if peer.is_some() { 10_000_000_000 } else { 1_000_000_000 }),
        utilisation: Some(busy),
        errors_per_second: Some(0.0),
        duplex: None,
        poe: peer.is_none().then_some(PoePort {
            enabled: Some(true),
            status: Some(PoeStatus::Delivering),
            class: Some(4),
            draw_mw: Some(12_400),
            limit_mw: Some(30_000),
            place: None,
        }),
    };
    [("acc-b3-02", "Gi1/0/12", None, 0.12), ("acc-b3-02", "Po1", Some("dist-3"), 0.83), ("dist-3", "Po11", Some("core-1"), 0.34)]
        .map(step)
        .into()
}

fn co_channel(row: &RadioRow) -> Vec<CoChannel> {
    let others =
        radios().into_iter().filter(|other| other.site == row.site && other.channel == row.channel && other.name != row.name);
    let one =
        |other: RadioRow| CoChannel { ap: other.ap, clients: other.clients, utilisation_percent: other.utilisation_percent };
    others.filter(|other| other.channel.is_some()).map(one).collect()
}

fn ssids() -> Vec<SsidRow> {
    let row = |(name, clients, by_band, weak): (&str, Option<usize>, [usize; 3], usize)| SsidRow {
        name: name.to_owned(),
        clients,
        by_band: [by_band[0], by_band[1], by_band[2], 0].map(|count| clients.map(|_| count)),
        access_points: if clients.is_some() { 41 } else { 0 },
        controllers: 2,
        in_bps: clients.map(|clients| clients as f64 * 2e5),
        out_bps: clients.map(|clients| clients as f64 * 9e5),
        weak,
        heard: clients.unwrap_or(0),
    };
    [
        ("corp", Some(3012), [400, 2400, 212], 31),
        ("guest", Some(640), [200, 440, 0], 4),
        ("회의실", Some(0), [0, 0, 0], 0),
        ("\u{1b}[2Jfree", None, [0, 0, 0], 0),
    ]
    .map(row)
    .into()
}

/// One that tells itself, and leaves out much; and one of whose radios its controller tells nothing.
fn partial() -> Vec<RadioRow> {
    let told = radios().swap_remove(3);
    let alone = RadioRow {
        name: RadioName { controller: id("ap-annex-1"), key: key(90), slot: Some(3) },
        controller_name: "ap-annex-1".to_owned(),
        ap: "ap-annex-1".to_owned(),
        alone: true,
        width_mhz: None,
        tx_power_dbm: None,
        utilisation_percent: None,
        retry_percent: None,
        spark: Vec::new(),
        ..told.clone()
    };
    let bare = RadioRow {
        name: RadioName { controller: id("wlc-9"), key: key(91), slot: None },
        ap: "ap-bare".to_owned(),
        band: None,
        channel: None,
        noise_dbm: None,
        clients: None,
        in_bps: None,
        out_bps: None,
        co_channel: 0,
        uplink: None,
        alone: false,
        ..alone.clone()
    };
    vec![alone, bare]
}

/// The answer to a request, as an engine would give it.
pub fn view(request: &ViewRequest) -> WirelessView {
    let part = request.wireless.part;
    let mut view =
        WirelessView { part, summary: summary(), plan: plan(), plan_band: Some(WifiBand::Ghz5), ..WirelessView::default() };
    let keeps = |band: Option<WifiBand>| request.wireless.band.is_none() || band.is_none() || band == request.wireless.band;
    let radios = || radios().into_iter().filter(|row| keeps(row.band)).collect::<Vec<_>>();
    match part {
        WirelessPart::Radios if request.filter.contains("channel=149") => {
            view.radios = table(radios().into_iter().filter(|row| row.channel == Some(149)).collect(), request);
        }
        WirelessPart::Radios if request.filter.contains("alone") => view.radios = table(partial(), request),
        WirelessPart::Radios => view.radios = table(radios(), request),
        WirelessPart::Clients => view.clients = table(clients(), request),
        WirelessPart::Channels => view.channels = table(channels(), request),
        WirelessPart::Ssids => view.ssids = table(ssids(), request),
        WirelessPart::Detail => {
            view.clients = table(clients(), request);
            let own = radios().into_iter().chain(partial()).find(|row| Some(&row.name) == request.wireless.radio.as_ref());
            view.detail = own.map(|row| {
                Box::new(RadioDetail {
                    co_channel: co_channel(&row),
                    chain: chain(),
                    serial: Some("FJC2401A1BC".to_owned()),
                    device: None,
                    radios: radios().into_iter().filter(|other| other.name.key == row.name.key).collect(),
                    ssids: vec![("corp".to_owned(), 41), ("guest".to_owned(), 20)],
                    channels: if row.band == Some(WifiBand::Ghz5) { cells() } else { Vec::new() },
                    utilisation_spark: wave(88.0, 3),
                    clients_spark: wave(61.0, 5),
                    row,
                })
            });
        }
    }
    view
}

fn shown(size: (u16, u16), glyphs: GlyphSet, keys: &str) -> String {
    assert_eq!(now(), state(Screen::Wireless, size, glyphs).time.now);
    shot::text(&drawn(state(Screen::Wireless, size, glyphs), keys))
}

#[test]
fn access_points_clients_and_channels() {
    for (name, size, glyphs, keys) in [
        ("busy-120x36", (120, 36), GlyphSet::Unicode, "j"),
        ("busy-80x24", (80, 24), GlyphSet::Unicode, "j"),
        ("busy-80x24-ascii", (80, 24), GlyphSet::Ascii, "j"),
        ("busy-120x36-cjk", (120, 36), GlyphSet::Cjk, "j"),
        ("very-wide-200x50", (200, 50), GlyphSet::Unicode, "j"),
        ("clients-120x36", (120, 36), GlyphSet::Unicode, "Tab"),
        ("clients-80x24", (80, 24), GlyphSet::Unicode, "Tab j j"),
        ("clients-80x24-ascii", (80, 24), GlyphSet::Ascii, "Tab"),
        ("clients-40x12", (40, 12), GlyphSet::Unicode, "Tab"),
        ("channels-120x36", (120, 36), GlyphSet::Unicode, "Tab Tab j j"),
        ("channels-80x24", (80, 24), GlyphSet::Unicode, "Tab Tab j j"),
        ("ssids-120x36", (120, 36), GlyphSet::Unicode, "backtab"),
        ("ssids-80x24", (80, 24), GlyphSet::Unicode, "backtab j"),
        ("ssids-40x12", (40, 12), GlyphSet::Ascii, "backtab"),
        ("band-80x24", (80, 24), GlyphSet::Unicode, "b b j"),
        ("opened-80x24", (80, 24), GlyphSet::Unicode, "j Enter"),
        ("sorted-80x24", (80, 24), GlyphSet::Unicode, "> > >"),
        ("past-80x24", (80, 24), GlyphSet::Unicode, "{ j"),
    ] {
        let text = shown(size, glyphs, keys);
        assert!(!text.contains('\u{1b}'), "{name}");
        insta::assert_snapshot!(format!("wireless-{name}"), text);
    }
}

#[test]
fn what_an_agent_leaves_out_is_said() {
    for (name, size, lang, keys) in [
        ("partial-120x36", (120, 36), Lang::En, ""),
        ("partial-bare-120x36", (120, 36), Lang::En, "j"),
        ("partial-80x24", (80, 24), Lang::En, "j"),
        ("korean-partial-120x36", (120, 36), Lang::Ko, ""),
        ("korean-way-80x24", (80, 24), Lang::Ko, "Tab"),
    ] {
        let mut state = state(Screen::Wireless, size, GlyphSet::Unicode);
        state.lang = lang;
        if name.contains("partial") {
            state.here_mut().filter = "alone".to_owned();
        }
        insta::assert_snapshot!(format!("wireless-{name}"), shot::text(&drawn(state, keys)));
    }
}

#[test]
fn esc_comes_back_to_where_enter_went_from() {
    let there = shown((80, 24), GlyphSet::Unicode, "j j");
    assert_eq!(shown((80, 24), GlyphSet::Unicode, "j j Enter esc"), there);
}

#[test]
fn what_is_wrong_is_told_without_colour() {
    let mut state = state(Screen::Wireless, (120, 36), GlyphSet::Unicode);
    (state.theme, state.depth) = (ThemeName::Mono, Depth::Mono);
    let text = shot::text(&drawn(state, "j"));
    for word in ["busy", "noisy", "88%", "149", "✗ 2m"] {
        assert!(text.contains(word), "{word}:\n{text}");
    }
}

#[test]
fn without_a_controller_it_says_what_to_do() {
    let state = state(Screen::Wireless, (80, 24), GlyphSet::Unicode);
    let text = shot::text(&shot::render(&handle(Network::Empty), state, &[]).unwrap());
    assert!(text.contains(":discover"), "{text}");
    insta::assert_snapshot!("wireless-80x24-first-run", text);
}
