use super::Hop;
use crate::verdict::Probability;
/// (being written)
#[derive(Clone, Debug, Default)]
pub struct MusicAnalyser {}
impl MusicAnalyser {
    /// new
    pub fn new() -> Self {
        Self {}
    }
    /// push
    pub fn push(&mut self, _hop: &Hop<'_>) -> Probability {
        Probability::ZERO
    }
    /// gap
    pub fn push_gap(&mut self) {}
    /// reset
    pub fn reset(&mut self) {
        *self = Self::new();
    }
}
