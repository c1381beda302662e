//! Keeps what was heard, up to a length.

use bytes::Bytes;
use offhook_audio::g711::encode_ulaw;
use offhook_telephony::{Encoding, PcmFormat};

use crate::record::{KeptAudio, KeptEncoding};

/// Bytes of a block. Blocks of one size for all calls: a recording that grew in one piece would be copied as it grows, and
/// leave holes of all sizes behind.
const BLOCK: usize = 8 << 10;

/// Writes down one call, from its first sample on.
#[derive(Debug)]
pub(super) struct Recorder {
    encoding: KeptEncoding,
    /// All but the last are full.
    blocks: Vec<Vec<u8>>,
    /// How many bytes may still come.
    room: usize,
}

impl Recorder {
    /// Keeps up to `most` samples. A stream of G.711 at 8 kHz is kept as µ-law, any other as it was heard.
    pub(super) fn new(format: PcmFormat, most: usize) -> Self {
        let companded = format.encoding != Encoding::Linear16 && format.rate.hz() == offhook_audio::RATE;
        let encoding = if companded { KeptEncoding::Ulaw } else { KeptEncoding::Linear16 };
        Self { encoding, blocks: Vec::new(), room: most * width(encoding) }
    }

    pub(super) fn push(&mut self, samples: &[i16]) {
        match self.encoding {
            KeptEncoding::Ulaw => self.extend(samples.iter().map(|&sample| encode_ulaw(sample))),
            KeptEncoding::Linear16 => self.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
        }
    }

    /// The same for G.711 µ-law as it came, of a stream that is kept as such.
    pub(super) fn push_ulaw(&mut self, bytes: &[u8]) {
        self.extend(bytes.iter().copied());
    }

    /// So many samples never came: silence stands for them, so that time stays true.
    pub(super) fn lose(&mut self, samples: usize) {
        let silence = match self.encoding {
            KeptEncoding::Ulaw => encode_ulaw(0),
            KeptEncoding::Linear16 => 0,
        };
        self.extend(std::iter::repeat_n(silence, samples.saturating_mul(width(self.encoding))));
    }

    fn extend(&mut self, bytes: impl Iterator<Item = u8>) {
        let mut bytes = bytes.take(self.room);
        loop {
            let left = self.blocks.last().map_or(0, |block| BLOCK - block.len());
            match self.blocks.last_mut() {
                Some(block) if left > 0 => {
                    let before = block.len();
                    block.extend(bytes.by_ref().take(left));
                    let came = block.len() - before;
                    self.room -= came;
                    if came < left {
                        return;
                    }
                }
                _ if self.room == 0 => return,
                _ => self.blocks.push(Vec::with_capacity(BLOCK)),
            }
        }
    }

    pub(super) fn finish(self) -> Option<KeptAudio> {
        let bytes = Bytes::from(self.blocks.concat());
        (!bytes.is_empty()).then_some(KeptAudio { encoding: self.encoding, bytes })
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
