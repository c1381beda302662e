/// The extremes of each 10 ms of a recording: all that a picture of it needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wave {
    hops: Vec<(i16, i16)>,
    least: i16,
    greatest: i16,
    filled: usize,
}

/// No picture is scaled up more than so that this amplitude fills it: silence looks silent.
const LEAST_SCALE: i16 = 1500;

impl Wave {
    /// Adds samples.
    pub(crate) fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.least = self.least.min(sample);
            self.greatest = self.greatest.max(sample);
            self.filled += 1;
            if self.filled == offhook_audio::HOP {
                self.hops.push((self.least, self.greatest));
                (self.least, self.greatest, self.filled) = (0, 0, 0);
            }
        }
    }

    /// The extremes, 0 to 1 below and above the middle, in each of `count` equal parts of the recording.
    pub(crate) fn parts(&self, count: usize) -> Vec<(f32, f32)> {
        let peak = self.hops.iter().map(|(low, high)| low.saturating_neg().max(*high)).max().unwrap_or(0);
        let scale = f32::from(peak.max(LEAST_SCALE));
        // Softened, so that faint speech beside loud speech can be seen.
        let soft = |x: i16| (f32::from(x).abs() / scale).powf(0.7);
        let part = |at: usize| {
            let from = at * self.hops.len() / count;
            let to = ((at + 1) * self.hops.len() / count).max(from + 1).min(self.hops.len());
            let hops = self.hops.get(from..to).unwrap_or_default();
            let low = hops.iter().map(|(low, _)| *low).min().unwrap_or(0);
            let high = hops.iter().map(|(_, high)| *high).max().unwrap_or(0);
            (soft(low), soft(high))
        };
        (0..count).map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_the_extremes() {
        let mut wave = Wave::default();
        wave.push(&[0; 800]);
        wave.push(&[-16_000, 8_000].repeat(400));
        let parts = wave.parts(2);
        assert_eq!(parts[0], (0.0, 0.0));
        assert_eq!(parts[1].0, 1.0);
        assert!((parts[1].1 - 0.5f32.powf(0.7)).abs() < 1e-6);
        assert_eq!(Wave::default().parts(3), vec![(0.0, 0.0); 3]);
    }
}
