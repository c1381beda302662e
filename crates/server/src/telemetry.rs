//! Logs and traces.

use crate::config::ServerConfig;

/// Why logs or traces cannot be sent where they should go.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] crate::config::ServerConfigError),
}

/// Logs and traces are written as long as this lives.
#[derive(Debug)]
pub struct Telemetry {}

/// Starts logs and traces, for the whole process.
///
/// # Errors
/// A setting cannot be used.
pub fn start(_config: &ServerConfig) -> Result<Telemetry, TelemetryError> {
    todo!()
}
