//! What GSM full rate (RPE-LTP, 13 kbit/s, ETSI EN 300 961) makes of a signal: each frame of 20 ms is analysed,
//! quantised with the standard's tables and put together again.
//!
//! The arithmetic is floating point, where the standard prescribes 16-bit integers: what comes out sounds and measures
//! alike, but is not bit-exact against the standard's test sequences. No bit stream is made.

/// Samples a frame: 20 ms.
const FRAME: usize = 160;
/// Samples a sub-frame with its own pitch prediction and pulses: 5 ms.
const SUBFRAME: usize = 40;
/// The longest pitch lag, in samples.
const LONGEST_LAG: usize = 120;
/// Coefficient of the pre-emphasis.
const EMPHASIS: f64 = 28_180.0 / 32_768.0;
/// Pole of the filter that removes a constant offset.
const OFFSET_POLE: f64 = 32_735.0 / 32_768.0;

/// Slope, offset, least and greatest code of each log area ratio (table 3.1).
const LAR_CODES: [(f64, f64, f64, f64); 8] = [
    (20.0, 0.0, -32.0, 31.0),
    (20.0, 0.0, -32.0, 31.0),
    (20.0, 4.0, -16.0, 15.0),
    (20.0, -5.0, -16.0, 15.0),
    (13.637, 0.184, -8.0, 7.0),
    (15.0, -3.5, -8.0, 7.0),
    (8.334, -0.666, -4.0, 3.0),
    (8.824, -2.235, -4.0, 3.0),
];

/// Impulse response of the weighting filter (table 3.4).
const WEIGHTING: [f64; 11] = [-134.0, -374.0, 0.0, 2054.0, 5741.0, 8192.0, 5741.0, 2054.0, 0.0, -374.0, -134.0];

/// The state of encoder and decoder between frames.
#[derive(Clone, Debug)]
pub struct GsmFullRate {
    offset_input: f64,
    offset_output: f64,
    emphasis: f64,
    ratios: [f64; 8],
    analysis: [f64; 8],
    synthesis: [f64; 9],
    /// The residual as the decoder has it: what pitch prediction looks back on.
    residual: [f64; LONGEST_LAG],
    deemphasis: f64,
}

impl Default for GsmFullRate {
    fn default() -> Self {
        Self::new()
    }
}

impl GsmFullRate {
    /// Both ends at rest.
    pub const fn new() -> Self {
        Self {
            offset_input: 0.0,
            offset_output: 0.0,
            emphasis: 0.0,
            ratios: [0.0; 8],
            analysis: [0.0; 8],
            synthesis: [0.0; 9],
            residual: [0.0; LONGEST_LAG],
            deemphasis: 0.0,
        }
    }

    /// Passes 16-bit samples at 8 kHz through encoder and decoder. The last frame is filled up with silence for the
    /// coder; as many samples come out as went in, without delay.
    pub fn round_trip(&mut self, samples: &[i16]) -> Vec<i16> {
        let mut output = Vec::with_capacity(samples.len() + FRAME);
        for chunk in samples.chunks(FRAME) {
            let mut frame = [0.0; FRAME];
            for (sample, input) in frame.iter_mut().zip(chunk) {
                *sample = f64::from(input >> 3) * 4.0;
            }
            self.pass_frame(&mut frame);
            output.extend(frame.iter().map(|sample| to_13_bits(sample * 2.0)));
        }
        output.truncate(samples.len());
        output
    }

    fn pass_frame(&mut self, frame: &mut [f64; FRAME]) {
        self.preprocess(frame);
        let ratios = quantised_ratios(&reflection(&autocorrelation(frame)));
        let reflections = |at: usize, before: &[f64; 8]| {
            let share = if at < 13 {
                0.25
            } else if at < 27 {
                0.5
            } else if at < SUBFRAME {
                0.75
            } else {
                1.0
            };
            let mut coefficients = [0.0; 8];
            for (coefficient, (old, new)) in coefficients.iter_mut().zip(before.iter().zip(&ratios)) {
                *coefficient = from_ratio(old + share * (new - old));
            }
            coefficients
        };
        for (at, sample) in frame.iter_mut().enumerate() {
            *sample = self.analyse(*sample, &reflections(at, &self.ratios));
        }
        for part in frame.as_chunks_mut::<SUBFRAME>().0 {
            self.code_residual(part);
        }
        for (at, sample) in frame.iter_mut().enumerate() {
            *sample = self.synthesise(*sample, &reflections(at, &self.ratios));
        }
        self.ratios = ratios;
    }

    /// Offset compensation and pre-emphasis (§ 3.1.1).
    fn preprocess(&mut self, frame: &mut [f64; FRAME]) {
        for sample in frame {
            self.offset_output = *sample - self.offset_input + OFFSET_POLE * self.offset_output;
            self.offset_input = *sample;
            *sample = self.offset_output - EMPHASIS * self.emphasis;
            self.emphasis = self.offset_output;
        }
    }

