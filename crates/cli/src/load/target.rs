//! Where the service is, and how to reach it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Url;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::exit::Mistake;

/// The longest that it may take until a stream may begin.
const PATIENCE: Duration = Duration::from_secs(10);
/// Results are short: a small buffer a stream keeps thousands of streams small.
const READ_BUFFER: usize = 4 * 1024;

/// How an open connection carries bytes.
pub(crate) enum Carried {
    /// As they are.
    Plain(TcpStream),
    /// In TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A service.
#[derive(Clone)]
pub(crate) struct Target {
    /// The address of the stream, `ws://` or `wss://`.
    pub(crate) stream: Url,
    /// The address of the service, `http://` or `https://`.
    pub(crate) http: Url,
    key: Option<String>,
    tls: Option<TlsConnector>,
    roots: Vec<CertificateDer<'static>>,
}

impl Target {
    /// Reads an address: `http`, `https`, `ws` or `wss`, with or without the path of the stream.
    ///
    /// # Errors
    /// [`Mistake::Usage`] if it is none; the certificates cannot be read.
    pub(crate) fn new(address: &str, key: Option<String>, authority: Option<&Path>) -> Result<Self> {
        let refuse = |why: &str| {
            Mistake::Usage(format!("--url: given {address:?}, {why}; allowed is http, https, ws or wss://HOST[:PORT]"))
        };
        let given = Url::parse(address).map_err(|error| refuse(&error.to_string()))?;
        let secure = match given.scheme() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => return Err(refuse("which is no address of a service").into()),
        };
        if given.host_str().is_none() {
            return Err(refuse("which names no host").into());
        }
        let with = |scheme: &str, path: &str| -> Result<Url> {
            let rest = given.as_str().split_once("://").map_or("", |(_, rest)| rest);
            let mut url = Url::parse(&format!("{scheme}://{rest}"))?;
            url.set_path(path);
            url.set_query(None);
            Ok(url)
        };
        let (ws, http) = if secure { ("wss", "https") } else { ("ws", "http") };
        let path = if matches!(given.path(), "" | "/") { "/v1/stream" } else { given.path() };
        let roots = match authority {
            Some(path) => CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .with_context(|| format!("--ca: reading {}", path.display()))?,
            None => Vec::new(),
        };
        let tls = if secure { Some(connector(&roots)?) } else { None };
        Ok(Self { stream: with(ws, path)?, http: with(http, "/")?, key, tls, roots })
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.http.port_or_known_default().unwrap_or(80)
    }

    /// Whether it is on this machine, as far as the address tells.
    pub(crate) fn is_here(&self) -> bool {
        self.host().parse().map_or(self.host() == "localhost", |ip: std::net::IpAddr| ip.is_loopback())
    }

    fn host(&self) -> &str {
        self.http.host_str().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// A client for requests.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub(crate) fn client(&self) -> Result<reqwest::Client> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.key {
            headers.insert("x-api-key", HeaderValue::from_str(key).context("--key")?);
        }
        let mut client = reqwest::Client::builder().default_headers(headers).timeout(Duration::from_secs(60));
        if self.tls.is_some() {
            client = client.use_preconfigured_tls(tls_config(&self.roots)?);
        }
        Ok(client.build()?)
    }

    /// Opens a connection up to the point at which a stream may begin.
    ///
    /// # Errors
    /// It is refused, or takes longer than ten seconds.
    pub(crate) async fn open(&self) -> Result<Carried> {
        tokio::time::timeout(PATIENCE, self.connect()).await.context("no connection within 10 s")?
    }

    async fn connect(&self) -> Result<Carried> {
        let socket = TcpStream::connect((self.host(), self.port())).await.context("connecting")?;
        socket.set_nodelay(true)?;
        let mut request = self.stream.as_str().into_client_request()?;
        if let Some(key) = &self.key {
            request.headers_mut().insert("x-api-key", HeaderValue::from_str(key).context("--key")?);
        }
        let config = Some(websocket());
        Ok(match &self.tls {
            None => Carried::Plain(client_async_with_config(request, socket, config).await?.0.into_inner()),
            Some(tls) => {
                let name = ServerName::try_from(self.host().to_owned()).context("--url")?;
                let socket = tls.connect(name, socket).await.context("TLS")?;
                Carried::Tls(Box::new(client_async_with_config(request, socket, config).await?.0.into_inner()))
            }
        })
    }
}

/// How a stream is read.
pub(crate) fn websocket() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(READ_BUFFER)
}

fn tls_config(roots: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    if roots.is_empty() {
        return Ok(builder.with_platform_verifier()?.with_no_client_auth());
    }
    let mut store = rustls::RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).context("--ca")?;
    }
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

fn connector(roots: &[CertificateDer<'static>]) -> Result<TlsConnector> {
    Ok(TlsConnector::from(Arc::new(tls_config(roots)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_of_the_service_or_of_the_stream() {
        let of = |address: &str| {
            let target = Target::new(address, None, None).unwrap();
            (target.stream.to_string(), target.http.to_string(), target.port())
        };
        let service = ("ws://localhost:8080/v1/stream".to_owned(), "http://localhost:8080/".to_owned(), 8080);
        assert_eq!(of("http://localhost:8080"), service);
        assert_eq!(of("ws://localhost:8080/v1/stream"), service);
        assert_eq!(of("https://a.example").2, 443);
        assert_eq!(of("wss://a.example/x").0, "wss://a.example/x");
    }

    #[test]
    fn what_is_no_address_is_a_mistake() {
        for address in ["", "localhost:8080", "ftp://a.example", "/v1/stream"] {
            let error = Target::new(address, None, None).err().unwrap();
            assert!(error.to_string().starts_with("--url: given"), "{error}");
        }
    }
}
