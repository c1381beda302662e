//! What calls to learn from are like: how many of what, how long it takes to make them, and how well the channel alone
//! tells people from machines, with and without what is done against that.
//!
//! ```sh
//! cargo run --release -p offhook-train --example data -- voices.csv 1.0 synthesisers
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use offhook_sim::Lines;
use offhook_sim::synthesiser::Synthesiser;
use offhook_train::data::{ChannelProbe, Class, DataError, Example, Generation, Part, VoiceOptions, Voices};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn main() -> Result<(), DataError> {
    let arguments: Vec<String> = std::env::args().collect();
    let manifest = arguments.get(1).map_or("train.csv", String::as_str);
    let hours: f64 = arguments.get(2).and_then(|given| given.parse().ok()).unwrap_or(1.0);
    let mut options = VoiceOptions::new(manifest);
    if arguments.iter().any(|argument| argument == "synthesisers") {
        options.synthesisers = Synthesiser::installed();
    }
    let begun = Instant::now();
    let voices = Voices::load(&options)?;
    println!("voices: {:.1} s, {} recordings skipped", begun.elapsed().as_secs_f64(), voices.skipped.len());
    for part in Part::ALL {
        let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
        for (source, ..) in voices.speakers().filter(|(_, _, its, _)| *its == part) {
            *sources.entry(source).or_default() += 1;
        }
        println!("{part:?}: speakers of each source {sources:?}");
    }
    for (about, lines, variety) in [
        ("lines as elsewhere, voices as they are", Lines::OfSet, false),
        ("varied lines, voices as they are", Lines::Varied, false),
        ("varied lines and voices", Lines::Varied, true),
    ] {
        println!("{about}:");
        let make = |part, hours: f64| {
            let begun = Instant::now();
            let all = Generation::new(part, Duration::from_secs_f64(3600.0 * hours), 1);
            let examples = Generation { lines: lines.clone(), variety, ..all }.make(&voices, &|_, _| {})?;
            println!("  {part:?}: {} calls, {hours} h, in {:.1} s", examples.len(), begun.elapsed().as_secs_f64());
            Ok::<_, DataError>(examples)
        };
        let (train, validation) = (make(Part::Train, hours)?, make(Part::Validation, hours / 2.0)?);
        if variety {
            tell(&train);
        }
        tell_probe("people against machines", &train, &validation);
        // The same voices on both sides: what is left is what the length and rhythm of greetings give away.
        let [train, validation] = [&train, &validation].map(|examples| {
            let by_people = |example: &&Example| !["debian", "doghouch", "builtin"].contains(&example.source.as_str());
            examples.iter().filter(by_people).cloned().collect::<Vec<_>>()
        });
        tell_probe("people against people's greetings", &train, &validation);
    }
    Ok(())
}

fn tell_probe(about: &str, train: &[Example], validation: &[Example]) {
    match ChannelProbe::measure(train, validation) {
        Ok(probe) => {
            let [background, speech, all] = [probe.background, probe.speech, probe.all].map(|figures| figures.auc);
            println!("  channel probe, {about}: AUC {background:.3} background, {speech:.3} speech, {all:.3} all");
        }
        Err(error) => println!("  channel probe, {about}: {error}"),
    }
}

fn tell(examples: &[Example]) {
    let (mut classes, mut speech): ([usize; 7], BTreeMap<&str, Vec<f64>>) = ([0; 7], BTreeMap::new());
    for example in examples {
        for target in &example.targets {
            classes[usize::from(*target)] += 1;
        }
        let voiced = example.targets.iter().filter(|target| Class::ALL[usize::from(**target)].is_voice()).count();
        speech.entry(example.label.name()).or_default().push(voiced as f64 / 100.0);
    }
    let all: usize = classes.iter().sum();
    for (class, hops) in Class::ALL.iter().zip(classes) {
        println!("  {:.1} % {class:?}", 100.0 * hops as f64 / all as f64);
    }
    for (label, mut seconds) in speech {
        seconds.sort_by(f64::total_cmp);
        let at = |share: f64| seconds[(seconds.len() as f64 * share) as usize];
        let count = seconds.len();
        println!("  {count} {label}: {:.1}, {:.1}, {:.1} s of speech (10, 50, 90 %)", at(0.1), at(0.5), at(0.9));
    }
}