    /// The short-term residual of one sample: lattice filter (§ 3.1.11).
    fn analyse(&mut self, sample: f64, reflections: &[f64; 8]) -> f64 {
        let (mut forward, mut backward) = (sample, sample);
        for (coefficient, state) in reflections.iter().zip(&mut self.analysis) {
            let before = *state;
            *state = backward;
            backward = before + coefficient * forward;
            forward += coefficient * before;
        }
        forward
    }

    /// The sample of one short-term residual: inverse lattice and de-emphasis (§ 3.2.4, § 3.2.5).
    fn synthesise(&mut self, residual: f64, reflections: &[f64; 8]) -> f64 {
        let mut sample = residual;
        for stage in (0..8).rev() {
            sample -= reflections[stage] * self.synthesis[stage];
            self.synthesis[stage + 1] = self.synthesis[stage] + reflections[stage] * sample;
        }
        self.synthesis[0] = sample;
        self.deemphasis = sample + EMPHASIS * self.deemphasis;
        self.deemphasis
    }

    /// Replaces a sub-frame of the residual by what the decoder will have (§ 3.1.14 to § 3.1.22).
    fn code_residual(&mut self, part: &mut [f64; SUBFRAME]) {
        let (lag, gain) = self.pitch(part);
        let mut predicted = [0.0; SUBFRAME];
        for (at, value) in predicted.iter_mut().enumerate() {
            *value = gain * self.residual[LONGEST_LAG - lag + at];
        }
        let mut remainder = [0.0; SUBFRAME];
        for (value, (sample, prediction)) in remainder.iter_mut().zip(part.iter().zip(&predicted)) {
            *value = sample - prediction;
        }
        let pulses = pulses(&remainder);
        for (sample, (prediction, pulse)) in part.iter_mut().zip(predicted.iter().zip(&pulses)) {
            *sample = prediction + pulse;
        }
        self.residual.rotate_left(SUBFRAME);
        self.residual[LONGEST_LAG - SUBFRAME..].copy_from_slice(part);
    }

    /// The lag with the greatest correlation, and its quantised gain (§ 3.1.14, table 3.3).
    fn pitch(&self, part: &[f64; SUBFRAME]) -> (usize, f64) {
        let (mut best, mut lag) = (0.0, SUBFRAME);
        for candidate in SUBFRAME..=LONGEST_LAG {
            let past = &self.residual[LONGEST_LAG - candidate..];
            let correlation: f64 = part.iter().zip(past).map(|(sample, before)| sample * before).sum();
            if correlation > best {
                (best, lag) = (correlation, candidate);
            }
        }
        let past = &self.residual[LONGEST_LAG - lag..];
        let energy: f64 = past.iter().take(SUBFRAME).map(|sample| sample * sample).sum();
        let gain = match best {
            small if small <= 0.2 * energy => 0.10,
            medium if medium <= 0.5 * energy => 0.35,
            large if large <= 0.8 * energy => 0.65,
            _ => 1.00,
        };
        (lag, gain)
    }
}

/// The pulses that stand for what pitch prediction leaves: 13 of every third sample, in 3 bits each (§ 3.1.18).
fn pulses(remainder: &[f64; SUBFRAME]) -> [f64; SUBFRAME] {
    let mut weighted = [0.0; SUBFRAME];
    for (at, value) in weighted.iter_mut().enumerate() {
        for (tap, weight) in WEIGHTING.iter().enumerate() {
            if let Some(sample) = (at + 5).checked_sub(tap).and_then(|from| remainder.get(from)) {
                *value += weight / 8192.0 * sample;
            }
        }
    }
    let grid = |first: usize| weighted.iter().skip(first).step_by(3).take(13);
    let energy = |first: usize| grid(first).map(|sample| sample * sample).sum::<f64>();
    let first = (1..4).fold(0, |best, first| if energy(first) > energy(best) { first } else { best });
    let greatest = block_maximum(grid(first).fold(0.0, |greatest, sample| sample.abs().max(greatest)));
    let mut pulses = [0.0; SUBFRAME];
    for (at, sample) in grid(first).enumerate() {
        let code = ((sample / greatest + 1.0) * 4.0).floor().clamp(0.0, 7.0);
        pulses[first + 3 * at] = (2.0 * code - 7.0) / 8.0 * greatest;
    }
    pulses
}

/// The block maximum as its 6-bit code stands for it: steps of 32 below 512, eight steps to the octave above (table 3.5).
fn block_maximum(greatest: f64) -> f64 {
    let whole = greatest.min(32_767.0) as u32;
    let step = 32 << (whole >> 9).checked_ilog2().map_or(0, |octave| octave + 1);
    f64::from((whole / step + 1) * step - 1)
}

