//! The sections of a training configuration, each field with its default and what is allowed.

use std::path::PathBuf;

use super::parameter::{Parameter, section};
use crate::error::TrainError;
use offhook_detect::analysers::MELS;
use offhook_detect::net::{Architecture, Layer};

/// Outputs of a streaming net: seven classes of sound, and the machine logit.
const STREAM_OUTPUTS: usize = 8;
/// Frames of the window that the `cnn` sees: 2 s.
const WINDOW: usize = 200;

fn is_share(share: &f64) -> bool {
    (0.0..=1.0).contains(share)
}

section! {
    /// What the model's card says beside the figures.
    CardConfig {
        /// The model's name.
        name: String = "offhook".to_owned(), "a text", |_| true;
        /// Its version.
        version: String = "1".to_owned(), "a text", |_| true;
        /// What is known that it can't do, beside what holds of every model.
        limits: Vec<String> = Vec::new(), "a list of texts", |_| true;
    }
}

section! {
    /// Calls that the simulator makes, with their truth.
    Simulated {
        /// Hours of calls; 0 for none.
        hours: f64 = 4.0, "0 to 10000", |hours| (0.0..=10_000.0).contains(hours);
        /// What the calls follow from: the same seed and voices make the same calls.
        seed: u64 = 1, "0 or more", |_| true;
        /// Tables (CSV) of recorded voices with the columns path and label, and if known speaker, source, licence, text.
        voices: Vec<PathBuf> = Vec::new(), "a list of paths", |_| true;
        /// Whether the speech synthesisers that are installed speak too: espeak-ng, flite, festival.
        synthesisers: bool = false, "true or false", |_| true;
        /// Sentences of each kind that the synthesisers speak.
        sentences: usize = 24, "1 to 10000", |count| (1..=10_000).contains(count);
        /// A folder in which the calls that the net learns from are kept, so that they are not made again; left out, none are.
        cache: Option<PathBuf> = None, "a path", |_| true;
    }
}

section! {
    /// Labelled calls of one's own.
    CallSources {
        /// Tables (CSV) with the columns path and label, as for offhook eval.
        manifests: Vec<PathBuf> = Vec::new(), "a list of paths", |_| true;
        /// Folders of recordings, in a folder for each label: human, voicemail, ivr, announcement, sit, fax, music, silence.
        folders: Vec<PathBuf> = Vec::new(), "a list of paths", |_| true;
        /// Tables of corrected verdicts, as the service exports them: path,label.
        feedback: Vec<PathBuf> = Vec::new(), "a list of paths", |_| true;
        /// Copies of each call that are learnt from beside the call itself, each changed as the section augmentation says.
        copies: usize = 4, "0 to 100", |copies| *copies <= 100;
    }
}

impl CallSources {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.manifests.is_empty() && self.folders.is_empty() && self.feedback.is_empty()
    }
}

section! {
    /// Which share of the calls is for what. No speaker is in two parts.
    Split {
        /// Learnt from.
        train: f64 = 0.7, "0 to 1; the three sum to 1", is_share;
        /// Watched while learning: early stopping, and the weights that join the models, come from it.
        validation: f64 = 0.15, "0 to 1; the three sum to 1", is_share;
        /// Neither: the operating curve and the diagram of calibration come from it.
        test: f64 = 0.15, "0 to 1; the three sum to 1", is_share;
    }
}

impl Split {
    pub(super) fn check_sum(&self) -> Result<(), TrainError> {
        let sum = self.train + self.validation + self.test;
        let is_one = (sum - 1.0).abs() < 1e-6 && self.train > 0.0 && self.validation > 0.0;
        let given = format!("train {} + validation {} + test {} = {sum}", self.train, self.validation, self.test);
        let allowed = "shares that sum to 1, train and validation more than 0".to_owned();
        if is_one { Ok(()) } else { Err(TrainError::config("split.train", &given, allowed)) }
    }
}

section! {
    /// How often what happens to a copy of a call of one's own before it is learnt from; simulated calls vary by themselves.
    Augmentation {
        /// Noise of another kind is added, 0 to 30 dB below the voice.
        noise_injection: f64 = 0.1, "0 to 1", is_share;
        /// The call is played up to a tenth faster or slower, at the same pitch.
        time_stretching: f64 = 0.05, "0 to 1", is_share;
        /// The pitch is moved by up to two semitones, at the same speed.
        pitch_shifting: f64 = 0.05, "0 to 1", is_share;
        /// The volume changes in the course of the call.
        volume_scaling: f64 = 0.1, "0 to 1", is_share;
        /// The call is coded and decoded once more: G.711, GSM.
        codec: f64 = 0.1, "0 to 1", is_share;
        /// Packets are lost.
        loss: f64 = 0.1, "0 to 1", is_share;
        /// The whole call is made louder or quieter.
        gain: f64 = 0.5, "0 to 1", is_share;
        /// The voice is in a room.
        reverb: f64 = 0.1, "0 to 1", is_share;
        /// Bands and stretches of time are hidden from the net (SpecAugment); drawn anew for each crop in each epoch, of simulated calls too.
        masking: f64 = 0.5, "0 to 1", is_share;
        /// The bands' levels are changed by a smooth curve, up to 6 dB and as much again in all; drawn as masking.
        colouring: f64 = 0.5, "0 to 1", is_share;
    }
}

