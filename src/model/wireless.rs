//! Wireless networks: access points, their radios, network names and who is on them, as a controller tells them.
//!
//! Whatever an agent may leave out is an `Option`. Which object says what stands in `mibs/vendor/`: AIRESPACE-WIRELESS-MIB bsnAPTable and
//! bsnAPIfTable, CISCO-LWAPP-AP-MIB and CISCO-LWAPP-DOT11-CLIENT-MIB, WLSX-WLAN-MIB and WLSX-USER-MIB, among others. Start at
//! [`WirelessReading`].

use super::addr::MacAddr;
use super::device::DeviceId;
use super::poll::Counter;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// How often a controller's tables are read: clients come and go in minutes, and a table of thousands costs the agent seconds.
pub const WIRELESS_INTERVAL: Duration = Duration::from_secs(60);

/// Access points of one controller that are kept: the largest controllers are sold for 6,000.
pub const MAX_ACCESS_POINTS: usize = 8192;

/// Radios of one access point that are kept: tri-band ones have three, and one to listen.
pub const MAX_RADIOS: usize = 6;

/// Clients of one controller that are kept; of more it is said that there are more.
pub const MAX_CLIENTS: usize = 16_384;

/// Network names of one controller that are kept: 802.11 controllers know some hundred.
pub const MAX_SSIDS: usize = 512;

/// Characters of a name that an agent tells; an SSID has at most 32 octets (IEEE 802.11-2020 §9.4.2.2).
pub const MAX_NAME: usize = 128;

/// A frequency band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum WifiBand {
    Ghz2,
    Ghz5,
    Ghz6,
    /// IEEE 802.11ad and ay: radios that look at one another.
    Ghz60,
}

impl WifiBand {
    /// All of them, from the lowest.
    pub const ALL: [Self; 4] = [Self::Ghz2, Self::Ghz5, Self::Ghz6, Self::Ghz60];

    /// `2.4G`, `5G`, `6G`, `60G`
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ghz2 => "2.4G",
            Self::Ghz5 => "5G",
            Self::Ghz6 => "6G",
            Self::Ghz60 => "60G",
        }
    }

    /// From its word, with or without the unit.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.trim_end_matches(['G', 'g']) {
            "2.4" | "2" => Some(Self::Ghz2),
            "5" => Some(Self::Ghz5),
            "6" => Some(Self::Ghz6),
            "60" => Some(Self::Ghz60),
            _ => None,
        }
    }

    /// The middle of a 20 MHz channel (at 60 GHz of one of 2.16 GHz), MHz. Source: IEEE 802.11-2020 annex E, 802.11ax §27.3.23.2.
    pub const fn mhz(self, channel: u16) -> Option<u32> {
        let number = channel as u32;
        match (self, number) {
            (Self::Ghz2, 1..=13) => Some(2407 + 5 * number),
            (Self::Ghz2, 14) => Some(2484),
            (Self::Ghz5, 32..=177) => Some(5000 + 5 * number),
            (Self::Ghz6, 2) => Some(5935),
            (Self::Ghz6, 1..=233) => Some(5950 + 5 * number),
            (Self::Ghz60, 1..=8) => Some(56_160 + 2160 * number),
            _ => None,
        }
    }

    /// Band and channel in whose middle a frequency lies.
    pub fn of_mhz(mhz: u32) -> Option<(Self, u16)> {
        let found = |band: Self| (1..=233).find(|channel| band.mhz(*channel) == Some(mhz)).map(|channel| (band, channel));
        Self::ALL.into_iter().find_map(found)
    }

    /// Where a channel number says it: those of 6 GHz repeat the others' (IEEE 802.11-2020 annex E, 802.11ax §27.3.23), so that this holds
    /// only for agents that know no 6 GHz.
    pub const fn of_channel(channel: u16) -> Option<Self> {
        match channel {
            1..=14 => Some(Self::Ghz2),
            32..=177 => Some(Self::Ghz5),
            _ => None,
        }
    }

    /// The primary channels that are planned with (Korea and most of the world; 6 GHz: the preferred scanning channels).
    pub const fn channels(self) -> &'static [u16] {
        match self {
            Self::Ghz2 => &[1, 6, 11, 13],
            Self::Ghz5 => &[
                36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140, 144, 149, 153, 157, 161,
                165,
            ],
            Self::Ghz6 => &[5, 21, 37, 53, 69, 85, 101, 117, 133, 149, 165, 181, 197, 213, 229],
            Self::Ghz60 => &[1, 2, 3, 4],
        }
    }
}

/// Whether a controller has an access point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ApStatus {
    Up,
    Down,
    #[default]
    Unknown,
}

impl ApStatus {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// An access point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessPoint {
    /// The address by which its controller knows it: of its radios' base (Cisco) or of its port.
    pub key: MacAddr,
    /// Its name
    pub name: String,
    /// Hardware address of its wired port, as switches see it.
    pub mac: Option<MacAddr>,
    /// Model name
    pub model: Option<String>,
    /// Serial number
    pub serial: Option<String>,
    /// Its address
    pub address: Option<IpAddr>,
    /// Where it is, as its controller has it written.
    pub location: Option<String>,
    /// Whether it is there.
    pub status: ApStatus,
    /// Since when it is so, where that is known.
    pub since: Option<Timestamp>,
    /// Its radios, by slot.
    pub radios: Vec<Radio>,
}

