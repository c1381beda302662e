use std::ops::Range;
use std::time::Duration;

/// Samples a frame: 10 ms.
const FRAME: usize = 80;
/// Frames kept before and after a phrase, where its weak beginning and end lie.
const BEFORE: usize = 3;
const AFTER: usize = 6;
/// A sound shorter than this many frames is a click.
const CLICK: usize = 8;

/// The stretches of `samples` (±1 at 8 kHz) in which something is said, parted by pauses of `pause` or more. What counts
/// as said is what rises well above the recording's own background, which real telephone lines have.
pub fn phrases(samples: &[f32], pause: Duration) -> Vec<Range<usize>> {
    let levels: Vec<f32> = samples.chunks(FRAME).map(decibels).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let quantile = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(-100.0);
    let (floor, peak) = (quantile(0.1), quantile(0.95));
    if peak < -70.0 {
        return Vec::new();
    }
    let least = (floor + 0.35 * (peak - floor)).max(peak - 38.0);
    let gap = (pause.as_millis() / 10).max(1) as usize;
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in (0..levels.len()).filter(|at| levels[*at] >= least) {
        match runs.last_mut() {
            Some(run) if at < run.end + gap => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs.retain(|run| run.len() >= CLICK);
    let whole =
        |run: Range<usize>| run.start.saturating_sub(BEFORE) * FRAME..((run.end + AFTER) * FRAME).min(samples.len());
    runs.into_iter().map(whole).collect()
}

fn decibels(frame: &[f32]) -> f32 {
    let square = frame.iter().map(|x| x * x).sum::<f32>() / frame.len().max(1) as f32;
    10.0 * (square + 1e-10).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_audio::Dbm0;
    use offhook_sim::Random;
    use offhook_sim::noise::{NoiseKind, noise};

    #[test]
    fn phrases_are_found_in_silence_and_in_noise() {
        for background in [-100.0, -45.0] {
            let mut samples = noise(NoiseKind::White, 40_000, Dbm0(background), &mut Random::new(1));
            for span in [8000..16_000, 20_000..26_000] {
                let voice = noise(NoiseKind::Pink, span.len(), Dbm0(-20.0), &mut Random::new(2));
                samples[span].iter_mut().zip(voice).for_each(|(sample, voice)| *sample += voice);
            }
            let found = phrases(&samples, Duration::from_millis(250));
            assert_eq!(found.len(), 2, "{background} {found:?}");
            for (found, said) in found.iter().zip([8000..16_000, 20_000..26_000]) {
                assert!(found.start.abs_diff(said.start) <= 400 && found.end.abs_diff(said.end) <= 640, "{found:?}");
            }
            assert_eq!(phrases(&samples, Duration::from_millis(600)).len(), 1);
        }
        assert!(phrases(&[], Duration::ZERO).is_empty() && phrases(&[0.0; 800], Duration::ZERO).is_empty());
    }
}
