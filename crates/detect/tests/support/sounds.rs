//! What people and machines say, to be put together into calls: short pieces of the recordings of the corpus.

use offhook_sim::signal::{millis, to_pcm};
use offhook_sim::tones::Beep;

pub(crate) fn silence(length: usize) -> Vec<i16> {
    vec![0; millis(length)]
}

pub(crate) fn beep() -> Vec<i16> {
    to_pcm(&Beep::default().samples())
}

/// What the corpus's recording of this name holds between two times, in milliseconds.
fn part(name: &str, from: usize, to: usize) -> Vec<i16> {
    let call = super::corpus().into_iter().find(|call| call.name == name).expect("a recording of that name");
    call.samples[millis(from)..millis(to)].to_vec()
}

/// A person's "hello?", about half a second of it.
pub(crate) fn hello() -> Vec<i16> {
    part("human-short", 300, 900)
}

/// "Hello?", and silence that awaits a reply.
pub(crate) fn person() -> Vec<i16> {
    [silence(500), hello(), silence(5000)].concat()
}

/// A personal greeting, nearly four seconds of voice in three sentences.
pub(crate) fn greeting() -> Vec<i16> {
    part("voicemail-personal-beep", 1200, 6500)
}

/// That greeting, a beep and silence.
pub(crate) fn voicemail() -> Vec<i16> {
    [silence(500), greeting(), silence(600), beep(), silence(3000)].concat()
}

/// A voice without a pause: the loudest part of "hello?" over and over.
pub(crate) fn hum(length: usize) -> Vec<i16> {
    let (spoken, part) = (hello(), millis(200));
    let loudness = |at: &usize| spoken[*at..][..part].iter().map(|s| u64::from(s.unsigned_abs())).sum::<u64>();
    let from = (0..spoken.len() - part).step_by(80).max_by_key(loudness).expect("a loudest part");
    spoken[from..][..part].iter().copied().cycle().take(millis(length)).collect()
}

/// A greeting that never pauses: the loud parts of [`greeting`], over and over.
pub(crate) fn chatter(length: usize) -> Vec<i16> {
    let loud = |part: &&[i16]| part.iter().map(|s| u64::from(s.unsigned_abs())).sum::<u64>() > 300 * part.len() as u64;
    let voice: Vec<i16> = greeting().chunks_exact(millis(20)).filter(loud).flatten().copied().collect();
    voice.into_iter().cycle().take(millis(length)).collect()
}
