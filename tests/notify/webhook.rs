//! Webhooks: what is sent in each shape, and what becomes of it where the other side does not do as it should.

use super::servers::{Behaves, certificate, http, https};
use super::{HOSTILE, assert_plain, item, letter, raised, receiver, send};
use noctop::model::NoticeKind;
use noctop::notify::{Again, Letter};
use serde_json::Value;
use std::time::Duration;

const TAKEN: Behaves = Behaves::Says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
const SECRET: &str = "T0000/B0000/very-secret";

/// Sends letters by a webhook; what arrived: the head and the body of each, as JSON.
async fn arrived(rest: &str, letters: &[Letter]) -> Vec<(String, Value)> {
    let mut server = http(TAKEN).await;
    let rest = format!("kind = \"webhook\"\nurl = \"http://{}/hook/{SECRET}\"\n{rest}", server.address);
    for letter in letters {
        send(receiver(&rest), letter).await.unwrap();
    }
    let parted = |request: String| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert_plain(body);
        (head.to_owned(), serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
    };
    server.sent().into_iter().map(parted).collect()
}

#[tokio::test]
async fn the_document_says_everything_as_it_is() {
    let got = arrived("headers = { Authorization = \"Bearer abc\" }\nmethod = \"PUT\"\n", &[raised()]).await;
    let (head, body) = &got[0];
    assert!(head.starts_with(&format!("PUT /hook/{SECRET} HTTP/1.1")), "{head}");
    for line in ["authorization: Bearer abc", "content-type: application/json", "idempotency-key: \""] {
        assert!(head.to_lowercase().contains(&line.to_lowercase()), "{head}");
    }
    assert_eq!(body["schema"], "noctop.notice/1");
    assert_eq!((&body["kind"], &body["receiver"], &body["site"]), (&"raised".into(), &"noc".into(), &"HQ".into()));
    let alarm = &body["alarms"][0]["alarm"];
    assert_eq!(alarm["object"], format!("core-1 {HOSTILE}"));
    assert_eq!((&alarm["severity"], &alarm["children"], &alarm["clearedAt"]), (&"critical".into(), &98.into(), &Value::Null));
}

#[tokio::test]
async fn of_several_all_stand_in_one_document() {
    let several = letter(vec![item(NoticeKind::Raised, "a"), item(NoticeKind::Repeated, "b")]);
    let got = arrived("", &[several]).await;
    assert_eq!(got[0].1["kind"], "digest");
    assert_eq!(got[0].1["alarms"].as_array().unwrap().len(), 2);
    assert!(got[0].1["text"].as_str().unwrap().ends_with("and 1 more"));
}

#[tokio::test]
async fn a_device_calls_nobody_in_slack() {
    let got = arrived("body = \"slack\"\n", &[raised()]).await;
    let text = got[0].1.to_string();
    assert!(!text.contains("<!channel>") && text.contains("&lt;!channel&gt;"), "{text}");
    assert!(got[0].1["text"].as_str().unwrap().starts_with("CRITICAL core-1 "), "{text}");
    assert_eq!(got[0].1["attachments"][0]["color"], "danger");
}

#[tokio::test]
async fn a_device_makes_no_link_in_teams() {
    let got =
        arrived("body = \"teams\"\n", &[raised(), letter((0..30).map(|n| item(NoticeKind::Raised, &n.to_string())).collect())])
            .await;
    let card = &got[0].1["attachments"][0]["content"];
    assert_eq!(
        (&card["type"], &got[0].1["attachments"][0]["contentType"]),
        (&"AdaptiveCard".into(), &"application/vnd.microsoft.card.adaptive".into())
    );
    // Only these are read as they are.
    let blocks = card["body"].as_array().unwrap();
    assert!(blocks.len() > 5 && blocks.iter().all(|block| block["type"] == "RichTextBlock"), "{card}");
    assert!(got[1].1.to_string().contains("and 10 more"));
}

#[tokio::test]
async fn an_incident_of_pagerduty_is_resolved_by_the_key_by_which_it_was_triggered() {
    let cleared = letter(vec![item(NoticeKind::Cleared, &format!("core-1 {HOSTILE}"))]);
    let got = arrived("body = \"pagerduty\"\nkey = \"R0UTING\"\n", &[raised(), cleared]).await;
    let (trigger, resolve) = (&got[0].1, &got[1].1);
    assert_eq!((&trigger["event_action"], &trigger["routing_key"]), (&"trigger".into(), &"R0UTING".into()));
    assert_eq!((&trigger["payload"]["severity"], &trigger["payload"]["class"]), (&"critical".into(), &"device-down".into()));
    assert!(trigger["payload"]["summary"].as_str().unwrap().chars().count() <= 1024);
    assert_eq!((&resolve["event_action"], &resolve["payload"]), (&"resolve".into(), &Value::Null));
    assert_eq!(resolve["dedup_key"], trigger["dedup_key"]);
}

