//! The tones of the telephone network as data: what each is made of, by country.
//!
//! Supervisory tones follow ITU-T E.180/Q.35 and its Supplement 2 ("Various tones used in national networks"); special
//! information tones ITU-T E.180 §7 and Telcordia GR-674; DTMF ITU-T Q.23; fax tones ITU-T T.30 and V.8.

/// A country whose supervisory tones are known, by ISO 3166 code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Country {
    /// United States and Canada.
    #[default]
    Us,
    /// United Kingdom.
    Gb,
    /// Germany.
    De,
}

/// What a supervisory tone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SupervisoryTone {
    /// The exchange waits for digits.
    Dial,
    /// The far telephone rings.
    Ringback,
    /// The far party is engaged.
    Busy,
    /// The network cannot carry the call: reorder, also called congestion or fast busy.
    Reorder,
    /// A second call waits for the far party.
    CallWaiting,
}

/// One tone of one country.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToneRow {
    /// Where it is used.
    pub country: Country,
    /// What it tells.
    pub tone: SupervisoryTone,
    /// The frequencies sent together, in Hz.
    pub hz: &'static [f32],
    /// (sound, silence) in ms, repeated; a single `(n, 0)` is continuous.
    pub cadence: &'static [(u16, u16)],
}

/// Every known supervisory tone.
pub const SUPERVISORY: &[ToneRow] = &[
    ToneRow { country: Country::Us, tone: SupervisoryTone::Dial, hz: &[350.0, 440.0], cadence: &[(1000, 0)] },
    ToneRow { country: Country::Us, tone: SupervisoryTone::Ringback, hz: &[440.0, 480.0], cadence: &[(2000, 4000)] },
    ToneRow { country: Country::Us, tone: SupervisoryTone::Busy, hz: &[480.0, 620.0], cadence: &[(500, 500)] },
    ToneRow { country: Country::Us, tone: SupervisoryTone::Reorder, hz: &[480.0, 620.0], cadence: &[(250, 250)] },
    ToneRow { country: Country::Us, tone: SupervisoryTone::CallWaiting, hz: &[440.0], cadence: &[(300, 9700)] },
    ToneRow { country: Country::Gb, tone: SupervisoryTone::Ringback, hz: &[400.0, 450.0], cadence: &[(400, 200), (400, 2000)] },
    ToneRow { country: Country::De, tone: SupervisoryTone::Ringback, hz: &[425.0], cadence: &[(1000, 4000)] },
    ToneRow { country: Country::De, tone: SupervisoryTone::Busy, hz: &[425.0], cadence: &[(480, 480)] },
];

/// What a special information tone announces: the code that its three segments spell (Telcordia GR-674).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SitCode {
    /// IC: the number was changed or is not in service, and an operator or recording explains.
    Intercept,
    /// VC: no such number.
    VacantCode,
    /// RO: the call could not be completed by a local exchange.
    Reorder,
    /// NC: all circuits are busy.
    NoCircuit,
    /// The three rising tones of ITU-T E.180 without a code.
    Uncoded,
}

/// The segments of one special information tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SitRow {
    /// What they spell.
    pub code: SitCode,
    /// (Hz, ms), one after the other.
    pub segments: [(f32, u16); 3],
}

/// The special information tones.
pub const SIT: &[SitRow] = &[
    SitRow { code: SitCode::Intercept, segments: [(913.8, 274), (1370.6, 274), (1776.7, 380)] },
    SitRow { code: SitCode::VacantCode, segments: [(985.2, 380), (1370.6, 274), (1776.7, 380)] },
    SitRow { code: SitCode::Reorder, segments: [(913.8, 274), (1428.5, 380), (1776.7, 380)] },
    SitRow { code: SitCode::Reorder, segments: [(985.2, 274), (1370.6, 380), (1776.7, 380)] },
    SitRow { code: SitCode::NoCircuit, segments: [(985.2, 380), (1428.5, 380), (1776.7, 380)] },
    SitRow { code: SitCode::NoCircuit, segments: [(913.8, 380), (1370.6, 380), (1776.7, 380)] },
    SitRow { code: SitCode::Uncoded, segments: [(950.0, 330), (1400.0, 330), (1800.0, 330)] },
];

/// A tone that a fax machine sends (ITU-T T.30, V.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaxTone {
    /// Calling tone: 1100 Hz, 0.5 s in every 3.5 s.
    Cng,
    /// Called station identification: 2100 Hz for 2.6 to 4 s.
    Ced,
    /// CED with phase reversals every 450 ms, which answering modems send; amplitude modulation makes it ANSam.
    Ansam,
}

/// The low group of DTMF, in Hz: rows of the keypad (ITU-T Q.23).
pub const DTMF_LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// The high group of DTMF, in Hz: columns of the keypad (ITU-T Q.23).
pub const DTMF_HIGH_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// The digit of each row and column.
pub const DTMF_DIGITS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
