//! Audio as packets of RTP.

use offhook_audio::{SampleRate, g711};

use super::Packet;
use crate::pcm::{Encoding, PcmFormat};

/// Samples of a packet: 20 ms at 8 kHz.
const FRAME: usize = 160;

/// A format that is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("format: given {channels} channels at {hz} Hz, allowed is 1 channel at 8000 Hz")]
pub struct FormatError {
    /// The channels that were given.
    pub channels: u8,
    /// The rate that was given, in Hz.
    pub hz: u32,
}

/// Writes one call's audio.
#[derive(Clone, Debug)]
pub struct Writer {
    payload_type: u8,
    encoding: Encoding,
    source: u32,
    sequence: u16,
    timestamp: u32,
    /// The next packet is the first, or the first after a pause.
    begins: bool,
}

impl Writer {
    /// A writer of a payload type that stands for this format. Source and first numbers are to be random (RFC 3550, 5.1).
    ///
    /// # Errors
    /// The format is not 8 kHz, mono.
    pub fn new(
        payload_type: u8,
        format: PcmFormat,
        source: u32,
        sequence: u16,
        timestamp: u32,
    ) -> Result<Self, FormatError> {
        if format.channels != 1 || format.rate != SampleRate::TELEPHONE {
            return Err(FormatError { channels: format.channels, hz: format.rate.hz() });
        }
        Ok(Self { payload_type, encoding: format.encoding, source, sequence, timestamp, begins: true })
    }

    /// The packets of these samples, 20 ms each, to be sent one each 20 ms. The last may be shorter.
    pub fn packets(&mut self, samples: &[i16]) -> Vec<Vec<u8>> {
        samples.chunks(FRAME).map(|frame| self.packet(frame)).collect()
    }

    /// Lets time pass without audio: so many samples.
    pub fn pause(&mut self, samples: u32) {
        self.timestamp = self.timestamp.wrapping_add(samples);
        self.begins = true;
    }

    fn packet(&mut self, frame: &[i16]) -> Vec<u8> {
        let payload: Vec<u8> = match self.encoding {
            Encoding::Mulaw => frame.iter().map(|sample| g711::encode_ulaw(*sample)).collect(),
            Encoding::Alaw => frame.iter().map(|sample| g711::encode_alaw(*sample)).collect(),
            Encoding::Linear16 => frame.iter().flat_map(|sample| sample.to_be_bytes()).collect(),
        };
        let packet = Packet {
            marker: std::mem::take(&mut self.begins),
            payload_type: self.payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            source: self.source,
            payload: &payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(frame.len() as u32);
        packet.encode()
    }
}
