//! Channels: who uses which, in all and by site.

use super::Reading;
use super::rows::{ChannelRow, CoChannel, PlanCell, SitePlan};
use super::table::CHANNEL_COLUMNS;
use crate::model::{AccessPoint, ApStatus, Radio, WifiBand};
use crate::query::ViewRequest;
use crate::state::view::lookup::Lookup;
use crate::state::view::table::{Choice, Picked, pick};
use std::collections::BTreeMap;

/// Sites of which the plan is shown.
const MAX_SITES: usize = 64;

/// Where an access point is that does not say.
const NOWHERE: &str = "-";

/// The channels of each site.
pub(super) struct Sites {
    sites: BTreeMap<String, Site>,
}

#[derive(Default)]
struct Site {
    access_points: usize,
    down: usize,
    /// By band and channel.
    cells: BTreeMap<(WifiBand, u16), PlanCell>,
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

fn each_radio<'a>(readings: &'a [Reading<'_>]) -> impl Iterator<Item = (&'a AccessPoint, &'a Radio)> {
    let aps = readings.iter().flat_map(|reading| &reading.told.access_points);
    aps.flat_map(|ap| ap.radios.iter().map(move |radio| (ap, radio)))
}

fn site_of(ap: &AccessPoint) -> &str {
    ap.location.as_deref().unwrap_or(NOWHERE)
}

impl Sites {
    pub(super) fn of(readings: &[Reading<'_>]) -> Self {
        let mut sites: BTreeMap<String, Site> = BTreeMap::new();
        let all = readings.iter().flat_map(|reading| reading.told.access_points.iter().map(|ap| (ap, reading.status(ap))));
        for (ap, status) in all {
            if !sites.contains_key(site_of(ap)) {
                sites.insert(site_of(ap).to_owned(), Site::default());
            }
            let Some(site) = sites.get_mut(site_of(ap)) else { continue };
            site.access_points += 1;
            site.down += usize::from(status == ApStatus::Down);
            for radio in &ap.radios {
                let Some(key) = radio.band.zip(radio.channel) else { continue };
                let empty = PlanCell { channel: key.1, radios: 0, clients: 0, utilisation_max: None };
                let cell = site.cells.entry(key).or_insert(empty);
                cell.radios += 1;
                cell.clients += usize::try_from(radio.clients.unwrap_or(0)).unwrap_or(0);
                cell.utilisation_max = larger(cell.utilisation_max, radio.utilisation_percent.map(f64::from));
            }
        }
        Self { sites }
    }

    /// The channels of a site in a band, by number.
    pub(super) fn channels(&self, site: Option<&str>, band: WifiBand) -> Vec<PlanCell> {
        let cells = self.sites.get(site.unwrap_or(NOWHERE)).map(|site| &site.cells);
        cells.into_iter().flatten().filter(|((of, _), _)| *of == band).map(|(_, cell)| *cell).collect()
    }

    /// Radios of a site on a channel.
    pub(super) fn on_channel(&self, site: Option<&str>, key: (WifiBand, u16)) -> usize {
        self.sites.get(site.unwrap_or(NOWHERE)).and_then(|site| site.cells.get(&key)).map_or(0, |cell| cell.radios)
    }

    /// Every site's channels in a band, in the order of their names; of very many those with the most access points.
    pub(super) fn plan(&self, band: WifiBand) -> Vec<SitePlan> {
        let mut all: Vec<(&String, &Site)> = self.sites.iter().collect();
        if all.len() > MAX_SITES {
            all.sort_by(|a, b| b.1.access_points.cmp(&a.1.access_points).then_with(|| a.0.cmp(b.0)));
            all.truncate(MAX_SITES);
        }
        all.sort_by(|a, b| crate::query::filter::natural(a.0, b.0));
        let plan = |(name, site): (&String, &Site)| {
            let channels = self.channels(Some(name), band);
            SitePlan {
                site: name.clone(),
                access_points: site.access_points,
                access_points_down: site.down,
                clients: channels.iter().map(|cell| cell.clients).sum(),
                channels,
            }
        };
        all.into_iter().map(plan).collect()
    }
}

/// Who else of a site is on a channel, the busiest first.
pub(super) fn co_channel(readings: &[Reading<'_>], (own, radio): (&AccessPoint, &Radio)) -> Vec<CoChannel> {
    let Some(key) = radio.band.zip(radio.channel) else { return Vec::new() };
    let is_other = |(ap, other): &(&AccessPoint, &Radio)| {
        site_of(ap) == site_of(own) && other.band.zip(other.channel) == Some(key) && (ap.key, other.slot) != (own.key, radio.slot)
    };
    let row = |(ap, other): (&AccessPoint, &Radio)| CoChannel {
        ap: ap.name.clone(),
        clients: other.clients,
        utilisation_percent: other.utilisation_percent.map(f64::from),
    };
    let mut all: Vec<CoChannel> = each_radio(readings).filter(is_other).map(row).collect();
    let busy = |row: &CoChannel| row.utilisation_percent.unwrap_or(-1.0);
    all.sort_by(|a, b| busy(b).total_cmp(&busy(a)).then_with(|| a.ap.cmp(&b.ap)));
    all.truncate(MAX_CO_CHANNEL);
    all
}

/// Neighbours on a channel that are named.
const MAX_CO_CHANNEL: usize = 8;

/// A channel as it is summed up.
#[derive(Default)]
struct Sum<'a> {
    radios: usize,
    clients: usize,
    busiest: Option<f64>,
    busy: (f64, usize),
    noise: Option<f64>,
    retry: (f64, usize),
    sites: BTreeMap<&'a str, usize>,
}

/// A channel, by reference.
#[derive(Clone, Copy)]
pub(in crate::state::view) struct ChannelRef<'a> {
    pub(super) key: (WifiBand, u16),
    sum: &'a Sum<'a>,
}

#[allow(clippy::cast_precision_loss, reason = "some thousand radios")]
fn mean((sum, count): (f64, usize)) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}

