//! What was learned: a model file, and what is read from it.
//!
//! A file is `OFFHOOK\0`, a version, and five parts, each with its length before it: the name of the feature set, the
//! card (JSON, for people), the net, the timing model, and the weights that join them. All numbers are little-endian.

pub(crate) mod bytes;
mod error;
mod weights;

pub use error::ModelError;
pub use weights::{FusionModel, Mixture, OperatingPoint, Weights};
pub(crate) use weights::{LONG_FROM, LONG_TO};

use std::sync::{Arc, OnceLock};

use crate::analysers::{FEATURE_SET, MELS};
use crate::net::Network;
use crate::signals::LineSound;
use crate::timing::TimingModel;
use bytes::{Reader, Writer};

const MAGIC: &[u8; 8] = b"OFFHOOK\0";
const VERSION: u32 = 1;

/// A model: what `offhook train` writes and the detector weighs with.
#[derive(Clone, Debug, Default)]
pub struct Model {
    card: String,
    network: Option<Network>,
    timing: Option<TimingModel>,
    fusion: FusionModel,
}

impl Model {
    /// A model of these parts. `card` says in JSON what it is, what it was trained on and what it can't do.
    pub fn new(card: String, network: Option<Network>, timing: Option<TimingModel>, fusion: FusionModel) -> Self {
        Self { card, network, timing, fusion }
    }

    /// The model in the program. Read once.
    pub fn builtin() -> Arc<Self> {
        static BUILTIN: OnceLock<Arc<Model>> = OnceLock::new();
        Arc::clone(BUILTIN.get_or_init(|| {
            // A test reads it; a build with a damaged one decides by tones and time alone.
            Arc::new(Self::read(include_bytes!("../../models/offhook.model")).unwrap_or_default())
        }))
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`ModelError`]: it is no model, cut short, damaged, of another version, or made for other features.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err(ModelError::NotAModel { given: bytes.iter().take(MAGIC.len()).copied().collect() });
        };
        let mut reader = Reader::new("file", rest);
        let given = reader.u32()?;
        if given != VERSION {
            return Err(ModelError::Version { given, allowed: VERSION });
        }
        let mut part = |name| -> Result<Reader<'_>, ModelError> {
            let length = reader.count(1)?;
            Ok(Reader::new(name, reader.bytes(length)?))
        };
        let mut features = part("features")?;
        let given = features.text()?;
        features.end()?;
        if given != FEATURE_SET {
            return Err(ModelError::FeatureSet { given, allowed: FEATURE_SET.to_owned() });
        }
        let mut card_part = part("card")?;
        let card = card_part.text()?;
        card_part.end()?;
        let network = optional(part("net")?, Network::read)?;
        network.as_ref().map_or(Ok(()), fits)?;
        let timing = optional(part("timing")?, TimingModel::read)?;
        let mut weights = part("fusion")?;
        let fusion = FusionModel::read(&mut weights)?;
        weights.end()?;
        reader.end()?;
        Ok(Self { card, network, timing, fusion })
    }

    /// The model as the bytes of a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = Writer(MAGIC.to_vec());
        file.0.extend(VERSION.to_le_bytes());
        let mut part = |fill: &dyn Fn(&mut Writer)| {
            let mut body = Writer::default();
            fill(&mut body);
            file.u32(body.0.len());
            file.0.extend(body.0);
        };
        part(&|body| body.text(FEATURE_SET));
        part(&|body| body.text(&self.card));
        part(&|body| {
            if let Some(network) = &self.network {
                network.write(body);
            }
        });
        part(&|body| {
            if let Some(timing) = &self.timing {
                timing.write(body);
            }
        });
        part(&|body| self.fusion.write(body));
        file.0
    }

    /// What it is, in JSON.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// The net, if there is one.
    pub fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// The timing model, if there is one.
    pub fn timing(&self) -> Option<&TimingModel> {
        self.timing.as_ref()
    }

    /// How they are weighed.
    pub fn fusion(&self) -> &FusionModel {
        &self.fusion
    }

    /// A number that follows from all its weights (FNV-1a, 64 bits): two models that differ are told apart by it.
    pub fn fingerprint(&self) -> u64 {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        self.to_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
    }
}

/// That a net hears the frames made here and says what is understood here.
fn fits(network: &Network) -> Result<(), ModelError> {
    let wrong = |field: &str, given: usize, allowed: String| ModelError::Value {
        section: "net",
        field: field.to_owned(),
        given: given.to_string(),
        allowed,
    };
    let features = network.architecture().features;
    if features != MELS {
        return Err(wrong("features a frame", features, MELS.to_string()));
    }
    let sounds = LineSound::ALL.len();
    if ![1, sounds + 1].contains(&network.outputs()) {
        let allowed = format!("{} (the sounds of the line, and a machine) or 1 (a machine)", sounds + 1);
        return Err(wrong("outputs", network.outputs(), allowed));
    }
    Ok(())
}

/// A part that may be empty.
fn optional<'a, T>(
    mut part: Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, ModelError>,
) -> Result<Option<T>, ModelError> {
    if part.rest.is_empty() {
        return Ok(None);
    }
    let value = read(&mut part)?;
    part.end()?;
    Ok(Some(value))
}
