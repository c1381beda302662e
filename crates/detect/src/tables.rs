//! What is known of tones beyond how they sound: which of them mean what.

use std::time::Duration;

use offhook_audio::tones::SupervisoryTone;

use crate::signals::Beep;

/// A supervisory tone after which nobody will speak.
pub(crate) const fn ends_the_call(tone: SupervisoryTone) -> bool {
    match tone {
        SupervisoryTone::Busy | SupervisoryTone::Reorder | SupervisoryTone::Dial => true,
        SupervisoryTone::Ringback | SupervisoryTone::CallWaiting => false,
    }
}

/// Whether a tone is a fax machine's rather than a record tone: CNG is 1100 Hz ± 38 Hz for 0.5 s ± 15 % and nobody
/// speaks before it; CED is 2100 Hz ± 15 Hz for 2.6 s or more (ITU-T T.30 §4.1).
pub(crate) fn is_fax(beep: &Beep, spoken: bool) -> bool {
    let length = beep.length();
    let calling = (beep.hz - 1100.0).abs() <= 40.0
        && length >= Duration::from_millis(415)
        && length <= Duration::from_millis(585)
        && !spoken;
    let answering = (beep.hz - 2100.0).abs() <= 20.0 && length >= Duration::from_millis(2000);
    calling || answering
}
