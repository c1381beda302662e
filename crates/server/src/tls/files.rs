//! The two files of a certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, InconsistentKeys, RootCertStore};

use super::TlsError;

/// A certificate that ends within this is told of.
const SOON: Duration = Duration::from_secs(7 * 86_400);

/// Where a certificate and its key are.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// What the two files hold.
pub(super) struct Contents {
    pub(super) certified: CertifiedKey,
    /// The files themselves, to see whether they changed.
    pub(super) bytes: (Vec<u8>, Vec<u8>),
}

impl Pair {
    /// Reads both and checks that they belong together.
    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        let bytes = self.bytes()?;
        let Self { certificate, key } = self;
        let chain: Result<Vec<CertificateDer<'static>>, pem::Error> =
            CertificateDer::pem_slice_iter(&bytes.0).collect();
        let chain = chain.map_err(|error| broken(certificate, &error))?;
        let Some(first) = chain.first().cloned() else {
            return Err(TlsError::Empty { path: certificate.clone(), wanted: "certificate" });
        };
        let private = PrivateKeyDer::from_pem_slice(&bytes.1).map_err(|error| match error {
            pem::Error::NoItemsFound => TlsError::Empty { path: key.clone(), wanted: "private key" },
            error => broken(key, &error),
        })?;
        let signing = aws_lc_rs::sign::any_supported_type(&private).map_err(|error| broken(key, &error))?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                return Err(TlsError::Mismatch { certificate: certificate.clone(), key: key.clone() });
            }
            Err(error) => return Err(broken(certificate, &error)),
        }
        if let Some(why) = validity(&first) {
            tracing::warn!(certificate = %certificate.display(), why, "clients will refuse the certificate");
        }
        Ok(Contents { certified, bytes })
    }

    /// The files as they are now.
    pub(super) fn bytes(&self) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
        Ok((read(&self.certificate)?, read(&self.key)?))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

fn broken(path: &Path, error: &dyn std::fmt::Display) -> TlsError {
    TlsError::Broken { path: path.to_owned(), reason: error.to_string() }
}

/// Why a certificate's time is not now, if it is not. A verifier looks at the time first, whoever has signed: so one that
/// trusts nothing but the certificate itself tells.
pub(super) fn validity(certificate: &CertificateDer<'_>) -> Option<&'static str> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).ok()?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    let at = |time| match verifier.verify_server_cert(certificate, &[], &name, &[], time) {
        Err(rustls::Error::InvalidCertificate(error)) => Some(error),
        _ => None,
    };
    let now = UnixTime::now();
    match at(now) {
        Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => return Some("it has expired"),
        Some(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            return Some("it is not valid yet");
        }
        _ => {}
    }
    match at(UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + SOON)) {
        Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            Some("it expires within seven days")
        }
        _ => None,
    }
}
