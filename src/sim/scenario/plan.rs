//! Which devices there are: the groups' counts, and how they grow to more.

use super::file::{Count, GroupFile, Per, ScenarioFile};

/// A device before it is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Place of its group
    pub group: u16,
    /// Place of its kind's name in [`GroupFile::kind`]
    pub variant: u16,
    /// Site, from 0
    pub site: u16,
    /// Building, from 1; 0 is none
    pub building: u16,
    /// Which of its group there, from 0
    pub nth: u16,
}

/// What placeholders stand for.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// `{site}`
    pub site: &'a str,
    /// `{b}`
    pub building: u16,
    /// `{f}`
    pub floor: u16,
    /// `{n}`, and `{nn}` in two digits
    pub number: u16,
}

impl Fields<'_> {
    /// `template` with its placeholders filled.
    pub fn fill(&self, template: &str) -> String {
        if !template.contains('{') {
            return template.to_owned();
        }
        template
            .replace("{site}", self.site)
            .replace("{b}", &self.building.to_string())
            .replace("{f}", &self.floor.to_string())
            .replace("{nn}", &format!("{:02}", self.number))
            .replace("{n}", &self.number.to_string())
    }
}

/// Number of the `nth` device of a group, as its name shows it.
pub fn number_of(group: &GroupFile, nth: u16) -> u16 {
    let [first, step] = group.numbers;
    first.saturating_add(nth.saturating_mul(step))
}

/// Floor of a device: what its number says, as sockets are numbered by floor.
pub const fn floor_of(number: u16) -> u16 {
    1 + number.saturating_sub(1) / 3 % 12
}

fn count_in(group: &GroupFile, building: u16) -> u16 {
    match &group.count {
        Count::Same(count) => *count,
        Count::Each(counts) => {
            let at = usize::from(building.saturating_sub(1));
            counts.get(at).or(counts.last()).copied().unwrap_or(0)
        }
    }
}

/// Whether the group's devices answer SNMP and so are counted.
pub type IsAgent<'a> = &'a dyn Fn(&GroupFile) -> bool;

/// All devices: those of the file, cut or grown to `wanted` agents.
pub fn plan(file: &ScenarioFile, wanted: Option<usize>, is_agent: IsAgent<'_>) -> Vec<Planned> {
    let base = site(file, 0);
    let agents = |planned: &[Planned]| planned.iter().filter(|one| counts(file, one, is_agent)).count();
    let size = agents(&base);
    let Some(wanted) = wanted else { return base };
    if wanted <= size {
        let mut taken = 0;
        let mut fits = |one: &Planned| {
            taken += usize::from(counts(file, one, is_agent));
            taken <= wanted || !counts(file, one, is_agent)
        };
        return base.into_iter().filter(|one| fits(one)).collect();
    }
    let sites = wanted.div_ceil(file.grow.site_devices.max(size)).max(1);
    let mut all = Vec::with_capacity(wanted + wanted / 8);
    for at in 0..sites {
        let share = wanted / sites + usize::from(at < wanted % sites);
        let number = u16::try_from(at).unwrap_or(u16::MAX);
        all.extend(grown(file, number, share.saturating_sub(size), is_agent));
    }
    all
}

fn counts(file: &ScenarioFile, planned: &Planned, is_agent: IsAgent<'_>) -> bool {
    file.group.get(usize::from(planned.group)).is_some_and(is_agent)
}

fn site(file: &ScenarioFile, site: u16) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (group, at) in file.group.iter().zip(0u16..) {
        let buildings = match group.per {
            Per::Site => 0..=0,
            Per::Building => 1..=file.grow.buildings,
        };
        for building in buildings {
            let variant = variant(group, building);
            planned.extend((0..count_in(group, building)).map(|nth| Planned { group: at, variant, site, building, nth }));
        }
    }
    planned
}

fn variant(group: &GroupFile, building: u16) -> u16 {
    let kinds = u16::try_from(group.kind.names().len()).unwrap_or(1).max(1);
    building.saturating_sub(1) % kinds
}

/// A site with `left` more agents than it is written with: its groups that grow, by weight, building after building; a building that is full is
/// followed by another with everything that a building has.
fn grown(file: &ScenarioFile, number: u16, mut left: usize, is_agent: IsAgent<'_>) -> Vec<Planned> {
    let mut planned = site(file, number);
    let more = u16::try_from(left / file.grow.building_devices.max(1)).unwrap_or(u16::MAX);
    let buildings = file.grow.buildings.saturating_add(more);
    let growing: Vec<(u16, &GroupFile)> = (0..)
        .zip(&file.group)
        .filter(|(_, group)| group.per == Per::Building && group.grows > 0)
        .flat_map(|entry| std::iter::repeat_n(entry, usize::from(entry.1.grows)))
        .collect();
    let once: Vec<(u16, &GroupFile)> =
        (0..).zip(&file.group).filter(|(_, group)| group.per == Per::Building && group.grows == 0).collect();
    let mut taken = vec![vec![0u16; usize::from(buildings) + 1]; file.group.len()];
    for one in &planned {
        if let Some(slot) = taken.get_mut(usize::from(one.group)).and_then(|row| row.get_mut(usize::from(one.building))) {
            *slot += 1;
        }
    }
    let mut add = |group: u16, file: &GroupFile, building: u16, left: &mut usize| {
        let slot = taken.get_mut(usize::from(group)).and_then(|row| row.get_mut(usize::from(building)));
        if let (Some(slot), true) = (slot, *left > 0) {
            planned.push(Planned { group, variant: variant(file, building), site: number, building, nth: *slot });
            *slot += 1;
            *left -= usize::from(is_agent(file));
        }
    };
    for building in file.grow.buildings + 1..=buildings {
        for &(group, file) in &once {
            (0..count_in(file, building)).for_each(|_| add(group, file, building, &mut left));
        }
    }
    while left > 0 && !growing.is_empty() {
        for &(group, file) in &growing {
            (1..=buildings).for_each(|building| add(group, file, building, &mut left));
        }
    }
    planned.sort_by_key(|one| (one.group, one.building, one.nth));
    planned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let fields = Fields { site: "busan", building: 3, floor: 4, number: 7 };
        assert_eq!(fields.fill("ap-b{b}-f{f}-{nn}"), "ap-b3-f4-07");
        assert_eq!(fields.fill("core-{n}"), "core-7");
    }
}
