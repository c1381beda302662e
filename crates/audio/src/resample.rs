use audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, Fft, FixedAsync, FixedSync, Indexing, Resampler as _, ResamplerConstructionError,
    SincInterpolationParameters, WindowFunction, calculate_cutoff,
};

use crate::SampleRate;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Taps of the anti-alias filter, counted at the lower of the two rates: 10 ms at 8 kHz. With the Blackman window the
/// response is flat to 3.3 kHz, −6 dB at 3.7 kHz and below −70 dB from 4.1 kHz when one rate is 8 kHz.
const TAPS: usize = 80;
/// Points between two samples for which the sinc filter is tabulated.
const SINC_STEPS: usize = 128;
const WINDOW: WindowFunction = WindowFunction::Blackman;

/// Converts a stream of mono samples from one rate to another, piece by piece.
///
/// Time stays true: the filter's delay is taken out, so the first output sample stands for the same instant as the
/// first input sample, and once [`Self::finish`] is called the output has `input × to / from` samples, rounded to the
/// nearest. How the input is cut into pieces changes nothing in the output.
///
/// Between pushes it holds back at most 15 ms. Rates that are multiples of 4 kHz are exact in time; others, 44.1 kHz
/// among them, are placed to within a tenth of a sample at the lower rate, 13 µs.
pub struct Resampler {
    from: SampleRate,
    to: SampleRate,
    /// `None` when the rates are equal and samples pass unchanged.
    engine: Option<Engine>,
}

struct Engine {
    rubato: Box<dyn rubato::Resampler<f32>>,
    pending: Vec<f32>,
    block: Vec<f32>,
    /// The filter's delay in output samples.
    delay: usize,
    /// How many of those are still to be dropped.
    skip: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A converter from `from` to `to`.
    ///
    /// # Errors
    /// [`ResampleError`] if the library refuses the pair of rates; none within [`SampleRate`]'s range is known to be.
    pub fn new(from: SampleRate, to: SampleRate) -> Result<Self, ResampleError> {
        let engine = if from == to { None } else { Some(Engine::new(from.hz(), to.hz())?) };
        Ok(Self { from, to, engine })
    }

    /// The rate of the samples that go in.
    pub fn input_rate(&self) -> SampleRate {
        self.from
    }

    /// The rate of the samples that come out.
    pub fn output_rate(&self) -> SampleRate {
        self.to
    }

    /// Takes samples (any number, spanning ±1; one that is not finite counts as 0) and appends to `out` what can be
    /// told so far.
    ///
    /// # Errors
    /// [`ResampleError`] if the library fails.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let finite = samples.iter().map(|&sample| if sample.is_finite() { sample } else { 0.0 });
        let Some(engine) = &mut self.engine else {
            out.extend(finite);
            return Ok(());
        };
        engine.taken += samples.len() as u64;
        engine.pending.extend(finite);
        engine.run(u64::MAX, out)
    }

    /// Ends the stream: appends to `out` what was held back, and leaves the converter as new.
    ///
    /// # Errors
    /// [`ResampleError`] if the library fails.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let Some(engine) = &mut self.engine else { return Ok(()) };
        let (from, to) = (u64::from(self.from.hz()), u64::from(self.to.hz()));
        let total = (engine.taken * to + from / 2) / from;
        while engine.given < total {
            engine.pending.resize(engine.rubato.input_frames_next(), 0.0);
            engine.run(total, out)?;
        }
        engine.reset();
        Ok(())
    }
}

/// All of `samples`, which span ±1, at another rate: [`Resampler`] for a whole stretch of sound.
///
/// # Errors
/// [`ResampleError`] as [`Resampler`] gives it.
pub fn resample(samples: &[f32], from: SampleRate, to: SampleRate) -> Result<Vec<f32>, ResampleError> {
    let mut resampler = Resampler::new(from, to)?;
    let mut converted = Vec::new();
    resampler.push(samples, &mut converted)?;
    resampler.finish(&mut converted)?;
    Ok(converted)
}

