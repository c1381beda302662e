use offhook_audio::RATE;
use std::f64::consts::PI;

/// A second-order filter section at 8 kHz with the usual bilinear designs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    x: [f64; 2],
    y: [f64; 2],
}

impl Biquad {
    /// Passes what lies below `hz`; `q` 0.707 is flat.
    pub(crate) fn low_pass(hz: f64, q: f64) -> Self {
        let (cos, alpha) = angle(hz, q);
        let half = (1.0 - cos) / 2.0;
        Self::scaled([half, 1.0 - cos, half], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// Passes what lies above `hz`; `q` 0.707 is flat.
    pub(crate) fn high_pass(hz: f64, q: f64) -> Self {
        let (cos, alpha) = angle(hz, q);
        let half = (1.0 + cos) / 2.0;
        Self::scaled([half, -(1.0 + cos), half], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// Passes the band around `hz` with unit gain at its centre; its width is `hz / q`.
    pub(crate) fn band_pass(hz: f64, q: f64) -> Self {
        let (cos, alpha) = angle(hz, q);
        Self::scaled([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// Amplifies the band around `hz` by `db`; its width is `hz / q`.
    pub(crate) fn peak(hz: f64, q: f64, db: f64) -> Self {
        let (cos, alpha) = angle(hz, q);
        let gain = 10f64.powf(db / 40.0);
        let (up, down) = (alpha * gain, alpha / gain);
        Self::scaled([1.0 + up, -2.0 * cos, 1.0 - up], [1.0 + down, -2.0 * cos, 1.0 - down])
    }

    /// Amplifies what lies below `hz` by `db`.
    pub(crate) fn low_shelf(hz: f64, db: f64) -> Self {
        Self::shelf(hz, db, 1.0)
    }

    /// Amplifies what lies above `hz` by `db`.
    pub(crate) fn high_shelf(hz: f64, db: f64) -> Self {
        Self::shelf(hz, db, -1.0)
    }

    fn shelf(hz: f64, db: f64, side: f64) -> Self {
        let (cos, alpha) = angle(hz, std::f64::consts::FRAC_1_SQRT_2);
        let gain = 10f64.powf(db / 40.0);
        let (cos, slope) = (cos * side, 2.0 * gain.sqrt() * alpha);
        let (more, less) = (gain + 1.0, gain - 1.0);
        Self::scaled(
            [
                gain * (more - less * cos + slope),
                2.0 * gain * side * (less - more * cos),
                gain * (more - less * cos - slope),
            ],
            [more + less * cos + slope, -2.0 * side * (less + more * cos), more + less * cos - slope],
        )
    }

    fn scaled(b: [f64; 3], a: [f64; 3]) -> Self {
        Self { b: b.map(|value| value / a[0]), a: [a[1] / a[0], a[2] / a[0]], x: [0.0; 2], y: [0.0; 2] }
    }

    /// Takes over the design of `other` and keeps what has been heard.
    pub(crate) fn retune(&mut self, other: Self) {
        (self.b, self.a) = (other.b, other.a);
    }

    /// The next sample out for the next sample in.
    pub(crate) fn step(&mut self, input: f64) -> f64 {
        let output = self.b[0] * input + self.b[1] * self.x[0] + self.b[2] * self.x[1]
            - self.a[0] * self.y[0]
            - self.a[1] * self.y[1];
        self.x = [input, self.x[0]];
        self.y = [output, self.y[0]];
        output
    }

    /// Filters in place.
    pub(crate) fn run(mut self, samples: &mut [f32]) {
        for sample in samples {
            *sample = self.step(f64::from(*sample)) as f32;
        }
    }
}

/// Cosine and bandwidth term, for frequencies held within the band.
fn angle(hz: f64, q: f64) -> (f64, f64) {
    let omega = 2.0 * PI * hz.clamp(1.0, f64::from(RATE) * 0.49) / f64::from(RATE);
    (omega.cos(), omega.sin() / (2.0 * q.max(0.05)))
}
