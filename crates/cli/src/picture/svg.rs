//! The picture as inline SVG. Colours come from the page's style, so that it follows dark and light.

use std::fmt::Write as _;

use super::scene::{Mark, MarkKind, Scene, Span};
use super::terminal::step;
use crate::report::html::{escape, kind_class};

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 60.0;
const WAVE_TOP: f64 = 46.0;
const WAVE_HEIGHT: f64 = 120.0;
const SPEECH_TOP: f64 = WAVE_TOP + WAVE_HEIGHT + 12.0;
const TONES_TOP: f64 = SPEECH_TOP + 24.0;
/// Where the axis stands without tones, and with.
const AXIS_TOP: [f64; 2] = [TONES_TOP + 2.0, TONES_TOP + 36.0];

/// The picture.
pub(crate) fn draw(scene: &Scene<'_>) -> String {
    let x = |seconds: f64| LEFT + seconds / scene.seconds * (WIDTH - LEFT - 10.0);
    let bottom = AXIS_TOP[usize::from(!scene.tones.is_empty())];
    let height = bottom + 24.0;
    let mut svg = format!(
        "<svg class=\"call\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"waveform, speech, tones and verdict over {:.1} seconds\">\n",
        scene.seconds
    );
    // Writing to a string cannot fail.
    let _ = axis(&mut svg, scene, bottom, x);
    if let Some(at) = scene.answered {
        let (from, to) = (x(0.0), x(at));
        let _ = writeln!(
            svg,
            "<rect class=\"early\" x=\"{from:.1}\" y=\"{WAVE_TOP}\" width=\"{:.1}\" height=\"{WAVE_HEIGHT}\"/>\
             <text class=\"small\" x=\"{:.1}\" y=\"{}\">before the answer</text>",
            to - from,
            from + 4.0,
            WAVE_TOP + 14.0
        );
    }
    wave(&mut svg, scene);
    let rows = if scene.tones.is_empty() { 2 } else { 3 };
    let names =
        [("wave", WAVE_TOP + WAVE_HEIGHT / 2.0 + 4.0), ("speech", SPEECH_TOP + 12.0), ("tones", TONES_TOP + 12.0)];
    for (name, top) in names.into_iter().take(rows) {
        let _ = writeln!(svg, "<text class=\"name\" x=\"{}\" y=\"{top}\">{name}</text>", LEFT - 8.0);
    }
    for span in &scene.speech {
        bar(&mut svg, "speech", span, SPEECH_TOP, x);
    }
    let mut free_from = 0.0;
    for span in &scene.tones {
        bar(&mut svg, "tone", span, TONES_TOP, x);
        let at = x(span.from);
        if at >= free_from {
            let _ = writeln!(
                svg,
                "<text class=\"small tone\" x=\"{at:.1}\" y=\"{}\">{}</text>",
                TONES_TOP + 29.0,
                escape(&span.label)
            );
            free_from = at + 8.0 + 7.0 * span.label.chars().count() as f64;
        }
    }
    for (at, mark) in scene.marks.iter().enumerate() {
        draw_mark(&mut svg, mark, at, bottom, x);
    }
    svg += "</svg>\n";
    svg
}

fn wave(svg: &mut String, scene: &Scene<'_>) {
    const PARTS: usize = 930;
    let middle = WAVE_TOP + WAVE_HEIGHT / 2.0;
    let parts = scene.wave.parts(PARTS);
    let x = |at: usize| LEFT + at as f64 / PARTS as f64 * (WIDTH - LEFT - 10.0);
    let y = |up: f32| middle - f64::from(up) * WAVE_HEIGHT / 2.0;
    let mut path = String::new();
    for (at, (low, high)) in parts.iter().enumerate() {
        // At least a hair's breadth, so that silence is a line.
        let _ = write!(path, "M{:.1} {:.1}V{:.1}", x(at), y(high.max(0.004)), y(-low.max(0.004)));
    }
    let _ = writeln!(svg, "<path class=\"wave\" d=\"{path}\"/>");
}

fn bar(svg: &mut String, class: &str, span: &Span, top: f64, x: impl Fn(f64) -> f64) {
    let width = (x(span.to) - x(span.from)).max(2.0);
    let title =
        format!("{} {:.2} s to {:.2} s", if span.label.is_empty() { class } else { &span.label }, span.from, span.to);
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"14\" rx=\"3\"><title>{}</title></rect>",
        x(span.from),
        escape(&title)
    );
}

fn axis(svg: &mut String, scene: &Scene<'_>, bottom: f64, x: impl Fn(f64) -> f64) -> std::fmt::Result {
    let step = step(scene.seconds, 14).max(0.1);
    let mut at = 0.0;
    while at <= scene.seconds {
        let place = x(at);
        let text = if step < 1.0 { format!("{at:.1}") } else { format!("{at:.0}") };
        writeln!(
            svg,
            "<path class=\"grid\" d=\"M{place:.1} {WAVE_TOP}V{bottom}\"/>\
             <text class=\"tick\" x=\"{place:.1}\" y=\"{}\">{text} s</text>",
            bottom + 16.0
        )?;
        at += step;
    }
    Ok(())
}

/// Marks stand above the waveform on two levels in turn, so that neighbours can be read.
fn draw_mark(svg: &mut String, mark: &Mark, number: usize, bottom: f64, x: impl Fn(f64) -> f64) {
    let place = x(mark.at);
    let (class, words) = match mark.kind {
        MarkKind::Verdict(kind) => (kind_class(kind), format!("{} {:.2} s", mark.label, mark.at)),
        MarkKind::Answered => ("faint", format!("answered {:.2} s", mark.at)),
        MarkKind::Told => ("tone", format!("{} {:.2} s", mark.label, mark.at)),
        MarkKind::Ready => ("ready", format!("a message may start {:.2} s", mark.at)),
    };
    let level = 14.0 + 18.0 * (number % 2) as f64;
    let (anchor, text_x) = if place > WIDTH * 0.7 { ("end", place - 4.0) } else { ("start", place + 4.0) };
    let _ = writeln!(
        svg,
        "<path class=\"mark {class}\" d=\"M{place:.1} {}V{bottom}\"/>\
         <text class=\"mark {class}\" x=\"{text_x:.1}\" y=\"{level}\" text-anchor=\"{anchor}\">{}</text>",
        level - 10.0,
        escape(&words)
    );
}
