//! Whose certificates are believed: the system's authorities, and those of a file where a provider has its own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Where systems keep the authorities that they believe. No variable of the environment says otherwise: who may pretend to
/// be a provider is not for whoever starts a process to set in passing.
const BUNDLES: [&str; 8] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/var/lib/ca-certificates/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs/ca-bundle.crt",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// How connections in TLS are opened. Read when the first is, away from the threads that move bytes.
#[derive(Debug, Default)]
pub struct Trust {
    file: Option<PathBuf>,
    made: OnceCell<Arc<ClientConfig>>,
}

impl Trust {
    /// The system's authorities, or Mozilla's where the system has none.
    pub fn of_the_system() -> Arc<Self> {
        static SYSTEM: OnceLock<Arc<Trust>> = OnceLock::new();
        Arc::clone(SYSTEM.get_or_init(Arc::default))
    }

    /// The system's, and those of a file in PEM beside them.
    pub fn with_file(file: impl Into<PathBuf>) -> Arc<Self> {
        Arc::new(Self { file: Some(file.into()), made: OnceCell::new() })
    }

    /// How to open a connection.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub(super) async fn config(&self) -> io::Result<Arc<ClientConfig>> {
        let file = self.file.clone();
        let make = || async { spawn_blocking(move || config(file.as_deref())).await.map_err(io::Error::other)? };
        self.made.get_or_try_init(make).await.cloned()
    }
}

fn config(file: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    if !BUNDLES.iter().any(|bundle| add(&mut roots, Path::new(bundle)).is_ok_and(|added| added > 0)) {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(file) = file {
        let told = |what: String| io::Error::other(format!("{}: {what}", file.display()));
        if add(&mut roots, file).map_err(|error| told(error.to_string()))? == 0 {
            return Err(told("no certificate in it".to_owned()));
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Adds those of a file that can be read, and tells how many they were: one that is odd takes nothing from the others.
fn add(roots: &mut RootCertStore, file: &Path) -> io::Result<usize> {
    let certificates = CertificateDer::pem_file_iter(file).map_err(io::Error::other)?;
    let (added, _) = roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    Ok(added)
}
