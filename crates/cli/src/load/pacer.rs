//! The thread that writes all streams, each at its own time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::stream::{PacedStream, Turn};
use super::tally::Tally;

/// How long a slot of the wheel is.
const SLOT: Duration = Duration::from_millis(1);

/// Takes streams and sends their packets when they are due.
pub(crate) struct Pacer {
    streams: Sender<PacedStream>,
    thread: JoinHandle<()>,
}

/// The way to a [`Pacer`].
pub(crate) type ToPacer = Sender<PacedStream>;

impl Pacer {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn start(packet_ms: u32, tally: Arc<Tally>) -> std::io::Result<Self> {
        let (streams, receiver) = channel();
        let thread =
            std::thread::Builder::new().name("pacer".into()).spawn(move || pace(&receiver, packet_ms, &tally))?;
        Ok(Self { streams, thread })
    }

    /// A way to hand streams over.
    pub(crate) fn way(&self) -> ToPacer {
        self.streams.clone()
    }

    /// Waits until all streams are done with and nobody can hand over more.
    pub(crate) fn join(self) {
        drop(self.streams);
        // It does not panic; and if it did, its streams would have failed already.
        let _ = self.thread.join();
    }
}

fn pace(streams: &Receiver<PacedStream>, packet_ms: u32, tally: &Tally) {
    let mut wheel: Vec<Vec<PacedStream>> = (0..packet_ms.max(1)).map(|_| Vec::new()).collect();
    let mut due = Instant::now();
    let mut open = true;
    for slot in (0..wheel.len()).cycle() {
        due += SLOT;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        while open {
            match streams.try_recv() {
                Ok(stream) => emptiest(&mut wheel).push(stream),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => open = false,
            }
        }
        let now = Instant::now();
        let mut sent = 0;
        wheel[slot].retain_mut(|stream| {
            let turn = stream.turn(Instant::now());
            sent += u64::from(turn == Turn::Sent);
            turn != Turn::Over
        });
        if sent > 0 {
            tally.paced(sent, now, now.saturating_duration_since(due));
        }
        if !open && wheel.iter().all(Vec::is_empty) {
            return;
        }
    }
}

/// The slot that has the fewest streams, so that they are spread evenly.
fn emptiest(wheel: &mut [Vec<PacedStream>]) -> &mut Vec<PacedStream> {
    let slot = (0..wheel.len()).min_by_key(|&slot| wheel[slot].len()).unwrap_or_default();
    &mut wheel[slot]
}
