//! The two halves of an open connection: one that the pacer writes to, one that a task reads from.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::target::Carried;

/// How many pieces wait for TLS before writing has to wait.
const WAITING: usize = 256;

/// The half that is written to. Nothing here waits.
pub(crate) enum Mouth {
    /// Straight into the socket.
    Plain(OwnedWriteHalf),
    /// To a task that encrypts.
    Tls(Sender<Bytes>),
}

impl Mouth {
    /// Writes as much as goes without waiting.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if nothing goes; anything else is the end.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => match socket.try_write(bytes) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                written => written,
            },
            Self::Tls(task) => match task.try_send(Bytes::copy_from_slice(bytes)) {
                Ok(()) => Ok(bytes.len()),
                Err(TrySendError::Full(_)) => Err(io::ErrorKind::WouldBlock.into()),
                Err(TrySendError::Closed(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }
}

/// What the reading half wants written: answers to pings, the closing handshake.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<Vec<u8>>>);

impl Outbox {
    /// Takes what is to be written.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The half that is read from. What is written to it goes to the [`Outbox`].
pub(crate) struct Ear {
    socket: Box<dyn AsyncRead + Send + Unpin>,
    outbox: Outbox,
}

impl AsyncRead for Ear {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Ear {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.outbox.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Divides a connection.
pub(crate) fn divide(connection: Carried) -> (Mouth, Ear, Outbox) {
    let outbox = Outbox::default();
    let (mouth, socket): (Mouth, Box<dyn AsyncRead + Send + Unpin>) = match connection {
        Carried::Plain(socket) => {
            let (read, write) = socket.into_split();
            (Mouth::Plain(write), Box::new(read))
        }
        Carried::Tls(socket) => {
            let (read, write) = tokio::io::split(*socket);
            let (sender, receiver) = channel(WAITING);
            tokio::spawn(encrypt(write, receiver));
            (Mouth::Tls(sender), Box::new(read))
        }
    };
    (mouth, Ear { socket, outbox: outbox.clone() }, outbox)
}

/// Writes what comes, until nobody sends any more or the connection is gone.
async fn encrypt(mut socket: impl AsyncWrite + Unpin, mut pieces: Receiver<Bytes>) {
    while let Some(piece) = pieces.recv().await {
        if socket.write_all(&piece).await.is_err() || socket.flush().await.is_err() {
            return;
        }
    }
    // The other side may have closed first: then there is nobody to tell.
    let _ = socket.shutdown().await;
}
