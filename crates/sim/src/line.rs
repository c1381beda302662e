//! A telephone line: everything that happens to a sound between a far party's room and our ear.

use crate::error::SimError;
use crate::filter::Biquad;
use crate::gsm::GsmFullRate;
use crate::handset::Handset;
use crate::noise::{NoiseKind, noise};
use crate::packets::{Concealment, Lateness, Loss, conceal, missing};
use crate::random::Random;
use crate::room::Room;
use crate::signal::{NOMINAL_SPEECH, active_level, amplify, from_pcm, level, mean_square, mix, samples_in, to_pcm};
use offhook_audio::{Dbm0, g711};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// How the line codes samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// 16-bit linear PCM: nothing is lost.
    Linear,
    /// G.711 µ-law.
    #[default]
    Ulaw,
    /// G.711 A-law.
    Alaw,
    /// GSM full rate, then G.711 A-law as between networks.
    Gsm,
}

/// What a noise is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum NoiseSource {
    /// Made by the simulator.
    Kind(NoiseKind),
    /// A recording, ±1 at 8 kHz, from a random place on and repeated as needed.
    Recorded(Arc<[f32]>),
}

/// Noise around the far party.
#[derive(Clone, Debug, PartialEq)]
pub struct LineNoise {
    /// What it is made of.
    pub source: NoiseSource,
    /// How far it lies below the active level of what is said, in dB, −60 to 100. Raising it makes the line quieter.
    pub snr_db: f32,
}

/// The far party's sound again, later and weaker, as lines with a bad hybrid return it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echo {
    /// How much later, at most 2 s.
    pub delay: Duration,
    /// How much weaker, in dB, 0 to 100.
    pub loss_db: f32,
}

/// Discontinuous transmission: nothing is sent in pauses, and the receiver plays comfort noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dtx {
    /// Frames of 20 ms below this level aren't sent. Raising it clips weak beginnings and endings.
    pub threshold: Dbm0,
    /// How long sending goes on after the last frame above the threshold.
    pub hangover: Duration,
    /// The level of the comfort noise.
    pub comfort: Dbm0,
}

/// A line. What is said passes through its parts in the order of the fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Reverberation around the far party; `None` for none.
    pub room: Option<Room>,
    /// Noise around the far party; `None` for a quiet room.
    pub noise: Option<LineNoise>,
    /// What the far party speaks into; `None` for one that colours nothing.
    pub handset: Option<Box<Handset>>,
    /// Echo; `None` for none.
    pub echo: Option<Echo>,
    /// Whether the line passes only the telephone band, 300 to 3400 Hz (ITU-T G.712), noise included.
    pub narrow: bool,
    /// What lies above this frequency in Hz, 1000 to 4000, doesn't pass; `None` for no such limit.
    pub low_pass_hz: Option<f64>,
    /// A coding that samples went through on the way before the last one; `None` for none.
    pub tandem: Option<Encoding>,
    /// Amplification in dB, −80 to 80.
    pub gain_db: f32,
    /// A constant added to every sample.
    pub dc_offset: i16,
    /// Peaks are cut off at the peak of a sine of this level; `None` for full scale.
    pub clipping: Option<Dbm0>,
    /// Discontinuous transmission; `None` for a sender that never pauses.
    pub dtx: Option<Dtx>,
    /// How samples are coded.
    pub encoding: Encoding,
    /// Length of a packet, 1 ms to 1 s.
    pub packet: Duration,
    /// Packets that never arrive; `None` for none.
    pub loss: Option<Loss>,
    /// Packets that arrive late; `None` for none.
    pub lateness: Option<Lateness>,
    /// What is played for what is missing.
    pub concealment: Concealment,
}

impl Default for Line {
    /// µ-law and nothing else.
    fn default() -> Self {
        Self::clean(Encoding::Ulaw)
    }
}

/// What came out of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// As many samples as went in, at the same times.
    pub samples: Vec<i16>,
    /// The spans, in samples, that did not arrive in time and are concealed.
    pub missing: Vec<Range<usize>>,
}

