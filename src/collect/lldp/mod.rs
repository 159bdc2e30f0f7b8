//! What neighbours announce on the host's own ports (LLDP, CDP, FDP, EDP). Knows nothing of SNMP, nor of what the host is.
//!
//! [`listener`] hears frames and publishes who is there; `table` keeps them until their time to live is over. Sockets are
//! `net::capture`'s, frames are read by `wire::announcement`.

pub mod listener;
mod table;

pub use listener::{Counters, Counts, Listener, Neighbours};

#[cfg(test)]
mod tests {
    use crate::mib::Registry;
    use crate::wire::lldp::CAPABILITIES;

    #[test]
    fn capabilities_have_the_same_words_in_frames_and_in_lldp_mib() {
        let object = Registry::builtin().object("lldpRemSysCapEnabled").unwrap();
        for (bit, word) in CAPABILITIES.iter().enumerate() {
            // In the MIB the first bit is the highest of its octet.
            assert_eq!(object.words_of_bits(&[0x80 >> bit, 0]), [*word]);
        }
    }
}
