//! What the columns of each maker's tables say.

use super::super::rows::Table;
use super::super::{Part, integer, octets, text};
use super::{WlanTable, low};
use crate::model::WifiBand;
use crate::model::wireless::Phy;
use crate::sim::wlan::Family;
use crate::wire::snmp::Value;

const fn cisco(table: WlanTable) -> Table {
    Table::Wlan(Family::Airespace, table)
}

const fn aruba(table: WlanTable) -> Table {
    Table::Wlan(Family::Aruba, table)
}

const AP: Table = cisco(WlanTable::Ap);
const RADIO: Table = cisco(WlanTable::Radio);
const STATION: Table = cisco(WlanTable::Station);
const A_AP: Table = aruba(WlanTable::Ap);
const A_RADIO: Table = aruba(WlanTable::Radio);
const A_STATION: Table = aruba(WlanTable::Station);

/// bsnAPOperationStatus associated
const ASSOCIATED: u8 = 1;
/// bsnMobileStationStatus associated
const STATION_ASSOCIATED: u8 = 3;
/// bsnAPIfAbsolutePowerList: dBm of each level
const POWERS: &str = "20,17,14,11,8,5,2,-1";
/// The first of [`POWERS`] and the step between them.
const POWER: (i64, i64) = (20, 3);

pub(in crate::sim::view) const AIRESPACE: Part = &[
    ("bsnDot11EssSsid", cisco(WlanTable::Ssid), |view, row| view.wlan()?.ssids.get(row).map(|name| text(name))),
    ("bsnDot11EssNumberOfMobileStations", cisco(WlanTable::Ssid), |view, row| Some(Value::Counter32(view.on_ssid(row)))),
    ("bsnMobileStationIpAddress", STATION, |view, row| view.client(row).map(|client| Value::IpAddress(client.address))),
    ("bsnMobileStationUserName", STATION, |view, row| view.client(row).map(|client| text(&client.user))),
    ("bsnMobileStationAPMacAddr", STATION, |view, row| Some(octets(&view.wlan()?.aps.get(view.client(row)?.ap)?.key.0))),
    ("bsnMobileStationAPIfSlotId", STATION, |view, row| integer(view.antenna_of(row)?.1.slot)),
    ("bsnMobileStationSsid", STATION, |view, row| Some(text(view.ssid_of(row)?))),
    ("bsnMobileStationStatus", STATION, |_, _| integer(STATION_ASSOCIATED)),
    ("bsnMobileStationProtocol", STATION, |view, row| integer(protocol(view.client(row)?.phy, view.antenna_of(row)?.1.band))),
    ("bsnMobileStationRSSI", STATION, |view, row| integer(view.station(row)?.rssi)),
    ("bsnMobileStationBytesReceived", STATION, |view, row| Some(Value::Counter64(view.station(row)?.octets.0))),
    ("bsnMobileStationBytesSent", STATION, |view, row| Some(Value::Counter64(view.station(row)?.octets.1))),
    ("bsnMobileStationSnr", STATION, |view, row| integer(view.station(row)?.snr)),
    ("bsnAPName", AP, |view, row| view.ap(row).map(|ap| text(&ap.name))),
    ("bsnAPLocation", AP, |view, row| view.ap(row).map(|ap| text(&ap.site))),
    ("bsnAPOperationStatus", AP, |_, _| integer(ASSOCIATED)),
    ("bsnAPModel", AP, |view, _| Some(text(&view.wlan()?.model))),
    ("bsnAPSerialNumber", AP, |view, row| view.ap(row).map(|ap| text(&ap.serial))),
    ("bsnApIpAddress", AP, |view, row| view.ap(row).map(|ap| Value::IpAddress(ap.address))),
    ("bsnAPEthernetMacAddress", AP, |view, row| view.ap(row).map(|ap| octets(&ap.mac.0))),
    ("cLApUpTime", AP, |view, row| view.up_ticks(row)),
    ("bsnAPIfType", RADIO, |view, row| integer(if_type(view.radio(row)?.1.band))),
    ("bsnAPIfPhyChannelNumber", RADIO, |view, row| integer(view.channel(row)?)),
    ("bsnAPIfPhyTxPowerLevel", RADIO, |view, row| {
        let (ap, antenna) = view.radio(row)?;
        integer(1 + (POWER.0 - antenna.power_dbm(ap)) / POWER.1)
    }),
    ("bsnAPIfAbsolutePowerList", RADIO, |_, _| Some(text(POWERS))),
    ("bsnAPIfDot11RetryCount", RADIO, |view, row| Some(Value::Counter32(low(view.frames(row)?.1)))),
    ("bsnAPIfDot11TransmittedFrameCount", RADIO, |view, row| Some(Value::Counter32(low(view.frames(row)?.0)))),
    ("bsnAPIfLoadChannelUtilization", RADIO, |view, row| integer(view.utilisation(row)?)),
    ("bsnAPIfLoadNumOfClients", RADIO, |view, row| integer(view.on_radio(row)?)),
    ("bsnAPIfDBNoisePower", cisco(WlanTable::Noise), |view, row| {
        let (ap, antenna) = view.radio(row)?;
        integer(antenna.noise_dbm(ap, view.at))
    }),
    ("cLAp11ChannelBandwidth", RADIO, |view, row| integer(bandwidth(view.radio(row)?.1.width))),
    ("cldcClientUpTime", STATION, |view, row| integer(view.stayed(row)?)),
    ("cldcClientDeviceType", STATION, |view, row| view.client(row).map(|client| text(client.device))),
    ("cldcClientCurrentTxRate", STATION, |view, row| Some(Value::Gauge32(view.station(row)?.rate))),
];

