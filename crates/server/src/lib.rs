//! The service: HTTP, WebSocket, storage, identity and the dashboard around the detector.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use offhook_detect::{DetectConfig, Params};
//! use offhook_server::{Server, ServerConfig};
//!
//! let params = Arc::new(Params::new(DetectConfig::default())?);
//! let server = Server::open(ServerConfig::default(), params).await?; // storage, keys, the port
//! println!("listening on {}", server.address());
//! server.run(async { tokio::signal::ctrl_c().await.ok(); }).await?;   // until the signal; streams are told
//! # Ok(())
//! # }
//! ```
//!
//! One [`session`] drives one call: samples and facts go to its detector, what comes out goes to the wire, to those who
//! listen ([`live`]), to the figures ([`metrics`]) and, at the end, to the [`store`] and the [`vault`]. Nothing here
//! judges audio.

mod app;
pub mod audit;
pub mod auth;
pub mod config;
mod demo;
mod error;
pub mod live;
pub mod metrics;
mod pii;
pub mod privacy;
pub mod protection;
pub mod record;
pub mod retention;
mod routes;
mod serve;
pub mod session;
pub mod store;
mod stream;
pub mod switch;
pub mod telemetry;
pub mod tls;
mod upload;
pub mod vault;
pub mod views;
pub mod webhooks;
mod whole;

pub use app::{App, StartError};
pub use config::{ServerConfig, ServerConfigError};
pub use error::{ApiError, Code, Problem};
pub use pii::Pii;
pub use routes::{openapi, router};
pub use serve::Server;
