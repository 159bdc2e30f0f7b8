//! Commands: what they are given, and what becomes of those that fail, hang, chatter or leave something behind.

use super::{assert_plain, raised, receiver, send};
use noctop::notify::Again;
use std::path::Path;

/// A receiver that runs a line of shell.
fn shell(line: &str, rest: &str) -> noctop::config::notify::Receiver {
    receiver(&format!("kind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", '''{line}''', \"x\"]\n{rest}"))
}

#[tokio::test]
async fn a_command_gets_the_document_and_the_facts_and_nothing_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let (document, environment) = (folder.path().join("in"), folder.path().join("env"));
    let line = format!(
        "cat > {}; env > {}; ls /proc/self/fd | wc -l >> {}",
        document.display(),
        environment.display(),
        environment.display()
    );
    send(shell(&line, ""), &raised()).await.unwrap();
    let text = std::fs::read_to_string(document).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((text.lines().count(), json["kind"].as_str()), (1, Some("raised")));
    let environment = std::fs::read_to_string(environment).unwrap();
    assert_plain(&environment);
    for wanted in [
        "NOCTOP_KIND=raised",
        "NOCTOP_SEVERITY=critical",
        "NOCTOP_RULE=device-down",
        "NOCTOP_RAISED_AT=2026-11-26T10:00:00Z",
        "NOCTOP_OBJECT=core-1 x\\x1b[2J",
    ] {
        assert!(environment.contains(wanted), "{wanted}: {environment}");
    }
    // Cargo's variables are ours and stay here.
    assert!(!environment.contains("CARGO"), "{environment}");
    assert!(environment.lines().all(|line| !line.starts_with("Bcc")), "{environment}");
}

#[tokio::test]
async fn what_a_command_says_when_it_fails_is_told() {
    let failure = send(shell(r#"printf "no such \033[31mpager\n" >&2; exit 3"#, ""), &raised()).await.unwrap_err();
    assert_eq!((failure.why.as_str(), failure.again), ("it ended with 3: no such \\x1b[31mpager", Again::Later(None)));
    let failure = send(receiver("kind = \"command\"\ncommand = [\"/nonexistent/pager\"]\n"), &raised()).await.unwrap_err();
    assert!(failure.why.starts_with("it can't be run"), "{}", failure.why);
    let failure = send(shell("kill -9 $$", ""), &raised()).await.unwrap_err();
    assert_eq!(failure.why, "it was killed");
}

#[tokio::test]
async fn a_command_that_reads_nothing_and_one_that_chatters_are_no_trouble() {
    assert_eq!(send(shell("exit 0", ""), &raised()).await, Ok(()));
    let failure = send(shell("head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; exit 1", ""), &raised()).await.unwrap_err();
    assert!(failure.why.len() < 300 && failure.why.starts_with("it ended with 1: xxx"), "{}", failure.why);
}

fn is_alive(pid: &Path) -> bool {
    let Ok(pid) = std::fs::read_to_string(pid) else { return false };
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z")
}

/// Killing is asked for; the kernel takes a moment.
fn is_gone(pid: &Path) -> bool {
    (0..2000).any(|_| {
        std::thread::yield_now();
        !is_alive(pid) || {
            std::thread::sleep(std::time::Duration::from_millis(1));
            false
        }
    })
}

#[tokio::test]
async fn a_command_that_hangs_is_ended_with_everything_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let line = format!("sleep 300 & echo $! > {}; wait", pid.display());
    let failure = send(shell(&line, "timeout = \"500ms\"\n"), &raised()).await.unwrap_err();
    assert_eq!(failure.why, "it was ended after 0.5 s");
    assert!(is_gone(&pid));
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_ended_and_does_not_hold_it_up() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let line = format!("sleep 300 & echo $! > {}", pid.display());
    assert_eq!(send(shell(&line, ""), &raised()).await, Ok(()));
    assert!(pid.exists() && is_gone(&pid));
}
