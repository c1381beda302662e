//! Figures of a net on whole calls it did not learn from.

use super::batches;
use crate::data::{CLASSES, Example, IGNORED};
use crate::error::TrainError;
use crate::metrics::{Binary, Validation};
use crate::nn::{Batch, Loss, Losses, Net};

/// Calls judged at once.
const TOGETHER: usize = 16;

/// The figures on `calls`.
pub(super) fn validate(net: &Net, calls: &[Example], loss: &Loss, threads: usize) -> Result<Validation, TrainError> {
    let mut sorted: Vec<&Example> = calls.iter().collect();
    // Calls of like length together need little padding.
    sorted.sort_by_key(|call| call.hops());
    let mut sums = Losses::default();
    let mut counts = [[0usize; 2]; CLASSES];
    let mut scored = Vec::new();
    for calls in sorted.chunks(TOGETHER) {
        let batch = batches::whole(calls, net);
        let (losses, outputs) = net.evaluate(&batch, loss, threads)?;
        sums += losses;
        if loss.classes > 0 {
            count(&batch, &outputs, &mut counts);
        }
        let steps = net.steps(batch.time);
        for (call, outputs) in calls.iter().zip(outputs.chunks_exact(steps * net.outputs())) {
            let Some(machine) = call.machine() else { continue };
            let logit = score_after_speech(call, outputs, net.outputs());
            scored.push((1.0 / (1.0 + (-logit).exp()), machine));
        }
    }
    let share = |sum: f64, of: f64| if of > 0.0 { sum / of } else { 0.0 };
    let recall = |[right, all]: [usize; 2]| share(right as f64, all as f64);
    Ok(Validation {
        loss: sums.mean(loss),
        class_loss: share(sums.class_sum, sums.class_count),
        machine_loss: share(sums.binary_sum, sums.binary_weight),
        class_accuracy: share(sums.class_right, sums.class_count),
        class_recall: if loss.classes > 0 { counts.map(recall).to_vec() } else { Vec::new() },
        machine: Binary::of(&scored),
    })
}

/// Counts for each class the steps that are found, and all.
fn count(batch: &Batch, outputs: &[f32], counts: &mut [[usize; 2]; CLASSES]) {
    let width = outputs.len() / batch.classes.len().max(1);
    for (class, outputs) in batch.classes.iter().zip(outputs.chunks_exact(width.max(1))) {
        if *class == IGNORED {
            continue;
        }
        let largest = (0..CLASSES).max_by(|a, b| outputs[*a].total_cmp(&outputs[*b]));
        let [right, all] = &mut counts[usize::from(*class)];
        *all += 1;
        *right += usize::from(largest == Some(usize::from(*class)));
    }
}

/// The machine's logit at the frame at which [`batches::judged_at`] would judge, of the `outputs` of a whole call.
fn score_after_speech(call: &Example, outputs: &[f32], width: usize) -> f32 {
    let steps = outputs.len() / width;
    // Nets that see a window have one step, whose window begins with the speech.
    let frames = call.hops().max(1);
    let step = if steps == 1 { 0 } else { batches::judged_at(&call.targets) * steps / frames };
    outputs[step.min(steps - 1) * width + width - 1]
}