/// A radio, or an access point of which no radio is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RadioName {
    /// Its controller.
    pub controller: DeviceId,
    /// Its access point.
    pub key: MacAddr,
    /// Its number there.
    pub slot: Option<u16>,
}

/// A radio of an access point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Radio {
    /// Its number within the access point.
    pub slot: u16,
    /// Its band
    pub band: Option<WifiBand>,
    /// Primary channel
    pub channel: Option<u16>,
    /// Channel width, MHz
    pub width_mhz: Option<u16>,
    /// Transmit power, dBm
    pub tx_power_dbm: Option<f32>,
    /// How much of the time its channel is busy, percent, whoever talks.
    pub utilisation_percent: Option<f32>,
    /// Noise on its channel, dBm
    pub noise_dbm: Option<f32>,
    /// Who is on it
    pub clients: Option<u32>,
    /// Frames that were sent again, percent: told, or reckoned out of the two counters.
    pub retry_percent: Option<f32>,
    /// Frames that were sent again (IEEE 802.11 dot11RetryCount)
    pub retries: Option<Counter>,
    /// Frames sent (IEEE 802.11 dot11TransmittedFrameCount)
    pub frames: Option<Counter>,
    /// How much of what its clients could get they get, percent, where its agent reckons that (Client Connection Quality, signal quality).
    pub quality_percent: Option<f32>,
    /// What it carries.
    pub traffic: Traffic,
}

/// What came in and went out, seen from the network: in is from the clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Octets from the air
    pub in_octets: Option<Counter>,
    /// Octets into the air
    pub out_octets: Option<Counter>,
    /// bit/s from the air; reckoned by the state out of two readings.
    pub in_bps: Option<f32>,
    /// bit/s into the air
    pub out_bps: Option<f32>,
}

/// A network name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ssid {
    /// The name, which may hold anything.
    pub name: String,
    /// Who is on it
    pub clients: Option<u32>,
    /// The same by band, in the order of [`WifiBand::ALL`], where the agent tells it.
    pub by_band: [Option<u32>; WifiBand::ALL.len()],
}

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the amendments of IEEE 802.11")]
pub enum Phy {
    A,
    B,
    G,
    N,
    Ac,
    Ax,
    Be,
}

impl Phy {
    /// All of them, from the oldest.
    pub const ALL: [Self; 7] = [Self::A, Self::B, Self::G, Self::N, Self::Ac, Self::Ax, Self::Be];

    /// `n`, `ac`, `ax`, …
    pub const fn word(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::G => "g",
            Self::N => "n",
            Self::Ac => "ac",
            Self::Ax => "ax",
            Self::Be => "be",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phy| phy.word() == word)
    }
}

/// Somebody on a wireless network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WirelessClient {
    /// Hardware address; many change it (IEEE 802-2014 §8.2: the local bit).
    pub mac: MacAddr,
    /// Name or kind of the device, as its controller found out.
    pub name: Option<String>,
    /// Its address
    pub address: Option<IpAddr>,
    /// Who logged in
    pub user: Option<String>,
    /// The network that it is on
    pub ssid: Option<String>,
    /// Its access point ([`AccessPoint::key`])
    pub ap: Option<MacAddr>,
    /// The radio there
    pub slot: Option<u16>,
    /// Strength of its signal, dBm
    pub rssi_dbm: Option<i16>,
    /// Distance of the signal from the noise, dB
    pub snr_db: Option<i16>,
    /// How it speaks
    pub phy: Option<Phy>,
    /// Rate at which it is sent to, Mbit/s
    pub rate_mbps: Option<u32>,
    /// Frames that were sent again, percent
    pub retry_percent: Option<f32>,
    /// What it sends and gets.
    pub traffic: Traffic,
    /// Since when it is on
    pub since: Option<Timestamp>,
}

/// All that a controller told at a time. It stands for itself: nothing of the reading before is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WirelessReading {
    /// The controller, or the access point that stands alone.
    pub controller: DeviceId,
    /// When it was read
    pub at: Timestamp,
    /// By their key
    pub access_points: Vec<AccessPoint>,
    /// By name
    pub ssids: Vec<Ssid>,
    /// By hardware address
    pub clients: Vec<WirelessClient>,
    /// Whether the tables were read to their ends.
    pub extent: Extent,
    /// An access point that told itself: there is no controller.
    pub alone: bool,
}

/// How far the tables were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// All access points were told: one that is missing is gone.
    pub access_points: bool,
    /// All clients were told and kept.
    pub clients: bool,
}

impl WirelessReading {
    /// Of a controller, with nothing in it.
    pub const fn new(controller: DeviceId, at: Timestamp) -> Self {
        Self {
            controller,
            at,
            access_points: Vec::new(),
            ssids: Vec::new(),
            clients: Vec::new(),
            extent: Extent { access_points: false, clients: false },
            alone: false,
        }
    }

