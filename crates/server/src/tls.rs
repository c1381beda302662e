//! TLS 1.3, with certificates that are read again when they change.

mod files;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use rustls::crypto::aws_lc_rs;
use rustls::server::ServerConfig;
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;

use crate::config::TlsConfig;

pub use watch::watch;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file without what it should have.
    #[error("{path} has no {wanted} as PEM")]
    Empty {
        /// Which.
        path: PathBuf,
        /// `certificate` or `private key`.
        wanted: &'static str,
    },
    /// A file whose PEM is broken.
    #[error("{path} is broken: {reason}")]
    Broken {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Two files that do not belong together.
    #[error("the key in {key} is not the one of the certificate in {certificate}")]
    Mismatch {
        /// The setting `tls.certificate`.
        certificate: PathBuf,
        /// The setting `tls.key`.
        key: PathBuf,
    },
    /// What neither file is to blame for.
    #[error("cannot set up TLS")]
    Rustls(#[from] rustls::Error),
}

/// Makes aws-lc-rs what all of the process encrypts with. To be called before anything else that may use TLS; later
/// calls do nothing.
pub fn install_provider() {
    aws_lc_rs::default_provider().install_default().ok();
}

/// What a server with the certificate and key of the settings needs, and until when the certificate is valid; `None` where
/// none are set. A certificate that has expired, or will soon, is told in the log.
///
/// # Errors
/// A file is missing, is not PEM, or the key is not the certificate's.
pub fn rustls_config(config: &TlsConfig) -> Result<Option<(RustlsConfig, Option<Timestamp>)>, TlsError> {
    let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else { return Ok(None) };
    let pair = files::Pair { certificate: certificate.clone(), key: key.clone() };
    let contents = pair.read()?;
    Ok(Some((RustlsConfig::from_config(server_config(contents.certified)?), contents.until)))
}

/// TLS 1.3 alone, for HTTP/2 and HTTP/1.1.
fn server_config(certified: CertifiedKey) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
