//! The MIB knowledge that is data: `mibs/*.toml` loaded, names to OIDs and back, vendor profiles, named transforms.
//!
//! A numeric OID stands once in the repository: in `mibs/`. Rust asks by name. The files are built into the binary.
