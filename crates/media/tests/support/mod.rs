//! What the tests of this crate share: fixtures, a builder of WAV bytes, and a measure of likeness.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::{self, Cursor, Read};
use std::path::PathBuf;

use offhook_media::{DecodeOptions, MediaError, Recording, decode};

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The signal that all fixtures hold, at 8 kHz.
pub(crate) fn reference() -> Vec<i16> {
    fixture("reference-8k.wav")[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A tone at 8 kHz, of half the full scale.
pub(crate) fn sine(hz: f64, rate: u32, samples: usize) -> Vec<i16> {
    let step = 2.0 * std::f64::consts::PI * hz / f64::from(rate);
    (0..samples).map(|n| (16_384.0 * (step * n as f64).sin()).round() as i16).collect()
}

pub(crate) fn open(bytes: impl Into<Vec<u8>>) -> Result<Recording, MediaError> {
    decode(Cursor::new(bytes.into()), &DecodeOptions::default())
}

/// How far the error lies below the signal, in dB, after the best common gain; 100 at the most.
pub(crate) fn snr_db(expected: &[i16], actual: &[i16]) -> f64 {
    let dot = |a: &[i16], b: &[i16]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let length = expected.len().min(actual.len());
    let (expected, actual) = (&expected[..length], &actual[..length]);
    let (signal, cross, power) = (dot(expected, expected), dot(expected, actual), dot(actual, actual));
    let noise = signal - cross * cross / power.max(1.0);
    (10.0 * (signal / noise.max(1.0)).log10()).min(100.0)
}

/// The shift, up to `most` samples either way, at which two signals agree best, and how well.
pub(crate) fn best_shift(expected: &[i16], actual: &[i16], most: i32) -> (i32, f64) {
    let score = |shift: i32| {
        let skip = shift.unsigned_abs() as usize;
        if shift < 0 { snr_db(&expected[skip..], actual) } else { snr_db(expected, &actual[skip..]) }
    };
    (-most..=most).map(|shift| (shift, score(shift))).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

/// A WAV header whose every field can be wrong.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) riff: &'static [u8; 4],
    pub(crate) tag: u16,
    pub(crate) channels: u16,
    pub(crate) rate: u32,
    pub(crate) byte_rate: Option<u32>,
    pub(crate) frame: Option<u16>,
    pub(crate) bits: u16,
    pub(crate) junk: Vec<u8>,
    pub(crate) data_bytes: Option<u32>,
    pub(crate) extensible: bool,
}

impl Header {
    pub(crate) fn new(tag: u16, bits: u16) -> Self {
        Self {
            riff: b"RIFF",
            tag,
            channels: 1,
            rate: 8_000,
            byte_rate: None,
            frame: None,
            bits,
            junk: Vec::new(),
            data_bytes: None,
            extensible: false,
        }
    }

    pub(crate) fn with(&self, data: &[u8]) -> Vec<u8> {
        let big = self.riff == b"RIFX";
        let u16 = |x: u16| if big { x.to_be_bytes() } else { x.to_le_bytes() };
        let u32 = |x: u32| if big { x.to_be_bytes() } else { x.to_le_bytes() };
        let frame = self.frame.unwrap_or(self.channels.wrapping_mul(self.bits.div_ceil(8)));
        let byte_rate = self.byte_rate.unwrap_or(self.rate.wrapping_mul(frame.into()));
        let mut body = b"WAVE".to_vec();
        body.extend(&self.junk);
        body.extend(b"fmt ");
        body.extend(u32(if self.extensible { 40 } else { 16 }));
        body.extend(u16(if self.extensible { 0xfffe } else { self.tag }));
        body.extend(u16(self.channels));
        body.extend(u32(self.rate));
        body.extend(u32(byte_rate));
        body.extend(u16(frame));
        body.extend(u16(self.bits));
        if self.extensible {
            body.extend(u16(22));
            body.extend(u16(self.bits));
            body.extend(u32(4));
            body.extend(self.tag.to_le_bytes());
            body.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
        }
        body.extend(b"data");
        body.extend(u32(self.data_bytes.unwrap_or(data.len() as u32)));
        body.extend(data);
        let mut file = self.riff.to_vec();
        file.extend(u32(body.len() as u32));
        file.extend(body);
        file
    }
}

/// Gives its bytes in reads of given sizes, over and over.
pub(crate) struct Dribble {
    pub(crate) bytes: Cursor<Vec<u8>>,
    pub(crate) sizes: Vec<usize>,
    pub(crate) turn: usize,
}

impl Dribble {
    pub(crate) fn new(bytes: Vec<u8>, sizes: Vec<usize>) -> Self {
        Self { bytes: Cursor::new(bytes), sizes, turn: 0 }
    }
}

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        let size = self.sizes[self.turn % self.sizes.len()];
        if size == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let room = buffer.len().min(size);
        self.bytes.read(&mut buffer[..room])
    }
}
