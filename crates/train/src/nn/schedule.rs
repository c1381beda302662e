use std::f64::consts::PI;

/// How fast a net learns over a run: a straight rise, then half a cosine down (Loshchilov and Hutter 2017).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The largest learning rate.
    pub peak: f32,
    /// The learning rate at the end and after it.
    pub floor: f32,
    /// Steps of the rise.
    pub warm_up: u64,
    /// Steps of the whole run.
    pub total: u64,
}

impl Schedule {
    /// The learning rate of a step, counted from 0.
    pub fn rate(&self, step: u64) -> f32 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f32 / self.warm_up as f32;
        }
        let fall = self.total.saturating_sub(self.warm_up).max(1);
        let done = ((step - self.warm_up) as f64 / fall as f64).min(1.0);
        self.floor + (self.peak - self.floor) * (0.5 + 0.5 * (PI * done).cos()) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_then_falls_and_stays() {
        let schedule = Schedule { peak: 1.0, floor: 0.1, warm_up: 4, total: 12 };
        let rates: Vec<_> = (0..20).map(|step| schedule.rate(step)).collect();
        assert_eq!(rates[..4], [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(rates[4], 1.0);
        assert!((rates[8] - 0.55).abs() < 1e-6, "{rates:?}");
        assert!(rates[4..13].windows(2).all(|pair| pair[1] < pair[0]));
        assert!(rates[12..].iter().all(|r| (r - 0.1).abs() < 1e-6));
    }
}
