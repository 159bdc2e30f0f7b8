//! A program is run: the document on its standard input, the chief facts in its environment, no shell, nothing of ours inherited.

use super::Failure;
use crate::model::text::visible;
use crate::model::{AlarmFacts, Timestamp};
use crate::net::process::end_group;
use crate::notify::letter::Letter;
use crate::notify::shape::json;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// Octets of what it says that are kept; the rest is read and thrown away, so that it does not wait for a reader.
const KEPT: usize = 4096;
/// How long what it said is waited for after its end: something that it started may hold its output open.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Letters of one value of the environment: the kernel takes 128 KiB for one.
const LONGEST_VALUE: usize = 2000;
/// What of our own environment a program gets: where programs and homes are, language and zone. Secrets may stand in the rest.
const PASSED_ON: [&str; 7] = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER"];

/// Runs it once. Exit code 0 is taken, any other is not.
pub(super) async fn send(argv: &[String], letter: &Letter, timeout: Duration) -> Result<(), Failure> {
    let [program, arguments @ ..] = argv else { return Err(Failure::never("it names no program")) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(environment(letter)).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| Failure::later(format!("it can't be run: {error}")))?;
    let group = child.id();
    let ended = tokio::time::timeout(timeout, run(&mut child, json::write(letter))).await;
    // What it left in the background goes with it.
    group.into_iter().for_each(end_group);
    match ended {
        Ok(Ok((status, _))) if status.success() => Ok(()),
        Ok(Ok((status, words))) => Err(Failure::later(said(status, &words))),
        Ok(Err(error)) => Err(Failure::later(format!("it could not be waited for: {error}"))),
        Err(_) => {
            let _reaped = child.wait().await;
            Err(Failure::later(format!("it was ended after {} s", timeout.as_secs_f64())))
        }
    }
}

/// Feeds it, hears it and waits for it. Whether it reads what it is given is its own business.
async fn run(child: &mut Child, mut document: String) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    document.push('\n');
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let feed = async move {
        if let Some(mut stdin) = stdin {
            let _it_may_not_read = stdin.write_all(document.as_bytes()).await;
        }
    };
    let hearing = tokio::spawn(hear(stderr));
    let feeding = tokio::spawn(feed);
    let status = child.wait().await;
    feeding.abort();
    let abort = hearing.abort_handle();
    let words = tokio::time::timeout(LAST_WORDS, hearing).await;
    abort.abort();
    Ok((status?, words.ok().and_then(Result::ok).unwrap_or_default()))
}

async fn hear(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let Some(mut stream) = stream else { return Vec::new() };
    let (mut kept, mut buffer) = (Vec::new(), [0; KEPT]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let room = KEPT.saturating_sub(kept.len());
        kept.extend(buffer.iter().take(read.min(room)));
    }
    kept
}

fn said(status: ExitStatus, words: &[u8]) -> String {
    let text = crate::model::text::from_octets(words);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match (status.code(), first) {
        (Some(code), "") => format!("it ended with {code}"),
        (Some(code), line) => format!("it ended with {code}: {line}"),
        (None, _) => "it was killed".to_owned(),
    }
}

/// The chief facts by name; unknown ones are absent.
fn environment(letter: &Letter) -> Vec<(String, String)> {
    let ours = PASSED_ON.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
    let mut names: Vec<(&str, Option<String>)> = vec![
        ("ID", Some(letter.id())),
        ("RECEIVER", Some(letter.receiver.clone())),
        ("NETWORK", Some(letter.site.clone())),
        ("LINE", Some(letter.line())),
        ("MORE", Some(letter.items.len().saturating_sub(1).to_string())),
    ];
    if let Some(item) = letter.first() {
        let AlarmFacts { alarm, device_name, site, acknowledged_by, note, children, .. } = &*item.facts;
        names.extend([
            ("KIND", Some(item.kind.word().to_owned())),
            ("THREAD", Some(item.thread(&letter.site))),
            ("STEP", Some(item.step.to_string())),
            ("ALARM", Some(alarm.id.clone())),
            ("RULE", Some(alarm.rule.clone())),
            ("SEVERITY", Some(alarm.severity.word().to_owned())),
            ("OBJECT", Some(alarm.object.clone())),
            ("DEVICE", device_name.clone()),
            ("SITE", site.clone()),
            ("TEXT", Some(alarm.text.clone())),
            ("RAISED_AT", Some(item.since.rfc3339())),
            ("CLEARED_AT", alarm.cleared_at.map(Timestamp::rfc3339)),
            ("COUNT", Some(alarm.count.to_string())),
            ("CHILDREN", Some(children.to_string())),
            ("ACKNOWLEDGED_BY", acknowledged_by.clone()),
            ("NOTE", note.clone()),
            ("RUNBOOK", alarm.runbook.clone()),
        ]);
    }
    let plain = |text: String| -> String { visible(&text).chars().take(LONGEST_VALUE).collect() };
    let theirs = names.into_iter().filter_map(|(name, value)| Some((format!("NOCTOP_{name}"), plain(value?))));
    ours.chain(theirs).collect()
}
