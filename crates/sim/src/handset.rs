//! What a microphone and its case do to a sound's spectrum.

use crate::error::SimError;
use crate::filter::Biquad;
use crate::random::Random;
use crate::signal::{level, set_level};

/// A resonance or a dip of a handset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resonance {
    /// Its frequency in Hz.
    pub hz: f64,
    /// How much it amplifies there, in dB, −20 to 20.
    pub db: f64,
    /// How narrow it is: frequency over width, 0.2 to 10.
    pub q: f64,
}

/// A handset: how it colours what it hears. The level stays as it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Handset {
    /// Gain below 500 Hz, in dB, −20 to 20.
    pub bass_db: f64,
    /// Gain above 2000 Hz, in dB, −20 to 20.
    pub treble_db: f64,
    /// Its resonances.
    pub resonances: [Resonance; 2],
}

impl Handset {
    /// A handset that tilts the spectrum by up to 8 dB at either end and has two broad resonances of up to 6 dB.
    pub fn drawn(random: &mut Random) -> Self {
        let mut resonance = || Resonance {
            hz: 250.0 * 14f64.powf(random.unit()),
            db: random.between(-6.0..6.0),
            q: random.between(0.5..2.0),
        };
        let resonances = [resonance(), resonance()];
        Self { bass_db: random.between(-8.0..8.0), treble_db: random.between(-8.0..8.0), resonances }
    }

    /// Checks every number.
    pub(crate) fn check(&self) -> Result<(), SimError> {
        SimError::check("line.handset.bass_db", self.bass_db, -20.0, 20.0, "-20 to 20 dB")?;
        SimError::check("line.handset.treble_db", self.treble_db, -20.0, 20.0, "-20 to 20 dB")?;
        self.resonances.iter().try_for_each(|Resonance { hz, db, q }| {
            SimError::check("line.handset.resonances.hz", *hz, 50.0, 4000.0, "50 to 4000 Hz")?;
            SimError::check("line.handset.resonances.db", *db, -20.0, 20.0, "-20 to 20 dB")?;
            SimError::check("line.handset.resonances.q", *q, 0.2, 10.0, "0.2 to 10")
        })
    }

    /// Colours `samples`.
    pub(crate) fn hear(&self, samples: &mut [f32]) {
        let before = level(samples);
        Biquad::low_shelf(500.0, self.bass_db).run(samples);
        Biquad::high_shelf(2000.0, self.treble_db).run(samples);
        for Resonance { hz, db, q } in self.resonances {
            Biquad::peak(hz, q, db).run(samples);
        }
        let after = level(samples);
        if after.0 > -99.0 {
            set_level(samples, after, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::power_at;
    use crate::tones::together;
    use offhook_audio::Dbm0;

    #[test]
    fn treble_is_raised_against_bass_by_their_difference() {
        let flat = Resonance { hz: 1000.0, db: 0.0, q: 1.0 };
        let handset = Handset { bass_db: -5.0, treble_db: 5.0, resonances: [flat; 2] };
        let mut samples = together(&[200.0, 3600.0], 16_000, Dbm0(-20.0));
        handset.hear(&mut samples);
        let ratio = 10.0 * (power_at(&samples[800..], 3600.0) / power_at(&samples[800..], 200.0)).log10();
        assert!((ratio - 10.0).abs() < 1.5, "{ratio}");
        assert!((level(&samples).0 - -20.0).abs() < 0.1);
    }
}
