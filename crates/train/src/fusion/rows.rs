use std::sync::Arc;
use std::time::Duration;

use offhook_detect::timing::TimingModel;
use offhook_detect::{DetectConfig, Detector, Fact, Inputs, Model, Params, Phase, Probability};
use rayon::prelude::*;

/// Samples between two looks: 100 ms. Speech that begins or ends is looked at once more.
const LOOK: usize = 800;
/// How long is looked after the first word, in seconds.
const LONGEST: f32 = 12.0;

/// A call of which it is known whether a machine answered.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledCall {
    /// 16-bit samples at 8 kHz.
    pub samples: Vec<i16>,
    /// The sample at which it was answered.
    pub answered: usize,
    /// Whether a machine answered.
    pub machine: bool,
    /// Who speaks, for keeping one speaker's calls together.
    pub speaker: String,
    /// How much it counts, beside 1 of most calls.
    pub weight: f32,
}

/// What the models were weighed by at one moment of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The call's place among those heard.
    pub call: u32,
    /// What was heard so far.
    pub inputs: Inputs,
    /// Whether a machine answered.
    pub machine: bool,
    /// How much the call counts.
    pub weight: f32,
}

impl Row {
    /// Lets a timing model judge the rhythm so far, as the detector would have let it: nothing that is heard depends on it.
    pub fn judge_timing(&mut self, timing: &TimingModel) {
        self.inputs.timing = timing.log_odds(&self.inputs.rhythm.values());
    }
}

/// Listens to all calls with `model` and looks every 100 ms, and where speech begins or ends, from the first word on.
pub fn hear(calls: &[LabelledCall], model: &Arc<Model>, told: impl Fn(usize) + Sync) -> Vec<Row> {
    let mut config = DetectConfig { begins: Phase::Progress, ..DetectConfig::default() };
    // Nothing is decided by the models themselves while their rows are gathered.
    config.weigh.late_silence = Duration::from_secs(20);
    config.weigh.early_certainty = Probability::percent(99.99);
    let Ok(params) = Params::with_model(config, undecided(model)) else { return Vec::new() };
    let params = Arc::new(params);
    let of_call = |(place, call): (usize, &LabelledCall)| {
        let rows = rows_of(call, place as u32, &params);
        told(1);
        rows
    };
    calls.par_iter().enumerate().flat_map_iter(of_call).collect()
}

/// The same models without weights: the probability is one half throughout.
fn undecided(model: &Model) -> Arc<Model> {
    Arc::new(Model::new(String::new(), model.network().cloned(), model.timing().cloned(), Default::default()))
}

fn rows_of(call: &LabelledCall, place: u32, params: &Arc<Params>) -> Vec<Row> {
    let mut detector = Detector::new(params);
    let answered = call.answered.min(call.samples.len());
    drop(detector.push(&call.samples[..answered]));
    drop(detector.note(Fact::Answered));
    let mut rows: Vec<Row> = Vec::new();
    let mut sounding = false;
    for (number, hop) in call.samples[answered..].chunks(offhook_audio::HOP).enumerate() {
        drop(detector.push(hop));
        let Some(inputs) = detector.inputs() else { continue };
        if inputs.rhythm.since_first_word > LONGEST {
            break;
        }
        let look = (number + 1).is_multiple_of(LOOK / offhook_audio::HOP) || inputs.sounding != sounding;
        sounding = inputs.sounding;
        if look {
            rows.push(Row { call: place, inputs, machine: call.machine, weight: call.weight });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_sim::{SimConfig, Simulator};

    #[test]
    fn a_timing_model_judges_afterwards_as_it_would_have_while_listening() {
        let simulator = Simulator::new(SimConfig { seed: 3, ..SimConfig::default() }).unwrap();
        let call = |place| {
            let samples = simulator.call(place).samples;
            LabelledCall { samples, answered: 0, machine: false, speaker: String::new(), weight: 1.0 }
        };
        let calls: Vec<LabelledCall> = (0..6).map(call).collect();
        let whole = Model::builtin();
        let without = Model::new(String::new(), whole.network().cloned(), None, Default::default());
        let mut rows = hear(&calls, &Arc::new(without), |_| {});
        rows.iter_mut().for_each(|row| row.judge_timing(whole.timing().unwrap()));
        assert!(rows.len() > 50, "{}", rows.len());
        assert_eq!(rows, hear(&calls, &whole, |_| {}));
    }
}
