//! A connection that keeps its place, and must begin in time.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};

/// So many bytes tell HTTP/2 from HTTP/1.1 (RFC 9113, 3.4). Until they are there, the HTTP library keeps no time.
const PREFACE: usize = 24;

/// A connection that gives its place back when it is dropped, even after it became a WebSocket, and fails when it does
/// not begin in time.
#[derive(Debug)]
pub(super) struct Held<S> {
    stream: S,
    _place: Option<Arc<OwnedSemaphorePermit>>,
    /// While it has not begun: until when it must, and how much has come.
    beginning: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S> Held<S> {
    pub(super) fn new(stream: S, place: Option<Arc<OwnedSemaphorePermit>>, time: Duration) -> Self {
        Self { stream, _place: place, beginning: Some((Box::pin(sleep(time)), 0)) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let Some((deadline, come)) = &mut this.beginning else { return read };
        if read.is_pending() {
            return match deadline.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            };
        }
        *come += buffer.filled().len() - before;
        if *come >= PREFACE {
            this.beginning = None;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Held<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // It is answered: so it has begun, with a shorter request than most.
        self.beginning = None;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.beginning = None;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
