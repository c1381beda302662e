//! Loss curves in characters, and as inline SVG.

use std::fmt::Write as _;

use crate::picture::terminal::step;
use crate::terminal::{Ink, Paint};

/// Columns before the picture.
pub(super) const GUTTER: usize = 9;
/// The dots' bits of a braille character, by column and row, in the order of Unicode.
const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// The losses of a run, one of each an epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Losses {
    /// On what is learnt from.
    pub(crate) train: Vec<f64>,
    /// On the validation part.
    pub(crate) validation: Vec<f64>,
}

impl Losses {
    pub(crate) fn push(&mut self, train: f64, validation: f64) {
        self.train.push(train);
        self.validation.push(validation);
    }

    /// The least and the most that is drawn: what is finite, and never an empty span.
    fn span(&self) -> (f64, f64) {
        let all = || self.train.iter().chain(&self.validation).copied().filter(|loss| loss.is_finite());
        let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        if low > high {
            return (0.0, 1.0);
        }
        (low, if high - low < 1e-9 { low + 1e-3 } else { high })
    }

    /// The lines of the picture, no wider than `width` columns and `rows` high, and one that says which curve is which.
    pub(crate) fn draw(&self, width: usize, rows: usize, paint: Paint) -> Vec<String> {
        let columns = width.saturating_sub(GUTTER + 1).max(20);
        let (low, high) = self.span();
        let mut cells = vec![vec![(0, Ink::Person); columns]; rows];
        // What is drawn last gives a shared cell its colour.
        for (losses, ink) in [(&self.train, Ink::Other), (&self.validation, Ink::Ready)] {
            for (x, y) in dots(losses, columns * 2, rows * 4, low, high) {
                let cell = &mut cells[y / 4][x / 2];
                *cell = (cell.0 | BITS[x % 2][y % 4], ink);
            }
        }
        let mut lines: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(row, cells)| {
                let label = match row {
                    0 => format!("{high:.4}"),
                    row if row + 1 == rows => format!("{low:.4}"),
                    _ => String::new(),
                };
                let drawn: String = cells.iter().map(|(bits, ink)| cell(*bits, *ink, paint)).collect();
                paint.mark(Ink::Faint, format!("{label:>w$} ", w = GUTTER - 1)) + drawn.trim_end()
            })
            .collect();
        let named = |ink, name: &str, losses: &[f64]| {
            let last = losses.last().map(|loss| format!("{loss:.4}")).unwrap_or_default();
            paint.mark(ink, format!("━ {name} {last}"))
        };
        lines.push(format!(
            "{}{}  {}  epoch {}",
            " ".repeat(GUTTER),
            named(Ink::Other, "train", &self.train),
            named(Ink::Ready, "validation", &self.validation),
            self.train.len()
        ));
        lines
    }

    /// The picture as inline SVG.
    pub(crate) fn svg(&self) -> String {
        const WIDTH: f64 = 760.0;
        const HEIGHT: f64 = 320.0;
        const LEFT: f64 = 58.0;
        const BOTTOM: f64 = 40.0;
        let (low, high) = self.span();
        let last = (self.train.len().max(2) - 1) as f64;
        let x = |epoch: usize| LEFT + epoch as f64 / last * (WIDTH - LEFT - 16.0);
        let y = |loss: f64| 14.0 + (high - loss) / (high - low) * (HEIGHT - 14.0 - BOTTOM);
        let mut svg = format!(
            "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" style=\"max-width:{WIDTH}px\" role=\"img\" \
             aria-label=\"loss by epoch\">\n"
        );
        let apart = step(high - low, 6);
        let first = (low / apart).ceil() * apart;
        for part in (0..7).map(|at| first + f64::from(at) * apart).filter(|loss| *loss <= high) {
            let up = y(part);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {up:.1}H{}\"/><text class=\"name\" x=\"{}\" y=\"{:.1}\">{part:.3}</text>",
                WIDTH - 16.0,
                LEFT - 8.0,
                up + 4.0
            );
        }
        for (losses, colour) in [(&self.train, TRAIN), (&self.validation, VALIDATION)] {
            let mut path = String::new();
            for (epoch, loss) in losses.iter().enumerate().filter(|(_, loss)| loss.is_finite()) {
                let command = if path.is_empty() { 'M' } else { 'L' };
                let _ = write!(path, "{command}{:.1} {:.1}", x(epoch), y(*loss));
            }
            let _ = writeln!(svg, "<path class=\"curve\" stroke=\"{colour}\" d=\"{path}\"/>");
        }
        let _ = writeln!(
            svg,
            "<text class=\"tick\" x=\"{}\" y=\"{}\">epoch 1 to {}</text>\n</svg>",
            WIDTH / 2.0,
            HEIGHT - 12.0,
            self.train.len()
        );
        svg + &format!(
            "<p class=\"note\"><span style=\"color:{TRAIN}\">●</span> train &nbsp; \
             <span style=\"color:{VALIDATION}\">●</span> validation</p>\n"
        )
    }
}

const TRAIN: &str = "#e0752d";
const VALIDATION: &str = "#3b82f6";

fn cell(bits: u32, ink: Ink, paint: Paint) -> String {
    match char::from_u32(0x2800 + bits) {
        Some(dots) if bits != 0 => paint.mark(ink, dots),
        _ => " ".to_owned(),
    }
}

/// Where the dots of a line through `values` are set, joined from one to the next, from the top left.
fn dots(values: &[f64], wide: usize, high: usize, least: f64, most: f64) -> Vec<(usize, usize)> {
    let last = values.len().max(2) - 1;
    let row = |value: f64| ((most - value) / (most - least) * (high - 1) as f64).round().clamp(0.0, (high - 1) as f64);
    let at = |column: usize| {
        let place = column as f64 / (wide - 1) as f64 * last as f64;
        let (before, part) = (place.floor() as usize, place.fract());
        let (from, to) = (values.get(before)?, values.get(before + 1).or(values.last())?);
        let value = from + (to - from) * part;
        value.is_finite().then(|| row(value) as usize)
    };
    let mut dots = Vec::new();
    let mut previous = None;
    // One value alone is a dot at the left.
    let columns = if values.len() < 2 { 1 } else { wide };
    for column in 0..columns {
        let Some(here) = at(column) else { continue };
        let from = previous.unwrap_or(here);
        dots.extend((from.min(here)..=from.max(here)).map(|row| (column, row)));
        previous = Some(here);
    }
    dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_loss_falls_from_corner_to_corner() {
        let dots = dots(&[1.0, 0.5, 0.0], 40, 24, 0.0, 1.0);
        assert_eq!((dots[0], dots[dots.len() - 1]), ((0, 0), (39, 23)));
        assert!(dots.is_sorted());
    }

    #[test]
    fn whatever_the_losses_the_picture_keeps_to_its_size() {
        for train in [vec![], vec![0.3], vec![0.3, 0.3], vec![f64::NAN, 2.0, 1.0], vec![f64::INFINITY]] {
            let losses = Losses { validation: train.iter().rev().copied().collect(), train };
            let lines = losses.draw(80, 8, Paint::for_output());
            assert_eq!(lines.len(), 9);
            assert!(losses.svg().contains("</svg>") && !losses.svg().contains("NaN"), "{losses:?}");
        }
    }
}
