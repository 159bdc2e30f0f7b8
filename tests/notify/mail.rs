//! Mail, against a server of the test's own: STARTTLS, TLS from the start, logins, refusals, and what stands in it.

use super::servers::certificate;
use super::{assert_plain, item, letter, raised, receiver, send};
use noctop::model::NoticeKind;
use noctop::notify::Again;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does.
#[derive(Clone, Copy, Default)]
struct Behaves {
    implicit: bool,
    /// It offers no STARTTLS.
    plain: bool,
    /// What it says to RCPT.
    rcpt: Option<&'static str>,
    hangs: bool,
}

/// Everything that was said to it, by connection after TLS began marked `TLS `.
type Said = Arc<Mutex<Vec<String>>>;

async fn serve(behaves: Behaves, acceptor: TlsAcceptor) -> (u16, Said) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = Said::default();
    let heard = Arc::clone(&said);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if behaves.hangs {
                tokio::spawn(async move {
                    let _held = stream;
                    std::future::pending::<()>().await;
                });
                continue;
            }
            let (acceptor, heard) = (acceptor.clone(), Arc::clone(&heard));
            tokio::spawn(async move {
                if behaves.implicit {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    session(stream, ("TLS ", true), (behaves, &heard)).await;
                } else if let Some(stream) = session(stream, ("", true), (behaves, &heard)).await
                    && let Ok(stream) = acceptor.accept(stream).await
                {
                    session(stream, ("TLS ", false), (behaves, &heard)).await;
                }
            });
        }
    });
    (port, said)
}

