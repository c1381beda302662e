//! Events that the switch delivers twice.

use super::event::Event;

/// How many events back a second copy is known. Copies come next to each other.
const MEMORY: usize = 1_024;

/// Drops the second copy of an event. The switch delivers those of its detectors (`avmd::beep`, `DETECTED_TONE`) twice
/// with the same `Event-Sequence`: a short copy, which may not say of which leg it is, and a full one. One for each
/// connection; it holds a fixed number of events.
#[derive(Clone, Debug)]
pub struct Twins {
    /// The event whose number leads here, and whether it named its leg.
    seen: Vec<Option<(u64, bool)>>,
}

impl Default for Twins {
    fn default() -> Self {
        Self { seen: vec![None; MEMORY] }
    }
}

impl Twins {
    /// Nothing seen.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this event is to be taken. Of two copies it is the first that names its leg. A `DETECTED_TONE` that does
    /// not is never taken, since it cannot be told whose tone it was. Of other events that name no leg the first copy is
    /// taken at once, as most have no second; should a second name a leg, it is taken too. An event without a number is
    /// taken.
    pub fn takes(&mut self, event: &Event) -> bool {
        let named = event.unique_id().is_some();
        if !named && event.name() == "DETECTED_TONE" {
            return false;
        }
        let Some(sequence) = event.sequence() else { return true };
        let slot = &mut self.seen[(sequence % MEMORY as u64) as usize];
        let taken = match *slot {
            Some((seen, seen_named)) if seen == sequence => named && !seen_named,
            _ => true,
        };
        if taken {
            *slot = Some((sequence, named));
        }
        taken
    }
}
