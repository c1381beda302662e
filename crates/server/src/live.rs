//! The calls that are going on, and the news of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::broadcast;
use tracing::Span;
use uuid::Uuid;

use crate::record::{CallInfo, Point};
use crate::telemetry::call_span;

/// How much news a slow listener may be behind before it loses some.
const BACKLOG: usize = 4_096;

/// One piece of news.
#[derive(Clone, Debug)]
pub enum News {
    /// A call began.
    Started(Arc<CallInfo>),
    /// Something happened in a call; the event as it is sent.
    Event {
        /// Which call.
        call: Arc<CallInfo>,
        /// What happened.
        event: Arc<Value>,
    },
    /// A piece of the picture of a call that somebody watches.
    Picture {
        /// Which call.
        call: Arc<CallInfo>,
        /// The points since the last piece.
        points: Arc<[Point]>,
        /// The lowest and the highest sample of each 10 ms since the last piece, as parts of full scale.
        wave: Arc<[(f32, f32)]>,
    },
    /// A call is over and its record is safe.
    Ended {
        /// Which call.
        call: Arc<CallInfo>,
        /// Its record in short, as `GET /v1/calls` lists it.
        record: Arc<Value>,
    },
}

impl News {
    /// The call it is about.
    pub fn call(&self) -> &Arc<CallInfo> {
        match self {
            Self::Started(call) | Self::Event { call, .. } | Self::Picture { call, .. } | Self::Ended { call, .. } => {
                call
            }
        }
    }
}

/// One call that is going on.
#[derive(Debug)]
pub struct LiveCall {
    /// What is known of it.
    pub info: Arc<CallInfo>,
    /// The root of its trace.
    pub span: Span,
    /// How many watch its picture.
    watchers: AtomicU32,
    /// The verdict that stands, as it was sent.
    latest: Mutex<Option<Arc<Value>>>,
}

impl LiveCall {
    /// Whether anybody watches its picture.
    pub fn watched(&self) -> bool {
        self.watchers.load(Ordering::Relaxed) > 0
    }

    /// The verdict that stands, as it was sent.
    pub fn latest(&self) -> Option<Arc<Value>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the verdict that stands.
    pub fn decided(&self, verdict: Arc<Value>) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
    }
}

/// Somebody watches a call's picture, for as long as this lives.
#[derive(Debug)]
pub struct Watch(Arc<LiveCall>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The calls that are going on, and who wants to hear of them.
#[derive(Debug)]
pub struct Live {
    calls: Mutex<HashMap<Uuid, Arc<LiveCall>>>,
    news: broadcast::Sender<News>,
}

impl Default for Live {
    fn default() -> Self {
        Self { calls: Mutex::default(), news: broadcast::channel(BACKLOG).0 }
    }
}

impl Live {
    fn calls(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<LiveCall>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call begins.
    pub fn begin(&self, info: Arc<CallInfo>) -> Arc<LiveCall> {
        let call =
            Arc::new(LiveCall { span: call_span(&info), info, watchers: AtomicU32::new(0), latest: Mutex::default() });
        self.calls().insert(call.info.id, Arc::clone(&call));
        self.tell(|| News::Started(Arc::clone(&call.info)));
        call
    }

    /// A call is over. News of its end is told once its record is safe.
    pub fn end(&self, id: Uuid) -> Option<Arc<LiveCall>> {
        self.calls().remove(&id)
    }

    /// The trace of a call that is going on.
    pub fn span(&self, id: Uuid) -> Span {
        self.calls().get(&id).map_or_else(Span::none, |call| call.span.clone())
    }

    /// Tells news, if anybody listens.
    pub fn tell(&self, news: impl FnOnce() -> News) {
        if self.news.receiver_count() > 0 {
            // An error says that the last listener just left.
            let _ = self.news.send(news());
        }
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Watches the picture of a call that is going on.
    pub fn watch(&self, id: Uuid) -> Option<Watch> {
        let call = self.calls().get(&id).cloned()?;
        call.watchers.fetch_add(1, Ordering::Relaxed);
        Some(Watch(call))
    }

    /// How many calls are going on.
    pub fn count(&self) -> usize {
        self.calls().len()
    }

    /// The calls that are going on, oldest first.
    pub fn list(&self) -> Vec<Arc<LiveCall>> {
        let mut calls: Vec<_> = self.calls().values().cloned().collect();
        calls.sort_by_key(|call| call.info.id);
        calls
    }
}
