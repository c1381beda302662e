use std::fmt;

use crate::parameter::Value;

/// How a decision is made, and how one was made.
///
/// As a parameter (`decide.method`) it says what may decide; in a verdict it says what did. Tones of machines and of the
/// network (record tone, fax, SIT, busy), music, silence and the time limit decide under every method but `Classic`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The rules of Asterisk's `AMD()`, exactly, and nothing else.
    Classic,
    /// Tones only, as FreeSWITCH's mod_avmd does. A verdict by this method was given for a tone.
    Avmd,
    /// Tones and rules on the rhythm of voice and silence.
    Heuristic,
    /// The rules decide the clear cases, the learned models the others.
    Hybrid,
    /// Tones, and the learned models: the net on the spectrum and the timing model, weighed together.
    #[default]
    Ai,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 5] = [Self::Classic, Self::Avmd, Self::Heuristic, Self::Hybrid, Self::Ai];

    /// `classic`, `avmd`, `heuristic`, `hybrid` or `ai`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Avmd => "avmd",
            Self::Heuristic => "heuristic",
            Self::Hybrid => "hybrid",
            Self::Ai => "ai",
        }
    }

    /// Whether learned models have a say.
    pub const fn learned(self) -> bool {
        matches!(self, Self::Hybrid | Self::Ai)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Value for Method {
    const FORM: &'static str = "classic, avmd, heuristic, hybrid or ai";
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == text)
    }
    fn show(&self) -> String {
        self.name().to_owned()
    }
}
