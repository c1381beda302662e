//! Lines for training: as different from each other as lines can be, and drawn without regard to who answers.

use crate::handset::Handset;
use crate::line::{Dtx, Echo, Encoding, Line, LineNoise, NoiseSource};
use crate::packets::{Concealment, Lateness, Loss};
use crate::random::Random;
use crate::room::Room;
use crate::sets::source;
use offhook_audio::Dbm0;
use std::time::Duration;

/// A line of any quality: a quarter of them clean, the others with any mix of defects.
pub(crate) fn varied_line(noises: &[NoiseSource], random: &mut Random) -> Line {
    let encoding = coding(random);
    if random.chance(0.25) {
        return Line {
            handset: random.chance(0.5).then(|| Box::new(Handset::drawn(random))),
            narrow: random.chance(0.5),
            gain_db: random.between(-6.0..4.0) as f32,
            ..Line::clean(encoding)
        };
    }
    let snr_db = match random.whole(0..10) {
        0..2 => random.between(0.0..10.0),
        2..6 => random.between(10.0..25.0),
        _ => random.between(25.0..45.0),
    };
    let noise = random.chance(0.8).then(|| LineNoise { source: source(noises, random), snr_db: snr_db as f32 });
    let loss =
        random.chance(0.25).then(|| Loss { share: 0.003 * 30f64.powf(random.unit()), burst: random.between(1.0..3.0) });
    Line {
        room: random.chance(0.35).then(|| Room {
            decay: Duration::from_millis(random.whole(100..600) as u64),
            distance_db: random.between(0.0..20.0) as f32,
        }),
        noise,
        handset: random.chance(0.85).then(|| Box::new(Handset::drawn(random))),
        echo: random.chance(0.1).then(|| Echo {
            delay: Duration::from_millis(random.whole(20..300) as u64),
            loss_db: random.between(12.0..40.0) as f32,
        }),
        narrow: random.chance(0.6),
        low_pass_hz: random.chance(0.3).then(|| random.between(2800.0..3400.0)),
        tandem: random.chance(0.25).then(|| coding(random)),
        gain_db: random.between(-12.0..8.0) as f32,
        dc_offset: if random.chance(0.05) { random.whole(0..400) as i16 - 200 } else { 0 },
        clipping: random.chance(0.08).then(|| Dbm0(random.between(-18.0..-6.0) as f32)),
        dtx: random.chance(0.12).then(|| Dtx {
            threshold: Dbm0(random.between(-50.0..-38.0) as f32),
            hangover: Duration::from_millis(random.whole(60..240) as u64),
            comfort: Dbm0(random.between(-68.0..-48.0) as f32),
        }),
        packet: Duration::from_millis(if random.chance(0.2) { 30 } else { 20 }),
        loss,
        lateness: random.chance(0.06).then(|| Lateness { share: random.between(0.005..0.03) }),
        concealment: if random.chance(0.6) { Concealment::RepeatAttenuated } else { Concealment::Silence },
        ..Line::clean(encoding)
    }
}

fn coding(random: &mut Random) -> Encoding {
    match random.whole(0..10) {
        0..5 => Encoding::Ulaw,
        5..8 => Encoding::Alaw,
        _ => Encoding::Gsm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_lines_are_valid_and_differ() {
        let mut random = Random::new(1);
        let lines: Vec<Line> = (0..1000).map(|_| varied_line(&[], &mut random)).collect();
        assert!(lines.iter().all(|line| line.check().is_ok()));
        for part in [|l: &Line| l.room.is_some(), |l: &Line| l.tandem.is_some(), |l: &Line| l.noise.is_none()] {
            let count = lines.iter().filter(|line| part(line)).count();
            assert!((100..700).contains(&count), "{count}");
        }
    }
}