impl ChannelRef<'_> {
    pub(super) fn whole(self) -> ChannelRow {
        ChannelRow {
            band: self.key.0,
            channel: self.key.1,
            radios: self.radios(),
            clients: self.clients(),
            utilisation_max: self.busiest(),
            utilisation_mean: self.mean(),
            noise_max: self.sum.noise,
            retry_mean: mean(self.sum.retry),
            crowded: self.crowded().map(|(site, radios)| (site.to_owned(), radios)),
            sites: self.sum.sites.len(),
        }
    }

    pub(super) const fn radios(&self) -> usize {
        self.sum.radios
    }

    pub(super) const fn clients(&self) -> usize {
        self.sum.clients
    }

    pub(super) const fn busiest(&self) -> Option<f64> {
        self.sum.busiest
    }

    pub(super) fn mean(&self) -> Option<f64> {
        mean(self.sum.busy)
    }

    /// The site with the most radios on it, where that are two or more.
    pub(super) fn crowded(&self) -> Option<(&str, usize)> {
        let most = self.sum.sites.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)))?;
        (*most.1 > 1 && *most.0 != NOWHERE).then_some((*most.0, *most.1))
    }

    fn is_fault(&self) -> bool {
        self.busiest().is_some_and(|busy| busy >= super::BUSY_PERCENT)
    }
}

/// The wanted channels, by band and number unless sorted otherwise.
pub(super) fn channels<'r>(look: &Lookup<'_>, request: &ViewRequest, readings: &'r [Reading<'_>]) -> Picked<ChannelRow> {
    let mut sums: BTreeMap<(WifiBand, u16), Sum<'r>> = BTreeMap::new();
    for (ap, radio) in each_radio(readings) {
        let Some(key) = radio.band.zip(radio.channel) else { continue };
        if request.wireless.band.is_some_and(|band| band != key.0) {
            continue;
        }
        let sum = sums.entry(key).or_default();
        sum.radios += 1;
        sum.clients += usize::try_from(radio.clients.unwrap_or(0)).unwrap_or(0);
        let busy = radio.utilisation_percent.map(f64::from);
        sum.busiest = larger(sum.busiest, busy);
        sum.noise = larger(sum.noise, radio.noise_dbm.map(f64::from));
        add(&mut sum.busy, busy);
        add(&mut sum.retry, radio.retry_percent.map(f64::from));
        *sum.sites.entry(site_of(ap)).or_default() += 1;
    }
    let rows: Vec<ChannelRef<'_>> = sums.iter().map(|(key, sum)| ChannelRef { key: *key, sum }).collect();
    let choice = Choice { request, columns: CHANNEL_COLUMNS, now: look.state.now, is_fault: ChannelRef::is_fault };
    let picked = pick(rows, &choice);
    Picked {
        matched: picked.matched,
        total: picked.total,
        offset: picked.offset,
        rows: picked.rows.into_iter().map(ChannelRef::whole).collect(),
        fault: picked.fault,
    }
}

fn add((sum, count): &mut (f64, usize), value: Option<f64>) {
    if let Some(value) = value {
        *sum += value;
        *count += 1;
    }
}