/// The kinds of net.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Causal convolutions and a gated recurrent unit; streams.
    #[default]
    Crnn,
    /// Dilated causal convolutions with residuals; streams.
    Tcn,
    /// Convolutions and pooling over a window of 2 s, as in the specification.
    Cnn,
}

section! {
    /// The net. It hears 40 log-mel bands, 100 frames a second.
    NetConfig {
        /// crnn: a strided causal convolution over 5 frames, more over 3, a GRU. tcn: dilated causal convolutions with residuals. cnn: the specification's, on windows of 2 s, which tells machines from people and nothing else.
        kind: Kind = Kind::Crnn, "crnn, tcn or cnn", |_| true;
        /// Channels of each layer; the cnn has half as many in its first layer and twice as many in its last.
        width: usize = 64, "8 to 512 in steps of 8", |width| (8..=512).contains(width) && width % 8 == 0;
        /// Convolutions; left out for the kind's own: crnn 3, tcn 6. The cnn always has 3.
        depth: Option<usize> = None, "1 to 16", |depth| depth.is_none_or(|depth| (1..=16).contains(&depth));
        /// Frames of 10 ms a step of the crnn and tcn.
        stride: usize = 2, "1 to 4", |stride| (1..=4).contains(stride);
        /// Share of the outputs of each layer but the last that are dropped in training, of the cnn before its last layer only; left out for the kind's own: cnn 0.5, else 0.1.
        dropout: Option<f64> = None, "0 to 0.9", |share| share.is_none_or(|share| (0.0..=0.9).contains(&share));
    }
}

impl NetConfig {
    /// The layers.
    pub fn architecture(&self) -> Architecture {
        let (name, window, layers) = match self.kind {
            Kind::Crnn => ("crnn", 0, self.crnn()),
            Kind::Tcn => ("tcn", 0, self.tcn()),
            Kind::Cnn => ("cnn", WINDOW, self.cnn()),
        };
        Architecture { name: name.to_owned(), features: MELS, window, layers }
    }

    /// The share that is dropped.
    pub fn dropout(&self) -> f64 {
        self.dropout.unwrap_or(if self.kind == Kind::Cnn { 0.5 } else { 0.1 })
    }

    fn crnn(&self) -> Vec<Layer> {
        let width = self.width;
        let mut layers = vec![conv(MELS, width, 5, self.stride)];
        for at in 1..self.depth.unwrap_or(3) {
            layers.push(later(width, 1, at > 1));
        }
        layers.push(Layer::Gru { inputs: width, units: width });
        layers.push(Layer::Linear { inputs: width, outputs: STREAM_OUTPUTS, relu: false });
        layers
    }

    fn tcn(&self) -> Vec<Layer> {
        let width = self.width;
        let mut layers = vec![conv(MELS, width, 5, self.stride)];
        layers.extend((1..self.depth.unwrap_or(6)).map(|at| later(width, 1 << (at - 1).min(8), true)));
        layers.push(Layer::Linear { inputs: width, outputs: STREAM_OUTPUTS, relu: false });
        layers
    }

    fn cnn(&self) -> Vec<Layer> {
        let (half, width, twice) = (self.width / 2, self.width, self.width * 2);
        vec![
            conv(MELS, half, 3, 1),
            Layer::MaxPool { size: 2 },
            conv(half, width, 3, 1),
            Layer::MaxPool { size: 2 },
            conv(width, twice, 3, 1),
            Layer::Average,
            Layer::Linear { inputs: twice, outputs: twice, relu: true },
            Layer::Linear { inputs: twice, outputs: 1, relu: false },
        ]
    }
}

fn conv(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Layer {
    Layer::Conv { inputs, outputs, kernel, dilation: 1, stride, relu: true, residual: false }
}

fn later(width: usize, dilation: usize, residual: bool) -> Layer {
    Layer::Conv { inputs: width, outputs: width, kernel: 3, dilation, stride: 1, relu: true, residual }
}

/// The kinds of optimizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam (Kingma and Ba 2014), with decoupled weight decay (Loshchilov and Hutter 2017) if that is not 0.
    #[default]
    Adam,
}

