//! A sound on its way to the far party: 20 ms at a time, by the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Samples of a frame at 8 kHz.
const FRAME: usize = 160;
/// How long a frame lasts.
const LENGTH: Duration = Duration::from_millis(20);
/// How many frames go out at once at the beginning, so that one that is late is not heard.
const AHEAD: u32 = 2;
/// How long the last of it may be on its way before it is taken to be heard.
const TAIL: Duration = Duration::from_millis(100);

/// What is played now.
#[derive(Debug, Default)]
pub(super) struct Playing {
    sound: Option<(Arc<[i16]>, usize)>,
    began: Option<Instant>,
    /// When all of it was heard.
    ends: Option<Instant>,
}

impl Playing {
    /// Plays a sound from now on, instead of what was played.
    pub(super) fn begin(&mut self, sound: Arc<[i16]>, now: Instant) {
        *self = Self { sound: Some((sound, 0)), began: Some(now), ends: None };
    }

    /// Plays no more. Nobody is told that it is over.
    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// When the next frame is to go out, or all of it was heard.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.ends.is_some() {
            return self.ends;
        }
        let ((_, at), began) = (self.sound.as_ref()?, self.began?);
        let frames = u32::try_from(at / FRAME).unwrap_or(u32::MAX);
        Some(began + LENGTH * frames.saturating_sub(AHEAD))
    }

    /// The next frame, if it is due.
    pub(super) fn frame(&mut self, now: Instant) -> Option<Vec<i16>> {
        if self.ends.is_some() || self.due().is_none_or(|due| due > now) {
            return None;
        }
        let (sound, at) = self.sound.as_mut()?;
        let frame: Vec<i16> = sound.iter().skip(*at).take(FRAME).copied().collect();
        *at += FRAME;
        if *at >= sound.len() {
            let length = Duration::from_secs_f64(sound.len() as f64 / f64::from(offhook_audio::RATE));
            self.ends = self.began.map(|began| began + length + TAIL);
            self.sound = None;
        }
        (!frame.is_empty()).then_some(frame)
    }

    /// Whether it came to its end since this was last asked.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        self.ends.take_if(|ends| *ends <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_goes_out_by_the_clock_and_ends_once() {
        let mut playing = Playing::default();
        let now = Instant::now();
        assert!(playing.due().is_none());
        playing.begin(vec![1; 5 * FRAME + 1].into(), now);
        let at_once = std::iter::from_fn(|| playing.frame(now)).count();
        assert_eq!(at_once, 3, "two frames ahead");
        assert!(playing.frame(now).is_none() && !playing.is_over(now));
        let rest: usize = std::iter::from_fn(|| playing.frame(now + Duration::from_secs(1))).map(|f| f.len()).sum();
        assert_eq!(rest, 2 * FRAME + 1);
        assert!(!playing.is_over(now + 5 * LENGTH), "the last of it is on its way");
        assert!(playing.is_over(now + 12 * LENGTH) && !playing.is_over(now + 12 * LENGTH));
        playing.begin(vec![1; FRAME].into(), now);
        playing.stop();
        assert!(playing.due().is_none() && !playing.is_over(now));
    }
}