pub(in crate::sim::view) const ARUBA: Part = &[
    ("nUserName", aruba(WlanTable::User), |view, row| view.client(row).map(|client| text(&client.user))),
    ("nUserDeviceType", aruba(WlanTable::User), |view, row| view.client(row).map(|client| text(client.device))),
    ("wlanAPIpAddress", A_AP, |view, row| view.ap(row).map(|ap| Value::IpAddress(ap.address))),
    ("wlanAPName", A_AP, |view, row| view.ap(row).map(|ap| text(&ap.name))),
    ("wlanAPSerialNumber", A_AP, |view, row| view.ap(row).map(|ap| text(&ap.serial))),
    ("wlanAPUpTime", A_AP, |view, row| view.up_ticks(row)),
    ("wlanAPModelName", A_AP, |view, _| Some(text(&view.wlan()?.model))),
    ("wlanAPStatus", A_AP, |view, row| integer(if view.ap(row)?.is_up(view.scenario, view.at) { 1 } else { 2 })),
    ("wlanAPSysLocation", A_AP, |view, row| view.ap(row).map(|ap| text(&ap.site))),
    ("wlanAPRadioType", A_RADIO, |view, row| integer(radio_type(view.radio(row)?.1.band))),
    ("wlanAPRadioChannel", A_RADIO, |view, row| integer(view.channel(row)?)),
    ("wlanAPRadioTransmitPower", A_RADIO, |view, row| {
        let (ap, antenna) = view.radio(row)?;
        integer(antenna.power_dbm(ap))
    }),
    ("wlanAPRadioUtilization", A_RADIO, |view, row| integer(view.utilisation(row)?)),
    ("wlanAPRadioNumAssociatedClients", A_RADIO, |view, row| integer(view.on_radio(row)?)),
    ("wlanAPRadioHTMode", A_RADIO, |view, row| {
        let antenna = view.radio(row)?.1;
        integer(ht_mode(antenna.band, antenna.width))
    }),
    ("wlanAPESSID", aruba(WlanTable::Bssid), |view, row| {
        let wlan = view.wlan()?;
        wlan.bssids.get(row).and_then(|(_, ssid, _)| wlan.ssids.get(*ssid)).map(|name| text(name))
    }),
    ("wlanESSIDNumStations", aruba(WlanTable::NamedSsid), |view, row| {
        Some(Value::Gauge32(view.on_ssid(*view.wlan()?.ssid_order.get(row)?)))
    }),
    ("wlanStaApBssid", A_STATION, |view, row| Some(octets(&view.bssid_of(row)?.0))),
    ("wlanStaPhyType", A_STATION, |view, row| integer(radio_type(view.antenna_of(row)?.1.band))),
    ("wlanStaIsAssociated", A_STATION, |_, _| integer(1)),
    ("wlanStaTransmitRate", A_STATION, |view, row| Some(Value::Gauge32(view.station(row)?.rate))),
    ("wlanStaAccessPointESSID", A_STATION, |view, row| Some(text(view.ssid_of(row)?))),
    ("wlanStaRSSI", A_STATION, |view, row| integer(view.station(row)?.snr)),
    ("wlanStaUpTime", A_STATION, |view, row| Some(Value::TimeTicks(view.stayed(row)?.saturating_mul(100)))),
    ("wlanStaHTMode", A_STATION, |view, row| {
        let antenna = view.antenna_of(row)?.1;
        integer(match view.client(row)?.phy {
            Phy::N => ht_mode(WifiBand::Ghz2, antenna.width),
            _ => ht_mode(WifiBand::Ghz5, antenna.width),
        })
    }),
    ("wlanAPChNoise", A_RADIO, |view, row| {
        let (ap, antenna) = view.radio(row)?;
        integer(-antenna.noise_dbm(ap, view.at))
    }),
    ("wlanAPChFrameRetryRate", A_RADIO, |view, row| {
        let (ap, antenna) = view.radio(row)?;
        integer(antenna.retry_percent(ap, view.at))
    }),
    ("wlanAPChUtilization", A_RADIO, |view, row| integer(view.utilisation(row)?)),
    ("wlanAPRadioRxBytes", A_RADIO, |view, row| Some(Value::Counter32(low(view.radio_octets(row)?.0)))),
    ("wlanAPRadioTxBytes", A_RADIO, |view, row| Some(Value::Counter32(low(view.radio_octets(row)?.1)))),
    ("wlanStaFrameRetryRate", A_STATION, |view, row| integer(view.station(row)?.retry)),
    ("wlanStaTxBytes64", A_STATION, |view, row| Some(Value::Counter64(view.station(row)?.octets.1))),
    ("wlanStaRxBytes64", A_STATION, |view, row| Some(Value::Counter64(view.station(row)?.octets.0))),
];

