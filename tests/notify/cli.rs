//! `noctop notify` and what `config check` says of receivers.

use std::path::Path;
use std::process::Command;

fn run(config: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_noctop")).args(arguments).arg("--config").arg(config).output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn file(folder: &Path, text: &str) -> std::path::PathBuf {
    let path = folder.join("noctop.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_receiver_is_tried_and_what_became_of_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let config = file(
        folder.path(),
        &format!(
            "[[receiver]]\nname = \"good\"\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"cat > {}\"]\n[[receiver]]\nname = \"bad\"\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"echo broken >&2; exit 9\"]\n",
            told.display()
        ),
    );
    assert_eq!(run(&config, &["notify", "test", "good"]), (Some(0), "good took the test notice\n".to_owned(), String::new()));
    assert!(std::fs::read_to_string(told).unwrap().contains("\"kind\":\"test\""));
    let (code, out, err) = run(&config, &["notify", "test", "bad"]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (Some(1), "", "noctop: bad did not take the test notice: it ended with 9: broken\n")
    );
    let (code, _, err) = run(&config, &["notify", "test", "other"]);
    assert_eq!((code, err.as_str()), (Some(2), "noctop: there is no [[receiver]] \"other\"; known are good, bad\n"));
}

#[test]
fn receivers_are_listed_without_their_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(
        folder.path(),
        "[[receiver]]\nname = \"chat\"\nkind = \"webhook\"\nurl = \"https://hooks.example.net/services/T0/very-secret\"\nbody = \"slack\"\n[[notify]]\nname = \"core\"\nto = [\"chat\"]\n",
    );
    for format in ["table", "json", "ndjson", "csv"] {
        let (code, out, err) = run(&config, &["notify", "list", "--format", format]);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        assert!(out.contains("hooks.example.net") && out.contains("core") && !out.contains("secret"), "{out}");
    }
}

#[test]
fn faults_that_show_only_in_use_are_found_before() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(
        folder.path(),
        r#"[[receiver]]
name = "own"
kind = "webhook"
url = "https://hooks.example.net/x"
template = '{"a": {{ text }}}'
[[receiver]]
name = "typo"
kind = "webhook"
url = "https://hooks.example.net/x"
template = '{"a": "{{ txet }}"}'
[[receiver]]
name = "trust"
kind = "webhook"
url = "https://hooks.example.net/x"
ca = "/nonexistent/ca.pem"
"#,
    );
    for command in [&["config", "check"][..], &["daemon"]] {
        let (code, _, err) = run(&config, command);
        assert_eq!(code, Some(2), "{err}");
        let lines: Vec<&str> = err.lines().map(|line| line.split_once("noctop.toml:").map_or(line, |(_, rest)| rest)).collect();
        assert!(lines[0].starts_with("5:12: template: the template makes no JSON"), "{err}");
        assert!(lines[1].starts_with("10:12: template: undefined value"), "{err}");
        assert!(lines[2].starts_with("12:8: the certificates in /nonexistent/ca.pem can't be read"), "{err}");
    }
}
