//! What a device is, on three lines over its sections.

use super::health;
use crate::model::unit;
use crate::state::view::AlarmRow;
use crate::state::view::screens::DeviceView;
use crate::ui::lang::{tr, trf};
use crate::ui::pane::{Scene, devices};
use crate::ui::text::{self, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::Panel;
use crate::ui::widget::put_all;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// What explains that it is not reached, or who works on it; nothing where there is nothing to say.
fn why(scene: &Scene<'_>, view: &DeviceView) -> (String, Tone) {
    if let Some(work) = &view.work {
        let until = text::format_time(work.until, &scene.state.zone, "%m-%d %H:%M");
        return (trf!("  in maintenance until {}: {}", until, work.by), Tone::Maintenance);
    }
    let is_whole = |alarm: &&AlarmRow| view.device.as_ref().is_some_and(|device| alarm.object == device.name);
    let cause = view.alarms.iter().filter(is_whole).find_map(|alarm| alarm.cause.as_ref());
    let first = cause.and_then(|cause| cause.chain.first());
    first.map_or_else(|| (String::new(), Tone::Dim), |step| (trf!("  behind {}", step.object), Tone::Major))
}

/// Draws them.
pub(super) fn draw(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let Some(row) = &view.device else { return };
    let (dim, plain, strong) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text), scene.theme.style(Tone::Strong));
    let now = scene.state.shown_at();
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let make = [row.vendor.as_deref(), row.model.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let system = [row.os.as_deref(), row.os_version.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let inner = Panel::new(&row.name).subtitle(&format!("{make}  {system}")).note(tr(row.role.word())).draw(scene, area, buf);
    let status = format!("{} {}", scene.glyphs.status(row.status), tr(row.status.word()));
    let since = row.status_since.map(|since| trf!(" for {}", text::age(Some(since), now))).unwrap_or_default();
    let why = why(scene, view);
    let address = devices::address_of(row).unwrap_or_else(|| "-".to_owned());
    let access =
        row.snmp.as_ref().map_or_else(|| tr("no SNMP").to_owned(), |snmp| format!("SNMPv{} {}", snmp.version, snmp.credential));
    let uptime = row.uptime_seconds.map_or_else(|| "-".to_owned(), unit::age);
    let polled = row.last_polled_at.map_or_else(|| "-".to_owned(), |at| trf!("{} ago", text::age(Some(at), now)));
    let polled_style = if row.stale { scene.theme.style(Tone::Minor) } else { plain };
    let (rtt, loss) = (devices::rtt_words(row.rtt_ms), percent(row.loss_percent.map(|loss| loss / 100.0)));
    let (cpu, memory) = (row.cpu_percent.map(|p| p / 100.0), row.memory_percent.map(|p| p / 100.0));
    let (cpu_words, memory_words) = (percent(cpu), percent(memory));
    let temperature = row.temperature_celsius.map_or_else(|| "-".to_owned(), |value| format!("{value:.0} C"));
    let (location, serial) = (or_dash(row.sys_location.as_deref()), or_dash(row.serial.as_deref()));
    let contact = or_dash(row.sys_contact.as_deref());
    let failed = health::failed(&view.health);
    let health = health::summary(&view.health);
    let lines: [Vec<(&str, Style)>; 3] = [
        vec![
            (&status, scene.theme.status(row.status)),
            (&since, dim),
            (&why.0, scene.theme.style(why.1)),
            (tr("   address "), dim),
            (&address, strong),
            ("   ", dim),
            (&access, plain),
            (tr("   uptime "), dim),
            (&uptime, plain),
            (tr("   polled "), dim),
            (&polled, polled_style),
        ],
        vec![
            (tr("cpu"), dim),
            (&cpu_words, scene.theme.utilisation(cpu)),
            (tr("   mem"), dim),
            (&memory_words, scene.theme.utilisation(memory)),
            (tr("   temp "), dim),
            (&temperature, plain),
        ]
        .into_iter()
        .chain(health.iter().flat_map(|(words, tone)| [("   ", dim), (words.as_str(), scene.theme.style(*tone))]))
        .chain([("   rtt ", dim), (rtt.as_str(), plain), (tr("   loss"), dim), (loss.as_str(), plain)])
        .collect(),
        failed
            .iter()
            .flat_map(|(words, tone)| [(words.as_str(), scene.theme.style(*tone)), ("   ", dim)])
            .chain([
                (tr("at "), dim),
                (&location, plain),
                (tr("   contact "), dim),
                (&contact, plain),
                (tr("   serial "), dim),
                (&serial, plain),
            ])
            .collect(),
    ];
    for (pieces, y) in lines.iter().zip(inner.y..inner.bottom()) {
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), pieces);
    }
}
