//! RTP (RFC 3550): one call's audio in datagrams, which come out of order, twice or never; and digits as events (RFC
//! 4733) among them.

mod packet;
mod writer;

use offhook_detect::Fact;

use crate::pcm::{Encoding, PcmFormat};
use crate::reorder::{Arrival, Reorder, ReorderError};
use crate::wire::{Inbound, WireError};

pub use packet::Packet;
pub use writer::{FormatError, Writer};

/// The most packets that are missing in a row before the source counts as restarted.
const LONGEST_LOSS: u64 = 3_000;
/// The longest silence between two packets that is believed, in seconds: a longer one is a clock set anew.
const LONGEST_GAP: u32 = 60;
/// How many sequence numbers there are before they begin again.
const WRAP: u64 = 1 << 16;

/// What each payload type carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadTypes {
    /// Audio, by payload type. 16-bit PCM comes most significant byte first in RTP, whatever the format says.
    pub audio: Vec<(u8, PcmFormat)>,
    /// Digits, `telephone-event`.
    pub events: Option<u8>,
}

impl Default for PayloadTypes {
    /// RFC 3551's numbers for µ-law (0) and A-law (8), and the usual one for events (101).
    fn default() -> Self {
        let alaw = PcmFormat { encoding: Encoding::Alaw, ..PcmFormat::MULAW };
        Self { audio: vec![(0, PcmFormat::MULAW), (8, alaw)], events: Some(101) }
    }
}

/// What became of the packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets of the source that could be read.
    pub packets: u64,
    /// Packets that came too late.
    pub late: u64,
    /// Packets that came twice, as far as that can be told.
    pub twice: u64,
    /// Packets that never came.
    pub missing: u64,
    /// How often the source began anew.
    pub restarts: u64,
    /// Packets of another source, or with a number that follows none, which were not believed.
    pub strange: u64,
}

/// A packet's contents, while it waits.
#[derive(Clone, Debug)]
struct Held {
    payload_type: u8,
    timestamp: u32,
    payload: Vec<u8>,
}

/// Reads the packets of one call.
#[derive(Debug)]
pub struct Reader {
    types: PayloadTypes,
    window: usize,
    source: Option<u32>,
    reorder: Reorder<Held>,
    /// The highest sequence number so far, extended.
    highest: u64,
    /// A packet that did not fit in: the source, the number that would follow it, and itself. If that comes, the source
    /// has begun anew.
    doubtful: Option<(u32, u16, u16, Held)>,
    /// The audio in force, and the timestamp at which it goes on.
    format: Option<(u8, PcmFormat)>,
    next: Option<u32>,
    /// The timestamp of the last event.
    event: Option<u32>,
    counts: Counts,
    taken: u64,
    arrivals: Vec<Arrival<Held>>,
}

impl Reader {
    /// A reader of these payload types. At most `window` packets wait for one that is missing.
    pub fn new(types: PayloadTypes, window: usize) -> Self {
        Self {
            types,
            window,
            source: None,
            reorder: Reorder::new(window),
            highest: 0,
            doubtful: None,
            format: None,
            next: None,
            event: None,
            counts: Counts::default(),
            taken: 0,
            arrivals: Vec::new(),
        }
    }

    /// What became of the packets so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes a datagram and appends to `into` what can be heard now. RTCP on the same port (RFC 5761) and payload types
    /// that were not given are passed over; time without audio, lost or not sent, becomes [`Inbound::Lost`].
    ///
    /// # Errors
    /// It is no RTP packet. It is passed over.
    pub fn push(&mut self, datagram: &[u8], into: &mut Vec<Inbound>) -> Result<(), WireError> {
        let offset = self.taken;
        self.taken += datagram.len() as u64;
        if matches!(datagram, [_, 192..=223, ..]) {
            return Ok(());
        }
        let packet = Packet::read(datagram).map_err(|expected| WireError::new(offset, expected, datagram))?;
        let Packet { payload_type, sequence, timestamp, source, .. } = packet;
        let held = Held { payload_type, timestamp, payload: packet.payload.to_vec() };
        if self.source.is_none() {
            self.begin(source, sequence);
        }
        match self.extended(source, sequence) {
            Some(number) => self.take(number, held),
            None => {
                self.counts.strange += 1;
                let before = self.doubtful.replace((source, sequence.wrapping_add(1), sequence, held.clone()));
                if let Some((_, _, first, earlier)) =
                    before.filter(|(from, next, ..)| (*from, *next) == (source, sequence))
                {
                    self.doubtful = None;
                    self.counts.strange -= 2;
                    self.counts.restarts += 1;
                    self.reorder.finish(&mut self.arrivals);
                    self.give(into);
                    self.begin(source, first);
                    self.take(WRAP + u64::from(first), earlier);
                    self.take(WRAP + u64::from(first) + 1, held);
                }
            }
        }
        self.give(into);
        Ok(())
    }

