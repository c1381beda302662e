use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::default::codecs::MpaDecoder;

use crate::packets::{Packets, Step, guarded};
use crate::source::Source;
use crate::{Channel, Codec, Container, MediaError, StreamInfo};

/// MPEG audio layer III, decoded at its own rate.
pub(crate) struct Mp3Stream {
    packets: Packets,
    decoder: MpaDecoder,
    rate: u32,
    channel: Channel,
    channels: u32,
    stated: Option<u64>,
    made: u64,
    interleaved: Vec<f32>,
    damaged: u64,
    cut_short: bool,
}

impl Mp3Stream {
    pub(crate) fn open(mut source: Source, channel: Channel, limit: u64) -> Result<(Self, StreamInfo), MediaError> {
        let container = Container::Mp3;
        skip_id3(&mut source, limit)?;
        let packets = Packets::open(source, container, limit)?;
        let track = packets.tracks().first().ok_or(MediaError::NoAudio { container })?;
        let Some(CodecParameters::Audio(audio)) = &track.codec_params else {
            return Err(MediaError::NoAudio { container });
        };
        let rate = offhook_audio::SampleRate::new(audio.sample_rate.unwrap_or(0))?.hz();
        let channels = audio.channels.as_ref().map_or(0, |channels| channels.count() as u32);
        channel.check(channels)?;
        let stated = track.num_frames;
        let decoder = guarded(container, || MpaDecoder::try_new(audio, &Default::default()))?
            .map_err(|error| MediaError::Corrupt { container, detail: error.to_string() })?;
        let info = StreamInfo { container, codec: Codec::Mp3, rate, channels, stated_samples: stated };
        let stream = Self {
            packets,
            decoder,
            rate,
            channel,
            channels,
            stated,
            made: 0,
            interleaved: Vec::new(),
            damaged: 0,
            cut_short: false,
        };
        Ok((stream, info))
    }

    /// Appends one packet's audio to `out`; false at the end.
    pub(crate) fn next(&mut self, out: &mut Vec<f32>) -> Result<bool, MediaError> {
        let container = Container::Mp3;
        let packet = match self.packets.next()? {
            Step::Packet(packet) => packet,
            Step::NewTracks => return Ok(true),
            Step::End { cut_short } => {
                self.cut_short = cut_short || self.stated.is_some_and(|stated| self.made < stated);
                return Ok(false);
            }
        };
        let before = out.len();
        match guarded(container, || self.decoder.decode(&packet))? {
            Ok(audio) => {
                let (rate, channels) = (audio.spec().rate(), audio.spec().channels().count() as u32);
                if (rate, channels) != (self.rate, self.channels) {
                    let detail = format!(
                        "it changes from {} Hz, {} channels to {rate} Hz, {channels} channels midway",
                        self.rate, self.channels
                    );
                    return Err(MediaError::Corrupt { container, detail });
                }
                audio.copy_to_vec_interleaved(&mut self.interleaved);
                let frames = self.interleaved.chunks_exact(channels as usize);
                out.extend(frames.map(|frame| match frame {
                    [left, right] => self.channel.pick(*left, *right),
                    _ => frame[0],
                }));
            }
            Err(Error::DecodeError(_) | Error::IoError(_)) => {
                self.damaged += 1;
                let silence = usize::try_from(packet.dur.get()).unwrap_or(0).min(1152);
                out.resize(before + silence, 0.0);
            }
            Err(error) => return Err(MediaError::Corrupt { container, detail: error.to_string() }),
        }
        self.made += (out.len() - before) as u64;
        Ok(true)
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

/// Drops the ID3v2 tags before the audio, pictures and all, without keeping them.
fn skip_id3(source: &mut Source, limit: u64) -> Result<(), MediaError> {
    let container = Container::Mp3;
    loop {
        let head = source.peek(10)?;
        if !head.starts_with(b"ID3") {
            return Ok(());
        }
        let &[_, _, _, _, _, flags, a, b, c, d] = head else {
            return Err(MediaError::Truncated { container, bytes: head.len() as u64 });
        };
        let body = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        let given = source.taken() + 10 + body + footer;
        if given > limit {
            return Err(MediaError::HeaderTooLarge { container, given, allowed: limit });
        }
        if source.skip(10 + body + footer)? < 10 + body + footer {
            return Err(MediaError::Truncated { container, bytes: source.taken() });
        }
    }
}
