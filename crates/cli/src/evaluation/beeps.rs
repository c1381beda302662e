//! Record tones: those that were there against those that were heard.

use serde::Serialize;

use super::statistics::{Rate, Spread};

/// A span of media time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    /// Where it begins.
    pub(crate) start_ms: f64,
    /// Where it ends.
    pub(crate) end_ms: f64,
}

/// A tone is found if one was heard that overlaps it, give or take this much.
const NEAR_MS: f64 = 100.0;

/// What became of the record tone of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Match {
    /// The call had one.
    pub(crate) expected: bool,
    /// Its end as heard, less its true end.
    pub(crate) end_error_ms: Option<f64>,
    /// Tones heard where there was none.
    pub(crate) false_count: usize,
}

/// Sets the tones `heard` against the one that was there, if any.
pub(crate) fn compare(truth: Option<Span>, heard: &[Span]) -> Match {
    let Some(truth) = truth else {
        return Match { false_count: heard.len(), ..Match::default() };
    };
    let near = |tone: &&Span| tone.start_ms <= truth.end_ms + NEAR_MS && tone.end_ms >= truth.start_ms - NEAR_MS;
    let errors = heard.iter().filter(near).map(|tone| tone.end_ms - truth.end_ms);
    let end_error_ms = errors.min_by(|a, b| a.abs().total_cmp(&b.abs()));
    let false_count = heard.len() - usize::from(end_error_ms.is_some());
    Match { expected: true, end_error_ms, false_count }
}

/// How well record tones are found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct BeepFigures {
    /// Tones found, of those that were there.
    pub(crate) found: Rate,
    /// Tones missed.
    pub(crate) missed: usize,
    /// Of the tones that were there, those whose end was told within 40 ms.
    pub(crate) end_within_40_ms: Rate,
    /// The size of the error of the end, over the tones found, in milliseconds.
    pub(crate) end_error_ms: Spread,
    /// Tones heard where there was none.
    pub(crate) false_count: usize,
    /// The same an hour of audio.
    pub(crate) false_per_hour: Option<f64>,
}

impl BeepFigures {
    /// Sums up `matches` over `hours` of audio.
    pub(crate) fn new(matches: &[Match], hours: f64) -> Self {
        let expected: Vec<_> = matches.iter().filter(|m| m.expected).collect();
        let errors: Vec<f64> = expected.iter().filter_map(|m| m.end_error_ms).map(f64::abs).collect();
        let false_count = matches.iter().map(|m| m.false_count).sum();
        Self {
            found: Rate::new(errors.len(), expected.len()),
            missed: expected.len() - errors.len(),
            end_within_40_ms: Rate::new(errors.iter().filter(|e| **e <= 40.0).count(), expected.len()),
            end_error_ms: Spread::new(errors),
            false_count,
            false_per_hour: (hours > 0.0).then(|| false_count as f64 / hours),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn span(start_ms: f64, end_ms: f64) -> Span {
        Span { start_ms, end_ms }
    }

    #[test]
    fn the_nearest_overlapping_tone_counts_and_the_others_are_false() {
        let truth = Some(span(1000.0, 1400.0));
        let heard = [span(200.0, 300.0), span(1010.0, 1380.0), span(1390.0, 1500.0)];
        assert_eq!(compare(truth, &heard), Match { expected: true, end_error_ms: Some(-20.0), false_count: 2 });
        assert_eq!(compare(truth, &heard[..1]), Match { expected: true, end_error_ms: None, false_count: 1 });
        assert_eq!(compare(None, &heard), Match { expected: false, end_error_ms: None, false_count: 3 });
    }

    /// Three tones were there: found 10 ms and 50 ms off, and missed. One false in half an hour.
    #[test]
    fn figures_are_those_worked_by_hand() {
        let truth = Some(span(1000.0, 1400.0));
        let matches = [
            compare(truth, &[span(1000.0, 1410.0)]),
            compare(truth, &[span(1000.0, 1350.0), span(5000.0, 5200.0)]),
            compare(truth, &[]),
            compare(None, &[]),
        ];
        let figures = BeepFigures::new(&matches, 0.5);
        assert_eq!(figures.found, Rate::new(2, 3));
        assert_eq!(figures.missed, 1);
        assert_eq!(figures.end_within_40_ms, Rate::new(1, 3));
        assert_eq!(figures.end_error_ms.median, Some(30.0));
        assert_eq!((figures.false_count, figures.false_per_hour), (1, Some(2.0)));
    }
}
