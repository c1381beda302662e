//! The features of the timing model: one declaration gives the struct, their order, and the table that describes them.

/// What a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimingFeature {
    /// The name, as [`TimingFeatures`] has it.
    pub name: &'static str,
    /// The unit: `s`, `dB`, `/s`, or nothing for shares and counts.
    pub unit: &'static str,
    /// What it is.
    pub about: &'static str,
}

macro_rules! features {
    ($($(#[doc = $about:literal])+ $name:ident: $unit:literal,)+) => {
        /// The rhythm of voice and silence so far, in numbers. A call's first hop has sensible values already, and every
        /// value is finite.
        ///
        /// All times are in seconds and count what was heard: what was lost is in none of them. A word is a burst of
        /// voice, an utterance is words with short pauses between them; see [`super::Timing`].
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct TimingFeatures {
            $($(#[doc = $about])+ pub $name: f32,)+
        }

        /// How many features there are.
        pub const TIMING_FEATURES: usize = [$(stringify!($name)),+].len();

        impl TimingFeatures {
            /// What the features are, in the order of [`Self::values`].
            pub const TABLE: [TimingFeature; TIMING_FEATURES] = [$(TimingFeature {
                name: stringify!($name),
                unit: $unit,
                about: concat!($($about),+).trim_ascii(),
            }),+];

            /// The values, in the order of [`Self::TABLE`].
            pub const fn values(&self) -> [f32; TIMING_FEATURES] {
                [$(self.$name),+]
            }
        }
    };
}

features! {
    /// Time from the answer to the first word; until there is one, to now.
    delay: "s",
    /// Time since the first word began.
    since_first_word: "s",
    /// Voice so far: the length of all words.
    voice: "s",
    /// Share of voice in the time since the first word began.
    voice_share: "",
    /// Words so far.
    words: "",
    /// Words a second of voice.
    word_rate: "/s",
    /// Mean length of a word.
    mean_word: "s",
    /// Length of the longest word.
    longest_word: "s",
    /// Length of the latest word.
    latest_word: "s",
    /// Standard deviation of the lengths of words.
    word_variation: "s",
    /// Utterances so far.
    utterances: "",
    /// Voice in the first utterance.
    first_utterance: "s",
    /// Voice in the latest utterance.
    latest_utterance: "s",
    /// Voice in the longest utterance.
    longest_utterance: "s",
    /// Voice since the last pause in which a person waits for a reply.
    turn_voice: "s",
    /// Silence since the last word; before the first one, since the answer.
    silence: "s",
    /// Mean pause between words.
    mean_pause: "s",
    /// The longest pause between words.
    longest_pause: "s",
    /// The latest pause between words.
    latest_pause: "s",
    /// Standard deviation of the pauses between words.
    pause_variation: "s",
    /// Pauses between words that are too short to part utterances.
    short_pauses: "",
    /// Silence before the latest utterance.
    pause_before: "s",
    /// 1 while a word goes on, else 0.
    speaking: "",
    /// Share of voiced sound in the voice.
    voiced_share: "",
    /// Runs of voiced sound a second of voice: about the rate of syllables.
    voiced_rate: "/s",
    /// Standard deviation of the level while voice sounds.
    level_variation: "dB",
    /// How far the level of the voice lies above the background on average, each hop limited to 30 dB.
    level_above_floor: "dB",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_describes_the_values_in_their_order() {
        let features = TimingFeatures { delay: 1.0, voice: 2.0, level_above_floor: 3.0, ..TimingFeatures::default() };
        for (feature, value) in TimingFeatures::TABLE.iter().zip(features.values()) {
            let expected = match feature.name {
                "delay" => 1.0,
                "voice" => 2.0,
                "level_above_floor" => 3.0,
                _ => 0.0,
            };
            assert_eq!(value, expected, "{}", feature.name);
            assert!(feature.about.ends_with('.') && !feature.about.starts_with(' '), "{feature:?}");
        }
        assert_eq!(TimingFeatures::TABLE[0].name, "delay");
    }
}
