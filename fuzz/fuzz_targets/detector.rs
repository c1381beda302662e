#![no_main]
//! Any parameters that are allowed, then any samples, gaps, facts and restarts: verdicts are numbers, time adds up, and
//! a second detector that hears the same in whole pieces says the same.

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use offhook_detect::{
    DetectConfig, Detector, Event, EventKind, Events, Fact, Method, Params, Phase, Preset, Probability, Verdict,
};

/// Two seconds of samples, and a minute of gaps.
const MOST_SAMPLES: usize = 16_000;
const MOST_LOST: u64 = 480_000;

/// Reads the input from its front; zeros follow its end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn config(&mut self) -> DetectConfig {
        let mut config = DetectConfig::preset(Preset::ALL[usize::from(self.byte()) % Preset::ALL.len()]);
        if self.byte() & 1 == 1 {
            config.begins = Phase::Progress;
        }
        // Tones alone are the method of no preset.
        if self.byte() % 8 == 0 {
            config.decide.method = Method::Avmd;
        }
        let parameters = config.parameters();
        for _ in 0..self.byte() % 6 {
            let parameter = &parameters[usize::from(self.byte()) % parameters.len()];
            let share = f64::from(self.short()) / 65_535.0;
            let number = |text: &str| {
                let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(text.len());
                text[..end].parse::<f64>().map(|number| (number, text[end..].to_owned()))
            };
            let Some((least, most)) = parameter.allowed.split_once(" to ") else {
                // A choice: of those that there are, only what is yes or no is changed.
                let _ = config.set(&parameter.name, if share < 0.5 { "false" } else { "true" });
                continue;
            };
            if let (Ok((least, unit)), Ok((most, _))) = (number(least), number(most)) {
                let value = (least + share * share * (most - least)) as f32;
                // A whole number is asked for where a fraction is no value.
                if config.set(&parameter.name, &format!("{value}{unit}")).is_err() {
                    let _ = config.set(&parameter.name, &format!("{value:.0}{unit}"));
                }
            }
        }
        config
    }

    /// Samples of a few kinds, for arbitrary bytes alone are noise.
    fn samples(&mut self, length: usize) -> Vec<i16> {
        let (kind, a, b) = (self.byte(), self.short(), self.short());
        let turns = f64::from(a) / 65_536.0 * std::f64::consts::PI;
        let peak = f64::from(b) / 2.0;
        (0..length)
            .map(|at| match kind % 5 {
                0 => self.short() as i16,
                1 => ((at as f64 * turns).sin() * peak) as i16,
                2 => a as i16,
                3 if at / (usize::from(a % 200) + 1) % 2 == 0 => i16::MAX,
                3 => i16::MIN,
                _ => ((at as f64 * turns / 8.0).sin().powi(9) * peak) as i16,
            })
            .collect()
    }

    fn fact(&mut self) -> Fact {
        match self.byte() % 5 {
            0 => Fact::EarlyMedia,
            1 => Fact::Answered,
            2 => Fact::Dtmf(char::from(self.byte())),
            3 => Fact::Score { machine: Probability::saturating(f32::from(self.byte()) / 255.0) },
            _ => Fact::BeepEnded { hz: f32::from(self.short()) },
        }
    }
}

fn check(verdict: &Verdict) {
    let sum: f32 = verdict.probabilities.iter().map(|(_, probability)| probability.get()).sum();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    assert_eq!(verdict.confidence, verdict.probabilities.of(verdict.answered_by));
    let cause = verdict.cause.to_string();
    assert!(!cause.contains("NaN") && !cause.contains("inf"), "{cause}");
}

/// Takes the events, checking each against the time that was given.
fn take(events: Events<'_>, given: u64, last: &mut u64) -> Vec<Event> {
    let events: Vec<Event> = events.collect();
    for event in &events {
        assert!((*last..=given).contains(&event.at.samples()), "{event}");
        *last = event.at.samples();
        if let EventKind::Verdict(verdict) = &event.kind {
            check(verdict);
        }
    }
    events
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let Ok(params) = Params::new(input.config()) else { return };
    let params = Arc::new(params);
    let (mut pieces, mut whole) = (Detector::new(&params), Detector::new(&params));
    let (mut given, mut last, mut heard, mut lost) = (0u64, 0u64, 0usize, 0u64);
    while !input.0.is_empty() {
        match input.byte() % 8 {
            0 => {
                let gap = u64::from(input.short()) * u64::from(input.byte() % 4);
                let first = gap * u64::from(input.byte()) / 255;
                lost += gap;
                if lost > MOST_LOST {
                    break;
                }
                given += gap;
                let mut events = take(pieces.push_gap(first), given, &mut last);
                events.extend(take(pieces.push_gap(gap - first), given, &mut last));
                assert_eq!(events, whole.push_gap(gap).collect::<Vec<_>>());
            }
            1 => {
                let fact = input.fact();
                assert_eq!(take(pieces.note(fact), given, &mut last), whole.note(fact).collect::<Vec<_>>());
            }
            2 if input.byte() < 16 => {
                pieces.reset();
                whole = Detector::new(&params);
                (given, last) = (0, 0);
            }
            _ => {
                let length = usize::from(input.short() % 4000).min(MOST_SAMPLES - heard);
                let (samples, size) = (input.samples(length), usize::from(input.byte()) + 1);
                heard += length;
                given += length as u64;
                let mut events = Vec::new();
                for piece in samples.chunks(size) {
                    events.extend(take(pieces.push(piece), given, &mut last));
                }
                assert_eq!(events, whole.push(&samples).collect::<Vec<_>>());
                if heard == MOST_SAMPLES {
                    break;
                }
            }
        }
        assert_eq!(pieces.now().samples(), given);
        assert_eq!(pieces.verdict(), whole.verdict());
    }
    let verdict = pieces.finish();
    check(&verdict);
    assert_eq!(verdict, whole.finish());
});
