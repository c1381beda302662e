//! Sees when the files of a certificate change.

use std::path::Path;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use tokio::time::MissedTickBehavior;

use super::files::Pair;
use super::{TlsError, server_config};
use crate::config::TlsConfig;
use crate::error::chain;

/// What tells that a file has changed: when, and to which length.
type Mark = Option<(SystemTime, u64)>;

fn mark(path: &Path) -> Mark {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// Reads certificate and key again when a file has changed, which is looked at once every `pause`. New connections get
/// the new certificate; those that are there go on. Files that cannot be used leave the old certificate in place, and are
/// told in the log. `told` hears until when a new certificate is valid. Runs until it is dropped; returns at once where no
/// files are set.
pub async fn watch(config: &TlsConfig, server: RustlsConfig, pause: Duration, told: impl Fn(Timestamp)) {
    let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else { return };
    let pair = Pair { certificate: certificate.clone(), key: key.clone() };
    let mut bytes = pair.bytes().ok();
    let mut seen: Option<(Mark, Mark)> = None;
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let marks = (mark(certificate), mark(key));
        if seen == Some(marks) {
            continue;
        }
        seen = Some(marks);
        // Two files are not changed at one moment: what does not fit together now may at the next look.
        match reload(&pair, &server, &mut bytes) {
            Ok(Some(until)) => {
                tracing::info!(certificate = %certificate.display(), "the certificate was read again");
                until.map(&told);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = %chain(&error), "the new certificate cannot be used; the old one stays");
            }
        }
    }
}

/// If there was something new: until when it is valid.
fn reload(
    pair: &Pair,
    server: &RustlsConfig,
    bytes: &mut Option<(Vec<u8>, Vec<u8>)>,
) -> Result<Option<Option<Timestamp>>, TlsError> {
    if bytes.is_some() && pair.bytes().ok() == *bytes {
        return Ok(None);
    }
    let new = pair.read()?;
    server.reload_from_config(server_config(new.certified)?);
    *bytes = Some(new.bytes);
    Ok(Some(new.until))
}