/// Speaks SMTP; gives the stream back where TLS is to begin.
async fn session<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    (mark, greets): (&str, bool),
    (behaves, heard): (Behaves, &Said),
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    if greets {
        stream.write_all(b"220 test\r\n").await.ok()?;
    }
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n']);
        heard.lock().unwrap().push(format!("{mark}{line}"));
        if in_data {
            if line == "." {
                in_data = false;
                stream.write_all(b"250 taken\r\n").await.ok()?;
            }
            continue;
        }
        let verb = line.split(' ').next().unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if mark.is_empty() && !behaves.plain => "250-test\r\n250-8BITMIME\r\n250 STARTTLS\r\n",
            "EHLO" => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
            "STARTTLS" => {
                stream.write_all(b"220 go\r\n").await.ok()?;
                return Some(stream.into_inner());
            }
            "AUTH" => "235 in\r\n",
            "RCPT" => behaves.rcpt.unwrap_or("250 ok\r\n"),
            "DATA" => {
                in_data = true;
                "354 go on\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

const ADDRESSES: &str = "from = \"noctop <noctop@example.net>\"\nto = [\"noc@example.net\", \"Lead <lead@example.net>\"]\n";

async fn told(behaves: Behaves, rest: &str) -> (Result<(), noctop::notify::Failure>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (ca, acceptor) = certificate(folder.path());
    let (port, said) = serve(behaves, acceptor).await;
    let rest = rest.replace("CA", &format!("ca = \"{}\"", ca.display()));
    let receiver =
        receiver(&format!("kind = \"mail\"\nserver = \"localhost\"\nport = {port}\ntimeout = \"5s\"\n{ADDRESSES}{rest}"));
    let sent = send(receiver, &raised()).await;
    let said = said.lock().unwrap().clone();
    (sent, said)
}

#[tokio::test]
async fn a_mail_goes_over_tls_with_its_login_and_nothing_of_it_in_the_open() {
    let login = "username = \"noctop\"\npassword = \"pass-word\"\nCA\n";
    for (behaves, tls) in [(Behaves::default(), "starttls"), (Behaves { implicit: true, ..Behaves::default() }, "implicit")] {
        let (sent, said) = told(behaves, &format!("{login}tls = \"{tls}\"\n")).await;
        assert_eq!(sent, Ok(()), "{tls}: {said:?}");
        assert!(said.iter().any(|line| line.starts_with("TLS AUTH")), "{said:?}");
        let open: Vec<&String> = said.iter().filter(|line| !line.starts_with("TLS ")).collect();
        assert!(open.iter().all(|line| line.starts_with("EHLO") || *line == "STARTTLS"), "{open:?}");
        assert!(said.contains(&"TLS RCPT TO:<lead@example.net>".to_owned()), "{said:?}");
    }
}

#[tokio::test]
async fn a_device_writes_no_header_and_the_mail_is_known_again() {
    let (sent, said) = told(Behaves::default(), "CA\n").await;
    assert_eq!(sent, Ok(()));
    let lines: Vec<&str> = said.iter().map(|line| line.trim_start_matches("TLS ")).collect();
    let data = lines.iter().position(|line| *line == "DATA").unwrap();
    let end = lines.iter().skip(data).position(|line| line.is_empty()).unwrap() + data;
    let head = &lines[data + 1..end];
    assert!(head.iter().all(|line| !line.to_lowercase().starts_with("bcc")), "{head:?}");
    for wanted in [
        "Message-ID: <",
        "References: <",
        "In-Reply-To: <",
        "Auto-Submitted: auto-generated",
        "Subject: [HQ] CRITICAL",
        "Date: Thu, 26 Nov 2026 10:00:30 +0000",
    ] {
        assert!(head.iter().any(|line| line.starts_with(wanted)), "{wanted}: {head:?}");
    }
    lines.iter().for_each(|line| assert_plain(line));
    let id = |said: &[String]| said.iter().find(|line| line.contains("Message-ID:")).cloned();
    let (_, again) = told(Behaves::default(), "CA\n").await;
    assert_eq!(id(&said), id(&again));
}

#[tokio::test]
async fn without_tls_nothing_is_sent_unless_that_is_wanted() {
    let plain = Behaves { plain: true, ..Behaves::default() };
    let (sent, said) = told(plain, "CA\n").await;
    assert!(sent.is_err() && said.iter().all(|line| !line.starts_with("MAIL")), "{said:?}");
    assert_eq!(told(plain, "tls = \"none\"\n").await.0, Ok(()));
    let (sent, said) = told(Behaves::default(), "").await;
    assert!(sent.unwrap_err().why.to_lowercase().contains("certificate"), "{said:?}");
    assert!(said.iter().all(|line| !line.contains("MAIL")), "{said:?}");
}

#[tokio::test]
async fn an_address_that_is_refused_is_given_up_and_a_busy_server_is_tried_again() {
    for (answer, again) in [("550 no such user\r\n", Again::Never), ("451 come again\r\n", Again::Later(None))] {
        let (sent, _) = told(Behaves { rcpt: Some(answer), ..Behaves::default() }, "CA\n").await;
        let failure = sent.unwrap_err();
        assert_eq!(failure.again, again, "{}", failure.why);
        assert!(failure.why.starts_with("localhost: ") && failure.why.contains(&answer[..3]), "{}", failure.why);
    }
    let (sent, _) = told(Behaves { hangs: true, ..Behaves::default() }, "CA\ntls = \"implicit\"\n").await;
    assert_eq!(sent.unwrap_err().again, Again::Later(None));
}

#[tokio::test]
async fn subject_and_text_may_be_ones_own() {
    let (sent, said) = told(
        Behaves::default(),
        "CA\nsubject = \"{{ severity }} {{ kind }} at {{ site }}\"\ntemplate = \"{{ line }}\\nsee {{ runbook }}\"\n",
    )
    .await;
    assert_eq!(sent, Ok(()));
    let all = said.join("\n");
    assert!(all.contains("Subject: critical raised at HQ/B1") && all.contains("see https://wiki.example.net/core"), "{all}");
}

#[tokio::test]
async fn a_digest_lists_its_alarms() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, acceptor) = certificate(folder.path());
    let (port, said) = serve(Behaves::default(), acceptor).await;
    let receiver =
        receiver(&format!("kind = \"mail\"\nserver = \"localhost\"\nport = {port}\nca = \"{}\"\n{ADDRESSES}", ca.display()));
    let many = (0..130).map(|n| item(NoticeKind::Raised, &format!("switch-{n}"))).collect();
    send(receiver, &letter(many)).await.unwrap();
    let all = said.lock().unwrap().join("\n");
    assert!(all.contains("switch-99") && !all.contains("switch-100") && all.contains("and 30 more"), "{all}");
}
