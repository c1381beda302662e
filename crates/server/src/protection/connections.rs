//! How many may be connected, and how long they may take to say what they want.

mod door;
mod held;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;

use crate::config::HttpConfig;
use door::{Door, Gate};

/// How often a quiet HTTP/2 connection is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 256;

/// Serves a router on a port until `handle` says to stop: with TLS where there is a certificate, with no more connections
/// at once than `http.connections`, and none that takes longer than `http.header_time` for the head of a request.
/// Handlers find the address of the client as [`axum::extract::ConnectInfo`].
///
/// # Errors
/// The port failed.
pub async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    config: &HttpConfig,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut server = axum_server::from_tcp(listener)?.handle(handle);
    be_patient(server.http_builder(), config.header_time);
    let door = Door::new(router.into_make_service_with_connect_info::<SocketAddr>(), config.connections);
    let time = config.header_time;
    match tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls).handshake_timeout(time).acceptor(NoDelayAcceptor::new());
            server.acceptor(Gate::new(acceptor, time)).serve(door).await
        }
        None => server.acceptor(Gate::new(NoDelayAcceptor::new(), time)).serve(door).await,
    }
}

/// Slow clients wait for themselves alone. Over HTTP/2 WebSockets are offered too (RFC 8441).
fn be_patient(builder: &mut Builder<TokioExecutor>, header_time: Duration) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_time);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(header_time)
        .max_concurrent_streams(STREAMS)
        .enable_connect_protocol();
}
