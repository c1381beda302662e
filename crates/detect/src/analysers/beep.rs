use super::Hop;
/// (being written)
#[derive(Clone, Debug, Default)]
pub struct BeepAnalyser {}
impl BeepAnalyser {
    /// new
    pub fn new(_c: &crate::config::BeepConfig, _country: offhook_audio::tones::Country) -> Self {
        Self {}
    }
    /// push
    pub fn push(&mut self, _hop: &Hop<'_>) -> Option<crate::signals::ToneBurst> {
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
