//! The wires that bring audio now, for those who have something for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What a wire is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ToWire {
    /// Close: the call goes on in its dialplan.
    Close,
    /// Play these samples at 8 kHz to the far party.
    Play(Arc<[i16]>),
    /// Play no more.
    StopPlaying,
}

/// The open wires, by the name that audio comes with.
#[derive(Debug, Default)]
pub(super) struct Outlets(Mutex<HashMap<String, UnboundedSender<ToWire>>>);

/// One open wire. It is no longer known once this is dropped.
#[derive(Debug)]
pub(super) struct Outlet {
    all: Arc<Outlets>,
    name: String,
    orders: UnboundedReceiver<ToWire>,
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.all.lock().remove(&self.name);
    }
}

impl Outlets {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, UnboundedSender<ToWire>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A wire of this name is open. `None`: there is one already, and a call is heard once.
    pub(super) fn open(self: &Arc<Self>, name: &str) -> Option<Outlet> {
        let mut outlets = self.lock();
        if outlets.contains_key(name) {
            return None;
        }
        let (sender, orders) = unbounded_channel();
        outlets.insert(name.to_owned(), sender);
        Some(Outlet { all: Arc::clone(self), name: name.to_owned(), orders })
    }

    /// Tells a wire; `false`: there is none of this name.
    pub(super) fn tell(&self, name: &str, order: ToWire) -> bool {
        self.lock().get(name).is_some_and(|outlet| outlet.send(order).is_ok())
    }

    /// Whether a wire of this name is open.
    pub(super) fn has(&self, name: &str) -> bool {
        self.lock().contains_key(name)
    }
}

impl Outlet {
    /// The next order. Waits for ever where none comes.
    pub(super) async fn next(&mut self) -> ToWire {
        match self.orders.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }
}
