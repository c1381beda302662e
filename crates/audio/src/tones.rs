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
    /// France.
    Fr,
    /// Spain.
    Es,
    /// Italy.
    It,
    /// Netherlands.
    Nl,
    /// Belgium.
    Be,
    /// Switzerland.
    Ch,
    /// Austria.
    At,
    /// Sweden.
    Se,
    /// Poland.
    Pl,
    /// Portugal.
    Pt,
    /// Australia.
    Au,
    /// New Zealand.
    Nz,
    /// Japan.
    Jp,
    /// China.
    Cn,
    /// India.
    In,
    /// Brazil.
    Br,
    /// Mexico.
    Mx,
    /// South Africa.
    Za,
    /// Russia.
    Ru,
}

impl Country {
    /// Every country of the table, in its order.
    pub const ALL: [Self; 22] = [
        Self::Us,
        Self::Gb,
        Self::De,
        Self::Fr,
        Self::Es,
        Self::It,
        Self::Nl,
        Self::Be,
        Self::Ch,
        Self::At,
        Self::Se,
        Self::Pl,
        Self::Pt,
        Self::Au,
        Self::Nz,
        Self::Jp,
        Self::Cn,
        Self::In,
        Self::Br,
        Self::Mx,
        Self::Za,
        Self::Ru,
    ];

    /// The country with this ISO 3166 alpha-2 code, in either case; `CA` is [`Country::Us`]. `None` for a country whose
    /// tones are not in the table.
    pub fn from_code(code: &str) -> Option<Self> {
        let code = if code.eq_ignore_ascii_case("CA") { "US" } else { code };
        Self::ALL.into_iter().find(|country| country.code().eq_ignore_ascii_case(code))
    }

    /// The ISO 3166 alpha-2 code: `US` for the United States and Canada.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Us => "US",
            Self::Gb => "GB",
            Self::De => "DE",
            Self::Fr => "FR",
            Self::Es => "ES",
            Self::It => "IT",
            Self::Nl => "NL",
            Self::Be => "BE",
            Self::Ch => "CH",
            Self::At => "AT",
            Self::Se => "SE",
            Self::Pl => "PL",
            Self::Pt => "PT",
            Self::Au => "AU",
            Self::Nz => "NZ",
            Self::Jp => "JP",
            Self::Cn => "CN",
            Self::In => "IN",
            Self::Br => "BR",
            Self::Mx => "MX",
            Self::Za => "ZA",
            Self::Ru => "RU",
        }
    }
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
    /// The frequencies sent together, in Hz. One or two are sent at equal level; three are a modulated tone: the carrier
    /// between its two sidebands, which are 6 dB below it.
    pub hz: &'static [f32],
    /// (sound, silence) in ms, repeated; a single `(n, 0)` is continuous.
    pub cadence: &'static [(u16, u16)],
}