impl Line {
    /// A line that codes samples and does nothing else to them.
    pub const fn clean(encoding: Encoding) -> Self {
        Self {
            room: None,
            noise: None,
            handset: None,
            echo: None,
            narrow: false,
            low_pass_hz: None,
            tandem: None,
            gain_db: 0.0,
            dc_offset: 0,
            clipping: None,
            dtx: None,
            encoding,
            packet: Duration::from_millis(20),
            loss: None,
            lateness: None,
            concealment: Concealment::Silence,
        }
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`SimError::OutOfRange`] for the first field outside its range.
    pub fn check(&self) -> Result<(), SimError> {
        let snr_db = self.noise.as_ref().map_or(0.0, |noise| noise.snr_db);
        let room = self.room.unwrap_or(Room { decay: Duration::from_millis(300), distance_db: 0.0 });
        SimError::check("line.room.decay", room.decay.as_secs_f64(), 0.01, 5.0, "0.01 to 5 s")?;
        SimError::check("line.room.distance_db", room.distance_db.into(), -20.0, 60.0, "-20 to 60 dB")?;
        if let Some(handset) = &self.handset {
            handset.check()?;
        }
        SimError::check("line.low_pass_hz", self.low_pass_hz.unwrap_or(4000.0), 1000.0, 4000.0, "1000 to 4000 Hz")?;
        SimError::check("line.noise.snr_db", snr_db.into(), -60.0, 100.0, "-60 to 100 dB")?;
        let (delay, loss_db) = self.echo.map_or((0.0, 0.0), |echo| (echo.delay.as_secs_f64(), echo.loss_db));
        SimError::check("line.echo.delay", delay, 0.0, 2.0, "0 to 2 s")?;
        SimError::check("line.echo.loss_db", loss_db.into(), 0.0, 100.0, "0 to 100 dB")?;
        SimError::check("line.gain_db", self.gain_db.into(), -80.0, 80.0, "-80 to 80 dB")?;
        let clipping = self.clipping.unwrap_or_default().0;
        SimError::check("line.clipping", clipping.into(), -90.0, 20.0, "-90 to 20 dBm0")?;
        let levels = self.dtx.map_or([0.0; 2], |dtx| [dtx.threshold.0, dtx.comfort.0]);
        SimError::check("line.dtx.threshold", levels[0].into(), -100.0, 10.0, "-100 to 10 dBm0")?;
        SimError::check("line.dtx.comfort", levels[1].into(), -100.0, 10.0, "-100 to 10 dBm0")?;
        SimError::check("line.packet", self.packet.as_secs_f64(), 0.001, 1.0, "0.001 to 1 s")?;
        let loss = self.loss.unwrap_or(Loss { share: 0.0, burst: 1.0 });
        SimError::check("line.loss.share", loss.share, 0.0, 1.0, "0 to 1")?;
        SimError::check("line.loss.burst", loss.burst, 1.0, 1000.0, "1 to 1000 packets")?;
        let late = self.lateness.map_or(0.0, |lateness| lateness.share);
        SimError::check("line.lateness.share", late, 0.0, 1.0, "0 to 1")
    }

    /// What comes out for 16-bit samples at 8 kHz: as many, at the same times. The same line, samples and seed give
    /// the same result. Numbers outside the ranges that [`Self::check`] allows give noise or silence, never a panic.
    pub fn apply(&self, samples: &[i16], seed: u64) -> Vec<i16> {
        self.carry(samples, None, seed).samples
    }

    /// As [`Self::apply`], and which spans were missing. `speech` is the level that the noise is relative to; without
    /// it that is the active level of all of `samples`, tones included.
    pub fn carry(&self, samples: &[i16], speech: Option<Dbm0>, seed: u64) -> Carried {
        let mut random = Random::new(seed);
        let mut sound = from_pcm(samples);
        if let Some(room) = self.room {
            // A stream of its own: lines without a room draw what they always drew.
            room.fill(&mut sound, &mut Random::for_item(seed, 0));
        }
        self.surroundings(&mut sound, speech, &mut random.split(0));
        self.circuit(&mut sound);
        if let Some(dtx) = self.dtx {
            pause(&mut sound, dtx, &mut random.split(1));
        }
        let mut samples = self.encoding.round_trip(&to_pcm(&sound));
        let packet = samples_in(self.packet).max(1);
        let missing = missing(samples.len(), packet, self.loss, self.lateness, &mut random.split(2));
        conceal(&mut samples, &missing, packet, self.concealment);
        Carried { samples, missing }
    }

