//! What headerless bytes are, told from how predictable they become when read in each way.
//!
//! Speech, tones and music change little from one sample to the next; read with the wrong law, byte order or width
//! they turn to noise. Text, programs and compressed files are noise in every reading.

use offhook_audio::SampleRate;

use crate::source::Source;
use crate::{MediaError, RawEncoding, RawFormat};

/// Bytes looked at: at least 2 s of audio.
pub(crate) const WINDOW: usize = 64 << 10;

/// Bytes without which nothing can be told: 50 ms at the least.
const LEAST: usize = 800;

/// Samples a block: what a predictor is fitted to.
const BLOCK: usize = 256;

/// The least gain of a two-tap predictor over the louder blocks, in dB, for a reading to pass as audio.
const LEAST_GAIN: f32 = 5.0;

/// How far the best reading must lead the next, in dB.
const LEAST_LEAD: f32 = 1.0;

/// The share of the louder blocks that must be predictable on their own.
const LEAST_SHARE: f32 = 0.6;

/// With less than this share of the power in the upper half of the band (−30 dB), 16-bit audio was sampled at 16 kHz.
const EMPTY_UPPER_HALF: f32 = 1e-3;

/// How audio-like one reading of the bytes is.
#[derive(Clone, Copy, Debug)]
struct Reading {
    encoding: RawEncoding,
    gain: f32,
    share: f32,
}

/// The raw format that the source's first bytes fit.
pub(crate) fn guess(source: &mut Source) -> Result<RawFormat, MediaError> {
    from_bytes(source.peek(WINDOW)?)
}

fn from_bytes(bytes: &[u8]) -> Result<RawFormat, MediaError> {
    let unknown = |reason| Err(MediaError::UnknownFormat { reason });
    if bytes.len() < LEAST {
        return unknown("this is too short to tell what it is");
    }
    if is_text(bytes) {
        return Err(MediaError::NotAudio { reason: "it is text" });
    }
    let first = bytes[0];
    if bytes.iter().all(|&byte| byte == first) {
        return unknown("all its bytes are the same, which tells nothing of its format");
    }
    let encodings = [RawEncoding::S16Le, RawEncoding::S16Be, RawEncoding::Ulaw, RawEncoding::Alaw];
    let mut readings = encodings.map(|encoding| read_as(encoding, bytes));
    readings.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let [best, next, ..] = readings;
    if best.gain < LEAST_GAIN || best.share < LEAST_SHARE {
        return unknown("its format could not be told from its content");
    }
    if best.gain - next.gain < LEAST_LEAD {
        return unknown("its format could not be told from its content, as two fit it alike");
    }
    let wide = matches!(best.encoding, RawEncoding::S16Le | RawEncoding::S16Be)
        && upper_half_share(&decode(best.encoding, bytes)) < EMPTY_UPPER_HALF;
    let hz = if wide { 16_000 } else { 8_000 };
    let rate = SampleRate::new(hz).unwrap_or(SampleRate::TELEPHONE);
    Ok(RawFormat { encoding: best.encoding, rate })
}

/// Almost only printable ASCII, or well-formed UTF-8 without control characters.
fn is_text(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let plain = bytes.iter().filter(|byte| printable(byte)).count();
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    plain * 20 > bytes.len() * 19
        || whole.is_some_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()))
}

fn decode(encoding: RawEncoding, bytes: &[u8]) -> Vec<f32> {
    let sample = encoding.encoding();
    bytes.chunks_exact(sample.bytes()).map(|bytes| sample.sample(bytes)).collect()
}

/// The gain of a two-tap linear predictor on the louder half of the blocks, each block weighing the same.
fn read_as(encoding: RawEncoding, bytes: &[u8]) -> Reading {
    let samples = decode(encoding, bytes);
    let mut blocks: Vec<(f32, f32)> = samples.chunks_exact(BLOCK).map(predictability).collect();
    blocks.sort_by(|a, b| b.0.total_cmp(&a.0));
    blocks.truncate(blocks.len().div_ceil(2));
    let count = blocks.len().max(1) as f32;
    let gain = blocks.iter().map(|(_, gain)| gain).sum::<f32>() / count;
    let share = blocks.iter().filter(|(_, gain)| *gain > 3.0).count() as f32 / count;
    Reading { encoding, gain, share }
}

/// A block's power, and how many dB of it two past samples predict.
fn predictability(block: &[f32]) -> (f32, f32) {
    let mean = block.iter().sum::<f32>() / block.len() as f32;
    let lag = |n: usize| block[n..].iter().zip(block).map(|(a, b)| (a - mean) * (b - mean)).sum::<f32>();
    let (power, one, two) = (lag(0), lag(1), lag(2));
    // Neighbours of opposite sign are two interleaved signals, such as the halves of wider words, and no audio.
    if power <= 1e-9 || one <= 0.0 {
        return (power, 0.0);
    }
    let (one, two) = (one / power, two / power);
    let reflection = (two - one * one) / (1.0 - one * one).max(1e-6);
    let left = (1.0 - one * one) * (1.0 - reflection * reflection);
    (power, -10.0 * left.clamp(1e-6, 1.0).log10())
}

/// The share of the power that lies above a quarter of the sampling rate.
fn upper_half_share(samples: &[f32]) -> f32 {
    // A half-band high pass of 15 taps (Hamming), written as its distinct coefficients.
    const TAPS: [f32; 4] = [0.313_6, -0.091_5, 0.034_3, -0.009_7];
    let (mut upper, mut whole) = (0.0, 0.0);
    for window in samples.windows(15) {
        let sides: f32 = TAPS.iter().enumerate().map(|(n, tap)| tap * (window[6 - 2 * n] + window[8 + 2 * n])).sum();
        let high = 0.5 * window[7] - sides;
        upper += high * high;
        whole += window[7] * window[7];
    }
    upper / whole.max(1e-12)
}
