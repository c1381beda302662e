use rusty_opus::{OpusDecoder, repacketizer};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::formats::Track;

use crate::packets::{Packets, Step, guarded};
use crate::source::Source;
use crate::{Channel, Codec, Container, MediaError, StreamInfo};

/// Opus decodes straight to the telephone rate; its own clock runs at 48 kHz.
const HZ: i32 = 8_000;
const TICKS: u64 = 6;

/// No packet is longer than 120 ms (RFC 6716, §3.2.5).
const LONGEST: usize = 960;

/// What stands in for a damaged packet whose length cannot be told: 20 ms.
const USUAL: usize = 160;

/// Opus from Ogg or WebM, decoded at 8 kHz.
pub(crate) struct OpusStream {
    packets: Packets,
    track: u32,
    decoder: OpusDecoder,
    head: OpusHead,
    channel: Channel,
    /// Samples still to be dropped at the start: the encoder's look-ahead.
    skip: usize,
    block: Vec<f32>,
    damaged: u64,
    cut_short: bool,
}

/// The identification header (RFC 7845, §5.1).
struct OpusHead {
    channels: u32,
    pre_skip: u16,
    gain: f32,
}

impl OpusStream {
    pub(crate) fn open(
        source: Source,
        container: Container,
        channel: Channel,
        limit: u64,
    ) -> Result<(Self, StreamInfo), MediaError> {
        let packets = Packets::open(source, container, limit)?;
        let (track, head) = find_opus(packets.tracks(), container)?;
        channel.check(head.channels)?;
        let decoder = decoder(&head, container)?;
        let info =
            StreamInfo { container, codec: Codec::Opus, rate: 48_000, channels: head.channels, stated_samples: None };
        let skip = head.skip();
        let block = vec![0.0; LONGEST * 2];
        Ok((Self { packets, track, decoder, head, channel, skip, block, damaged: 0, cut_short: false }, info))
    }

    /// Appends one packet's audio to `out`; false at the end.
    pub(crate) fn next(&mut self, out: &mut Vec<f32>) -> Result<bool, MediaError> {
        let packet = match self.packets.next()? {
            Step::Packet(packet) => packet,
            Step::NewTracks => {
                self.restart()?;
                return Ok(true);
            }
            Step::End { cut_short } => {
                self.cut_short = cut_short;
                return Ok(false);
            }
        };
        if packet.track_id != self.track {
            return Ok(true);
        }
        let made = self.decode(&packet.data)?;
        let trim = if self.packets.container() == Container::Ogg { packet.trim_end.get() / TICKS } else { 0 };
        let end = made - usize::try_from(trim).unwrap_or(made).min(made);
        let start = self.skip.min(made);
        self.skip -= start;
        let (gain, channel) = (self.head.gain, self.channel);
        let frames = self.block.chunks_exact(self.head.channels as usize).take(end).skip(start);
        out.extend(frames.map(|frame| match frame {
            [left, right] => channel.pick(*left, *right) * gain,
            _ => frame[0] * gain,
        }));
        Ok(true)
    }

    /// Decodes a packet into the block, and says how many frames it made; a damaged one is concealed.
    fn decode(&mut self, data: &[u8]) -> Result<usize, MediaError> {
        let container = self.packets.container();
        let length = duration(data);
        let made = guarded(container, || self.decoder.decode(data, LONGEST, &mut self.block))?;
        if let (Ok(made), false) = (made, data.is_empty()) {
            return Ok(made.min(LONGEST));
        }
        self.damaged += 1;
        let length = length.unwrap_or(USUAL);
        let concealed = guarded(container, || self.decoder.decode(&[], length, &mut self.block))?;
        if concealed != Ok(length) {
            self.block.fill(0.0);
        }
        Ok(length)
    }

    fn restart(&mut self) -> Result<(), MediaError> {
        let container = self.packets.container();
        let (track, head) = find_opus(self.packets.tracks(), container)?;
        self.channel.check(head.channels)?;
        self.decoder = decoder(&head, container)?;
        self.track = track;
        self.skip = head.skip();
        self.head = head;
        Ok(())
    }

    pub(crate) fn packets(&self) -> &Packets {
        &self.packets
    }

    pub(crate) fn damaged(&self) -> u64 {
        self.damaged
    }

    pub(crate) fn cut_short(&self) -> bool {
        self.cut_short
    }
}

impl OpusHead {
    fn parse(bytes: &[u8], container: Container) -> Result<Self, MediaError> {
        let corrupt = |detail: String| MediaError::Corrupt { container, detail };
        let Some(fixed) = bytes.get(..19).filter(|head| head.starts_with(b"OpusHead")) else {
            return Err(corrupt("its Opus header is not one".into()));
        };
        let channels = u32::from(fixed[9]);
        if !(1..=2).contains(&channels) {
            return Err(MediaError::Channels { given: channels });
        }
        let pre_skip = u16::from_le_bytes([fixed[10], fixed[11]]);
        let gain = f32::from(i16::from_le_bytes([fixed[16], fixed[17]])) / 256.0;
        let is_coupled = channels == 2 && bytes.get(19..21) == Some(&[1, 1]);
        let is_single = channels == 1 && bytes.get(19..21) == Some(&[1, 0]);
        match fixed[18] {
            0 => {}
            1 if is_coupled || is_single => {}
            family => return Err(corrupt(format!("its Opus streams are mapped in a way not read here ({family})"))),
        }
        Ok(Self { channels, pre_skip, gain: 10f32.powf(gain / 20.0) })
    }

    fn skip(&self) -> usize {
        (usize::from(self.pre_skip) + TICKS as usize / 2) / TICKS as usize
    }
}

fn decoder(head: &OpusHead, container: Container) -> Result<OpusDecoder, MediaError> {
    guarded(container, || OpusDecoder::new(HZ, head.channels as usize))?
        .map_err(|error| MediaError::Corrupt { container, detail: error.to_string() })
}

/// The first Opus track, and its header.
fn find_opus(tracks: &[Track], container: Container) -> Result<(u32, OpusHead), MediaError> {
    let mut other = None;
    for track in tracks {
        match &track.codec_params {
            Some(CodecParameters::Audio(audio)) if audio.codec == CODEC_ID_OPUS => {
                let head = OpusHead::parse(audio.extra_data.as_deref().unwrap_or(&[]), container)?;
                return Ok((track.id, head));
            }
            Some(CodecParameters::Audio(audio)) => other = Some(audio.codec),
            _ => {}
        }
    }
    match other {
        Some(codec) => Err(MediaError::UnsupportedCodec { container, codec: format!("audio codec {codec}") }),
        None => Err(MediaError::NoAudio { container }),
    }
}

/// The frames at 8 kHz in a packet, if its first bytes make sense.
fn duration(data: &[u8]) -> Option<usize> {
    let toc = *data.first()?;
    let frames = usize::try_from(repacketizer::nb_frames(data).ok()?).ok()?;
    let each = usize::try_from(repacketizer::samples_per_frame(toc, HZ)).ok()?;
    Some(frames * each).filter(|length| (1..=LONGEST).contains(length))
}
