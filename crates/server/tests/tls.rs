//! TLS as clients see it: TLS 1.3 alone, certificates that change while the service runs, slow and many clients.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_server::Handle;
use offhook_server::config::{HttpConfig, TlsConfig};
use offhook_server::protection::connections;
use offhook_server::tls::{self, TlsError};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion, version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A certificate for `localhost`, of its own making.
struct Made {
    pem: String,
    key: String,
    der: rustls::pki_types::CertificateDer<'static>,
}

fn make(change: impl FnOnce(&mut CertificateParams)) -> Made {
    let pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&pair).unwrap();
    Made { pem: certificate.pem(), key: pair.serialize_pem(), der: certificate.der().clone() }
}

fn write(folder: &Path, made: &Made) -> TlsConfig {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, &made.pem).unwrap();
    std::fs::write(&key, &made.key).unwrap();
    TlsConfig { certificate: Some(certificate), key: Some(key) }
}

/// A service with one page, until it is dropped.
struct Running {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

async fn run(tls: Option<axum_server::tls_rustls::RustlsConfig>, http: HttpConfig, router: Router) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, handle) = (listener.local_addr().unwrap(), Handle::new());
    let stop = handle.clone();
    tokio::spawn(async move { connections::serve(listener, tls, router, &http, stop).await });
    Running { address, handle }
}

fn page() -> Router {
    Router::new().route("/", get(|| async { "here" }))
}

const NEW: &[&SupportedProtocolVersion] = &[&version::TLS13];
const OLD: &[&SupportedProtocolVersion] = &[&version::TLS12];

/// What a handshake came to: the protocol that was agreed on.
async fn handshake(
    address: SocketAddr,
    trusted: &Made,
    versions: &'static [&'static SupportedProtocolVersion],
) -> Result<Option<Vec<u8>>, String> {
    let der = trusted.der.clone();
    tokio::task::spawn_blocking(move || {
        tls::install_provider();
        let mut roots = RootCertStore::empty();
        roots.add(der).unwrap();
        let mut config =
            ClientConfig::builder_with_protocol_versions(versions).with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        while client.is_handshaking() {
            client.complete_io(&mut socket).map_err(|error| error.to_string())?;
        }
        Ok(client.alpn_protocol().map(<[u8]>::to_vec))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn tls_is_1_3_alone_and_offers_http_2() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(|_| ());
    let (config, _) = tls::rustls_config(&write(folder.path(), &made)).unwrap().unwrap();
    let running = run(Some(config), HttpConfig::default(), page()).await;
    assert_eq!(handshake(running.address, &made, NEW).await, Ok(Some(b"h2".to_vec())));
    let old = handshake(running.address, &made, OLD).await.unwrap_err();
    assert!(old.contains("ProtocolVersion"), "{old}");
    assert!(handshake(running.address, &make(|_| ()), NEW).await.is_err());
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let old = make(|_| ());
    let config = write(folder.path(), &old);
    let (server, until) = tls::rustls_config(&config).unwrap().unwrap();
    assert!(until.is_some());
    let running = run(Some(server.clone()), HttpConfig::default(), page()).await;
    let (watched, settings) = (server.clone(), config.clone());
    let watch = tokio::spawn(async move { tls::watch(&settings, watched, Duration::from_millis(20), |_| ()).await });
    let version = NEW;
    handshake(running.address, &old, version).await.unwrap();

    let changed = |before: Arc<rustls::ServerConfig>| {
        let server = server.clone();
        async move {
            while Arc::ptr_eq(&before, &server.get_inner()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    let before = server.get_inner();
    let new = make(|_| ());
    write(folder.path(), &new);
    tokio::time::timeout(Duration::from_secs(60), changed(before)).await.expect("the new certificate is read");
    handshake(running.address, &new, version).await.unwrap();
    assert!(handshake(running.address, &old, version).await.is_err());

    // A key that does not fit leaves what is there. Then it is put right, which shows that it was looked at.
    let kept = server.get_inner();
    let third = make(|_| ());
    std::fs::write(config.certificate.as_ref().unwrap(), &third.pem).unwrap();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(Arc::ptr_eq(&kept, &server.get_inner()));
    }
    handshake(running.address, &new, version).await.unwrap();
    std::fs::write(config.key.as_ref().unwrap(), &third.key).unwrap();
    tokio::time::timeout(Duration::from_secs(60), changed(kept)).await.expect("the third certificate is read");
    handshake(running.address, &third, version).await.unwrap();
    watch.abort();
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(|_| ());
    let config = write(folder.path(), &made);
    let (certificate, key) = (config.certificate.clone().unwrap(), config.key.clone().unwrap());
    let error = || tls::rustls_config(&config).unwrap_err();
    assert!(tls::rustls_config(&TlsConfig::default()).unwrap().is_none());

    std::fs::write(&key, &make(|_| ()).key).unwrap();
    assert!(matches!(error(), TlsError::Mismatch { .. }), "{}", error());
    std::fs::write(&key, "no key").unwrap();
    assert!(matches!(error(), TlsError::Empty { path, wanted: "private key" } if path == key));
    std::fs::write(&key, made.key.replace("PRIVATE KEY-----\n", "PRIVATE KEY-----\n!!")).unwrap();
    assert!(matches!(error(), TlsError::Broken { path, .. } if path == key));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(error(), TlsError::Read { path, .. } if path == key));
    std::fs::write(&certificate, "").unwrap();
    std::fs::write(&key, &made.key).unwrap();
    assert!(matches!(error(), TlsError::Empty { path, wanted: "certificate" } if path == certificate));
}

#[tokio::test]
async fn an_expired_certificate_is_used_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let (config, _) = tls::rustls_config(&write(folder.path(), &made)).unwrap().unwrap();
    let running = run(Some(config), HttpConfig::default(), page()).await;
    let told = handshake(running.address, &made, NEW).await.unwrap_err();
    assert!(told.contains("expired"), "{told}");
}

async fn begins(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

#[tokio::test]
async fn who_does_not_say_what_is_wanted_is_let_go() {
    let http = HttpConfig { header_time: Duration::from_millis(200), ..HttpConfig::default() };
    let running = run(None, http, page()).await;
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: local"] {
        let mut stream = begins(running.address, beginning.as_bytes()).await;
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
        end.expect("the connection ends").ok();
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{beginning:?}");
    }
    let mut short = begins(running.address, b"GET / HTTP/1.0\r\n\r\n").await;
    let mut answer = String::new();
    short.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("here"), "{answer}");
}

#[tokio::test]
async fn beyond_the_limit_connections_wait() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let router = Router::new()
        .route("/second", get(move || async move { count.fetch_add(1, Ordering::SeqCst).to_string() }))
        .route("/", get(|| async { "here" }));
    let running = run(None, HttpConfig { connections: 1, ..HttpConfig::default() }, router).await;
    let ask = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut first = begins(running.address, ask).await;
    let mut answer = [0; 1_024];
    assert!(first.read(&mut answer).await.unwrap() > 0);
    let mut second =
        begins(running.address, b"GET /second HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    for _ in 0..50 {
        first.write_all(ask).await.unwrap();
        assert!(first.read(&mut answer).await.unwrap() > 0);
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }
    drop(first);
    let mut rest = String::new();
    second.read_to_string(&mut rest).await.unwrap();
    assert!(rest.starts_with("HTTP/1.1 200"), "{rest}");
}
