use crate::analysers::{Hop, MelAnalyser};
use crate::learned::Learned;
use crate::net::{NetState, Network};
use crate::signals::Line;

/// Hops between two looks of a net that sees a window at a time: 250 ms.
const LOOK: usize = 25;

/// One call's net: the frames on their way to it, what it remembers, and what it said last.
#[derive(Clone, Debug)]
pub(crate) struct Ear {
    mel: MelAnalyser,
    state: NetState,
    /// The frames of the window, oldest first; empty for a net that streams.
    window: Vec<f32>,
    frames: usize,
    due: bool,
    line: Option<Line>,
}

impl Ear {
    /// An ear for `learned`, if its net has a say.
    pub(crate) fn new(learned: &Learned) -> Option<Self> {
        let network = learned.network()?;
        let architecture = network.architecture();
        Some(Self {
            mel: MelAnalyser::new(),
            state: NetState::new(network),
            window: vec![crate::analysers::EMPTY; architecture.window * architecture.features],
            frames: 0,
            due: false,
            line: None,
        })
    }

    /// Forgets what was heard.
    pub(crate) fn reset(&mut self) {
        self.mel.reset();
        self.state.reset();
        self.window.fill(crate::analysers::EMPTY);
        self.frames = 0;
        self.due = false;
        self.line = None;
    }

    /// One hop, or `None` for one that never arrived: the last frame is held.
    pub(crate) fn push(&mut self, network: &Network, hop: Option<&Hop<'_>>) {
        let frame = match hop {
            Some(hop) => self.mel.push(hop),
            None => self.mel.push_gap(),
        };
        self.frames += 1;
        if self.window.is_empty() {
            self.due = self.state.push_frame(network, frame);
        } else {
            self.window.rotate_left(frame.len());
            let newest = self.window.len() - frame.len();
            self.window[newest..].copy_from_slice(frame);
            let whole = self.frames * frame.len() >= self.window.len();
            self.due = whole && self.frames.is_multiple_of(LOOK);
        }
    }

    /// The memory of a streaming net whose step is due: for stepping many at once, after which [`Self::stepped`] is
    /// called.
    pub(crate) fn due_state(&mut self) -> Option<&mut NetState> {
        (self.due && self.window.is_empty()).then_some(&mut self.state)
    }

    /// Runs the net if it is due.
    pub(crate) fn step(&mut self, network: &Network) {
        if !self.due {
            return;
        }
        if self.window.is_empty() {
            network.step(&mut self.state);
        } else {
            network.window(&self.window, &mut self.state);
        }
        self.stepped();
    }

    /// The net has run.
    pub(crate) fn stepped(&mut self) {
        self.due = false;
        self.line = Line::from_logits(self.state.outputs());
    }

    /// What the net said last.
    pub(crate) fn line(&self) -> Option<Line> {
        self.line
    }
}
