//! Numbered chunks, in order: what came too early waits, what never comes is a gap.

use std::collections::BTreeMap;

/// What becomes of a chunk that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<T> {
    /// It is next, or one that waited is.
    Next(T),
    /// So many chunks before the next one never came.
    Missing(u64),
}

/// A number that cannot follow those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReorderError {
    /// It was played already, or given up.
    #[error("sequence: given {given}, allowed is {next} or more: this chunk came twice or too late")]
    Late {
        /// Its number.
        given: u64,
        /// The least that is still awaited.
        next: u64,
    },
    /// It waits already.
    #[error("sequence: given {given} a second time")]
    Duplicate {
        /// Its number.
        given: u64,
    },
    /// It is too far ahead.
    #[error("sequence: given {given}, allowed is up to {most}: a jump that large is no loss")]
    Jump {
        /// Its number.
        given: u64,
        /// The most that is believed.
        most: u64,
    },
}

/// Puts numbered chunks in order. The first number that comes is the first.
#[derive(Debug)]
pub struct Reorder<T> {
    next: Option<u64>,
    waiting: BTreeMap<u64, T>,
    /// The most chunks that wait.
    window: usize,
}

impl<T> Reorder<T> {
    /// At most `window` chunks wait for those before them.
    pub const fn new(window: usize) -> Self {
        Self { next: None, waiting: BTreeMap::new(), window }
    }

    /// Takes a chunk and appends to `into` what may be heard now, in order. A number more than `jump` ahead is refused.
    ///
    /// # Errors
    /// The number cannot follow; the chunk is dropped and nothing else changes.
    pub fn push(&mut self, sequence: u64, chunk: T, jump: u64, into: &mut Vec<Arrival<T>>) -> Result<(), ReorderError> {
        let next = *self.next.get_or_insert(sequence);
        if sequence < next {
            return Err(ReorderError::Late { given: sequence, next });
        }
        let most = next.saturating_add(jump);
        if sequence > most {
            return Err(ReorderError::Jump { given: sequence, most });
        }
        if self.waiting.contains_key(&sequence) {
            return Err(ReorderError::Duplicate { given: sequence });
        }
        self.waiting.insert(sequence, chunk);
        self.release(self.window, into);
        Ok(())
    }

    /// Gives up what is still awaited and appends the rest to `into`.
    pub fn finish(&mut self, into: &mut Vec<Arrival<T>>) {
        self.release(0, into);
    }

    /// Appends what is next; and, while more than `window` wait, what comes after a hole.
    fn release(&mut self, window: usize, into: &mut Vec<Arrival<T>>) {
        let Some(mut next) = self.next else { return };
        while let Some(first) = self.waiting.first_entry() {
            let at = *first.key();
            if at > next {
                if self.waiting.len() <= window {
                    break;
                }
                into.push(Arrival::Missing(at - next));
                next = at;
                continue;
            }
            into.push(Arrival::Next(first.remove()));
            next = at.saturating_add(1);
        }
        self.next = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(sequences: &[u64], window: usize) -> (Vec<Arrival<u64>>, Vec<ReorderError>) {
        let (mut heard, mut errors) = (Vec::new(), Vec::new());
        let mut reorder = Reorder::new(window);
        for &sequence in sequences {
            errors.extend(reorder.push(sequence, sequence, 1_000, &mut heard).err());
        }
        reorder.finish(&mut heard);
        (heard, errors)
    }

    #[test]
    fn what_is_early_waits() {
        let (heard, errors) = all(&[5, 7, 6, 8], 4);
        assert_eq!(heard, [5, 6, 7, 8].map(Arrival::Next));
        assert_eq!(errors, []);
    }

    #[test]
    fn what_never_comes_is_missing() {
        let (heard, errors) = all(&[0, 3, 4, 5, 1], 2);
        use Arrival::{Missing, Next};
        assert_eq!(heard, [Next(0), Missing(2), Next(3), Next(4), Next(5)]);
        assert_eq!(errors, [ReorderError::Late { given: 1, next: 6 }]);
    }

    #[test]
    fn twice_is_once_and_a_leap_is_refused() {
        let (heard, errors) = all(&[0, 2, 2, 0, 5_000], 4);
        assert_eq!(heard, [Arrival::Next(0), Arrival::Missing(1), Arrival::Next(2)]);
        assert_eq!(
            errors,
            [
                ReorderError::Duplicate { given: 2 },
                ReorderError::Late { given: 0, next: 1 },
                ReorderError::Jump { given: 5_000, most: 1_001 },
            ]
        );
    }

    proptest! {
        #[test]
        fn time_is_kept_whatever_the_order(sequences in prop::collection::vec(0u64..60, 1..80), window in 0usize..9) {
            let first = sequences[0];
            let (heard, errors) = all(&sequences, window);
            let mut at = first;
            for arrival in &heard {
                match arrival {
                    Arrival::Missing(count) => at += count,
                    Arrival::Next(chunk) => {
                        prop_assert_eq!(*chunk, at);
                        at += 1;
                    }
                }
            }
            let next = heard.iter().filter(|a| matches!(a, Arrival::Next(_))).count();
            prop_assert_eq!(next + errors.len(), sequences.len());
        }

        #[test]
        fn a_window_as_wide_as_the_disorder_loses_nothing(order in Just((0u64..40).collect::<Vec<_>>()).prop_shuffle()) {
            let mut sequences = vec![0];
            sequences.extend(order.into_iter().filter(|s| *s != 0));
            let (heard, errors) = all(&sequences, 40);
            prop_assert_eq!(errors, vec![]);
            prop_assert_eq!(heard, (0..40).map(Arrival::Next).collect::<Vec<_>>());
        }
    }
}