fn autocorrelation(frame: &[f64; FRAME]) -> [f64; 9] {
    let mut sums = [0.0; 9];
    for (lag, sum) in sums.iter_mut().enumerate() {
        *sum = frame.iter().zip(&frame[lag..]).map(|(before, sample)| before * sample).sum();
    }
    sums
}

/// Reflection coefficients by Schur's recursion (§ 3.1.5); zero for silence.
fn reflection(sums: &[f64; 9]) -> [f64; 8] {
    let mut coefficients = [0.0; 8];
    let (mut ahead, mut behind) = (*sums, *sums);
    for (order, found) in coefficients.iter_mut().enumerate() {
        if ahead[0] <= 1.0 || ahead[0] < behind[1].abs() {
            break;
        }
        let coefficient = -behind[1] / ahead[0];
        *found = coefficient;
        ahead[0] += coefficient * behind[1];
        for at in 1..8 - order {
            let upper = behind[at + 1];
            behind[at] = upper + coefficient * ahead[at];
            ahead[at] += coefficient * upper;
        }
    }
    coefficients
}

/// Log area ratios as the decoder has them (§ 3.1.6 to § 3.1.8).
fn quantised_ratios(reflections: &[f64; 8]) -> [f64; 8] {
    let mut ratios = [0.0; 8];
    for (ratio, (coefficient, (slope, offset, least, greatest))) in
        ratios.iter_mut().zip(reflections.iter().zip(LAR_CODES))
    {
        let size = coefficient.abs();
        let exact = if size < 0.675 {
            size
        } else if size < 0.950 {
            2.0 * size - 0.675
        } else {
            8.0 * size - 6.375
        };
        let code = (slope * exact.copysign(*coefficient) + offset).round().clamp(least, greatest);
        *ratio = (code - offset) / slope;
    }
    ratios
}

/// The reflection coefficient of a log area ratio (§ 3.1.10).
fn from_ratio(ratio: f64) -> f64 {
    let size = ratio.abs();
    let coefficient = if size < 0.675 {
        size
    } else if size < 1.225 {
        0.5 * size + 0.3375
    } else {
        (0.125 * size + 0.796_875).min(0.999_969)
    };
    coefficient.copysign(ratio)
}

/// Rounded to the 13 bits that the decoder puts out, limited to the range.
fn to_13_bits(sample: f64) -> i16 {
    (sample / 8.0).round().clamp(-4096.0, 4095.0) as i16 * 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{from_pcm, mean_square, power_at, to_pcm};
    use crate::tones::together;
    use offhook_audio::Dbm0;

    fn passed(samples: &[f32]) -> Vec<f32> {
        from_pcm(&GsmFullRate::new().round_trip(&to_pcm(samples)))
    }

    #[test]
    fn a_tone_keeps_its_energy() {
        for hz in [440.0, 1000.0, 1400.0, 2100.0] {
            let tone = together(&[hz], 16_000, Dbm0(-15.0));
            let heard = passed(&tone);
            let loss = 10.0 * (power_at(&heard[800..], hz) / power_at(&tone[800..], hz)).log10();
            assert!(loss.abs() < 1.5, "{hz} Hz {loss:.2} dB");
        }
    }

    #[test]
    fn steps_of_the_block_maximum() {
        let pairs = [(0.0, 31.0), (31.0, 31.0), (32.0, 63.0), (511.0, 511.0), (512.0, 575.0), (32_767.0, 32_767.0)];
        for (given, coded) in pairs {
            assert_eq!(block_maximum(given), coded, "{given}");
        }
    }

    #[test]
    fn silence_and_extremes_pass() {
        let silence = GsmFullRate::new().round_trip(&[0; 1000]);
        assert_eq!(silence.len(), 1000);
        assert!(silence.iter().all(|sample| sample.abs() <= 64));
        let extremes: Vec<i16> = (0..1600).map(|at| if at % 7 < 3 { i16::MIN } else { i16::MAX }).collect();
        assert_eq!(GsmFullRate::new().round_trip(&extremes).len(), 1600);
        assert!(GsmFullRate::new().round_trip(&[]).is_empty());
    }

    #[test]
    fn a_voiced_sound_comes_out_well_above_its_coding_noise() {
        let voiced: Vec<f32> = (1..=20)
            .map(|harmonic| together(&[150.0 * f64::from(harmonic)], 16_000, Dbm0(-16.0 - 1.2 * harmonic as f32)))
            .reduce(|sum, part| sum.iter().zip(&part).map(|(a, b)| a + b).collect())
            .unwrap();
        let heard = passed(&voiced);
        let error: Vec<f32> = heard.iter().zip(&voiced).map(|(heard, sent)| heard - sent).collect();
        let ratio = 10.0 * (mean_square(&voiced[800..]) / mean_square(&error[800..])).log10();
        assert!(ratio > 8.0, "{ratio:.1} dB");
    }
}
