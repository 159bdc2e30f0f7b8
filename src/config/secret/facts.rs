//! What is worth a warning of where secrets are: written in the configuration itself, or in a file that everybody may read.

use super::files::too_open;
use super::vault::identity_path;
use super::{Key, Origin, Written};
use crate::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Letters from which on a part of an address looks like a token.
const TOKEN: usize = 16;

/// Words in the names of headers that carry secrets.
const TELLING: [&str; 6] = ["auth", "token", "key", "secret", "cookie", "password"];

/// Something that works and should be otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// Line and column in the configuration, where it is about a place there.
    pub place: Option<(usize, usize)>,
    /// What it is, and what to do about it; never a secret.
    pub what: String,
}

/// The facts about a configuration's secrets, in the order of the file. `file` is where it was read; files that it names are looked at.
pub fn facts(file: Option<&Path>, config: &Config) -> Vec<Fact> {
    let secrets = &config.secrets;
    let first = if secrets.file.is_some() { "" } else { "noctop secrets init, " };
    let plain = secrets.written.iter().filter(|written| written.origin == Origin::Literal);
    let mut facts: Vec<Fact> = plain.clone().map(|written| in_the_clear(written, first)).collect();
    let holds_some = plain.clone().next().is_some();
    let mut looked_at: BTreeSet<PathBuf> = file.filter(|_| holds_some).map(Path::to_owned).into_iter().collect();
    looked_at.extend(secrets.written.iter().filter_map(|written| match &written.origin {
        Origin::File(path) => Some(path.clone()),
        _ => None,
    }));
    if let Some(Key::Identity(place)) = &secrets.key {
        looked_at.extend(identity_path(place));
    }
    facts.extend(looked_at.iter().filter_map(|path| Some(Fact { place: None, what: too_open(path)? })));
    facts.sort();
    facts
}

fn in_the_clear(written: &Written, first: &str) -> Fact {
    let what =
        format!("{} is written here in the clear: {first}noctop secrets set NAME, and then \"secret:NAME\" here", written.key);
    Fact { place: Some(written.place), what }
}

/// Whether a literal is no secret by its looks: the community that everybody knows, an address without a token, a header that says something else.
pub(in crate::config) fn is_open(key: &str, text: &str) -> bool {
    if key.ends_with(".community") {
        return text == "public";
    }
    if key == "receiver.url" {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest).split_once(['/', '?']).map_or("", |(_, rest)| rest);
        return !rest.split(['/', '?', '&', '=', '#']).any(|part| part.len() >= TOKEN);
    }
    let header = key.strip_prefix("receiver.headers.").map(str::to_ascii_lowercase);
    header.is_some_and(|name| !TELLING.iter().any(|word| name.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use std::os::unix::fs::PermissionsExt as _;

    fn told(text: &str) -> Vec<(usize, usize)> {
        let config = parse("x", text).unwrap();
        facts(None, &config).into_iter().filter_map(|fact| fact.place).collect()
    }

    #[test]
    fn what_is_written_in_the_clear_is_told_by_its_place_and_not_by_its_letters() {
        let credential = |community: &str| format!("[[credential]]\nversion = \"2c\"\ncommunity = \"{community}\"\n");
        assert_eq!(told(&credential("sesame")), [(3, 13)]);
        assert_eq!(told(&credential("public")), []);
        assert_eq!(told(&credential("env:PATH")), []);
        let config = parse("x", &credential("sesame")).unwrap();
        let facts = facts(None, &config);
        assert!(facts[0].what.contains("noctop secrets init") && !format!("{facts:?}{config:?}").contains("sesame"));
    }

    #[test]
    fn addresses_with_tokens_and_headers_that_prove_something_are_secrets() {
        let hook = |url: &str, header: &str| {
            format!("[[receiver]]\nname = \"x\"\nkind = \"webhook\"\nurl = \"{url}\"\nheaders = {{ {header} = \"Bearer 1\" }}\n")
        };
        assert_eq!(told(&hook("https://example.net/hook", "X-Site")), []);
        assert_eq!(told(&hook("https://example.net/T00/B00/0123456789abcdefghij", "Authorization")), [(4, 7), (5, 29)]);
    }

    #[test]
    fn files_that_everybody_may_read_are_told_with_the_command_that_mends_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("community");
        std::fs::write(&path, "sesame\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let text = format!("[[credential]]\nversion = \"2c\"\ncommunity = \"file:{}\"\n", path.display());
        let facts = facts(None, &parse("x", &text).unwrap());
        assert_eq!(facts.len(), 1);
        assert!(facts[0].what.ends_with(&format!("chmod o= {}", path.display())), "{facts:?}");
    }
}
