//! The operating curves of a model as inline SVG: machines found against people called machines, both as shares.

use std::fmt::Write as _;

use offhook_detect::{FusionModel, Mixture};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 58.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 48.0;
/// The share of people called machines where the picture ends: what lies beyond is of no use to anybody.
const MOST: f64 = 0.1;

/// The curves of all models together, of the timing model alone and of the net alone; nothing if there are none.
pub(super) fn draw(fusion: &FusionModel) -> String {
    let named = [
        ("timing and net", &fusion.all, "#17a673"),
        ("timing alone", &fusion.timing, "#e0752d"),
        ("net alone", &fusion.net, "#3b82f6"),
    ];
    if named.iter().all(|(_, mixture, _)| mixture.curve.is_empty()) {
        return String::new();
    }
    let x = |share: f64| LEFT + share / MOST * (WIDTH - LEFT - 16.0);
    let y = |share: f64| TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<h2>Operating curves, on calls that nothing was learnt from</h2>\n<svg class=\"plot\" viewBox=\"0 0 {WIDTH} \
         {HEIGHT}\" style=\"max-width:{WIDTH}px\" role=\"img\" aria-label=\"machines found against people called machines\">\n"
    );
    for part in 0..=5 {
        let (across, up) = (f64::from(part) * MOST / 5.0, f64::from(part) / 5.0);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{0:.1} {TOP}V{1}\"/><text class=\"tick\" x=\"{0:.1}\" y=\"{2}\">{3:.0} %</text>\
             <path class=\"grid\" d=\"M{LEFT} {4:.1}H{5}\"/><text class=\"name\" x=\"{6}\" y=\"{7:.1}\">{8:.0} %</text>",
            x(across),
            HEIGHT - BOTTOM,
            HEIGHT - BOTTOM + 18.0,
            across * 100.0,
            y(up),
            WIDTH - 16.0,
            LEFT - 8.0,
            y(up) + 4.0,
            up * 100.0
        );
    }
    for (_, mixture, colour) in named {
        let _ = writeln!(svg, "<path class=\"curve\" stroke=\"{colour}\" d=\"{}\"/>", path(mixture, x, y));
    }
    let _ = writeln!(
        svg,
        "<text class=\"tick\" x=\"{}\" y=\"{}\">people called machines</text>\n</svg>\n<p class=\"note\">",
        (LEFT + WIDTH) / 2.0,
        HEIGHT - 8.0
    );
    for (name, _, colour) in named {
        let _ = write!(svg, "<span style=\"color:{colour}\">●</span> {name} &nbsp; ");
    }
    svg + "Upwards: machines found. Left to right: the threshold falls.</p>\n"
}

fn path(mixture: &Mixture, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    for point in mixture.curve.iter().rev() {
        let (people, machines) = (f64::from(point.false_machines), f64::from(point.recall));
        if people <= MOST {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{:.1} {:.1}", x(people), y(machines));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_detect::OperatingPoint;

    #[test]
    fn a_curve_goes_up_to_where_the_picture_ends() {
        let point = |threshold, false_machines, recall| OperatingPoint { threshold, false_machines, recall };
        let curve = vec![point(0.5, 0.4, 1.0), point(0.9, 0.05, 0.9), point(0.99, 0.0, 0.5)];
        let fusion = FusionModel { all: Mixture { curve, ..Mixture::default() }, ..FusionModel::default() };
        let svg = draw(&fusion);
        assert!(svg.contains("d=\"M58.0 173.0L401.0 45.8\""), "{svg}");
        assert_eq!(draw(&FusionModel::default()), "");
    }
}
