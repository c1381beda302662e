//! Named sets of calls: which courses they take, on what lines.

use crate::call::Course;
use crate::error::SimError;
use crate::line::{Dtx, Echo, Encoding, Line, LineNoise, NoiseSource};
use crate::noise::NoiseKind;
use crate::packets::{Concealment, Lateness, Loss};
use crate::random::Random;
use crate::truth::Label;
use offhook_audio::Dbm0;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A set of calls to simulate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallSet {
    /// Mailboxes with a greeting and a beep.
    StandardVoicemail,
    /// Mailboxes with a greeting and no beep.
    ModernVoicemail,
    /// People: short, repeated, named, business and late answers.
    LiveAnswers,
    /// Menus, announcements with and without special information tones, hold music.
    IvrSystems,
    /// All of these at 5 to 20 dB above noise, over mobile codecs and lossy networks.
    NoisyEnvironments,
    /// Everything that the simulator has, on lines from good to bad.
    #[default]
    All,
}

const STANDARD: &[(Course, u32)] = &[(Course::GreetingAndBeep, 1)];
const MODERN: &[(Course, u32)] = &[(Course::GreetingOnly, 1)];
const LIVE: &[(Course, u32)] = &[
    (Course::ShortAnswer, 35),
    (Course::NamedAnswer, 15),
    (Course::RepeatedAnswer, 15),
    (Course::BusinessAnswer, 20),
    (Course::LateAnswer, 15),
];
const IVR: &[(Course, u32)] = &[
    (Course::Menu, 40),
    (Course::MenuAndHold, 10),
    (Course::Announcement, 15),
    (Course::SpecialInformation, 20),
    (Course::HoldMusic, 15),
];
const NOISY: &[(Course, u32)] = &[
    (Course::ShortAnswer, 14),
    (Course::NamedAnswer, 7),
    (Course::RepeatedAnswer, 7),
    (Course::BusinessAnswer, 10),
    (Course::LateAnswer, 7),
    (Course::GreetingAndBeep, 20),
    (Course::GreetingOnly, 10),
    (Course::Menu, 10),
    (Course::MenuAndHold, 3),
    (Course::Announcement, 4),
    (Course::SpecialInformation, 4),
    (Course::HoldMusic, 4),
];
const ALL: &[(Course, u32)] = &[
    (Course::ShortAnswer, 12),
    (Course::NamedAnswer, 7),
    (Course::RepeatedAnswer, 5),
    (Course::BusinessAnswer, 8),
    (Course::LateAnswer, 5),
    (Course::GreetingAndBeep, 20),
    (Course::GreetingOnly, 9),
    (Course::NoMailbox, 3),
    (Course::Menu, 8),
    (Course::MenuAndHold, 3),
    (Course::Announcement, 4),
    (Course::SpecialInformation, 4),
    (Course::FaxAnswer, 2),
    (Course::FaxCalling, 2),
    (Course::HoldMusic, 3),
    (Course::Nothing, 2),
    (Course::Screening, 3),
];

impl CallSet {
    /// Every set.
    pub const ALL: [Self; 6] = [
        Self::StandardVoicemail,
        Self::ModernVoicemail,
        Self::LiveAnswers,
        Self::IvrSystems,
        Self::NoisyEnvironments,
        Self::All,
    ];

