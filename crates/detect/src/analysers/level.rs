use offhook_audio::{Dbm0, HOP};

use crate::signals::Level;

/// A sample this near to full scale (±1) is clipped: the outermost G.711 levels are 0.98.
const CLIP: f32 = 0.975;

/// The loudness of one hop.
pub fn measure(samples: &[f32; HOP], sum_abs: u32) -> Level {
    let mean = samples.iter().sum::<f32>() / HOP as f32;
    let mut squares = 0.0;
    let mut clipped = 0u32;
    for x in samples {
        squares += (x - mean) * (x - mean);
        clipped += u32::from(x.abs() >= CLIP);
    }
    let crossings: u32 = samples.windows(2).map(|w| u32::from((w[0] >= mean) != (w[1] >= mean))).sum();
    let mean_square = squares / HOP as f32;
    Level {
        mean_square,
        dbm0: Dbm0::from_mean_square(mean_square),
        sum_abs,
        zero_crossing_rate: crossings as f32 / (HOP - 1) as f32,
        clipped: clipped as u8,
    }
}
