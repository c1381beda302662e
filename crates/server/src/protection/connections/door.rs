//! Lets in so many, and counts them as long as their connection lasts.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;
use tower::Service;

use super::held::Held;

/// A service for a connection, and its place among those that are connected.
#[derive(Clone, Debug)]
pub(super) struct Placed<S> {
    service: S,
    place: Option<Arc<OwnedSemaphorePermit>>,
}

/// Never called: the gate takes the service out. It stands here for the signature of the server.
impl<S: Service<R>, R> Service<R> for Placed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}

/// Makes services for connections, one for each place. While none is free, no further connection is taken from the
/// system's queue.
#[derive(Debug)]
pub(super) struct Door<M> {
    make: M,
    places: PollSemaphore,
    next: Option<OwnedSemaphorePermit>,
}

impl<M> Door<M> {
    pub(super) fn new(make: M, places: u32) -> Self {
        let places = usize::try_from(places).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        Self { make, places: PollSemaphore::new(Arc::new(Semaphore::new(places))), next: None }
    }
}

impl<M> Service<SocketAddr> for Door<M>
where
    M: Service<SocketAddr>,
    M::Future: Send + 'static,
{
    type Response = Placed<M::Response>;
    type Error = M::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, M::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), M::Error>> {
        if self.next.is_none() {
            self.next = ready!(self.places.poll_acquire(cx));
        }
        self.make.poll_ready(cx)
    }

    fn call(&mut self, address: SocketAddr) -> Self::Future {
        let (making, place) = (self.make.call(address), self.next.take().map(Arc::new));
        Box::pin(async move { making.await.map(|service| Placed { service, place }) })
    }
}

/// Hands a connection its place, and watches how it begins.
#[derive(Clone, Debug)]
pub(super) struct Gate<A> {
    inner: A,
    header_time: Duration,
}

impl<A> Gate<A> {
    pub(super) fn new(inner: A, header_time: Duration) -> Self {
        Self { inner, header_time }
    }
}

impl<A, I, S> Accept<I, Placed<S>> for Gate<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Held<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, A::Service)>> + Send>>;

    fn accept(&self, stream: I, Placed { service, place }: Placed<S>) -> Self::Future {
        let (accepting, time) = (self.inner.accept(stream, service), self.header_time);
        Box::pin(async move {
            let (stream, service) = accepting.await?;
            Ok((Held::new(stream, place, time), service))
        })
    }
}
