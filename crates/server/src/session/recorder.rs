//! Keeps what was heard, up to a length.

use bytes::Bytes;
use offhook_audio::g711::encode_ulaw;
use offhook_telephony::{Encoding, PcmFormat};

use crate::record::{KeptAudio, KeptEncoding};

/// Samples that room is made for at a time.
const STEP: usize = 2 * offhook_audio::RATE as usize;

/// Writes down one call, from its first sample on.
#[derive(Debug)]
pub(super) struct Recorder {
    encoding: KeptEncoding,
    bytes: Vec<u8>,
    most: usize,
}

impl Recorder {
    /// Keeps up to `most` samples. A stream of G.711 at 8 kHz is kept as µ-law, any other as it was heard.
    pub(super) fn new(format: PcmFormat, most: usize) -> Self {
        let companded = format.encoding != Encoding::Linear16 && format.rate.hz() == offhook_audio::RATE;
        let encoding = if companded { KeptEncoding::Ulaw } else { KeptEncoding::Linear16 };
        Self { encoding, bytes: Vec::new(), most: most * width(encoding) }
    }

    pub(super) fn push(&mut self, samples: &[i16]) {
        let room = self.most.saturating_sub(self.bytes.len()) / width(self.encoding);
        let samples = &samples[..samples.len().min(room)];
        self.grow(samples.len() * width(self.encoding));
        match self.encoding {
            KeptEncoding::Ulaw => self.bytes.extend(samples.iter().map(|&sample| encode_ulaw(sample))),
            KeptEncoding::Linear16 => self.bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
        }
    }

    /// The same for G.711 µ-law as it came, of a stream that is kept as such.
    pub(super) fn push_ulaw(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.bytes.len());
        let bytes = &bytes[..bytes.len().min(room)];
        self.grow(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    /// So many samples never came: silence stands for them, so that time stays true.
    pub(super) fn lose(&mut self, samples: usize) {
        let room = self.most.saturating_sub(self.bytes.len());
        let (bytes, silence) = match self.encoding {
            KeptEncoding::Ulaw => (samples, encode_ulaw(0)),
            KeptEncoding::Linear16 => (samples * 2, 0),
        };
        let bytes = bytes.min(room);
        self.grow(bytes);
        self.bytes.resize(self.bytes.len() + bytes, silence);
    }

    /// Makes room in steps of two seconds: doubling would take up to twice the memory of every call that goes on.
    fn grow(&mut self, bytes: usize) {
        if self.bytes.capacity() - self.bytes.len() < bytes {
            self.bytes.reserve_exact(bytes.max(STEP * width(self.encoding)));
        }
    }

    pub(super) fn finish(self) -> Option<KeptAudio> {
        (!self.bytes.is_empty()).then(|| KeptAudio { encoding: self.encoding, bytes: Bytes::from(self.bytes) })
    }
}

fn width(encoding: KeptEncoding) -> usize {
    match encoding {
        KeptEncoding::Ulaw => 1,
        KeptEncoding::Linear16 => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stays_true_up_to_the_limit() {
        let mulaw = PcmFormat { encoding: Encoding::Mulaw, ..PcmFormat::default() };
        for (format, bytes) in [(mulaw, 500), (PcmFormat::default(), 1_000)] {
            let mut recorder = Recorder::new(format, 500);
            recorder.push(&[1_000; 160]);
            recorder.lose(80);
            recorder.push(&[-1_000; 400]);
            recorder.lose(1_000);
            assert_eq!(recorder.finish().map(|audio| audio.bytes.len()), Some(bytes));
        }
        assert_eq!(Recorder::new(mulaw, 500).finish(), None);
    }

    #[test]
    fn companded_samples_are_kept_bit_for_bit() {
        let mut recorder = Recorder::new(PcmFormat { encoding: Encoding::Mulaw, ..PcmFormat::default() }, 256);
        let samples: Vec<i16> = (0..=255u8).map(offhook_audio::g711::decode_ulaw).collect();
        recorder.push(&samples);
        let kept = recorder.finish().unwrap();
        let again: Vec<i16> = kept.bytes.iter().map(|&byte| offhook_audio::g711::decode_ulaw(byte)).collect();
        assert_eq!(again, samples);
    }
}
