//! The parts of a cross-validation. All calls of a speaker are in one part, so that no voice is both learnt from and
//! judged.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::data::Example;

/// The part, from 1, of each call. Speakers are dealt to the smallest part, the one with the most calls first; a call
/// without a voice is dealt alone.
pub(super) fn parts(calls: &[Example], folds: usize) -> Vec<usize> {
    let group = |at: usize| {
        let Example { source, speaker, .. } = &calls[at];
        let alone = if speaker.is_empty() { at + 1 } else { 0 };
        (source.as_str(), speaker.as_str(), alone)
    };
    let mut groups: BTreeMap<_, usize> = BTreeMap::new();
    (0..calls.len()).for_each(|at| *groups.entry(group(at)).or_default() += 1);
    let mut order: Vec<_> = groups.into_iter().collect();
    order.sort_by_key(|&(group, size)| (Reverse(size), group));
    let mut sizes = vec![0; folds.max(1)];
    let mut part_of = BTreeMap::new();
    for (group, size) in order {
        let smallest = (0..sizes.len()).min_by_key(|&part| sizes[part]).unwrap_or(0);
        sizes[smallest] += size;
        part_of.insert(group, smallest + 1);
    }
    (0..calls.len()).map(|at| part_of.get(&group(at)).copied().unwrap_or(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Frames;
    use offhook_sim::Label;

    #[test]
    fn a_speaker_is_in_one_part_and_parts_are_as_large() {
        let call = |speaker: &str| Example {
            frames: Frames::default(),
            targets: Vec::new(),
            label: Label::Human,
            first_speech: None,
            speaker: speaker.to_owned(),
            source: "s".to_owned(),
            language: String::new(),
            line: String::new(),
            samples: None,
        };
        let calls = ["a", "b", "a", "a", "c", "d", "", "", "c", "e"].map(call);
        let parts = parts(&calls, 3);
        assert_eq!([parts[0], parts[0], parts[4]], [parts[2], parts[3], parts[8]]);
        for part in 1..=3 {
            assert!((3..=4).contains(&parts.iter().filter(|&&at| at == part).count()), "{parts:?}");
        }
    }
}
