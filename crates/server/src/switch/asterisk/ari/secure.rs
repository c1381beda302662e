//! What the events of ARI come over: a connection, in TLS where the address is `https`.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// A connection, in TLS or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Trusts whom this machine trusts, as all that the service asks by HTTPS.
///
/// # Errors
/// What this machine trusts cannot be read.
pub(super) fn trusted() -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_platform_verifier()?.with_no_client_auth()))
}

/// Opens the WebSocket of this request: in TLS for `wss`.
///
/// # Errors
/// Why there is none.
pub(super) async fn open(
    request: Request<()>,
    config: WebSocketConfig,
    tls: impl FnOnce() -> Result<Arc<ClientConfig>, rustls::Error>,
) -> Result<WebSocketStream<Box<dyn Wire>>, String> {
    let secure = request.uri().scheme_str() == Some("wss");
    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(if secure { 443 } else { 80 });
    let socket = TcpStream::connect((host.as_str(), port)).await.map_err(|error| error.to_string())?;
    socket.set_nodelay(true).map_err(|error| error.to_string())?;
    let wire: Box<dyn Wire> = if secure {
        let name = ServerName::try_from(host).map_err(|_| "asterisk.ari.url: no name of a host".to_owned())?;
        let tls = TlsConnector::from(tls().map_err(|error| error.to_string())?);
        Box::new(tls.connect(name, socket).await.map_err(|error| error.to_string())?)
    } else {
        Box::new(socket)
    };
    let opened = client_async_with_config(request, wire, Some(config)).await;
    opened.map(|(socket, _)| socket).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::{RootCertStore, ServerConfig};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_tungstenite::accept_async;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

    use super::*;

    fn config(trust: &rcgen::Certificate) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(trust.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    }

    #[tokio::test]
    async fn the_events_of_https_come_in_tls_from_who_is_trusted() {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let server = builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key.into()).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("wss://localhost:{}/ari/events?app=offhook", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                if let Ok(socket) = acceptor.accept(socket).await {
                    drop(accept_async(socket).await.unwrap());
                }
            }
        });
        let request = || address.clone().into_client_request().unwrap();
        open(request(), WebSocketConfig::default(), || Ok(config(&made.cert))).await.unwrap();
        for tls in [Ok(config(&other.cert)), trusted()] {
            let refused = open(request(), WebSocketConfig::default(), || tls).await.err().unwrap();
            assert!(refused.contains("certificate"), "{refused}");
        }
    }
}