/// Every known supervisory tone: five for each country of [`Country::ALL`].
///
/// Where administrations list several exchanges' tones, the row holds the one in general use;
/// Russia's are those of its later national standard (OST 45.223-2001). Frequencies and cadences
/// in service deviate: allow the tolerances of ITU-T E.180 around them.
pub const SUPERVISORY: &[ToneRow] = &[
    row(Country::Us, SupervisoryTone::Dial, &[350.0, 440.0], &[(1000, 0)]),
    row(Country::Us, SupervisoryTone::Ringback, &[440.0, 480.0], &[(2000, 4000)]),
    row(Country::Us, SupervisoryTone::Busy, &[480.0, 620.0], &[(500, 500)]),
    row(Country::Us, SupervisoryTone::Reorder, &[480.0, 620.0], &[(250, 250)]),
    row(Country::Us, SupervisoryTone::CallWaiting, &[440.0], &[(300, 9700)]),
    row(Country::Gb, SupervisoryTone::Dial, &[350.0, 440.0], &[(1000, 0)]),
    row(Country::Gb, SupervisoryTone::Ringback, &[400.0, 450.0], &[(400, 200), (400, 2000)]),
    row(Country::Gb, SupervisoryTone::Busy, &[400.0], &[(375, 375)]),
    row(Country::Gb, SupervisoryTone::Reorder, &[400.0], &[(400, 350), (225, 525)]),
    row(Country::Gb, SupervisoryTone::CallWaiting, &[400.0], &[(100, 4000)]),
    row(Country::De, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::De, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::De, SupervisoryTone::Busy, &[425.0], &[(480, 480)]),
    row(Country::De, SupervisoryTone::Reorder, &[425.0], &[(240, 240)]),
    row(Country::De, SupervisoryTone::CallWaiting, &[425.0], &[(200, 200), (200, 5000)]),
    row(Country::Fr, SupervisoryTone::Dial, &[440.0], &[(1000, 0)]),
    row(Country::Fr, SupervisoryTone::Ringback, &[440.0], &[(1500, 3500)]),
    row(Country::Fr, SupervisoryTone::Busy, &[440.0], &[(500, 500)]),
    row(Country::Fr, SupervisoryTone::Reorder, &[440.0], &[(250, 250)]),
    row(Country::Fr, SupervisoryTone::CallWaiting, &[440.0], &[(300, 10000)]),
    row(Country::Es, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Es, SupervisoryTone::Ringback, &[425.0], &[(1500, 3000)]),
    row(Country::Es, SupervisoryTone::Busy, &[425.0], &[(200, 200)]),
    row(Country::Es, SupervisoryTone::Reorder, &[425.0], &[(200, 200), (200, 200), (200, 600)]),
    row(Country::Es, SupervisoryTone::CallWaiting, &[425.0], &[(175, 175), (175, 3500)]),
    row(Country::It, SupervisoryTone::Dial, &[425.0], &[(200, 200), (600, 1000)]),
    row(Country::It, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::It, SupervisoryTone::Busy, &[425.0], &[(500, 500)]),
    row(Country::It, SupervisoryTone::Reorder, &[425.0], &[(200, 200)]),
    row(Country::It, SupervisoryTone::CallWaiting, &[425.0], &[(400, 100), (250, 100), (150, 14000)]),
    row(Country::Nl, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Nl, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::Nl, SupervisoryTone::Busy, &[425.0], &[(500, 500)]),
    row(Country::Nl, SupervisoryTone::Reorder, &[425.0], &[(250, 250)]),
    row(Country::Nl, SupervisoryTone::CallWaiting, &[425.0], &[(500, 9500)]),
    row(Country::Be, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Be, SupervisoryTone::Ringback, &[425.0], &[(1000, 3000)]),
    row(Country::Be, SupervisoryTone::Busy, &[425.0], &[(500, 500)]),
    row(Country::Be, SupervisoryTone::Reorder, &[425.0], &[(167, 167)]),
    row(Country::Be, SupervisoryTone::CallWaiting, &[1400.0], &[(175, 175), (175, 3500)]),
    row(Country::Ch, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Ch, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::Ch, SupervisoryTone::Busy, &[425.0], &[(500, 500)]),
    row(Country::Ch, SupervisoryTone::Reorder, &[425.0], &[(200, 200)]),
    row(Country::Ch, SupervisoryTone::CallWaiting, &[425.0], &[(200, 200), (200, 4000)]),
    row(Country::At, SupervisoryTone::Dial, &[420.0], &[(1000, 0)]),
    row(Country::At, SupervisoryTone::Ringback, &[420.0], &[(1000, 5000)]),
    row(Country::At, SupervisoryTone::Busy, &[420.0], &[(400, 400)]),
    row(Country::At, SupervisoryTone::Reorder, &[420.0], &[(200, 200)]),
    row(Country::At, SupervisoryTone::CallWaiting, &[420.0], &[(40, 1950)]),
    row(Country::Se, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Se, SupervisoryTone::Ringback, &[425.0], &[(1000, 5000)]),
    row(Country::Se, SupervisoryTone::Busy, &[425.0], &[(250, 250)]),
    row(Country::Se, SupervisoryTone::Reorder, &[425.0], &[(250, 750)]),
    row(Country::Se, SupervisoryTone::CallWaiting, &[425.0], &[(200, 500), (200, 9100)]),
    row(Country::Pl, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Pl, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::Pl, SupervisoryTone::Busy, &[425.0], &[(500, 500)]),
    row(Country::Pl, SupervisoryTone::Reorder, &[425.0], &[(500, 500)]),
    row(Country::Pl, SupervisoryTone::CallWaiting, &[425.0], &[(150, 150), (150, 4000)]),
    row(Country::Pt, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Pt, SupervisoryTone::Ringback, &[425.0], &[(1000, 5000)]),
    row(Country::Pt, SupervisoryTone::Busy, &[425.0], &[(500, 500)]),
    row(Country::Pt, SupervisoryTone::Reorder, &[425.0], &[(200, 200)]),
    row(Country::Pt, SupervisoryTone::CallWaiting, &[425.0], &[(200, 200), (200, 5000)]),
    row(Country::Au, SupervisoryTone::Dial, &[413.0, 438.0], &[(1000, 0)]),
    row(Country::Au, SupervisoryTone::Ringback, &[413.0, 438.0], &[(400, 200), (400, 2000)]),
    row(Country::Au, SupervisoryTone::Busy, &[425.0], &[(375, 375)]),
    row(Country::Au, SupervisoryTone::Reorder, &[425.0], &[(375, 375)]),
    row(Country::Au, SupervisoryTone::CallWaiting, &[425.0], &[(200, 200), (200, 4400)]),
    row(Country::Nz, SupervisoryTone::Dial, &[400.0], &[(1000, 0)]),
    row(Country::Nz, SupervisoryTone::Ringback, &[400.0, 450.0], &[(400, 200), (400, 2000)]),
    row(Country::Nz, SupervisoryTone::Busy, &[400.0], &[(500, 500)]),
    row(Country::Nz, SupervisoryTone::Reorder, &[400.0], &[(250, 250)]),
    row(Country::Nz, SupervisoryTone::CallWaiting, &[400.0], &[(200, 3000)]),
    row(Country::Jp, SupervisoryTone::Dial, &[400.0], &[(1000, 0)]),
    row(Country::Jp, SupervisoryTone::Ringback, &[384.0, 400.0, 416.0], &[(1000, 2000)]),
    row(Country::Jp, SupervisoryTone::Busy, &[400.0], &[(500, 500)]),
    row(Country::Jp, SupervisoryTone::Reorder, &[400.0], &[(500, 500)]),
    row(Country::Jp, SupervisoryTone::CallWaiting, &[384.0, 400.0, 416.0], &[(500, 8000)]),
    row(Country::Cn, SupervisoryTone::Dial, &[450.0], &[(1000, 0)]),
    row(Country::Cn, SupervisoryTone::Ringback, &[450.0], &[(1000, 4000)]),
    row(Country::Cn, SupervisoryTone::Busy, &[450.0], &[(350, 350)]),
    row(Country::Cn, SupervisoryTone::Reorder, &[450.0], &[(700, 700)]),
    row(Country::Cn, SupervisoryTone::CallWaiting, &[450.0], &[(400, 4000)]),
    row(Country::In, SupervisoryTone::Dial, &[375.0, 400.0, 425.0], &[(1000, 0)]),
    row(Country::In, SupervisoryTone::Ringback, &[375.0, 400.0, 425.0], &[(400, 200), (400, 2000)]),
    row(Country::In, SupervisoryTone::Busy, &[400.0], &[(750, 750)]),
    row(Country::In, SupervisoryTone::Reorder, &[400.0], &[(250, 250)]),
    row(Country::In, SupervisoryTone::CallWaiting, &[400.0], &[(200, 100), (200, 7500)]),
    row(Country::Br, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Br, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::Br, SupervisoryTone::Busy, &[425.0], &[(250, 250)]),
    row(Country::Br, SupervisoryTone::Reorder, &[425.0], &[(250, 250), (750, 250)]),
    row(Country::Br, SupervisoryTone::CallWaiting, &[425.0], &[(50, 1000)]),
    row(Country::Mx, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Mx, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::Mx, SupervisoryTone::Busy, &[425.0], &[(250, 250)]),
    row(Country::Mx, SupervisoryTone::Reorder, &[425.0], &[(250, 250)]),
    row(Country::Mx, SupervisoryTone::CallWaiting, &[425.0], &[(200, 600), (200, 10000)]),
    row(Country::Za, SupervisoryTone::Dial, &[367.0, 400.0, 433.0], &[(1000, 0)]),
    row(Country::Za, SupervisoryTone::Ringback, &[367.0, 400.0, 433.0], &[(400, 200), (400, 2000)]),
    row(Country::Za, SupervisoryTone::Busy, &[400.0], &[(500, 500)]),
    row(Country::Za, SupervisoryTone::Reorder, &[400.0], &[(250, 250)]),
    row(Country::Za, SupervisoryTone::CallWaiting, &[367.0, 400.0, 433.0], &[(400, 4000)]),
    row(Country::Ru, SupervisoryTone::Dial, &[425.0], &[(1000, 0)]),
    row(Country::Ru, SupervisoryTone::Ringback, &[425.0], &[(1000, 4000)]),
    row(Country::Ru, SupervisoryTone::Busy, &[425.0], &[(350, 350)]),
    row(Country::Ru, SupervisoryTone::Reorder, &[425.0], &[(175, 175)]),
    row(Country::Ru, SupervisoryTone::CallWaiting, &[425.0], &[(200, 5000)]),
];

