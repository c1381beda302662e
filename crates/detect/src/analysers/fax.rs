use super::Hop;
/// (being written)
#[derive(Clone, Debug, Default)]
pub struct FaxAnalyser {}
impl FaxAnalyser {
    /// new
    pub fn new() -> Self {
        Self {}
    }
    /// push
    pub fn push(&mut self, _hop: &Hop<'_>) -> Option<offhook_audio::tones::FaxTone> {
        None
    }
    /// gap
    pub fn push_gap(&mut self) {}
    /// Whether it sounds now.
    pub fn sounding(&self) -> bool {
        false
    }
    /// reset
    pub fn reset(&mut self) {
        *self = Self::new();
    }
}
