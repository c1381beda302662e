//! Batches of equally long pieces of examples.

use super::error::DataError;
use super::example::Example;
use super::split::shuffle;
use offhook_detect::analysers::MELS;
use offhook_sim::Random;

/// The target of a hop that does not count: padding.
pub const IGNORED: u8 = 255;

/// How examples are cropped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropConfig {
    /// Crops in a batch, 1 or more; the last batch of an epoch may have fewer.
    pub batch: usize,
    /// The shortest and the longest crop, in hops; each batch has one length between them.
    pub shortest: usize,
    /// See `shortest`.
    pub longest: usize,
    /// Share of the crops that begin at the start of the call, 0 to 1: a running net always does.
    pub from_start: f64,
    /// The latest that another crop begins, in hops.
    pub latest: usize,
}

impl Default for CropConfig {
    /// 32 crops of 4 to 8 s, 85 % of them from the start, the others from within the first 2 s.
    fn default() -> Self {
        Self { batch: 32, shortest: 400, longest: 800, from_start: 0.85, latest: 200 }
    }
}

/// A batch of crops.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crops {
    /// How many.
    pub sequences: usize,
    /// Hops of each.
    pub time: usize,
    /// Their frames, `[sequences][time][MELS]`; [`offhook_detect::analysers::EMPTY`] past the end of a call.
    pub frames: Vec<f32>,
    /// The class of each hop, `[sequences][time]`; [`IGNORED`] past the end of a call.
    pub targets: Vec<u8>,
    /// Whether a machine answered, `[sequences]`.
    pub machine: Vec<Option<bool>>,
    /// The first hop of the crop in which somebody speaks; `None` if nobody does.
    pub first_speech: Vec<Option<usize>>,
    /// Which examples these are.
    pub examples: Vec<usize>,
}

/// Cuts examples into batches, in an order and at places that follow from a seed.
#[derive(Clone, Debug)]
pub struct Sampler<'a> {
    examples: &'a [Example],
    config: CropConfig,
    seed: u64,
}

impl<'a> Sampler<'a> {
    /// A sampler of `examples`.
    ///
    /// # Errors
    /// [`DataError::Setting`] for a batch of none, lengths out of order, or a share outside 0 to 1.
    pub fn new(examples: &'a [Example], config: CropConfig, seed: u64) -> Result<Self, DataError> {
        let refuse =
            |field, given: String, allowed: &str| Err(DataError::Setting { field, given, allowed: allowed.to_owned() });
        if config.batch == 0 {
            return refuse("crops.batch", "0".to_owned(), "1 or more");
        }
        if config.shortest == 0 || config.shortest > config.longest {
            let given = format!("{} to {} hops", config.shortest, config.longest);
            return refuse("crops.shortest", given, "1 hop to crops.longest");
        }
        if !(0.0..=1.0).contains(&config.from_start) {
            return refuse("crops.from_start", config.from_start.to_string(), "0 to 1");
        }
        Ok(Self { examples, config, seed })
    }

    /// Batches an epoch.
    pub fn batches(&self) -> usize {
        self.examples.len().div_ceil(self.config.batch)
    }

    /// Every example once, in an order of this epoch's own.
    pub fn epoch(&self, epoch: u64) -> impl Iterator<Item = Crops> + '_ {
        let mut random = Random::for_item(self.seed, epoch);
        let mut order: Vec<usize> = (0..self.examples.len()).collect();
        shuffle(&mut order, &mut random);
        let mut batches: Vec<Vec<usize>> = order.chunks(self.config.batch).map(<[usize]>::to_vec).collect();
        batches.reverse();
        std::iter::from_fn(move || Some(self.crop(&batches.pop()?, &mut random)))
    }

    fn crop(&self, chosen: &[usize], random: &mut Random) -> Crops {
        let CropConfig { shortest, longest, from_start, latest, .. } = self.config;
        let time = random.whole(shortest..longest + 1);
        let sequences = chosen.len();
        let mut crops = Crops {
            sequences,
            time,
            frames: vec![0.0; sequences * time * MELS],
            targets: vec![IGNORED; sequences * time],
            examples: chosen.to_vec(),
            ..Crops::default()
        };
        let places = crops.frames.chunks_exact_mut(time * MELS).zip(crops.targets.chunks_exact_mut(time));
        for (at, (frames, targets)) in chosen.iter().zip(places) {
            let example = &self.examples[*at];
            let late = !random.chance(from_start);
            let room = latest.min(example.hops().saturating_sub(shortest));
            let start = if late { random.whole(0..room + 1) } else { 0 };
            example.frames.copy(start, frames);
            for (target, class) in targets.iter_mut().zip(&example.targets[start.min(example.hops())..]) {
                *target = *class;
            }
            crops.machine.push(example.machine());
            let speaks = |class: &u8| (1..=3).contains(class);
            crops.first_speech.push(targets.iter().position(speaks));
        }
        crops
    }
}
