//! The calls that are played, made before the start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use offhook_audio::g711;
use offhook_media::{DecodeOptions, decode_file};
use offhook_sim::{CallSet, SimConfig, Simulator};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::frames;
use crate::exit::Mistake;
use crate::sound;

/// Samples a millisecond.
pub(crate) const RATE: usize = 8;

/// How audio is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Packets {
    /// Binary frames of G.711 µ-law
    #[default]
    Mulaw,
    /// Binary frames of 16-bit PCM
    Linear16,
    /// The specification's audio_chunk: 16-bit PCM in base64 in JSON
    Json,
}

/// Where calls come from.
#[derive(Clone, Debug)]
pub(crate) enum PoolSource {
    /// Made: so many of all kinds, from this seed.
    Made {
        /// How many.
        count: u64,
        /// What chance follows from.
        seed: u64,
    },
    /// Recordings, and folders of them.
    Recordings(Vec<PathBuf>),
}

/// A call, ready to be sent.
pub(crate) struct PreparedCall {
    /// Its name; streams that play it at once may share it, for each has its own connection.
    pub(crate) name: String,
    /// Its samples, for those who send it whole.
    pub(crate) samples: Vec<i16>,
    /// One frame after the other.
    pub(crate) frames: Vec<u8>,
    /// Where each frame ends.
    pub(crate) ends: Vec<u32>,
}

impl PreparedCall {
    /// How long its audio is.
    pub(crate) fn audio(&self) -> Duration {
        Duration::from_millis((self.samples.len() / RATE) as u64)
    }
}

/// The calls that are played.
pub(crate) struct Pool {
    /// The calls; never none.
    pub(crate) calls: Vec<Arc<PreparedCall>>,
    /// How long a packet is, in milliseconds.
    pub(crate) packet_ms: u32,
    /// How audio is packed.
    pub(crate) packets: Packets,
}

impl Pool {
    /// Makes or reads the calls, and packs them.
    ///
    /// # Errors
    /// A recording cannot be read, or there is none that lasts a packet.
    pub(crate) fn prepare(source: &PoolSource, packets: Packets, packet_ms: u32) -> Result<Self> {
        let sounds: Vec<(String, Vec<i16>)> = match source {
            PoolSource::Made { count, seed } => {
                let simulator = Simulator::new(SimConfig { set: CallSet::All, seed: *seed, ..SimConfig::default() })?;
                (0..*count).into_par_iter().map(|at| simulator.call(at)).map(|call| (call.id, call.samples)).collect()
            }
            PoolSource::Recordings(paths) => read(paths)?,
        };
        let calls: Vec<Arc<PreparedCall>> = sounds
            .into_par_iter()
            .filter(|(_, samples)| samples.len() >= packet_ms as usize * RATE)
            .map(|(name, samples)| prepare(name, samples, packets, packet_ms).map(Arc::new))
            .collect::<Result<_>>()?;
        if calls.is_empty() {
            let text = "no call lasts as long as one packet: name recordings, or ask for one call or more";
            return Err(Mistake::Usage(text.to_owned()).into());
        }
        Ok(Self { calls, packet_ms, packets })
    }

    /// The mean length of a call.
    pub(crate) fn mean(&self) -> Duration {
        let whole: Duration = self.calls.iter().map(|call| call.audio()).sum();
        whole / u32::try_from(self.calls.len()).unwrap_or(u32::MAX)
    }

    /// The message that begins a call.
    pub(crate) fn start(&self, call_id: &str) -> String {
        let encoding = if self.packets == Packets::Mulaw { "mulaw" } else { "linear16" };
        json!({
            "type": "start_detection", "call_id": call_id, "encoding": encoding, "sample_rate": 8_000, "channels": 1,
            "campaign": "load",
        })
        .to_string()
    }

    /// How a stream of `call` is called: binary frames need no name in them, so each stream has its own.
    pub(crate) fn call_id(&self, call: &PreparedCall, number: u64) -> String {
        if self.packets == Packets::Json { call.name.clone() } else { format!("load-{number}") }
    }
}

fn read(paths: &[PathBuf]) -> Result<Vec<(String, Vec<i16>)>> {
    let arguments: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let found = sound::recordings(&arguments)?;
    let read = |path: &PathBuf| -> Result<_> {
        let recording =
            decode_file(path, &DecodeOptions::default()).with_context(|| format!("reading {}", path.display()))?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok((name, recording.samples))
    };
    found.files.par_iter().map(read).collect()
}

fn prepare(name: String, samples: Vec<i16>, packets: Packets, packet_ms: u32) -> Result<PreparedCall> {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for (sequence, packet) in samples.chunks(packet_ms as usize * RATE).enumerate() {
        match packets {
            Packets::Mulaw => frames::binary(&mut bytes, packet.iter().map(|&s| g711::encode_ulaw(s)).collect())?,
            Packets::Linear16 => frames::binary(&mut bytes, linear(packet))?,
            Packets::Json => {
                let chunk = json!({
                    "type": "audio_chunk", "call_id": name, "sequence": sequence,
                    "timestamp": sequence as u64 * u64::from(packet_ms), "sample_rate": 8_000, "channels": 1,
                    "data": STANDARD.encode(linear(packet)),
                });
                frames::text(&mut bytes, chunk.to_string())?;
            }
        }
        ends.push(u32::try_from(bytes.len()).with_context(|| format!("{name} is too long to be played"))?);
    }
    Ok(PreparedCall { name, samples, frames: bytes, ends })
}

fn linear(packet: &[i16]) -> Vec<u8> {
    packet.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_packet_holds_the_whole_call() {
        let source = PoolSource::Made { count: 3, seed: 4 };
        for packets in [Packets::Mulaw, Packets::Linear16, Packets::Json] {
            let pool = Pool::prepare(&source, packets, 20).unwrap();
            assert_eq!(pool.calls.len(), 3);
            for call in &pool.calls {
                assert_eq!(call.ends.len(), call.samples.len().div_ceil(160));
                assert_eq!(call.ends.last().copied(), Some(call.frames.len() as u32));
            }
        }
    }

    #[test]
    fn a_pool_of_nothing_is_a_mistake() {
        let error = Pool::prepare(&PoolSource::Made { count: 0, seed: 1 }, Packets::Mulaw, 20).err().unwrap();
        assert!(error.downcast_ref::<Mistake>().is_some());
    }
}
