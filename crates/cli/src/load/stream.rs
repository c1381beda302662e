//! One stream: what is sent when.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::connection::{Mouth, Outbox};
use super::pool::PreparedCall;

/// What the writer of a stream and its reader share.
pub(crate) struct Shared {
    begun: Instant,
    packet_ms: u32,
    /// For each packet, when it was due to the socket: microseconds after the begin, and one; 0 while it was not.
    sent: Box<[AtomicU32]>,
    count: AtomicU32,
    over: AtomicBool,
}

impl Shared {
    /// For a call of so many packets.
    pub(crate) fn new(packets: usize, packet_ms: u32) -> Self {
        let sent = (0..packets).map(|_| AtomicU32::new(0)).collect();
        Self { begun: Instant::now(), packet_ms, sent, count: AtomicU32::new(0), over: AtomicBool::new(false) }
    }

    fn mark(&self, packet: usize, now: Instant) {
        let micros = u32::try_from(now.duration_since(self.begun).as_micros()).unwrap_or(u32::MAX - 1);
        if let Some(sent) = self.sent.get(packet) {
            sent.store(micros + 1, Ordering::Release);
            self.count.fetch_add(1, Ordering::Release);
        }
    }

    /// When the sample at which media time reaches `at_ms` was sent; the last that was sent, if it lies beyond.
    pub(crate) fn sent_at(&self, at_ms: f64) -> Option<Instant> {
        let packet = (at_ms / f64::from(self.packet_ms)).ceil() as usize;
        let last = self.sent_count().checked_sub(1)?;
        let micros = self.sent.get(packet.saturating_sub(1).min(last))?.load(Ordering::Acquire);
        Some(self.begun + Duration::from_micros(u64::from(micros.checked_sub(1)?)))
    }

    /// How many packets were sent.
    pub(crate) fn sent_count(&self) -> usize {
        self.count.load(Ordering::Acquire) as usize
    }

    /// Nobody listens any more: what is in the outbox is sent, then the connection is closed.
    pub(crate) fn finish(&self) {
        self.over.store(true, Ordering::Release);
    }
}

/// A stream as its writer has it.
pub(crate) struct PacedStream {
    pub(crate) call: Arc<PreparedCall>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) mouth: Mouth,
    pub(crate) outbox: Outbox,
    /// Frames that are not audio and go first: the start, at the end the stop.
    pub(crate) control: Vec<u8>,
    /// The frame that ends the call.
    pub(crate) stop: Vec<u8>,
    /// When the call ends even if it has audio left.
    pub(crate) until: Instant,
    /// The next packet.
    pub(crate) next: usize,
    /// Bytes of the call's frames that were written, and that are due.
    pub(crate) written: usize,
    /// See `written`.
    pub(crate) due: usize,
}

/// What one turn did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// A packet more was due.
    Sent,
    /// Nothing was due: the call waits for its end.
    Waits,
    /// The stream is done with.
    Over,
}

impl PacedStream {
    /// Sends what is due now, as far as it goes.
    pub(crate) fn turn(&mut self, now: Instant) -> Turn {
        let over = self.shared.over.load(Ordering::Acquire);
        let mut turn = if over { Turn::Over } else { Turn::Waits };
        if !over && self.next < self.call.ends.len() && now < self.until {
            self.due = self.call.ends[self.next] as usize;
            self.shared.mark(self.next, now);
            self.next += 1;
            turn = Turn::Sent;
        }
        match self.pump(now) {
            Ok(()) => turn,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => turn,
            // The reader learns of it from its own half.
            Err(_) => Turn::Over,
        }
    }

    fn pump(&mut self, now: Instant) -> io::Result<()> {
        loop {
            if !self.control.is_empty() {
                let written = self.mouth.write(&self.control)?;
                self.control.drain(..written);
            } else if self.written < self.due {
                self.written += self.mouth.write(&self.call.frames[self.written..self.due])?;
            } else {
                // Between two frames: what is not audio may go.
                self.control = self.outbox.take();
                if (self.next == self.call.ends.len() || now >= self.until) && !self.stop.is_empty() {
                    self.control.append(&mut self.stop);
                }
                if self.control.is_empty() {
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packet_that_decided_is_found_by_its_media_time() {
        let shared = Shared::new(3, 20);
        assert_eq!(shared.sent_at(0.0), None);
        let at = |ms| shared.begun + Duration::from_millis(ms);
        for packet in 0..3 {
            shared.mark(packet, at(100 * (packet as u64 + 1)));
        }
        assert_eq!(shared.sent_at(10.0), Some(at(100)));
        assert_eq!(shared.sent_at(20.0), Some(at(100)));
        assert_eq!(shared.sent_at(20.125), Some(at(200)));
        assert_eq!(shared.sent_at(900.0), Some(at(300)), "no later than the last");
    }
}
