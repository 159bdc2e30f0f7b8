//! SMI modules: any text as a file of the folder in which modules are looked for.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::mib::modules::Folders;
use noctop::mib::smi::{find, load};
use std::path::PathBuf;
use std::sync::LazyLock;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

/// A folder of this process alone.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("noctop-fuzz-smi-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

pub fn run(data: &[u8]) {
    std::fs::write(FOLDER.join("TEAHOUSE-MIB.txt"), data).unwrap();
    let folders = Folders::new(vec![FOLDER.clone()]);
    if let Ok(objects) = load(&folders, &["TEAHOUSE-MIB".to_owned()]) {
        assert!(!objects.is_empty());
    }
    if let Ok(objects) = find(&folders, "teaPots.1") {
        assert!(objects.iter().any(|object| object.name == "teaPots"));
    }
}