const fn row(country: Country, tone: SupervisoryTone, hz: &'static [f32], cadence: &'static [(u16, u16)]) -> ToneRow {
    ToneRow { country, tone, hz, cadence }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_each_tone_once() {
        for country in Country::ALL {
            for tone in [
                SupervisoryTone::Dial,
                SupervisoryTone::Ringback,
                SupervisoryTone::Busy,
                SupervisoryTone::Reorder,
                SupervisoryTone::CallWaiting,
            ] {
                let rows = SUPERVISORY.iter().filter(|row| row.country == country && row.tone == tone).count();
                assert_eq!(rows, 1, "{country:?} {tone:?}");
            }
        }
    }

    #[test]
    fn codes_name_their_countries() {
        for country in Country::ALL {
            assert_eq!(Country::from_code(country.code()), Some(country));
            assert_eq!(Country::from_code(&country.code().to_lowercase()), Some(country));
        }
        assert_eq!(Country::from_code("CA"), Some(Country::Us));
        assert_eq!(Country::from_code("XX"), None);
    }

    #[test]
    fn cadences_and_frequencies_are_usable() {
        for row in SUPERVISORY {
            assert!(
                (1..=3).contains(&row.hz.len()) && row.hz.iter().all(|hz| (300.0..=1500.0).contains(hz)),
                "{row:?}"
            );
            assert!(!row.cadence.is_empty() && row.cadence.iter().all(|(sound, _)| *sound > 0), "{row:?}");
        }
    }
}