/// bsnMobileStationProtocol
const fn protocol(phy: Phy, band: WifiBand) -> u8 {
    match (phy, band) {
        (Phy::A, _) => 1,
        (Phy::B, _) => 2,
        (Phy::G, _) => 3,
        (Phy::N, WifiBand::Ghz2) => 6,
        (Phy::N, _) => 7,
        (Phy::Ac, _) => 10,
        (Phy::Ax | Phy::Be, WifiBand::Ghz5) => 11,
        (Phy::Ax | Phy::Be, WifiBand::Ghz2) => 12,
        (Phy::Ax | Phy::Be, WifiBand::Ghz6 | WifiBand::Ghz60) => 13,
    }
}

/// bsnAPIfType dot11b, dot11a, dot11-6ghz
const fn if_type(band: WifiBand) -> u8 {
    match band {
        WifiBand::Ghz2 => 1,
        WifiBand::Ghz5 => 2,
        WifiBand::Ghz6 | WifiBand::Ghz60 => 6,
    }
}

/// ArubaPhyType dot11a, dot11g
const fn radio_type(band: WifiBand) -> u8 {
    match band {
        WifiBand::Ghz2 => 3,
        WifiBand::Ghz5 | WifiBand::Ghz6 | WifiBand::Ghz60 => 1,
    }
}

/// cLAp11ChannelBandwidth
const fn bandwidth(width: u16) -> u8 {
    match width {
        40 => 4,
        80 => 5,
        160 => 6,
        _ => 3,
    }
}

/// ArubaHTMode
const fn ht_mode(band: WifiBand, width: u16) -> u8 {
    match (band, width) {
        (WifiBand::Ghz2, 40) => 3,
        (WifiBand::Ghz2, _) => 2,
        (_, 40) => 5,
        (_, 80) => 6,
        (_, 160) => 7,
        _ => 4,
    }
}

const fn mikrotik(table: WlanTable) -> Table {
    Table::Wlan(Family::Mikrotik, table)
}

const OWN: Table = mikrotik(WlanTable::OwnRadio);
const OWN_STATION: Table = mikrotik(WlanTable::OwnStation);

pub(in crate::sim::view) const MIKROTIK: Part = &[
    ("mtxrWlRtabStrength", OWN_STATION, |view, row| integer(view.station(row)?.rssi)),
    ("mtxrWlRtabTxBytes", OWN_STATION, |view, row| Some(Value::Counter32(low(view.station(row)?.octets.1)))),
    ("mtxrWlRtabRxBytes", OWN_STATION, |view, row| Some(Value::Counter32(low(view.station(row)?.octets.0)))),
    ("mtxrWlRtabTxRate", OWN_STATION, |view, row| Some(Value::Gauge32(view.station(row)?.rate.saturating_mul(1_000_000)))),
    ("mtxrWlRtabUptime", OWN_STATION, |view, row| Some(Value::TimeTicks(view.stayed(row)?.saturating_mul(100)))),
    ("mtxrWlRtabSignalToNoise", OWN_STATION, |view, row| integer(view.station(row)?.snr)),
    ("mtxrWlApSsid", OWN, |view, _| view.wlan()?.ssids.first().map(|name| text(name))),
    ("mtxrWlApClientCount", OWN, |view, row| Some(Value::Counter32(view.on_radio(row)?))),
    ("mtxrWlApFreq", OWN, |view, row| integer(view.radio(row)?.1.band.mhz(view.channel(row)?)?)),
    ("mtxrWlApNoiseFloor", OWN, |view, row| {
        let (ap, antenna) = view.radio(row)?;
        integer(antenna.noise_dbm(ap, view.at))
    }),
    ("mtxrWlApOverallTxCCQ", OWN, |view, row| Some(Value::Counter32(view.quality(row)?))),
];
