//! Files that hold secrets: how much of them is read, who may read them, and how they are written.

use crate::model::secret::Secret;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The largest secret that is read: a mistaken path to a device or a log must not be read whole.
pub const LARGEST_SECRET: u64 = 4096;

/// What everybody else may do with a file.
const OTHERS: u32 = 0o007;
/// What everybody else may change.
const OTHERS_WRITE: u32 = 0o002;

/// Room beyond a file's length, so that reading to its end needs no second buffer, of which the first would stay unwiped.
const SLACK: u64 = 64;

/// The text of a file, wiped when it is dropped. Errors: a sentence.
pub fn text(path: &Path, largest: u64) -> Result<Zeroizing<String>, String> {
    let bytes = octets(path, largest)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(format!("{} is not UTF-8 text", path.display())),
    }
}

/// The octets of a file, wiped when they are dropped. Errors: a sentence.
pub fn octets(path: &Path, largest: u64) -> Result<Zeroizing<Vec<u8>>, String> {
    let unreadable = |error: io::Error| format!("the secret file {} can't be read: {error}", path.display());
    let file = File::open(path).map_err(unreadable)?;
    let room = usize::try_from(largest.saturating_add(SLACK)).unwrap_or_default();
    let mut octets = Zeroizing::new(Vec::with_capacity(room));
    file.take(largest.saturating_add(1)).read_to_end(&mut octets).map_err(unreadable)?;
    if octets.len() as u64 > largest {
        return Err(format!("the secret file {} is larger than {largest} octets", path.display()));
    }
    Ok(octets)
}

/// The first line of a file. Errors: a sentence that names the file.
pub fn first_line(path: &Path) -> Result<Secret, String> {
    let text = text(path, LARGEST_SECRET)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(format!("the secret file {} holds nothing on its first line", path.display())),
    }
}

/// Why a file should not be as it is: who may read or change it beside its owner and group, and the command that mends it.
pub fn too_open(path: &Path) -> Option<String> {
    let mode = fs::metadata(path).ok().filter(Metadata::is_file)?.permissions().mode();
    let what = match mode & OTHERS {
        0 => return None,
        bits if bits & OTHERS_WRITE != 0 => "changed",
        _ => "read",
    };
    Some(format!("{} can be {what} by everybody (mode {:03o}): chmod o= {}", path.display(), mode & 0o777, path.display()))
}

/// Writes a file whole: what stood there stays until the new one is on the disk. Only its owner may read it; one that was there keeps its
/// owner and group, and in a folder of another group that group may read it, for it is the service's.
///
/// Errors: those of the file system.
pub fn write(path: &Path, octets: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let fresh = beside(path);
    // A left-over of one that was killed meanwhile.
    let _there_is_none = fs::remove_file(&fresh);
    let written = write_new(&fresh, octets, (path, folder)).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        let _it_may_not_exist = fs::remove_file(&fresh);
    }
    written?;
    File::open(folder)?.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Whose a file is to be.
struct Owner {
    uid: u32,
    gid: u32,
    mode: u32,
}

/// Of a file that was just made in a folder: the one that was there before it, else whoever makes it.
fn owner((path, folder): (&Path, &Path), made: &Metadata) -> io::Result<Owner> {
    if let Ok(known) = fs::metadata(path) {
        return Ok(Owner { uid: known.uid(), gid: known.gid(), mode: known.mode() & 0o640 | 0o600 });
    }
    let (uid, gid, about) = (made.uid(), made.gid(), fs::metadata(folder)?);
    // 0 is nobody's own group: root's folders are of it by default.
    let shared = uid == 0 && about.gid() != 0;
    Ok(if shared { Owner { uid, gid: about.gid(), mode: 0o640 } } else { Owner { uid, gid, mode: 0o600 } })
}

fn write_new(fresh: &Path, octets: &[u8], place: (&Path, &Path)) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh)?;
    let made = file.metadata()?;
    let owner = owner(place, &made)?;
    if (made.uid(), made.gid()) != (owner.uid, owner.gid) {
        std::os::unix::fs::fchown(&file, Some(owner.uid), Some(owner.gid))?;
    }
    file.set_permissions(fs::Permissions::from_mode(owner.mode))?;
    file.write_all(octets)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_its_owners_alone_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for octets in [b"one".as_slice(), b"two"] {
            write(&path, octets).unwrap();
            assert_eq!(fs::read(&path).unwrap(), octets);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(too_open(&path), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let why = too_open(&path).unwrap();
        assert!(why.contains("read by everybody (mode 644)") && why.contains("chmod o= "), "{why}");
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, vec![b'x'; 5000]).unwrap();
        assert!(first_line(&path).unwrap_err().contains("larger than 4096"));
        fs::write(&path, "\nsecond").unwrap();
        assert!(first_line(&path).unwrap_err().contains("nothing on its first line"));
    }
}
