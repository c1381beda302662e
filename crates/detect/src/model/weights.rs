//! How the learned models are weighed together, and where to cut.
//!
//! The logarithm of a machine's odds is a weighted sum (a logistic regression, which is calibrated by its fit) of
//! - what the timing model says,
//! - what the net says of the call so far (its output for "a machine answered"), and
//! - what the net said of the voice: the mean, over all hops with voice, of the logarithm of the odds of a prompt's voice
//!   against a person's, live or recorded, drawn towards zero while there is little voice, and
//! - the voice beyond 2.5 s: hardly a person greets that long, be the voice a person's or not.
//!
//! There is one set of weights while voice sounds and one for silence, and such a pair for each choice of models.

use super::ModelError;
use super::bytes::{Reader, Writer};

/// The weights of one logistic regression.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// Added always.
    pub bias: f32,
    /// Of the timing model's log-odds.
    pub timing: f32,
    /// Of the net's log-odds for the call.
    pub call: f32,
    /// Of the net's mean log-odds over the voice.
    pub voice: f32,
    /// Of each second of voice in this turn beyond 2.5, up to 8.
    pub long: f32,
}

/// Seconds of voice from which a greeting is long whatever else is heard.
pub(crate) const LONG_FROM: f32 = 2.5;
/// Seconds of voice beyond which more makes no difference.
pub(crate) const LONG_TO: f32 = 8.0;

/// One point of the operating curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatingPoint {
    /// The probability of a machine at which one is called.
    pub threshold: f32,
    /// Of the people, the share that is called machines then.
    pub false_machines: f32,
    /// Of the machines, the share that is found then.
    pub recall: f32,
}

/// The weights for one choice of models, and what errors they make at which threshold, on calls that nothing was
/// learned from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mixture {
    /// While voice sounds.
    pub speaking: Weights,
    /// In silence.
    pub silent: Weights,
    /// The operating curve, by rising threshold.
    pub curve: Vec<OperatingPoint>,
}

/// All mixtures of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FusionModel {
    /// Timing and net.
    pub all: Mixture,
    /// Timing alone.
    pub timing: Mixture,
    /// Net alone.
    pub net: Mixture,
}

const SECTION: &str = "fusion";
/// The most points a curve may have.
const MOST_POINTS: usize = 1000;

impl Mixture {
    /// The lowest threshold at which no more than `most` of the people are called machines; the highest there is if all
    /// call more.
    pub fn threshold(&self, most: f32) -> f32 {
        let allowed = self.curve.iter().rev().take_while(|point| point.false_machines <= most).last();
        allowed.or(self.curve.last()).map_or(DEFAULT_THRESHOLD, |point| point.threshold)
    }

    fn write(&self, into: &mut Writer) {
        for w in [self.speaking, self.silent] {
            [w.bias, w.timing, w.call, w.voice, w.long].into_iter().for_each(|value| into.f32(value));
        }
        into.u32(self.curve.len());
        for point in &self.curve {
            [point.threshold, point.false_machines, point.recall].into_iter().for_each(|value| into.f32(value));
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, ModelError> {
        let mut weights = || -> Result<Weights, ModelError> {
            let (bias, timing) = (from.f32()?, from.f32()?);
            Ok(Weights { bias, timing, call: from.f32()?, voice: from.f32()?, long: from.f32()? })
        };
        let (speaking, silent) = (weights()?, weights()?);
        let points = from.count(12)?;
        if points > MOST_POINTS {
            return Err(wrong("points of the curve", points, format!("at most {MOST_POINTS}")));
        }
        let mut curve = Vec::with_capacity(points);
        for _ in 0..points {
            let point = OperatingPoint { threshold: from.f32()?, false_machines: from.f32()?, recall: from.f32()? };
            for share in [point.threshold, point.false_machines, point.recall] {
                if !(0.0..=1.0).contains(&share) {
                    return Err(wrong("a share of the curve", share, "0 to 1".to_owned()));
                }
            }
            if curve.last().is_some_and(|last: &OperatingPoint| last.threshold >= point.threshold) {
                return Err(wrong("thresholds of the curve", point.threshold, "rising ones".to_owned()));
            }
            curve.push(point);
        }
        Ok(Self { speaking, silent, curve })
    }
}

/// The threshold where a model has no curve.
const DEFAULT_THRESHOLD: f32 = 0.95;

fn wrong(field: &str, given: impl ToString, allowed: String) -> ModelError {
    ModelError::Value { section: SECTION, field: field.to_owned(), given: given.to_string(), allowed }
}

impl FusionModel {
    pub(crate) fn write(&self, into: &mut Writer) {
        [&self.all, &self.timing, &self.net].into_iter().for_each(|mixture| mixture.write(into));
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, ModelError> {
        Ok(Self { all: Mixture::read(from)?, timing: Mixture::read(from)?, net: Mixture::read(from)? })
    }

    /// The mixture of the models that have a say.
    pub fn mixture(&self, timing: bool, net: bool) -> &Mixture {
        match (timing, net) {
            (true, true) => &self.all,
            (true, false) => &self.timing,
            (false, _) => &self.net,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_point_is_the_lowest_threshold_that_keeps_the_promise() {
        let point = |threshold, false_machines| OperatingPoint { threshold, false_machines, recall: 0.9 };
        let curve = vec![point(0.5, 0.08), point(0.8, 0.02), point(0.9, 0.01), point(0.95, 0.009), point(0.99, 0.0)];
        let mixture = Mixture { curve, ..Mixture::default() };
        assert_eq!(mixture.threshold(0.01), 0.9);
        assert_eq!(mixture.threshold(0.015), 0.9);
        assert_eq!(mixture.threshold(0.001), 0.99);
        assert_eq!(mixture.threshold(0.5), 0.5);
        assert_eq!(Mixture::default().threshold(0.01), DEFAULT_THRESHOLD);
    }

    #[test]
    fn written_weights_are_read_again_and_nonsense_is_refused() {
        let weights = Weights { bias: 1.0, timing: 2.0, call: 3.0, voice: 4.0, long: 5.0 };
        let curve = vec![OperatingPoint { threshold: 0.5, false_machines: 0.1, recall: 0.99 }];
        let mixture = Mixture { speaking: weights, silent: weights, curve };
        let model = FusionModel { all: mixture.clone(), timing: mixture.clone(), net: mixture };
        let mut bytes = Writer::default();
        model.write(&mut bytes);
        assert_eq!(FusionModel::read(&mut Reader::new(SECTION, &bytes.0)), Ok(model));
        for at in 0..bytes.0.len() {
            assert!(FusionModel::read(&mut Reader::new(SECTION, &bytes.0[..at])).is_err());
        }
    }
}
