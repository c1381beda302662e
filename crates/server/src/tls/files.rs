//! The two files of a certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, InconsistentKeys, RootCertStore};

use super::TlsError;

/// A certificate that ends within so many seconds is told of.
const SOON: u64 = 7 * 86_400;
/// Beyond the end of every certificate: the last second of the year 9999, which stands for none (RFC 5280, 4.1.2.5).
const END: u64 = 253_402_300_799 + 1;

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
    /// Until when the certificate is valid.
    pub(super) until: Option<Timestamp>,
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
        let validity = validity(&first);
        if let Some(why) = validity.and_then(|validity| objection(validity, UnixTime::now().as_secs())) {
            tracing::warn!(certificate = %certificate.display(), why, "clients refuse a certificate out of its time");
        }
        let until = validity.and_then(|(_, until)| Timestamp::from_second(until.try_into().ok()?).ok());
        Ok(Contents { certified, bytes, until })
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

/// From when until when a certificate is valid, in seconds since 1970. A verifier looks at the time first, whoever has
/// signed: so one that trusts nothing but the certificate itself tells, asked at the beginning and at the end of time.
pub(super) fn validity(certificate: &CertificateDer<'_>) -> Option<(u64, u64)> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).ok()?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    let at = |seconds| {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        match verifier.verify_server_cert(certificate, &[], &name, &[], time) {
            Err(rustls::Error::InvalidCertificate(error)) => Some(error),
            _ => None,
        }
    };
    let from = match at(0) {
        Some(CertificateError::NotValidYetContext { not_before, .. }) => not_before.as_secs(),
        _ => 0,
    };
    match at(END) {
        Some(CertificateError::ExpiredContext { not_after, .. }) => Some((from, not_after.as_secs())),
        _ => None,
    }
}

/// What is wrong with a time of validity, if something is.
fn objection((from, until): (u64, u64), now: u64) -> Option<&'static str> {
    if now < from {
        Some("it is not valid yet")
    } else if now > until {
        Some("it has expired")
    } else if now + SOON > until {
        Some("it expires within seven days")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_certificate_is_read_from_it() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["calls.example".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2030, 1, 1);
        let certificate = params.self_signed(&pair).unwrap();
        let (from, until) = validity(certificate.der()).unwrap();
        assert_eq!((from, until), (1_577_836_800, 1_893_456_000));
        assert_eq!(objection((from, until), from - 1), Some("it is not valid yet"));
        assert_eq!(objection((from, until), from), None);
        assert_eq!(objection((from, until), until - 86_400), Some("it expires within seven days"));
        assert_eq!(objection((from, until), until + 1), Some("it has expired"));
    }
}