    /// The name, as [`FromStr`] reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StandardVoicemail => "standard_voicemail",
            Self::ModernVoicemail => "modern_voicemail",
            Self::LiveAnswers => "live_answers",
            Self::IvrSystems => "ivr_systems",
            Self::NoisyEnvironments => "noisy_environments",
            Self::All => "all",
        }
    }

    /// What is in it, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::StandardVoicemail => "Mailboxes with a greeting and a beep",
            Self::ModernVoicemail => "Mailboxes with a greeting and no beep",
            Self::LiveAnswers => "People: short, repeated, named, business and late answers",
            Self::IvrSystems => "Menus, announcements, special information tones, hold music",
            Self::NoisyEnvironments => "All of these at 5 to 20 dB above noise, over mobile codecs and lossy networks",
            Self::All => "Everything, on lines from good to bad",
        }
    }

    /// The courses its calls take, each with its weight.
    pub const fn courses(self) -> &'static [(Course, u32)] {
        match self {
            Self::StandardVoicemail => STANDARD,
            Self::ModernVoicemail => MODERN,
            Self::LiveAnswers => LIVE,
            Self::IvrSystems => IVR,
            Self::NoisyEnvironments => NOISY,
            Self::All => ALL,
        }
    }

    /// The labels its calls have, each once, in order.
    pub fn labels(self) -> Vec<Label> {
        let mut labels: Vec<Label> = self.courses().iter().map(|(course, _)| course.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    pub(crate) fn draw_line(self, noises: &[NoiseSource], random: &mut Random) -> Line {
        let bad = match self {
            Self::NoisyEnvironments => true,
            Self::All => random.chance(0.4),
            _ => false,
        };
        if bad { bad_line(noises, random) } else { good_line(noises, random) }
    }
}

/// One of `courses`, each as likely as it weighs.
pub(crate) fn draw_course(courses: &[(Course, u32)], random: &mut Random) -> Course {
    let total: u32 = courses.iter().map(|(_, weight)| weight).fold(0, |sum, weight| sum.saturating_add(*weight));
    let mut left = random.whole(0..total as usize) as u32;
    for (course, weight) in courses {
        if left < *weight {
            return *course;
        }
        left -= weight;
    }
    Course::Nothing
}

impl FromStr for CallSet {
    type Err = SimError;
    fn from_str(name: &str) -> Result<Self, SimError> {
        SimError::look_up("call set", name, &Self::ALL, Self::name)
    }
}

impl fmt::Display for CallSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A line as most are: G.711, at most a quiet background, now and then a lost packet.
fn good_line(noises: &[NoiseSource], random: &mut Random) -> Line {
    let encoding = if random.chance(0.6) { Encoding::Ulaw } else { Encoding::Alaw };
    let noise = random
        .chance(0.5)
        .then(|| LineNoise { source: source(noises, random), snr_db: random.between(25.0..45.0) as f32 });
    let loss = random.chance(0.1).then(|| Loss { share: random.between(0.003..0.02), burst: 1.0 });
    Line {
        noise,
        loss,
        narrow: random.chance(0.4),
        gain_db: random.between(-5.0..3.0) as f32,
        concealment: Concealment::RepeatAttenuated,
        ..Line::clean(encoding)
    }
}

/// A line that makes detection hard: 5 to 20 dB above noise, and most other defects some of the time.
fn bad_line(noises: &[NoiseSource], random: &mut Random) -> Line {
    let encoding = match random.whole(0..10) {
        0..4 => Encoding::Gsm,
        4..8 => Encoding::Ulaw,
        _ => Encoding::Alaw,
    };
    let noise = LineNoise { source: source(noises, random), snr_db: random.between(5.0..20.0) as f32 };
    let loss = random.chance(0.4).then(|| Loss { share: random.between(0.01..0.08), burst: random.between(1.0..3.0) });
    let lateness = random.chance(0.15).then(|| Lateness { share: random.between(0.005..0.03) });
    let echo = random.chance(0.15).then(|| Echo {
        delay: Duration::from_millis(random.whole(20..300) as u64),
        loss_db: random.between(15.0..40.0) as f32,
    });
    let dtx = random.chance(0.1).then(|| Dtx {
        threshold: Dbm0(random.between(-48.0..-38.0) as f32),
        hangover: Duration::from_millis(random.whole(60..240) as u64),
        comfort: Dbm0(random.between(-66.0..-50.0) as f32),
    });
    Line {
        noise: Some(noise),
        echo,
        narrow: random.chance(0.6),
        gain_db: random.between(-10.0..6.0) as f32,
        dc_offset: if random.chance(0.05) { random.whole(0..400) as i16 - 200 } else { 0 },
        clipping: random.chance(0.1).then(|| Dbm0(random.between(-18.0..-6.0) as f32)),
        dtx,
        packet: Duration::from_millis(if random.chance(0.2) { 30 } else { 20 }),
        loss,
        lateness,
        concealment: if random.chance(0.6) { Concealment::RepeatAttenuated } else { Concealment::Silence },
        ..Line::clean(encoding)
    }
}

/// One of the recorded noises in half of the cases, if there are any; else one of the simulator's.
pub(crate) fn source(noises: &[NoiseSource], random: &mut Random) -> NoiseSource {
    let own = NoiseKind::ALL[random.whole(0..NoiseKind::ALL.len())];
    let given = random.pick(noises).filter(|_| random.chance(0.5));
    given.cloned().unwrap_or(NoiseSource::Kind(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_errors_say_what_is_allowed() {
        for set in CallSet::ALL {
            assert_eq!(set.name().parse(), Ok(set));
        }
        let error = "voicemail".parse::<CallSet>().unwrap_err().to_string();
        assert_eq!(
            error,
            "call set \"voicemail\" is not known: allowed are standard_voicemail, modern_voicemail, live_answers, \
             ivr_systems, noisy_environments, all"
        );
    }

    #[test]
    fn drawn_lines_are_valid() {
        let mut random = Random::new(1);
        let noises = [NoiseSource::Recorded(vec![0.1; 10].into())];
        for _ in 0..2000 {
            for set in CallSet::ALL {
                let line = set.draw_line(&noises, &mut random);
                assert_eq!(line.check(), Ok(()), "{line:?}");
            }
        }
    }
}