impl Engine {
    fn new(from: u32, to: u32) -> Result<Self, ResampleError> {
        let refused = |source: ResamplerConstructionError| ResampleError::Refused { from, to, source: source.into() };
        let lower = from.min(to);
        let step_is_short = (lower / gcd(from, to)) as usize <= TAPS;
        let (rubato, delay): (Box<dyn rubato::Resampler<f32>>, usize) = if step_is_short {
            let block = TAPS * from as usize / lower as usize;
            let fft = Fft::<f32>::new_custom(from as usize, to as usize, block, 1, 1, WINDOW, FixedSync::Both);
            let fft = fft.map_err(refused)?;
            let delay = fft.output_delay();
            (Box::new(fft), delay)
        } else {
            let ratio = f64::from(to) / f64::from(from);
            let (taps, delay) = sinc_taps(ratio);
            let parameters = SincInterpolationParameters::new(taps, WINDOW)
                .f_cutoff(calculate_cutoff(TAPS, WINDOW))
                .oversampling_factor(SINC_STEPS);
            let block = from as usize / 200;
            let sinc = Async::new_sinc(ratio, 1.0, &parameters, block, 1, FixedAsync::Input).map_err(refused)?;
            (Box::new(sinc), delay)
        };
        let block = vec![0.0; rubato.output_frames_max()];
        Ok(Self { rubato, pending: Vec::new(), block, delay, skip: delay, taken: 0, given: 0 })
    }

    /// Converts every whole block that is pending; gives no sample beyond `total`.
    fn run(&mut self, total: u64, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let mut used = 0;
        while self.pending.len() - used >= self.rubato.input_frames_next() {
            let available = self.pending.len() - used;
            let input = SequentialSlice::new(&self.pending[used..], 1, available).map_err(ResampleError::failed)?;
            let room = self.block.len();
            let mut output = SequentialSlice::new_mut(&mut self.block, 1, room).map_err(ResampleError::failed)?;
            let (taken, made) = self
                .rubato
                .process_into_buffer(&input, &mut output, Some(&Indexing::new()))
                .map_err(ResampleError::failed)?;
            used += taken;
            let skipped = self.skip.min(made);
            self.skip -= skipped;
            let wanted = (made - skipped).min(usize::try_from(total - self.given).unwrap_or(usize::MAX));
            out.extend_from_slice(&self.block[skipped..skipped + wanted]);
            self.given += wanted as u64;
        }
        self.pending.drain(..used);
        Ok(())
    }

    fn reset(&mut self) {
        self.rubato.reset();
        self.pending.clear();
        self.skip = self.delay;
        self.taken = 0;
        self.given = 0;
    }
}

