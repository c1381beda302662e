//! Operating curves as inline SVG: machine recall against the share of people called machines.

use std::fmt::Write as _;

use super::terminal::step;
use crate::evaluation::curve::Point;
use crate::evaluation::report::PresetReport;
use crate::report::html::escape;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 48.0;

/// One colour a preset; all can be told on light and on dark ground.
const COLOURS: [&str; 6] = ["#3b82f6", "#e0752d", "#17a673", "#b04fe0", "#d33f6a", "#8c8c1a"];

/// The curves of all presets: by greeting as a line, by threshold dashed, where each preset stands as a ring.
pub(crate) fn draw(presets: &[PresetReport]) -> String {
    let most = presets
        .iter()
        .filter_map(|p| p.curve.as_ref())
        .flat_map(|curve| &curve.by_parameter)
        .filter_map(|point| point.human_called_machine.share)
        .chain(presets.iter().filter_map(|p| p.all.rates.human_called_machine.share))
        .fold(0.05, f64::max);
    // Rounded up to whole steps of 5 %, and never more than everything.
    let most = ((most * 20.0).ceil() / 20.0).min(1.0);
    let x = |share: f64| LEFT + share / most * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" style=\"max-width:{WIDTH}px\" role=\"img\" \
         aria-label=\"machine recall against human called machine\">\n"
    );
    grid(&mut svg, most, x, y);
    for (preset, colour) in presets.iter().zip(COLOURS.iter().cycle()) {
        if let Some(curve) = &preset.curve {
            line(&mut svg, &curve.by_parameter, colour, "", x, y);
            line(
                &mut svg,
                &within(&curve.by_threshold, most),
                colour,
                " stroke-dasharray=\"5 4\" opacity=\"0.7\"",
                x,
                y,
            );
            for point in &curve.by_parameter {
                dot(&mut svg, point, curve.parameter, colour, x, y);
            }
        }
        if let (Some(people), Some(machines)) =
            (preset.all.rates.human_called_machine.share, preset.all.rates.machine_recall.share)
        {
            let (x, y) = (x(people), y(machines));
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"7\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>"
            );
        }
    }
    svg += "</svg>\n<p class=\"note\">";
    for (preset, colour) in presets.iter().zip(COLOURS.iter().cycle()) {
        let _ = write!(svg, "<span style=\"color:{colour}\">●</span> {} &nbsp; ", escape(&preset.preset));
    }
    svg + "<br>Rings: the presets as they are. Lines: the limit for a person's greeting swept. Dashed: the threshold on the \
           machine's probability at the verdict swept.</p>\n"
}

fn within(points: &[Point], most: f64) -> Vec<Point> {
    points.iter().filter(|p| p.human_called_machine.share.is_some_and(|share| share <= most)).cloned().collect()
}

fn grid(svg: &mut String, most: f64, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
    let bottom = HEIGHT - BOTTOM;
    let step = step(most, 10);
    for part in 0..=(most / step + 1e-9) as u32 {
        let share = f64::from(part) * step;
        let across = x(share);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{across:.1} {TOP}V{bottom}\"/>\
             <text class=\"tick\" x=\"{across:.1}\" y=\"{}\">{:.0} %</text>",
            bottom + 18.0,
            share * 100.0
        );
    }
    for part in 0..=5 {
        let share = f64::from(part) / 5.0;
        let up = y(share);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {up:.1}H{}\"/>\
             <text class=\"name\" x=\"{}\" y=\"{:.1}\">{:.0} %</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            up + 4.0,
            share * 100.0
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"tick\" x=\"{}\" y=\"{}\">people called machines</text>\
         <text class=\"tick\" transform=\"translate(14 {}) rotate(-90)\">machines found</text>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 8.0,
        (TOP + HEIGHT - BOTTOM) / 2.0
    );
}

fn line(
    svg: &mut String,
    points: &[Point],
    colour: &str,
    dashes: &str,
    x: impl Fn(f64) -> f64,
    y: impl Fn(f64) -> f64,
) {
    let mut path = String::new();
    for point in points {
        if let (Some(people), Some(machines)) = (point.human_called_machine.share, point.machine_recall.share) {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{:.1} {:.1}", x(people), y(machines));
        }
    }
    if !path.is_empty() {
        let _ = writeln!(svg, "<path class=\"curve\" stroke=\"{colour}\"{dashes} d=\"{path}\"/>");
    }
}

fn dot(svg: &mut String, point: &Point, name: &str, colour: &str, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
    if let (Some(people), Some(machines)) = (point.human_called_machine.share, point.machine_recall.share) {
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"><title>{} {}: {:.1} % of people called machines, \
             {:.1} % of machines found</title></circle>",
            x(people),
            y(machines),
            escape(name),
            escape(&point.setting),
            people * 100.0,
            machines * 100.0
        );
    }
}
