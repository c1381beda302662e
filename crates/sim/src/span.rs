use crate::signal::{mean_square, millis};
use std::ops::Range;

/// What sounds in a stretch of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sound {
    /// A person who is on the line now.
    LiveVoice,
    /// The greeting of a mailbox, whoever recorded it.
    RecordedVoice,
    /// A menu, what is said while one holds, an announcement, a mailbox that takes no message, an assistant that screens.
    MenuOrAnnouncement,
    /// Hold music.
    Music,
    /// Ringback, a beep, a special information tone, a fax tone.
    Tone,
}

/// A stretch of a call in which something sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first sample.
    pub start: usize,
    /// The sample after its last.
    pub end: usize,
    /// What sounds.
    pub sound: Sound,
}

/// Frames over which sound is told from a pause, in samples: 10 ms.
const FRAME: usize = millis(10);
/// Frames a pause lasts at least: 120 ms, longer than the closure of a stop.
const PAUSE: usize = 12;
/// Frames this much below the loudest one, as a ratio of powers, may be a pause: 45 dB.
const DEPTH: f32 = 3.2e-5;

/// The stretches of `samples` that sound, without the pauses between them.
pub(crate) fn sounding(samples: &[f32]) -> Vec<Range<usize>> {
    let squares: Vec<f32> = samples.chunks(FRAME).map(mean_square).collect();
    let least = squares.iter().copied().fold(0.0, f32::max) * DEPTH;
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for (frame, square) in squares.iter().enumerate() {
        if *square <= least {
            continue;
        }
        let end = ((frame + 1) * FRAME).min(samples.len());
        match stretches.last_mut() {
            Some(last) if frame * FRAME < last.end + PAUSE * FRAME => last.end = end,
            _ => stretches.push(frame * FRAME..end),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_part_what_sounds() {
        let mut samples = vec![0.1; 800];
        samples.extend([0.0; 1600]);
        samples.extend([0.1; 400]);
        samples.extend([0.0; 400]);
        samples.extend([0.1; 100]);
        assert_eq!(sounding(&samples), [0..800, 2400..3300]);
        assert!(sounding(&[0.0; 900]).is_empty() && sounding(&[]).is_empty());
    }
}
