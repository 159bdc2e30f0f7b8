//! Files that the console writes: named by screen and time, never over another one, in the working folder where that can be
//! written, else in the folder of the console's state.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Files of one second that get a number; more are a loop of somebody's.
const MOST: u32 = 99;

/// Writes a file called `stem.ending`, or `stem-2.ending` where that exists, in the first of the folders that takes it.
/// Returns where it stands.
///
/// Errors: no folder takes it; the last one's reason, with its name.
pub fn write(folders: &[PathBuf], (stem, ending): (&str, &str), bytes: &[u8]) -> Result<String, String> {
    let mut why = "no folder to write to".to_owned();
    for folder in folders {
        match write_in(folder, (stem, ending), bytes) {
            Ok(path) => return Ok(path.display().to_string()),
            Err(error) => why = format!("{}: {error}", folder.join(format!("{stem}.{ending}")).display()),
        }
    }
    Err(why)
}

fn write_in(folder: &Path, (stem, ending): (&str, &str), bytes: &[u8]) -> io::Result<PathBuf> {
    if !folder.as_os_str().is_empty() {
        std::fs::create_dir_all(folder)?;
    }
    for number in 1..=MOST {
        let name = if number == 1 { format!("{stem}.{ending}") } else { format!("{stem}-{number}.{ending}") };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// The working folder, then `$XDG_STATE_HOME/noctop` (else `~/.local/state/noctop`).
pub fn folders() -> Vec<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    let mut folders = vec![PathBuf::new()];
    folders.extend(state.map(|state| state.join("noctop")));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of files and what was written, one after the other; the folder goes at the end.
    fn check(folders: &[&str], writes: usize, wanted: &[&str]) {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a-file"), b"in the way").unwrap();
        let folders: Vec<PathBuf> = folders.iter().map(|folder| root.path().join(folder)).collect();
        for (at, wanted) in (0..writes).zip(wanted) {
            let bytes = at.to_string();
            let path = write(&folders, ("noctop-overview-20261122-120005", "txt"), bytes.as_bytes()).unwrap();
            assert_eq!(Path::new(&path).strip_prefix(root.path()).unwrap().to_str(), Some(*wanted));
            assert_eq!(std::fs::read(path).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn no_file_is_written_over() {
        check(
            &[""],
            3,
            &[
                "noctop-overview-20261122-120005.txt",
                "noctop-overview-20261122-120005-2.txt",
                "noctop-overview-20261122-120005-3.txt",
            ],
        );
    }

    #[test]
    fn a_folder_that_takes_nothing_is_passed_over() {
        check(&["a-file", "state/noctop"], 1, &["state/noctop/noctop-overview-20261122-120005.txt"]);
        assert!(write(&[], ("x", "txt"), b"").is_err());
    }
}
