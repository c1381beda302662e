//! Simulated calls in bulk, on all cores.

use super::error::DataError;
use super::example::Example;
use super::split::Part;
use super::voices::Voices;
use offhook_sim::{CallSet, Course, Lines, SimConfig, Simulator};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Courses of calls to learn from, each with its weight: half of them people, and many short announcements, which are
/// the machines most easily taken for people.
pub const TRAINING_COURSES: [(Course, u32); 17] = [
    (Course::ShortAnswer, 17),
    (Course::NamedAnswer, 7),
    (Course::RepeatedAnswer, 5),
    (Course::BusinessAnswer, 14),
    (Course::LateAnswer, 6),
    (Course::GreetingAndBeep, 12),
    (Course::GreetingOnly, 8),
    (Course::NoMailbox, 3),
    (Course::Menu, 9),
    (Course::MenuAndHold, 3),
    (Course::Announcement, 9),
    (Course::SpecialInformation, 3),
    (Course::FaxAnswer, 2),
    (Course::FaxCalling, 2),
    (Course::HoldMusic, 3),
    (Course::Nothing, 2),
    (Course::Screening, 2),
];

/// What calls to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// Whose voices.
    pub part: Part,
    /// How much, after calls are cut to `longest`.
    pub length: Duration,
    /// What chance follows from.
    pub seed: u64,
    /// The set whose lines are used under [`Lines::OfSet`]; its courses too where there are none of one's own.
    pub set: CallSet,
    /// Courses, each with its weight; empty for those of [`CallSet::All`].
    pub courses: Vec<(Course, u32)>,
    /// The lines; see [`Lines::Varied`].
    pub lines: Lines,
    /// Whether voices are changed and sent over a telephone first; see [`SimConfig::variety`].
    pub variety: bool,
    /// Where longer calls are cut.
    pub longest: Duration,
    /// Whether examples keep their samples.
    pub keep_samples: bool,
}

impl Generation {
    /// Varied calls of [`TRAINING_COURSES`], cut after 15 s, without their samples.
    pub fn new(part: Part, length: Duration, seed: u64) -> Self {
        Self {
            part,
            length,
            seed,
            set: CallSet::All,
            courses: TRAINING_COURSES.to_vec(),
            lines: Lines::Varied,
            variety: true,
            longest: Duration::from_secs(15),
            keep_samples: false,
        }
    }

    /// The simulator that makes these calls.
    ///
    /// # Errors
    /// [`DataError::Simulator`] for lines or courses that the simulator refuses.
    pub fn simulator(&self, voices: &Voices) -> Result<Simulator, DataError> {
        Ok(Simulator::new(SimConfig {
            set: self.set,
            courses: self.courses.clone(),
            // The parts must not have the same calls by other voices.
            seed: self.seed.wrapping_mul(3).wrapping_add(self.part as u64),
            voices: voices.bank(self.part).clone(),
            lines: self.lines.clone(),
            noises: voices.noises.clone(),
            music: voices.music.clone(),
            variety: self.variety,
            ..SimConfig::default()
        })?)
    }

    /// Makes the calls on all cores. `progress` is told how many hops there are so far and how many there will be; it is
    /// called from several threads. The result depends on nothing but the arguments.
    ///
    /// # Errors
    /// As [`Self::simulator`].
    pub fn make(&self, voices: &Voices, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Vec<Example>, DataError> {
        let simulator = self.simulator(voices)?;
        let wanted = (self.length.as_millis() / 10) as u64;
        // Calls between two looks at whether there are enough; a call has about 1000 hops.
        let block = (wanted / 2000).clamp(16, 256);
        let longest = (self.longest.as_millis() / 10).max(1) as usize;
        let (mut examples, mut hops, mut next) = (Vec::new(), 0, 0);
        while hops < wanted {
            let made = AtomicU64::new(hops);
            let make = |index: u64| {
                let call = simulator.call(index);
                let language = voices.language(&call.truth.source, &call.truth.speaker).to_owned();
                let example = Example::of_call(call, &language, longest, self.keep_samples);
                let now = made.fetch_add(example.hops() as u64, Ordering::Relaxed) + example.hops() as u64;
                progress(now.min(wanted), wanted);
                example
            };
            for example in in_parallel(next..next + block, &make) {
                if hops < wanted {
                    hops += example.hops() as u64;
                    examples.push(example);
                }
            }
            next += block;
        }
        Ok(examples)
    }
}

/// `work` of each number, in order, on all cores.
pub(super) fn in_parallel<T: Send>(numbers: std::ops::Range<u64>, work: &(dyn Fn(u64) -> T + Sync)) -> Vec<T> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(numbers.start);
    let take = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers.end {
                return done;
            }
            done.push((number, work(number)));
        }
    };
    let mut done: Vec<(u64, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(take)).collect();
        let join =
            |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        threads.into_iter().flat_map(join).collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, made)| made).collect()
}