    /// Noise, handset and echo.
    fn surroundings(&self, sound: &mut [f32], speech: Option<Dbm0>, random: &mut Random) {
        if let Some(LineNoise { source, snr_db }) = &self.noise {
            let said = speech.or_else(|| active_level(sound)).unwrap_or(NOMINAL_SPEECH);
            let at = Dbm0(said.0 - snr_db);
            let added = match source {
                NoiseSource::Kind(kind) => noise(*kind, sound.len(), at, random),
                NoiseSource::Recorded(recording) => looped(recording, sound.len(), at, random),
            };
            mix(sound, &added, 0);
        }
        if let Some(handset) = &self.handset {
            handset.hear(sound);
        }
        if let Some(echo) = self.echo {
            let mut again = sound.to_vec();
            amplify(&mut again, -echo.loss_db);
            mix(sound, &again, samples_in(echo.delay));
        }
    }

    /// Band, first coding, gain, offset and clipping.
    fn circuit(&self, sound: &mut [f32]) {
        if self.narrow {
            for q in [0.541, 1.307] {
                Biquad::high_pass(300.0, q).run(sound);
                Biquad::low_pass(3400.0, q).run(sound);
            }
        }
        if let Some(hz) = self.low_pass_hz {
            for q in [0.541, 1.307] {
                Biquad::low_pass(hz, q).run(sound);
            }
        }
        if let Some(encoding) = self.tandem {
            let coded = from_pcm(&encoding.round_trip(&to_pcm(sound)));
            sound.copy_from_slice(&coded);
        }
        amplify(sound, self.gain_db);
        let offset = f32::from(self.dc_offset) / 32_768.0;
        let peak = self.clipping.map_or(1.0, Dbm0::sine_peak);
        let peak = if peak.is_nan() { 1.0 } else { peak };
        for sample in sound {
            *sample = (*sample + offset).clamp(-peak, peak);
        }
    }

    /// What the line does, for the `condition` column: `clean`, `quiet` (20 dB or more), `noisy` (10 dB or more) or
    /// `loud_noise`, then what else it has, joined by `+`.
    pub fn condition(&self) -> String {
        let mut text = match self.noise.as_ref().map(|noise| noise.snr_db) {
            None => "clean",
            Some(snr_db) if snr_db >= 20.0 => "quiet",
            Some(snr_db) if snr_db >= 10.0 => "noisy",
            Some(_) => "loud_noise",
        }
        .to_owned();
        for (present, name) in [
            (self.loss.is_some(), "+loss"),
            (self.lateness.is_some(), "+late"),
            (self.encoding == Encoding::Gsm || self.tandem == Some(Encoding::Gsm), "+gsm"),
            (self.room.is_some(), "+room"),
            (self.echo.is_some(), "+echo"),
            (self.clipping.is_some(), "+clipping"),
            (self.dtx.is_some(), "+dtx"),
            (self.dc_offset != 0, "+offset"),
        ] {
            text.push_str(if present { name } else { "" });
        }
        text
    }
}

impl Encoding {
    /// What comes out of coder and decoder.
    pub fn round_trip(self, samples: &[i16]) -> Vec<i16> {
        let alaw =
            |samples: &[i16]| samples.iter().map(|sample| g711::decode_alaw(g711::encode_alaw(*sample))).collect();
        match self {
            Self::Linear => samples.to_vec(),
            Self::Ulaw => samples.iter().map(|sample| g711::decode_ulaw(g711::encode_ulaw(*sample))).collect(),
            Self::Alaw => alaw(samples),
            Self::Gsm => alaw(&GsmFullRate::new().round_trip(samples)),
        }
    }
}

/// `length` samples of a recording at a level, from a random place on and repeated as needed.
pub(crate) fn looped(recording: &[f32], length: usize, at: Dbm0, random: &mut Random) -> Vec<f32> {
    let start = random.whole(0..recording.len());
    let mut samples: Vec<f32> = recording.iter().copied().cycle().skip(start).take(length).collect();
    samples.resize(length, 0.0);
    let reached = level(&samples);
    if reached.0 > -99.0 {
        amplify(&mut samples, at.0 - reached.0);
    }
    samples
}

/// Replaces frames that aren't sent by comfort noise.
fn pause(sound: &mut [f32], dtx: Dtx, random: &mut Random) {
    const FRAME: usize = 160;
    let comfort = noise(NoiseKind::Comfort, sound.len(), dtx.comfort, random);
    let least = dtx.threshold.mean_square();
    let hangover = samples_in(dtx.hangover).div_ceil(FRAME);
    let mut left = 0;
    for (frame, comfort) in sound.chunks_mut(FRAME).zip(comfort.chunks(FRAME)) {
        if mean_square(frame) >= least {
            left = hangover;
        } else if left > 0 {
            left -= 1;
        } else {
            frame.copy_from_slice(comfort);
        }
    }
}