    /// Who is on it in all: those that are told one by one, else what its network names count, else what its radios do. `None` where
    /// nothing says it.
    pub fn client_count(&self) -> Option<usize> {
        let radios = self.access_points.iter().flat_map(|ap| &ap.radios);
        let sum = |counts: &mut dyn Iterator<Item = Option<u32>>| {
            counts.flatten().map(|count| usize::try_from(count).unwrap_or(usize::MAX)).reduce(usize::saturating_add)
        };
        let told = (!self.clients.is_empty()).then_some(self.clients.len());
        told.or_else(|| sum(&mut self.ssids.iter().map(|ssid| ssid.clients)))
            .or_else(|| sum(&mut radios.map(|radio| radio.clients)))
            .or(self.extent.clients.then_some(0))
    }

    /// The access point with this key.
    pub fn access_point(&self, key: MacAddr) -> Option<&AccessPoint> {
        self.access_points.binary_search_by_key(&key, |ap| ap.key).ok().and_then(|at| self.access_points.get(at))
    }

    /// The clients of a radio.
    pub fn clients_of(&self, key: MacAddr, slot: u16) -> impl Iterator<Item = &WirelessClient> {
        self.clients.iter().filter(move |client| client.ap == Some(key) && client.slot == Some(slot))
    }

    /// Whether nothing at all was told.
    pub fn is_empty(&self) -> bool {
        self.access_points.is_empty() && self.clients.is_empty() && self.ssids.is_empty()
    }
}

/// First octets of keys that are made of another name (the local bit is set: IEEE 802-2014 §8.2).
const MADE: [u8; 2] = [0x02, 0x6e];

/// The key of an access point that its controller names by a text, such as its serial number: always the same.
pub fn key_of(text: &str) -> MacAddr {
    // FNV-1a: it has to be the same in every version and on every machine.
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3));
    let [.., a, b, c, d] = hash.to_be_bytes();
    let [first, second] = MADE;
    MacAddr([first, second, a, b, c, d])
}

/// Whether a key was made by [`key_of`]: it is nobody's hardware address.
pub fn is_made(key: MacAddr) -> bool {
    key.0.starts_with(&MADE)
}

/// The part under which an access point's series are kept, of its controller: all its radios together.
pub fn ap_part(key: MacAddr) -> String {
    format!("ap:{key}")
}

/// The part under which a radio's series are kept, of its controller: no interface is called so.
pub fn radio_part(key: MacAddr, slot: u16) -> String {
    format!("radio:{key}/{slot}")
}

/// The part of all clients of a controller.
pub const CLIENTS_PART: &str = "radio:all";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_and_phys_are_read_from_their_words() {
        for band in WifiBand::ALL {
            assert_eq!(WifiBand::from_word(band.word()), Some(band));
            assert!(band.channels().is_sorted());
        }
        for phy in Phy::ALL {
            assert_eq!(Phy::from_word(phy.word()), Some(phy));
        }
        assert_eq!((WifiBand::from_word("2.4"), WifiBand::from_word("7")), (Some(WifiBand::Ghz2), None));
        assert_eq!(
            [6, 149, 14, 15].map(WifiBand::of_channel),
            [Some(WifiBand::Ghz2), Some(WifiBand::Ghz5), Some(WifiBand::Ghz2), None]
        );
    }

    #[test]
    fn a_frequency_is_a_channel_and_back() {
        for (mhz, want) in [
            (2412, Some((WifiBand::Ghz2, 1))),
            (2484, Some((WifiBand::Ghz2, 14))),
            (5260, Some((WifiBand::Ghz5, 52))),
            (5805, Some((WifiBand::Ghz5, 161))),
            (5975, Some((WifiBand::Ghz6, 5))),
            (58_320, Some((WifiBand::Ghz60, 1))),
            (2413, None),
            (0, None),
        ] {
            assert_eq!(WifiBand::of_mhz(mhz), want, "{mhz}");
            assert!(want.is_none_or(|(band, channel)| band.mhz(channel) == Some(mhz)));
        }
    }

    #[test]
    fn who_is_on_is_told_by_the_best_that_there_is() {
        let mut reading = WirelessReading::new(DeviceId::new("x"), Timestamp(0));
        assert_eq!(reading.client_count(), None);
        reading.extent.clients = true;
        assert_eq!(reading.client_count(), Some(0), "a table that was read to its end and is empty");
        let radio = Radio { clients: Some(4), ..Radio::default() };
        reading.access_points = vec![AccessPoint { radios: vec![radio], ..AccessPoint::default() }];
        assert_eq!(reading.client_count(), Some(4));
        reading.ssids = vec![Ssid { name: "corp".to_owned(), clients: Some(23), ..Ssid::default() }];
        assert_eq!(reading.client_count(), Some(23));
        reading.clients = vec![WirelessClient::default()];
        assert_eq!(reading.client_count(), Some(1));
        assert!(is_made(key_of("FP231")) && key_of("FP231") != key_of("FP232"));
    }
}
