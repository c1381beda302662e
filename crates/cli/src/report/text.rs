//! What was heard in a recording, for a person at a terminal: one screen.

use std::io::{Result, Write};

use offhook_audio::MediaTime;
use offhook_detect::{Event, EventKind, Stage};
use offhook_server::views::words;

use super::paint::ink_of;
use crate::detect::Heard;
use crate::picture::{Scene, Wave, terminal};
use crate::terminal::{Ink, Paint};

/// The whole screen: name, picture, verdict and why, and when a message may start.
pub(crate) fn screen(
    out: &mut dyn Write,
    file: &str,
    format: &str,
    heard: &Heard,
    wave: &Wave,
    width: usize,
    paint: Paint,
) -> Result<()> {
    let meta = format!("{:.2} s · {format}", heard.audio.as_secs_f64());
    writeln!(out, "{}  {}", paint.mark(Ink::Strong, file), paint.mark(Ink::Faint, meta))?;
    for line in terminal::draw(&Scene::new(heard, wave), width, paint) {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    conclusion(out, heard, width, paint)
}

/// The verdict, why, and when a message may start.
pub(crate) fn conclusion(out: &mut dyn Write, heard: &Heard, width: usize, paint: Paint) -> Result<()> {
    let (verdict, decided) = (&heard.verdict, heard.decided());
    let plain = str::to_owned;
    let kind = paint.mark(ink_of(verdict.answered_by), verdict.answered_by.word().to_uppercase());
    writeln!(out, "{kind}  {} sure, decided at {:.2} s", verdict.confidence, decided.at.as_secs_f64())?;
    wrapped(out, &format!("{}: {}", words::who(decided.answered_by), words::why(&decided.cause)), width, plain)?;
    if verdict.at > decided.at {
        let at = verdict.at.as_secs_f64();
        wrapped(out, &format!("confirmed at {at:.2} s: {}", words::why(&verdict.cause)), width, plain)?;
    }
    let earlier = heard.events.iter().find_map(|event| match event.kind {
        EventKind::Verdict(first) if first.stage == Stage::Final => Some(first),
        _ => None,
    });
    if let Some(first) = earlier.filter(|first| first.answered_by != verdict.answered_by) {
        let (at, who) = (first.at.as_secs_f64(), words::who(first.answered_by));
        wrapped(out, &format!("corrected; at {at:.2} s it was {who}: {}", words::why(&first.cause)), width, plain)?;
    }
    if let Some(at) = heard.unanswered {
        wrapped(out, &unanswered(heard.audio, at), width, plain)?;
    }
    if let Some((at, reason)) = heard.ready() {
        let line = format!("a message may start at {:.2} s: {}", at.as_secs_f64(), words::ready(&reason));
        wrapped(out, &line, width, |text| paint.mark(Ink::Ready, text))?;
    }
    Ok(())
}

/// One line for one recording of many.
pub(crate) fn line(out: &mut dyn Write, file: &str, heard: &Heard, paint: Paint) -> Result<()> {
    let (verdict, decided) = (&heard.verdict, heard.decided());
    let kind = paint.mark(ink_of(verdict.answered_by), format!("{:<12}", verdict.answered_by.word()));
    let ready =
        heard.ready().map_or_else(String::new, |(at, reason)| format!("→ {:.2} s {}", at.as_secs_f64(), reason.word()));
    let (sure, at) = (verdict.confidence.to_string(), decided.at.as_secs_f64());
    writeln!(out, "{kind} {sure:>5} {at:>6.2} s {:<15} {ready:<18} {file}", decided.cause.word())
}

/// Writes `text` indented, on as many lines as it takes.
fn wrapped(out: &mut dyn Write, text: &str, width: usize, mark: impl Fn(&str) -> String) -> Result<()> {
    let mut line = String::from(" ");
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > width {
            writeln!(out, "{}", mark(&line))?;
            line = "   ".to_owned();
        }
        line.push(' ');
        line += word;
    }
    writeln!(out, "{}", mark(&line))
}

/// One event on one line.
pub(crate) fn event(event: &Event, paint: Paint) -> String {
    let line = event.to_string();
    match event.kind {
        EventKind::Verdict(verdict) => paint.mark(ink_of(verdict.answered_by), line),
        EventKind::ReadyToRecord(_) => paint.mark(Ink::Ready, line),
        EventKind::BeepStarted { .. } | EventKind::BeepEnded(_) => paint.mark(Ink::Tone, line),
        _ => line,
    }
}

/// Where a recording ends and where the call was to be answered, after that.
pub(crate) fn unanswered(ends: MediaTime, answered: MediaTime) -> String {
    format!(
        "the recording ends at {:.2} s, before the answer at {:.2} s (--answered-at): nothing of the call itself was heard",
        ends.as_secs_f64(),
        answered.as_secs_f64()
    )
}
