//! The simulator: plays agents on loopback from TOML scenarios or recordings; the same code serves demo, tests and pictures.
