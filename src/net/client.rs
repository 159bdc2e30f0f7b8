//! One HTTP request over TLS or in the open: no redirect is followed, and of the reply no more is read than is wanted.
//!
//! What it says of a failure never holds the address that was asked, which may be a secret.

use crate::model::secret::Secret;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Pooled, Error};
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Octets of a reply that are read: a sentence that says what is wrong.
const REPLY: usize = 16 << 10;

/// Octets of a file of certificates.
const LARGEST_CA: u64 = 1 << 20;

/// What is asked.
pub struct Asked<'a> {
    /// Where.
    pub url: &'a Secret,
    /// `POST` or `PUT`
    pub method: &'static str,
    /// Media type of the body.
    pub content_type: &'a str,
    /// More headers.
    pub headers: &'a [(String, Secret)],
    /// The body.
    pub body: String,
}

/// The reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// After how long to ask again, where it says so in seconds (RFC 9110 §10.2.3).
    pub retry_after: Option<Duration>,
    /// The beginning of its body.
    pub text: String,
}

/// A client with its trust. Cheap to clone.
#[derive(Clone)]
pub struct Client(Pooled<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Client {
    /// One that trusts the certificates of a file, or those of the system. Errors: a sentence.
    pub fn new(ca: Option<&Path>) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| format!("TLS can't be set up: {error}"))?;
        let config = config.with_root_certificates(roots(ca)?).with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        // Alarms are rare: a connection that was kept would be closed by the other side when it is wanted.
        let client = Pooled::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self(client))
    }

    /// Asks once. Bounded in octets, not in time. Errors: a sentence without the address.
    pub async fn ask(&self, asked: Asked<'_>) -> Result<Reply, String> {
        let reply = self.0.request(request(asked)?).await.map_err(|error| reason(&error))?;
        let status = reply.status().as_u16();
        let retry_after = reply.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        // A reply that does not end is cut off: what it is was said by its status.
        let body = Limited::new(reply.into_body(), REPLY).collect().await;
        let octets = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(&octets).into_owned();
        Ok(Reply { status, retry_after: retry_after.map(Duration::from_secs), text })
    }
}

fn request(asked: Asked<'_>) -> Result<Request<Full<Bytes>>, String> {
    let unusable = || "the address can't be used".to_owned();
    let uri: Uri = asked.url.expose().parse().map_err(|_| unusable())?;
    let method = Method::from_bytes(asked.method.as_bytes()).map_err(|_| unusable())?;
    let mut request = Request::builder().method(method).uri(uri);
    let agent = concat!("noctop/", env!("CARGO_PKG_VERSION"));
    request = request.header(USER_AGENT, agent).header(CONTENT_TYPE, asked.content_type);
    for (name, value) in asked.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header has no usable name".to_owned())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| format!("the value of {name} can't be sent"))?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(asked.body))).map_err(|_| unusable())
}

/// Why nothing came back: what lies at the bottom of it.
fn reason(error: &Error) -> String {
    let what = if error.is_connect() { "it can't be reached" } else { "it did not answer in full" };
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let pem = ca_file(path)?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let added =
            certificate.map_err(|error| format!("{error:?}")).and_then(|one| roots.add(one).map_err(|error| error.to_string()));
        added.map_err(|error| format!("the certificates in {} can't be read: {error}", path.display()))?;
    }
    if roots.is_empty() { Err(format!("there is no certificate in {}", path.display())) } else { Ok(roots) }
}

/// A file of certificates. Errors: a sentence.
pub fn ca_file(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let unreadable = |error: std::io::Error| format!("the certificates in {} can't be read: {error}", path.display());
    let mut pem = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(LARGEST_CA).read_to_end(&mut pem)).map_err(unreadable)?;
    Ok(pem)
}
