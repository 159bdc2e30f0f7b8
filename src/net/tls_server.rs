//! TLS of listeners: certificate and key out of files, and who may connect.
//!
//! The files are looked at again now and then: a certificate that was renewed counts without a restart.

use crate::clock::Stopwatch;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;

/// How often it is looked whether the files are others.
const LOOK: Duration = Duration::from_secs(60);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or holds something else.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// The certificate and the key don't belong together, or are of a kind that is not known.
    #[error("certificate and key can't be used: {0}")]
    Unusable(String),
}

/// Where certificate and key are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those above it, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Who has to have signed the certificates of those who connect, PEM; `None` lets everyone connect.
    pub client_ca: Option<PathBuf>,
}

/// TLS as a listener speaks it.
pub struct ServerTls {
    files: TlsFiles,
    loaded: Mutex<Loaded>,
}

struct Loaded {
    acceptor: TlsAcceptor,
    changed: Vec<Option<SystemTime>>,
    looked: Stopwatch,
}

impl ServerTls {
    /// Loads the files.
    ///
    /// # Errors
    /// One of them can't be read, or they don't belong together.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let loaded = Loaded { acceptor: acceptor(&files)?, changed: changed(&files), looked: Stopwatch::start() };
        Ok(Self { files, loaded: Mutex::new(loaded) })
    }

    /// What makes connections secure, by the files as they are now. Where they became faulty those before count.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.looked.elapsed() >= LOOK {
            loaded.looked = Stopwatch::start();
            self.renew(&mut loaded);
        }
        loaded.acceptor.clone()
    }

    fn renew(&self, loaded: &mut Loaded) {
        let now = changed(&self.files);
        if now == loaded.changed {
            return;
        }
        match acceptor(&self.files) {
            Ok(acceptor) => (loaded.acceptor, loaded.changed) = (acceptor, now),
            Err(error) => tracing::warn!(%error, "the certificate was not renewed"),
        }
    }
}

fn changed(files: &TlsFiles) -> Vec<Option<SystemTime>> {
    let all = [Some(&files.certificate), Some(&files.key), files.client_ca.as_ref()];
    all.into_iter().flatten().map(|file| std::fs::metadata(file).and_then(|about| about.modified()).ok()).collect()
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let unusable = |error: rustls::Error| TlsError::Unusable(error.to_string());
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| fault(&files.key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let config = config.map_err(unusable)?;
    let config = match &files.client_ca {
        None => config.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|error| fault(file, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            config.with_client_cert_verifier(verifier.map_err(|error| fault(file, &error))?)
        }
    };
    config.with_single_cert(chain, key).map(|config| TlsAcceptor::from(Arc::new(config))).map_err(unusable)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(file).map_err(|error| fault(file, &error))?;
    let certificates: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| fault(file, &error))?;
    if certificates.is_empty() { Err(fault(file, &"it holds no certificate")) } else { Ok(certificates) }
}

fn fault(file: &Path, what: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { file: file.display().to_string(), what: what.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_files_is_said_with_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let files = TlsFiles { certificate: certificate.clone(), key: key.clone(), client_ca: None };
        let why = || ServerTls::load(files.clone()).map(drop).unwrap_err().to_string();
        assert!(why().starts_with(&certificate.display().to_string()));
        std::fs::write(&certificate, "rubbish").unwrap();
        assert!(why().ends_with("c.pem: it holds no certificate"));
        let made = rcgen::generate_simple_self_signed(vec!["noc".to_owned()]).unwrap();
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, "rubbish").unwrap();
        assert!(why().starts_with(&key.display().to_string()));
        let other = rcgen::generate_simple_self_signed(vec!["noc".to_owned()]).unwrap();
        std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
        assert!(why().starts_with("certificate and key can't be used"), "{}", why());
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        assert!(ServerTls::load(files.clone()).is_ok());
    }

    #[test]
    fn a_renewed_certificate_counts_and_a_faulty_one_leaves_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let write = || {
            let made = rcgen::generate_simple_self_signed(vec!["noc".to_owned()]).unwrap();
            std::fs::write(&certificate, made.cert.pem()).unwrap();
            std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        };
        write();
        let tls = ServerTls::load(TlsFiles { certificate: certificate.clone(), key: key.clone(), client_ca: None }).unwrap();
        let config = || Arc::as_ptr(tls.loaded.lock().unwrap().acceptor.config());
        let first = config();
        tls.renew(&mut tls.loaded.lock().unwrap());
        assert_eq!(config(), first);
        let older = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        std::fs::File::options().write(true).open(&key).unwrap().set_modified(older).unwrap();
        tls.renew(&mut tls.loaded.lock().unwrap());
        let second = config();
        assert_ne!(second, first);
        std::fs::write(&certificate, "rubbish").unwrap();
        tls.renew(&mut tls.loaded.lock().unwrap());
        assert_eq!(config(), second);
    }
}
