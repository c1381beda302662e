use super::Hop;
/// (being written)
#[derive(Clone, Debug, Default)]
pub struct SupervisoryAnalyser {}
impl SupervisoryAnalyser {
    /// new
    pub fn new(_country: offhook_audio::tones::Country) -> Self {
        Self {}
    }
    /// push
    pub fn push(&mut self, _hop: &Hop<'_>) -> Option<offhook_audio::tones::SupervisoryTone> {
        None
    }
    /// gap
    pub fn push_gap(&mut self) {}
    /// Whether it sounds now.
    pub fn sounding(&self) -> bool {
        false
    }
    /// reset
    pub fn reset(&mut self) {}
}