section! {
    /// How the net is trained.
    Training {
        /// What the first weights, the order of calls and all variation follow from.
        seed: u64 = 1, "0 or more", |_| true;
        /// Crops learnt from at once.
        batch_size: usize = 32, "1 to 4096", |size| (1..=4096).contains(size);
        /// Times all calls are gone through at most; 0 keeps the net of fine_tuning.from and fits only what joins it to the timing model.
        epochs: usize = 100, "0 to 10000", |epochs| (0..=10_000).contains(epochs);
        /// The highest learning rate.
        learning_rate: f64 = 0.001, "more than 0, up to 1", |rate| *rate > 0.0 && *rate <= 1.0;
        /// How weights follow gradients.
        optimizer: Optimizer = Optimizer::Adam, "adam", |_| true;
        /// Share of a weight that each step of learning rate 1 would take away.
        weight_decay: f64 = 0.01, "0 to 1", is_share;
        /// Epochs over which the learning rate rises; then it falls as a cosine to a hundredth at the last epoch.
        warm_up: f64 = 1.0, "0 to 100", |epochs| (0.0..=100.0).contains(epochs);
        /// Epochs without a lower loss on the validation part after which training stops.
        patience: usize = 10, "1 to 10000", |epochs| (1..=10_000).contains(epochs);
        /// Whether the weights of the best epoch are kept rather than those of the last.
        restore_best_weights: bool = true, "true or false", |_| true;
        /// Whether each convolution is followed by batch norm while training; it is folded into the weights afterwards.
        batch_norm: bool = true, "true or false", |_| true;
        /// Share of each target that is spread over all classes of sound.
        label_smoothing: f64 = 0.0, "0 to 0.5", |share| (0.0..=0.5).contains(share);
        /// The largest norm of all gradients together; larger ones are scaled down. 0 for no limit.
        most_norm: f64 = 1.0, "0 to 1000", |norm| (0.0..=1000.0).contains(norm);
        /// Seconds of the shortest crop of a call that is learnt from; the cnn has windows of 2 s always.
        shortest_crop: f64 = 4.0, "1 to 60", |seconds| (1.0..=60.0).contains(seconds);
        /// Seconds of the longest; each batch has a length of its own between them.
        longest_crop: f64 = 8.0, "1 to 60, at least training.shortest_crop", |seconds| (1.0..=60.0).contains(seconds);
        /// Share of the crops that begin with the call, as every call that is heard does; others begin within its first 2 s.
        from_start: f64 = 0.85, "0 to 1", is_share;
        /// Weight of the machine's loss beside that of the classes of sound, which is 1.
        machine_weight: f64 = 0.5, "0 to 100", |weight| (0.0..=100.0).contains(weight);
        /// Parts for cross-validation, each validated on in turn by a net trained on the others; 0 for none. The specification asks for 5.
        cross_validation: usize = 0, "0, or 2 to 20", |folds| *folds == 0 || (2..=20).contains(folds);
        /// Minutes after which the net's training ends with the epoch it is in; 0 for no limit.
        max_minutes: f64 = 0.0, "0 to 100000", |minutes| (0.0..=100_000.0).contains(minutes);
    }
}

impl Training {
    pub(super) fn check_crops(&self) -> Result<(), TrainError> {
        if self.shortest_crop <= self.longest_crop {
            return Ok(());
        }
        let allowed = format!("training.shortest_crop, {}, or more", self.shortest_crop);
        Err(TrainError::config("training.longest_crop", &self.longest_crop.to_string(), allowed))
    }

    /// The same without what says when training ends.
    pub(crate) fn without_end(&self) -> Self {
        Self { patience: 0, max_minutes: 0.0, ..self.clone() }
    }
}

section! {
    /// Going on from a model instead of from nothing.
    FineTuning {
        /// The model file; left out, the net is trained from nothing.
        from: Option<PathBuf> = None, "a path", |_| true;
        /// Share of the learning rate that is used then.
        learning_rate_share: f64 = 0.2, "more than 0, up to 1", |share| *share > 0.0 && *share <= 1.0;
        /// Share of simulated calls in what is learnt from, so that nothing is forgotten, as far as simulator.hours has enough.
        simulated_share: f64 = 0.5, "0 to 1", is_share;
    }
}

section! {
    /// Figures on the validation part, machines against people after 2 s of speech, that are reported as met or not.
    Thresholds {
        /// Share of calls judged rightly.
        accuracy: f64 = 0.95, "0 to 1", is_share;
        /// Share of those called machines that are.
        precision: f64 = 0.94, "0 to 1", is_share;
        /// Share of machines found.
        recall: f64 = 0.96, "0 to 1", is_share;
        /// The harmonic mean of both.
        f1: f64 = 0.95, "0 to 1", is_share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_net_is_the_one_measured() {
        let layers = NetConfig::default().architecture().layers;
        assert_eq!(layers.len(), 5);
        assert_eq!(layers[0], conv(40, 64, 5, 2));
        assert_eq!(layers[2], later(64, 1, true));
        assert_eq!(layers[4], Layer::Linear { inputs: 64, outputs: 8, relu: false });
    }

    #[test]
    fn the_cnn_is_the_one_specified() {
        let net = NetConfig { kind: Kind::Cnn, ..NetConfig::default() };
        let architecture = net.architecture();
        assert_eq!((architecture.window, net.dropout()), (200, 0.5));
        assert_eq!(architecture.layers[4], conv(64, 128, 3, 1));
        assert_eq!(architecture.layers[6], Layer::Linear { inputs: 128, outputs: 128, relu: true });
    }
}
