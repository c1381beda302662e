//! The picture in characters: waveform, speech, tones, time, verdict and the moment for a message.

use super::scene::{Mark, MarkKind, Scene, Span};
use crate::report::paint::ink_of;
use crate::terminal::{Ink, Paint};

/// Columns before the picture.
const GUTTER: usize = 9;
/// Rows of the waveform.
const ROWS: usize = 6;

/// The lines of the picture, no wider than `width` columns.
pub(crate) fn draw(scene: &Scene<'_>, width: usize, paint: Paint) -> Vec<String> {
    let columns = width.saturating_sub(GUTTER + 1).max(20);
    let place = |seconds: f64| ((seconds / scene.seconds * columns as f64) as usize).min(columns - 1);
    let mut lines = Vec::new();
    for (row, line) in braille(scene, columns).into_iter().enumerate() {
        let name = if row == ROWS / 2 { "wave" } else { "" };
        lines.push(gutter(name, paint) + &line);
    }
    lines.push(gutter("speech", paint) + &paint.mark(Ink::Strong, bars(&scene.speech, columns, place, '━')));
    if !scene.tones.is_empty() {
        lines.push(gutter("tones", paint) + &paint.mark(Ink::Tone, bars(&scene.tones, columns, place, '▬')));
        lines.push(gutter("", paint) + &paint.mark(Ink::Tone, labels(&scene.tones, columns, place)));
    }
    let [ruler, times] = axis(scene, columns, place);
    lines.push(gutter("", paint) + &paint.mark(Ink::Faint, ruler));
    lines.push(gutter("seconds", paint) + &paint.mark(Ink::Faint, times));
    lines.extend(marks(scene, columns, place, paint));
    lines
}

fn gutter(name: &str, paint: Paint) -> String {
    paint.mark(Ink::Faint, format!("{name:>w$} ", w = GUTTER - 1))
}

/// The waveform: each character is two parts wide and four dots high.
fn braille(scene: &Scene<'_>, columns: usize) -> Vec<String> {
    let parts = scene.wave.parts(columns * 2);
    let middle = ROWS * 2;
    let is_set = |column: usize, dot: usize| {
        let (low, high) = parts[column];
        let (up, down) = ((high * middle as f32).round() as usize, (low * middle as f32).round() as usize);
        // At least the line of silence, one dot high.
        (dot < middle && middle - dot <= up.max(1)) || (dot >= middle && dot - middle < down)
    };
    // The dots' bits, by column and row, in the order of Unicode.
    const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    let character = |row: usize, column: usize| {
        let mut bits = 0;
        for (side, dots) in BITS.iter().enumerate() {
            for (dot, bit) in dots.iter().enumerate() {
                bits |= if is_set(column * 2 + side, row * 4 + dot) { *bit } else { 0 };
            }
        }
        char::from_u32(0x2800 + bits).filter(|_| bits != 0).unwrap_or(' ')
    };
    (0..ROWS).map(|row| (0..columns).map(|column| character(row, column)).collect()).collect()
}

fn bars(spans: &[Span], columns: usize, place: impl Fn(f64) -> usize, with: char) -> String {
    let mut line = vec![' '; columns];
    for span in spans {
        line[place(span.from)..=place(span.to)].fill(with);
    }
    line.into_iter().collect::<String>().trim_end().to_owned()
}

/// Each span's label under it, those left out for which there is no room.
fn labels(spans: &[Span], columns: usize, place: impl Fn(f64) -> usize) -> String {
    let mut line = String::new();
    let mut last = "";
    for span in spans {
        let length = span.label.chars().count();
        let start = place(span.from).min(columns.saturating_sub(length));
        let filled = line.chars().count();
        if start >= filled + usize::from(filled > 0) && span.label != last {
            line.extend(std::iter::repeat_n(' ', start - filled));
            line += &span.label;
            last = &span.label;
        }
    }
    line
}

/// A ruler and its numbers.
fn axis(scene: &Scene<'_>, columns: usize, place: impl Fn(f64) -> usize) -> [String; 2] {
    let step = step(scene.seconds, columns / 8).max(0.1);
    let mut ruler: Vec<char> = vec!['─'; columns];
    let mut times = String::new();
    let mut at = 0.0;
    while at <= scene.seconds {
        let column = place(at);
        ruler[column] = '┬';
        let text = if step < 1.0 { format!("{at:.1}") } else { format!("{at:.0}") };
        let filled = times.chars().count();
        if column >= filled && column + text.len() <= columns {
            times.extend(std::iter::repeat_n(' ', column - filled));
            times += &text;
        }
        at += step;
    }
    [ruler.into_iter().collect(), times]
}

/// The least of 1, 2, 5 times a power of ten that gives no more than `most` steps on the way to `end`.
pub(crate) fn step(end: f64, most: usize) -> f64 {
    let least = end / most.max(1) as f64;
    let decade = 10f64.powf(least.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * decade).find(|step| *step >= least);
    nice.unwrap_or(decade * 10.0)
}

/// One line a mark, its pointer at its time, its words beside it.
fn marks(scene: &Scene<'_>, columns: usize, place: impl Fn(f64) -> usize, paint: Paint) -> Vec<String> {
    let shown = scene.marks.iter().rev().take(4).rev();
    let answered = scene.answered.map(|at| Mark { at, kind: MarkKind::Answered, label: "answered".to_owned() });
    let line = |mark: &Mark| {
        let column = place(mark.at);
        let (pointer, ink, words) = match mark.kind {
            MarkKind::Answered => ('▲', Ink::Faint, format!("answered {:.2} s", mark.at)),
            MarkKind::Told => ('▲', Ink::Tone, format!("{} {:.2} s", mark.label, mark.at)),
            MarkKind::Ready => ('▲', Ink::Ready, format!("a message may start {:.2} s", mark.at)),
            MarkKind::Verdict(kind) => ('▲', ink_of(kind), format!("{} {:.2} s", mark.label, mark.at)),
        };
        let length = words.chars().count();
        let (pad, text) = if column + 2 + length <= columns {
            (column, format!("{pointer} {words}"))
        } else {
            (column.saturating_sub(length + 1), format!("{words} {pointer}"))
        };
        gutter("", paint) + &" ".repeat(pad) + &paint.mark(ink, text)
    };
    answered.iter().chain(shown).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_numbers() {
        assert_eq!(step(14.0, 9), 2.0);
        assert_eq!(step(60.0, 9), 10.0);
        assert_eq!(step(3.0, 9), 0.5);
        assert_eq!(step(7200.0, 9), 1000.0);
    }

    #[test]
    fn labels_do_not_overlap() {
        let span = |from: f64, label: &str| Span { from, to: from + 0.1, label: label.into() };
        let spans = [span(0.0, "1000 Hz"), span(0.3, "900 Hz"), span(1.5, "busy")];
        assert_eq!(labels(&spans, 20, |s| (s * 10.0) as usize), "1000 Hz        busy");
    }
}
