//! The writing half: captures as files.
//!
//! Written with nanoseconds (magic 0xa1b23c4d), which tcpdump and Wireshark read since 2013; the kernel stamps frames with them.

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::{DataLink, Endianness, TsResolution};
use std::io::{self, Write};
use std::time::Duration;

/// The largest frame that is written: what tcpdump takes as well.
pub const MAX_FRAME: u32 = 262_144;

/// A capture that is being written.
#[derive(Debug)]
pub struct Writer<W: Write> {
    file: PcapWriter<W>,
    frame: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Begins a capture whose frames are of this kind (tcpdump.org's numbers of link types).
    ///
    /// # Errors
    /// It can't be written.
    pub fn new(to: W, link: u32) -> io::Result<Self> {
        let header = PcapHeader {
            snaplen: MAX_FRAME,
            datalink: DataLink::from(link),
            ts_resolution: TsResolution::NanoSecond,
            endianness: Endianness::native(),
            ..PcapHeader::default()
        };
        PcapWriter::with_header(to, header).map(|file| Self { file, frame: Vec::new() }).map_err(io::Error::other)
    }

    /// Writes a frame that was seen `at_ns` nanoseconds after 1970 and had `wire_octets`. A tag that was taken off stands behind the
    /// hardware addresses again.
    ///
    /// # Errors
    /// It can't be written.
    pub fn frame(&mut self, (octets, wire_octets): (&[u8], u32), at_ns: u64, tag: Option<(u16, u16)>) -> io::Result<()> {
        self.frame.clear();
        match (tag, octets.split_at_checked(12)) {
            (Some((kind, content)), Some((addresses, rest))) => {
                self.frame.extend_from_slice(addresses);
                self.frame.extend_from_slice(&kind.to_be_bytes());
                self.frame.extend_from_slice(&content.to_be_bytes());
                self.frame.extend_from_slice(rest);
            }
            _ => self.frame.extend_from_slice(octets),
        }
        self.frame.truncate(usize::try_from(MAX_FRAME).unwrap_or(usize::MAX));
        let put_back = u32::try_from(self.frame.len().saturating_sub(octets.len())).unwrap_or(0);
        let length = wire_octets.saturating_add(put_back).max(u32::try_from(self.frame.len()).unwrap_or(u32::MAX));
        let packet = PcapPacket::new(Duration::from_nanos(at_ns), length, &self.frame);
        self.file.write_packet(&packet).map(|_| ()).map_err(io::Error::other)
    }

    /// The file behind it.
    pub fn into_inner(self) -> W {
        self.file.into_writer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_written_with_its_tag_and_its_nanoseconds() {
        let mut writer = Writer::new(Vec::new(), 1).unwrap();
        let octets: Vec<u8> = (0..60).collect();
        writer.frame((&octets, 1500), 1_700_000_000_123_456_789, Some((0x8100, 0x2064))).unwrap();
        writer.frame((&octets[..8], 60), 1_700_000_001_000_000_000, Some((0x8100, 1))).unwrap();
        let file = writer.into_inner();
        let mut reader = pcap_file::pcap::PcapReader::new(file.as_slice()).unwrap();
        assert_eq!(reader.header().ts_resolution, TsResolution::NanoSecond);
        let first = reader.next_packet().unwrap().unwrap();
        assert_eq!((first.timestamp, first.orig_len), (Duration::from_nanos(1_700_000_000_123_456_789), 1504));
        assert_eq!(first.data[..18], [&octets[..12], &[0x81, 0, 0x20, 0x64], &octets[12..14]].concat());
        let second = reader.next_packet().unwrap().unwrap();
        assert_eq!((second.data.len(), second.orig_len), (8, 60));
    }
}
