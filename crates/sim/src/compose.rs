//! Speech put together of several recordings of one speaker, with pauses as people make between sentences.

use crate::random::Random;
use crate::signal::millis;
use crate::texts::SpeechKind;
use crate::voice::Utterance;
use std::ops::Range;

/// The longest pause between two sentences, in milliseconds. People who record a greeting stop for up to 1.3 s, professional
/// speakers for up to 0.75 s; of either, one pause in two is shorter than about a third of that.
const fn longest_pause_ms(kind: SpeechKind) -> f64 {
    match kind {
        SpeechKind::VoicemailPersonal | SpeechKind::VoicemailBusiness => 1300.0,
        SpeechKind::HumanShort | SpeechKind::HumanNamed | SpeechKind::HumanBusiness => 900.0,
        _ => 750.0,
    }
}

/// The shortest pause between two sentences, in milliseconds.
const SHORTEST_PAUSE_MS: f64 = 90.0;

/// The longest pause after a word or two, in milliseconds: who reads on does not wait there as for a reply.
const LONGEST_AFTER_A_WORD_MS: f64 = 450.0;
/// Share of the recorded greetings that may begin with a word of its own.
const WORD_FIRST: f64 = 0.1;
/// What is no word but a sentence, in milliseconds.
const SENTENCE_MS: usize = 900;

/// A length between two, even on a scale of ratios: short ones are common.
fn by_ratio(least: f64, most: f64, random: &mut Random) -> usize {
    (least * (most / least).powf(random.unit())) as usize
}

/// One speaker's recordings that speech of a kind may be made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pieces {
    pub(crate) speaker: String,
    pub(crate) source: String,
    pub(crate) pieces: Vec<Utterance>,
}

/// How long composed speech of a kind lasts, in milliseconds, pauses included: lengths that real calls have.
const fn length_ms(kind: SpeechKind) -> Range<usize> {
    match kind {
        SpeechKind::HumanShort => 350..1600,
        SpeechKind::HumanNamed => 700..2600,
        SpeechKind::HumanBusiness => 1500..3600,
        SpeechKind::VoicemailPersonal | SpeechKind::VoicemailBusiness => 3000..16_500,
        SpeechKind::VoicemailCarrier => 3000..17_500,
        SpeechKind::IvrMenu => 4000..26_000,
        SpeechKind::Announcement => 1000..6500,
        SpeechKind::MailboxUnavailable => 1500..6500,
        SpeechKind::Screening => 2000..9000,
        SpeechKind::Hold => 1000..8000,
    }
}

/// Speech of `kind` by one of `speakers`, each as likely as the other; `None` if none of those tried has enough to say.
pub(crate) fn composed(kind: SpeechKind, speakers: &[Pieces], random: &mut Random) -> Option<Utterance> {
    const TRIES: usize = 8;
    (0..TRIES).find_map(|_| said(kind, random.pick(speakers)?, random))
}

fn said(kind: SpeechKind, speaker: &Pieces, random: &mut Random) -> Option<Utterance> {
    let lengths = length_ms(kind);
    let (least, most) = (millis(lengths.start), millis(lengths.end));
    let wanted = by_ratio(least as f64, most as f64, random);
    let mut samples: Vec<f32> = Vec::with_capacity(most);
    let greets = matches!(kind, SpeechKind::VoicemailPersonal | SpeechKind::VoicemailBusiness);
    let (mut texts, mut last, mut last_length) = (Vec::new(), None, 0);
    while samples.len() < wanted * 4 / 5 {
        let after_a_word = last_length < millis(800);
        let longest = if after_a_word { LONGEST_AFTER_A_WORD_MS } else { longest_pause_ms(kind) };
        let pause = by_ratio(SHORTEST_PAUSE_MS, longest.min(longest_pause_ms(kind)), random);
        let pause = if samples.is_empty() { 0 } else { millis(pause) };
        let room = (wanted * 6 / 5).min(most).saturating_sub(samples.len() + pause);
        let fits = |(at, piece): &(usize, &Utterance)| Some(*at) != last && piece.samples.len() <= room;
        let mut fitting: Vec<(usize, &Utterance)> = speaker.pieces.iter().enumerate().filter(fits).collect();
        // A greeting begins with a sentence: hardly anybody records a word and then waits.
        let begins_greeting = samples.is_empty() && greets && !random.chance(WORD_FIRST);
        if begins_greeting && fitting.iter().any(|(_, piece)| piece.samples.len() >= millis(SENTENCE_MS)) {
            fitting.retain(|(_, piece)| piece.samples.len() >= millis(SENTENCE_MS));
        }
        let Some((at, piece)) = random.pick(&fitting) else { break };
        last = Some(*at);
        samples.resize(samples.len() + pause, 0.0);
        samples.extend(piece.samples.iter());
        last_length = piece.samples.len();
        texts.push(piece.text.trim());
    }
    (samples.len() >= least).then(|| Utterance {
        samples: samples.into(),
        speaker: speaker.speaker.clone(),
        source: speaker.source.clone(),
        text: texts.join(" ").trim().to_owned(),
    })
}