#[tokio::test]
async fn values_of_a_template_stay_in_their_place() {
    let template = r#"template = '''{"msg": "{{ kind }} {{ object }}: {{ text }}", "n": {{ children }}, "who": {{ acknowledged_by|json }}, "all": [{% for a in alarms %}{{ a.summary|json }}{% if not loop.last %},{% endif %}{% endfor %}]}'''"#;
    let got = arrived(template, &[raised()]).await;
    let body = &got[0].1;
    assert_eq!(body["msg"], format!("raised core-1 {HOSTILE}: 2 polls not answered: {HOSTILE}"));
    assert_eq!((&body["n"], &body["who"]), (&98.into(), &Value::Null));
    assert_eq!(body["all"].as_array().unwrap().len(), 1);
}

/// What became of one letter, and that no secret is in what is said of it.
async fn becomes(behaves: Behaves) -> Result<(), (String, Again)> {
    let server = http(behaves).await;
    let rest = format!(
        "kind = \"webhook\"\nurl = \"http://{}/hook/{SECRET}\"\ntimeout = \"2s\"\nheaders = {{ X-Key = \"k3y-secret\" }}\n",
        server.address
    );
    let sent = send(receiver(&rest), &raised()).await;
    sent.map_err(|failure| {
        assert!(!failure.why.contains("secret") && failure.why.contains(&server.address.to_string()), "{}", failure.why);
        assert_plain(&failure.why);
        assert!(failure.why.len() < 400);
        (failure.why, failure.again)
    })
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_unless_it_would_be_refused_again() {
    assert_eq!(becomes(Behaves::Says("HTTP/1.1 204 No Content\r\n\r\n")).await, Ok(()));
    for (head, again) in [
        ("500 Internal Server Error", Again::Later(None)),
        ("503 Busy\r\nRetry-After: 7", Again::Later(Some(Duration::from_secs(7)))),
        ("429 Too Many Requests\r\nRetry-After: 120", Again::Later(Some(Duration::from_secs(120)))),
        ("429 Too Many Requests\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT", Again::Later(None)),
        ("403 Forbidden", Again::Later(None)),
        ("404 Not Found", Again::Later(None)),
        ("302 Found\r\nLocation: http://127.0.0.1:1/", Again::Later(None)),
        ("400 Bad Request", Again::Never),
        ("413 Too Large", Again::Never),
    ] {
        let answer = format!(
            "HTTP/1.1 {head}\r\nContent-Length: 60\r\n\r\nno: hook/{SECRET} k3y-secret \x1b[2J and some more text ......"
        );
        let (why, found) = becomes(Behaves::Says(answer.leak())).await.unwrap_err();
        assert_eq!(found, again, "{head}: {why}");
        assert!(why.contains(&head[..3]), "{why}");
    }
    assert_eq!(becomes(Behaves::Closes).await.unwrap_err().1, Again::Later(None));
    let (why, again) = becomes(Behaves::Hangs).await.unwrap_err();
    assert_eq!((again, why.contains("no answer in 2 s")), (Again::Later(None), true), "{why}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let taken = Behaves::Endless("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
    assert_eq!(becomes(taken).await, Ok(()));
    let (why, again) = becomes(Behaves::Endless("HTTP/1.1 500 No\r\nContent-Type: text/plain\r\n\r\n")).await.unwrap_err();
    assert_eq!(again, Again::Later(None), "{why}");
    let (why, _) = becomes(Behaves::Endless("HTTP/1.1 200 OK\r\nX: ")).await.unwrap_err();
    assert!(why.contains("127.0.0.1"), "{why}");
}

#[tokio::test]
async fn nobody_there_is_said() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure =
        send(receiver(&format!("kind = \"webhook\"\nurl = \"https://{gone}/{SECRET}\"\n")), &raised()).await.unwrap_err();
    assert!(failure.why.contains("can't be reached") && failure.why.to_lowercase().contains("refused"), "{}", failure.why);
    assert!(!failure.why.contains(SECRET));
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_it_is_named_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, acceptor) = certificate(folder.path());
    let mut server = https(TAKEN, acceptor).await;
    let port = server.address.port();
    let rest = |host: &str| format!("kind = \"webhook\"\nurl = \"https://{host}:{port}/x\"\n");
    let (trusting, doubting) = (format!("{}ca = \"{}\"\n", rest("localhost"), ca.display()), rest("localhost"));
    let other_name = format!("{}ca = \"{}\"\n", rest("127.0.0.1"), ca.display());
    assert_eq!(send(receiver(&trusting), &raised()).await, Ok(()));
    for rest in [doubting, other_name] {
        let failure = send(receiver(&rest), &raised()).await.unwrap_err();
        assert!(failure.why.to_lowercase().contains("certificate"), "{}", failure.why);
    }
    assert_eq!(server.sent().len(), 1);
    assert!(noctop::notify::Sender::new(receiver(&format!("{}ca = \"/nonexistent\"\n", rest("localhost")))).is_err());
}
