//! What a packet network does to a stream: packets that never arrive, packets that arrive too late to be played
//! whole, and what the receiver plays instead.

use crate::random::Random;
use std::ops::Range;

/// Packets that never arrive (Gilbert's model: a network that alternates between a state that loses all and one that
/// loses none).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Share of the packets that are lost, 0 to 1. Raising it lengthens neither gaps nor bursts, there are more of them.
    pub share: f64,
    /// Mean length of a run of lost packets, in packets, 1 or more. 1 is less bursty than chance would be.
    pub burst: f64,
}

/// Packets that arrive when their turn has begun: their beginning is missing and the rest is played at its time, so
/// that nothing that follows moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lateness {
    /// Share of the packets that are late, 0 to 1.
    pub share: f64,
}

/// What a receiver plays for what is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concealment {
    /// Silence.
    #[default]
    Silence,
    /// The last packet that arrived, again and again, weaker by 6 dB each time, and silence after three.
    RepeatAttenuated,
}

/// The spans of `length` samples that never arrive or arrive late, in order, given packets of `packet` samples.
pub(crate) fn missing(
    length: usize,
    packet: usize,
    loss: Option<Loss>,
    lateness: Option<Lateness>,
    random: &mut Random,
) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let (share, stay, fall) = loss.map_or((0.0, 0.0, 0.0), |loss| {
        let share = loss.share.clamp(0.0, 1.0);
        let burst = loss.burst.max(1.0);
        (share, 1.0 - 1.0 / burst, if share < 1.0 { share / (burst * (1.0 - share)) } else { 1.0 })
    });
    let mut lost = random.chance(share);
    for start in (0..length).step_by(packet.max(1)) {
        let end = (start + packet.max(1)).min(length);
        let late = lateness.is_some_and(|lateness| random.chance(lateness.share));
        let part = if lost || share >= 1.0 {
            start..end
        } else if late {
            start..start + random.whole(1..packet.max(2)).min(end - start)
        } else {
            start..start
        };
        match spans.last_mut() {
            Some(last) if last.end == part.start && !part.is_empty() => last.end = part.end,
            _ if part.is_empty() => {}
            _ => spans.push(part),
        }
        lost = random.chance(if lost { stay } else { fall });
    }
    spans
}

/// Plays something else for the samples of `spans`.
pub(crate) fn conceal(samples: &mut [i16], spans: &[Range<usize>], packet: usize, concealment: Concealment) {
    for span in spans {
        let last: Vec<i16> = samples[span.start.saturating_sub(packet)..span.start].to_vec();
        for (at, sample) in samples[span.clone()].iter_mut().enumerate() {
            let repeats = at / packet.max(1);
            *sample = match concealment {
                Concealment::RepeatAttenuated if repeats < 3 && !last.is_empty() => {
                    last[at % last.len()] >> (repeats + 1)
                }
                Concealment::RepeatAttenuated | Concealment::Silence => 0,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(share: f64, burst: f64) -> Vec<Range<usize>> {
        missing(160 * 50_000, 160, Some(Loss { share, burst }), None, &mut Random::new(4))
    }

    #[test]
    fn share_and_burst_are_as_asked() {
        for (share, burst) in [(0.02, 1.0), (0.05, 2.0), (0.2, 4.0)] {
            let spans = spans(share, burst);
            let lost: usize = spans.iter().map(Range::len).sum();
            let (measured, run) = (lost as f64 / 8e6, lost as f64 / 160.0 / spans.len() as f64);
            assert!((measured / share - 1.0).abs() < 0.12, "{share} {measured}");
            assert!((run / burst - 1.0).abs() < 0.1, "{burst} {run}");
        }
        assert!(spans(0.0, 1.0).is_empty());
        assert_eq!(spans(1.0, 1.0).iter().map(Range::len).collect::<Vec<_>>(), [8_000_000]);
    }

    #[test]
    fn late_packets_lose_their_beginning_only() {
        let spans = missing(160 * 1000, 160, None, Some(Lateness { share: 0.1 }), &mut Random::new(4));
        assert!((50..200).contains(&spans.len()));
        assert!(spans.iter().all(|span| span.start % 160 == 0 && span.len() < 160));
    }

    fn spans_of(span: Range<usize>) -> Vec<Range<usize>> {
        std::iter::once(span).collect()
    }

    #[test]
    fn concealment_repeats_or_is_silent() {
        let mut samples = vec![1000; 1600];
        conceal(&mut samples, &spans_of(160..960), 160, Concealment::RepeatAttenuated);
        assert_eq!(
            [samples[159], samples[160], samples[320], samples[480], samples[640], samples[960]],
            [1000, 500, 250, 125, 0, 1000]
        );
        conceal(&mut samples, &spans_of(0..160), 160, Concealment::RepeatAttenuated);
        assert_eq!(samples[0], 0);
        conceal(&mut samples, &spans_of(160..960), 160, Concealment::Silence);
        assert!(samples[160..960].iter().all(|sample| *sample == 0));
    }
}
