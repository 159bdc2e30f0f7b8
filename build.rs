//! Lists the files of `mibs/standard` and `mibs/vendor`, and those of `mibs/flow`, for `src/mib/builtin.rs`, so that a new vendor is a
//! new file and nothing else.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    list(&["standard", "vendor"], "mibs.rs")?;
    list(&["flow"], "flow_elements.rs")
}

/// Writes the list of the files of some folders: name and text of each.
fn list(folders: &[&str], into: &str) -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut list = String::from("&[\n");
    for folder in folders {
        // Cargo looks at the times of the folder and of every file in it.
        println!("cargo::rerun-if-changed=mibs/{folder}");
        for name in files(&Path::new(&root).join("mibs").join(folder))? {
            let path = Path::new(&root).join("mibs").join(folder).join(&name);
            list.push_str(&format!("    ({:?}, include_str!({:?})),\n", format!("{folder}/{name}"), path));
        }
    }
    list.push_str("]\n");
    fs::write(Path::new(&out).join(into), list)
}

/// Names of the TOML files of a folder, sorted: two builds of the same files are the same.
fn files(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?} is no UTF-8")))?;
        if name.ends_with(".toml") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
