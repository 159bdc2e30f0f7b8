//! The disk below a store, as the file system tells it.

use rustix::fs::{Access, StatVfsMountFlags, access, statfs, statvfs};
use std::path::Path;

/// Numbers of file systems (statfs(2)) on which a store does not lie well.
const KINDS: [(u64, &str); 6] = [
    (0x0102_1994, "tmpfs"),
    (0x8584_58f6, "tmpfs"),
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "cifs"),
    (0x6573_5546, "fuse"),
];

/// A file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// Octets free to this user.
    pub free: u64,
    /// Octets in all.
    pub all: u64,
    /// Files that can still be made; `None` where there is no such bound.
    pub files: Option<u64>,
    /// Whether it is mounted read-only.
    pub read_only: bool,
    /// Its kind, where a store does not lie well on it.
    pub kind: Option<&'static str>,
}

/// The file system that a path is on; `None` where it can't be found out.
pub fn disk(path: &Path) -> Option<Disk> {
    let said = statvfs(path).ok()?;
    let kind = statfs(path).ok().and_then(|said| kind(said.f_type.cast_unsigned()));
    Some(Disk {
        free: said.f_bavail.saturating_mul(said.f_frsize),
        all: said.f_blocks.saturating_mul(said.f_frsize),
        files: (said.f_files > 0).then_some(said.f_favail),
        read_only: said.f_flag.contains(StatVfsMountFlags::RDONLY),
        kind,
    })
}

fn kind(number: u64) -> Option<&'static str> {
    // Numbers of 32 bits are signed on some systems.
    KINDS.iter().find(|(known, _)| *known == number & 0xffff_ffff).map(|(_, name)| *name)
}

/// Whether this user may write into a folder.
pub fn is_writable(path: &Path) -> bool {
    access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_a_disk_with_room() {
        let folder = tempfile::tempdir().unwrap();
        let disk = disk(folder.path()).unwrap();
        assert!(disk.all >= disk.free && disk.all > 0 && !disk.read_only, "{disk:?}");
        assert!(is_writable(folder.path()) && !is_writable(&folder.path().join("absent")));
        assert_eq!((super::disk(Path::new("/no/such/place")), kind(0x0102_1994), kind(0xef53)), (None, Some("tmpfs"), None));
        assert_eq!(kind(0xffff_ffff_ff53_4d42), Some("cifs"));
    }
}
