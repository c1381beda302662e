//! Sends lines to a syslog server: RFC 5424 over UDP (RFC 5426), over TCP with octet counting (RFC 6587) and to the
//! datagram socket of this machine.
//!
//! Lines wait in a queue of bounded length for one thread that sends. A server that is slow or gone fills the queue;
//! what does not fit is dropped and counted, and the service goes on.

use std::io::{self, ErrorKind, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing::Level;

use super::line::Line;
use super::lost;
use crate::config::ServerConfigError;

/// How many lines wait at most.
const QUEUE: usize = 8_192;
/// How long a connection may take, and a write.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long nothing is tried after a failure.
const PAUSE: Duration = Duration::from_millis(500);
/// The facility `daemon` (RFC 5424, section 6.2.1).
const DAEMON: u8 = 3;

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Udp(String),
    Tcp(String),
    Unix(PathBuf),
}

impl Server {
    /// Reads `log.syslog`.
    pub(super) fn parse(text: &str) -> Result<Self, ServerConfigError> {
        let with_port = |address: &str| {
            let (host, port) = address.rsplit_once(':')?;
            (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| address.to_owned())
        };
        let server = if let Some(address) = text.strip_prefix("udp://") {
            with_port(address).map(Self::Udp)
        } else if let Some(address) = text.strip_prefix("tcp://") {
            with_port(address).map(Self::Tcp)
        } else {
            let path = text.strip_prefix("unix:").filter(|path| cfg!(unix) && !path.is_empty());
            path.map(|path| Self::Unix(path.into()))
        };
        let form = "udp://HOST:PORT, tcp://HOST:PORT or unix:PATH";
        server.ok_or_else(|| ServerConfigError::new("log.syslog", text, form))
    }
}

enum Order {
    Send(String),
    /// Answer once all before this was sent, or given up.
    Flush(SyncSender<()>),
}

/// A syslog server, and the queue before it.
#[derive(Clone, Debug)]
pub(super) struct Syslog {
    queue: SyncSender<Order>,
    host: String,
}

impl Syslog {
    /// Starts the thread that sends.
    pub(super) fn start(server: Server) -> io::Result<Self> {
        let (queue, orders) = sync_channel(QUEUE);
        std::thread::Builder::new().name("syslog".into()).spawn(move || work(&server, &orders))?;
        Ok(Self { queue, host: host() })
    }

    /// Queues a line; `text` is its message.
    pub(super) fn send(&self, line: &Line<'_>, text: &str) {
        let frame = format!(
            "<{}>1 {} {} {} {} {} - {text}",
            DAEMON * 8 + severity(line.level),
            line.timestamp(),
            self.host,
            word(line.service, 48),
            std::process::id(),
            word(line.event_type().unwrap_or_default(), 32),
        );
        if self.queue.try_send(Order::Send(frame)).is_err() {
            lost(1);
        }
    }

    /// Waits, for a bounded time, until everything queued so far was sent or given up.
    pub(super) fn flush(&self) {
        let (answer, done) = sync_channel(1);
        let until = Instant::now() + PATIENCE;
        let mut order = Order::Flush(answer);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(order) {
            if Instant::now() >= until {
                return;
            }
            order = back;
            std::thread::sleep(Duration::from_millis(10));
        }
        // No answer in time: the server does not take what is queued, and stopping matters more.
        let _ = done.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

/// RFC 5424, section 6.2.1.
fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// A word of the header: printable ASCII of at most so many letters, `-` for none (RFC 5424, section 6).
fn word(text: &str, most: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if word.is_empty() { "-".into() } else { word }
}

fn host() -> String {
    let name =
        std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    word(name.unwrap_or_default().trim(), 255)
}

enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixDatagram),
}

impl Link {
    fn open(server: &Server) -> io::Result<Self> {
        match server {
            Server::Udp(address) => first(address, |to| {
                let any: SocketAddr =
                    if to.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
                let socket = UdpSocket::bind(any)?;
                socket.connect(to)?;
                Ok(Self::Udp(socket))
            }),
            Server::Tcp(address) => first(address, |to| {
                let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Tcp(stream))
            }),
            #[cfg(unix)]
            Server::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                socket.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Unix(socket))
            }
            #[cfg(not(unix))]
            Server::Unix(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn send(&mut self, frame: &str) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(frame.as_bytes()).map(drop),
            Self::Tcp(stream) => {
                still_open(stream)?;
                stream.write_all(format!("{} {frame}", frame.len()).as_bytes())
            }
            #[cfg(unix)]
            Self::Unix(socket) => socket.send(frame.as_bytes()).map(drop),
        }
    }
}

/// Tries each address that the name stands for.
fn first(address: &str, open: impl Fn(SocketAddr) -> io::Result<Link>) -> io::Result<Link> {
    let mut failed = io::Error::from(ErrorKind::AddrNotAvailable);
    for to in address.to_socket_addrs()? {
        match open(to) {
            Ok(link) => return Ok(link),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// A write to a connection that the server has closed succeeds once, and that line would be lost.
fn still_open(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    match peeked {
        Ok(0) => Err(ErrorKind::ConnectionAborted.into()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}

fn work(server: &Server, orders: &Receiver<Order>) {
    let mut link = None;
    while let Ok(order) = orders.recv() {
        match order {
            Order::Send(frame) => deliver(server, &mut link, &frame),
            Order::Flush(answer) => {
                // Who asked may have stopped to wait.
                let _ = answer.try_send(());
            }
        }
    }
}

/// Sends a line, with a second try over a new connection; what fails then is lost.
fn deliver(server: &Server, link: &mut Option<Link>, frame: &str) {
    for _ in 0..2 {
        if link.is_none() {
            *link = Link::open(server).ok();
        }
        match link.as_mut().map(|link| link.send(frame)) {
            Some(Ok(())) => return,
            Some(Err(error)) if error.kind() == ErrorKind::InvalidInput || is_too_long(&error) => break,
            Some(Err(_)) => *link = None,
            None => std::thread::sleep(PAUSE),
        }
    }
    lost(1);
}

/// A datagram may be too long for the network (`EMSGSIZE`): trying again does not help.
fn is_too_long(error: &io::Error) -> bool {
    cfg!(target_os = "linux") && error.raw_os_error() == Some(90)
}
