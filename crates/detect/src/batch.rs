use std::sync::Arc;

use crate::detector::Detector;
use crate::event::Event;
use crate::net::{BatchScratch, NetState};

/// Streams whose nets are run together at most.
const MOST: usize = 64;

/// Many calls heard together: their nets are run as one, which costs less than one by one and gives the same events.
///
/// ```
/// use std::sync::Arc;
/// use offhook_detect::{Batch, DetectConfig, Detector, Params};
///
/// let params = Arc::new(Params::new(DetectConfig::default())?);
/// let mut calls = vec![Detector::new(&params); 100];
/// let mut batch = Batch::new(&params);
/// let packets = vec![&[0i16; 160][..]; 100];
/// batch.push(&mut calls, &packets, |call, event| println!("call {call}: {event}"));
/// # Ok::<(), offhook_detect::ConfigError>(())
/// ```
pub struct Batch {
    params: Arc<crate::Params>,
    scratch: Option<BatchScratch>,
}

impl Batch {
    /// For calls with these parameters.
    pub fn new(params: &Arc<crate::Params>) -> Self {
        let scratch = params.network().map(|network| BatchScratch::new(network, MOST));
        Self { params: Arc::clone(params), scratch }
    }

    /// Gives each detector its samples, as [`Detector::push`] does, and each event to `tell` with the place of its
    /// detector. Of one call the events come in order. A detector with other parameters is heard by itself.
    ///
    /// # Panics
    /// If there are not as many pieces of samples as detectors.
    pub fn push(&mut self, detectors: &mut [Detector], samples: &[&[i16]], mut tell: impl FnMut(usize, Event)) {
        assert_eq!(detectors.len(), samples.len(), "each detector has its samples");
        for (first, (detectors, samples)) in detectors.chunks_mut(MOST).zip(samples.chunks(MOST)).enumerate() {
            self.push_some(detectors, samples, |place, event| tell(first * MOST + place, event));
        }
    }

    fn push_some(&mut self, detectors: &mut [Detector], samples: &[&[i16]], mut tell: impl FnMut(usize, Event)) {
        let mut rest = [&[][..]; MOST];
        rest[..samples.len()].copy_from_slice(samples);
        loop {
            for (detector, rest) in detectors.iter_mut().zip(&mut rest) {
                if !rest.is_empty() {
                    *rest = detector.fill(rest);
                }
            }
            self.step(detectors);
            for (place, detector) in detectors.iter_mut().enumerate() {
                if detector.heard() {
                    detector.judge();
                }
                while let Some(event) = detector.take_event() {
                    tell(place, event);
                }
            }
            if rest.iter().all(|rest| rest.is_empty()) {
                return;
            }
        }
    }

    /// Runs the nets that are due.
    fn step(&mut self, detectors: &mut [Detector]) {
        let (Some(network), Some(scratch)) = (self.params.network(), &mut self.scratch) else { return };
        let ours = |detector: &Detector| Arc::ptr_eq(detector.params(), &self.params);
        let mut due = [false; MOST];
        let mut states: Vec<&mut NetState> = Vec::with_capacity(detectors.len());
        for (detector, due) in detectors.iter_mut().zip(&mut due) {
            if ours(detector)
                && let Some(state) = detector.due_state()
            {
                *due = true;
                states.push(state);
            }
        }
        if states.is_empty() {
            return;
        }
        network.step_batch(&mut states, scratch);
        for (detector, _) in detectors.iter_mut().zip(due).filter(|(_, due)| *due) {
            detector.stepped();
        }
    }
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("params", &self.params).finish_non_exhaustive()
    }
}