/// The filter length, and its delay in whole output samples, for a sinc resampler of this ratio. Of the lengths from
/// [`TAPS`] up, in the library's steps of 8, the one whose delay lies nearest a whole sample.
fn sinc_taps(ratio: f64) -> (usize, usize) {
    let least = ((TAPS as f64 / ratio.min(1.0)).ceil() as usize).next_multiple_of(8);
    let delay = |taps: usize| {
        // Measured: the library's first output stands one output sample and one sinc step later than half a filter.
        taps as f64 * ratio / 2.0 - 1.0 - ratio / SINC_STEPS as f64
    };
    let off = |taps: usize| (delay(taps) - delay(taps).round()).abs();
    let taps = (0..12).map(|n| least + 8 * n).min_by(|&a, &b| off(a).total_cmp(&off(b))).unwrap_or(least);
    (taps, delay(taps).round() as usize)
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

/// The rate converter could not be made or run. Neither is known to happen within [`SampleRate`]'s range; convert the
/// audio with another tool first, and report the pair of rates.
#[derive(Debug, thiserror::Error)]
pub enum ResampleError {
    /// The library refused the pair of rates.
    #[error("cannot convert {from} Hz to {to} Hz: convert the audio with another tool first")]
    Refused {
        /// The input's rate in Hz.
        from: u32,
        /// The output's rate in Hz.
        to: u32,
        /// What the library said.
        source: Cause,
    },
    /// The library failed while converting.
    #[error("rate conversion failed: convert the audio with another tool first")]
    Failed(#[source] Cause),
}

impl ResampleError {
    fn failed(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: [u32; 12] =
        [8_000, 8_001, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 37_123, 44_100, 47_999, 48_000];

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    fn sine(hz: f64, rate: u32, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| (0.5 * (2.0 * std::f64::consts::PI * hz * n as f64 / f64::from(rate)).sin()) as f32)
            .collect()
    }

    fn convert(from: u32, to: u32, input: &[f32], pieces: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate(from), rate(to)).unwrap();
        let mut out = Vec::new();
        for piece in input.chunks(pieces) {
            resampler.push(piece, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    fn snr_db(expected: &[f32], actual: &[f32]) -> f64 {
        let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|x| f64::from(x).powi(2)).sum::<f64>();
        let noise = power(&mut expected.iter().zip(actual).map(|(a, b)| a - b));
        10.0 * (power(&mut expected.iter().copied()) / noise.max(1e-20)).log10()
    }

    #[test]
    fn tones_keep_their_place_in_time_both_ways() {
        for hz in RATES {
            for (from, to) in [(hz, 8_000), (8_000, hz)] {
                for tone in [200.0, 1_000.0, 3_000.0] {
                    let input = sine(tone, from, from as usize / 2);
                    let out = convert(from, to, &input, 777);
                    let expected = (input.len() as f64 * f64::from(to) / f64::from(from)).round() as usize;
                    assert_eq!(out.len(), expected, "{from} to {to}");
                    let edge = to as usize / 50;
                    let ideal = sine(tone, to, out.len());
                    let range = edge..out.len() - edge;
                    let snr = snr_db(&ideal[range.clone()], &out[range]);
                    let exact = matches!(hz, 8_000 | 12_000 | 16_000 | 24_000 | 32_000 | 48_000);
                    let least = if exact { 55.0 } else { 12.5 };
                    assert!(snr > least, "{from} to {to}, {tone} Hz: {snr:.1} dB");
                }
            }
        }
    }

    #[test]
    fn what_would_alias_is_removed() {
        for from in [11_025, 16_000, 44_100, 48_000] {
            for tone in [4_300.0, 5_000.0, 5_400.0] {
                let out = convert(from, 8_000, &sine(tone, from, from as usize), 960);
                let middle = &out[400..7_600];
                let rms = (middle.iter().map(|x| x * x).sum::<f32>() / middle.len() as f32).sqrt();
                assert!(20.0 * (rms / 0.3536).log10() < -55.0, "{from}: {tone} Hz leaves {rms}");
            }
        }
    }

    #[test]
    fn pieces_change_nothing_and_little_is_held_back() {
        for from in RATES {
            let input = sine(440.0, from, 12_345);
            let whole = convert(from, 8_000, &input, input.len());
            for pieces in [1, 7, 160, 1_001] {
                assert_eq!(convert(from, 8_000, &input, pieces), whole, "{from} in pieces of {pieces}");
            }
            let mut resampler = Resampler::new(rate(from), SampleRate::TELEPHONE).unwrap();
            let mut out = Vec::new();
            for (n, sample) in input.iter().enumerate() {
                resampler.push(&[*sample], &mut out).unwrap();
                let held = n as f64 / f64::from(from) - out.len() as f64 / 8_000.0;
                assert!(held < 0.0151, "{from}: {:.1} ms held back", held * 1_000.0);
            }
        }
    }

    #[test]
    fn a_finished_converter_is_as_new_and_nonsense_is_silence() {
        let mut resampler = Resampler::new(rate(16_000), SampleRate::TELEPHONE).unwrap();
        let (mut first, mut second, mut none) = (Vec::new(), Vec::new(), Vec::new());
        let input = sine(500.0, 16_000, 1_000);
        for out in [&mut first, &mut second] {
            resampler.push(&input, out).unwrap();
            resampler.finish(out).unwrap();
        }
        assert_eq!(first, second);
        resampler.finish(&mut none).unwrap();
        assert!(none.is_empty());
        resampler.push(&[f32::NAN, f32::INFINITY], &mut none).unwrap();
        resampler.finish(&mut none).unwrap();
        assert_eq!(none, [0.0]);
    }
}
