//! The parts of a mini-batch, worked on by several threads.

use std::panic::resume_unwind;
use std::thread;

use super::batch::Batch;
use super::loss::Targets;

/// Sequences worked on together. It is the same for every number of threads, so that sums are too; and as many as rows of
/// the tiles in which matrices are multiplied, since a recurrent unit has one row per sequence.
pub(super) const SHARD: usize = 16;

/// Some consecutive sequences of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shard<'a> {
    pub(super) sequences: usize,
    pub(super) frames: &'a [f32],
    pub(super) targets: Targets<'a>,
}

/// A batch whose parts were checked, in shards; the net gives `steps` steps for each sequence.
pub(super) fn shards(batch: &Batch, steps: usize) -> Vec<Shard<'_>> {
    let length = batch.frames.len() / batch.sequences;
    let part = |from: usize| {
        let to = batch.sequences.min(from + SHARD);
        Shard {
            sequences: to - from,
            frames: &batch.frames[from * length..to * length],
            targets: Targets {
                classes: batch.classes.get(from * steps..to * steps).unwrap_or_default(),
                binary: batch.binary.get(from * steps..to * steps).unwrap_or_default(),
                binary_weights: batch.binary_weights.get(from * steps..to * steps).unwrap_or_default(),
            },
        }
    };
    (0..batch.sequences).step_by(SHARD).map(part).collect()
}

/// Does `work` on each of `items`, with up to `threads` threads; results are in the order of the items.
pub(super) fn each<I: Sync, O: Send>(items: &[I], threads: usize, work: impl Fn(usize, &I) -> O + Sync) -> Vec<O> {
    let threads = threads.clamp(1, items.len().max(1));
    let of_thread = |thread: usize| -> Vec<O> {
        items.iter().enumerate().skip(thread).step_by(threads).map(|(index, item)| work(index, item)).collect()
    };
    let mut results: Vec<_> = thread::scope(|scope| {
        let of_thread = &of_thread;
        let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || of_thread(thread))).collect();
        let own = of_thread(0);
        let joined = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(joined).map(Vec::into_iter).collect()
    });
    (0..items.len()).filter_map(|index| results[index % threads].next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        let items: Vec<_> = (0..7).collect();
        for threads in [0, 1, 2, 3, 7, 9] {
            assert_eq!(
                each(&items, threads, |index, item| (index, item * 2)),
                (0..7).map(|i| (i, 2 * i)).collect::<Vec<_>>()
            );
        }
    }
}