    /// Appends what still waits.
    pub fn finish(&mut self, into: &mut Vec<Inbound>) {
        self.reorder.finish(&mut self.arrivals);
        self.give(into);
    }

    /// Begins anew with a source's first packet.
    fn begin(&mut self, source: u32, sequence: u16) {
        self.source = Some(source);
        self.reorder = Reorder::new(self.window);
        // Packets from before the first have numbers too.
        self.highest = WRAP + u64::from(sequence);
        self.next = None;
        self.event = None;
    }

    /// The sequence number without its wrap, nearest to the highest so far; `None` if it cannot be of this source.
    fn extended(&self, source: u32, sequence: u16) -> Option<u64> {
        if self.source != Some(source) {
            return None;
        }
        let ahead = sequence.wrapping_sub(self.highest as u16) as i16;
        let number = self.highest.checked_add_signed(i64::from(ahead))?;
        // RFC 3550, appendix A.1: so far behind, it is no packet that was delayed.
        (-100..=LONGEST_LOSS as i64).contains(&i64::from(ahead)).then_some(number)
    }

    fn take(&mut self, number: u64, held: Held) {
        match self.reorder.push(number, held, LONGEST_LOSS, &mut self.arrivals) {
            Ok(()) => {
                self.counts.packets += 1;
                self.highest = self.highest.max(number);
                self.doubtful = None;
            }
            Err(ReorderError::Late { .. }) => self.counts.late += 1,
            Err(ReorderError::Duplicate { .. }) => self.counts.twice += 1,
            Err(ReorderError::Jump { .. }) => self.counts.strange += 1,
        }
    }

    fn give(&mut self, into: &mut Vec<Inbound>) {
        let mut arrivals = std::mem::take(&mut self.arrivals);
        for arrival in arrivals.drain(..) {
            match arrival {
                // How long that was, the next timestamp tells.
                Arrival::Missing(packets) => self.counts.missing += packets,
                Arrival::Next(held) if Some(held.payload_type) == self.types.events => self.digit(&held, into),
                Arrival::Next(held) => self.audio(held, into),
            }
        }
        self.arrivals = arrivals;
    }

    /// A digit, once: all packets of an event have its timestamp, and the last comes three times.
    fn digit(&mut self, held: &Held, into: &mut Vec<Inbound>) {
        let &[event, _, _, _, ..] = held.payload.as_slice() else { return };
        // RFC 4733, 2.5.1.3: an event too long for its count goes on under a timestamp that follows.
        let goes_on = self.event.is_some_and(|at| matches!(held.timestamp.wrapping_sub(at), 0 | 0xffff));
        self.event = Some(held.timestamp);
        let digit = match event {
            0..=9 => char::from(b'0' + event),
            10 => '*',
            11 => '#',
            12..=15 => char::from(b'A' + event - 12),
            _ => return,
        };
        if !goes_on {
            into.push(Inbound::Fact(Fact::Dtmf(digit)));
        }
    }

    fn audio(&mut self, held: Held, into: &mut Vec<Inbound>) {
        let Some((_, format)) = self.types.audio.iter().find(|(kind, _)| *kind == held.payload_type).copied() else {
            return;
        };
        let mut payload = held.payload;
        let frame = format.encoding.bytes() * usize::from(format.channels.max(1));
        // A sample that is cut would shift all that follow.
        payload.truncate(payload.len() / frame * frame);
        if payload.is_empty() {
            return;
        }
        if self.format != Some((held.payload_type, format)) {
            if self.format.is_some_and(|(_, before)| before.rate != format.rate) {
                self.next = None;
            }
            self.format = Some((held.payload_type, format));
            into.push(Inbound::Format(format));
        }
        let hz = format.rate.hz();
        // What comes late in a silence of the sender counts as its going on.
        let gap = self.next.map_or(0, |next| held.timestamp.wrapping_sub(next));
        if gap > 0 && gap <= LONGEST_GAP * hz {
            let lost = u64::from(gap) * u64::from(offhook_audio::RATE) / u64::from(hz);
            if lost > 0 {
                into.push(Inbound::Lost(lost));
            }
        }
        self.next = Some(held.timestamp.wrapping_add((payload.len() / frame) as u32));
        if format.encoding == Encoding::Linear16 {
            payload.chunks_exact_mut(2).for_each(|sample| sample.swap(0, 1));
        }
        into.push(Inbound::Audio(payload));
    }
}
