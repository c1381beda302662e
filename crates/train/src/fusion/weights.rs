use std::collections::HashMap;

use offhook_detect::{FusionModel, Inputs, Mixture, Weights};

use super::Row;
use crate::fit_error::FitError;
use crate::logistic;

/// The strength of the pull towards zero.
const RIDGE: f32 = 1e-3;

/// Which inputs a mixture has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts {
    timing: bool,
    net: bool,
}

/// Fits the weights of every mixture; the curves are left empty. Each call counts as its weight says,
/// whatever its length, and people as much as machines. `alone` was heard without the net: the weights of timing by itself are fitted on it.
///
/// # Errors
/// [`FitError`] if there are no people or no machines among them.
pub fn fit(rows: &[Row], alone: &[Row]) -> Result<FusionModel, FitError> {
    Ok(FusionModel {
        all: mixture(rows, Parts { timing: true, net: true })?,
        timing: mixture(alone, Parts { timing: true, net: false })?,
        net: mixture(rows, Parts { timing: false, net: true })?,
    })
}

fn mixture(rows: &[Row], parts: Parts) -> Result<Mixture, FitError> {
    let (speaking, silent) = (weights(rows, true, parts)?, weights(rows, false, parts)?);
    Ok(Mixture { speaking, silent, curve: Vec::new() })
}

/// The rows of one state, while voice sounds, or in silence, each with what it counts.
fn mixture_rows(rows: &[Row], sounding: bool) -> Vec<(&Row, f32)> {
    let of_state: Vec<&Row> = rows.iter().filter(|row| row.inputs.sounding == sounding).collect();
    let mut of_call: HashMap<u32, f32> = HashMap::new();
    for row in &of_state {
        *of_call.entry(row.call).or_default() += 1.0;
    }
    let mut classes: [f32; 2] = [0.0; 2];
    let mut counted: Vec<(&Row, f32)> =
        of_state.into_iter().map(|row| (row, row.weight / of_call[&row.call])).collect();
    for (row, weight) in &counted {
        classes[usize::from(row.machine)] += weight;
    }
    for (row, weight) in &mut counted {
        *weight /= classes[usize::from(row.machine)].max(1.0);
    }
    counted
}

fn weights(rows: &[Row], sounding: bool, parts: Parts) -> Result<Weights, FitError> {
    let rows = mixture_rows(rows, sounding);
    let labels: Vec<bool> = rows.iter().map(|(row, _)| row.machine).collect();
    let counts: Vec<f32> = rows.iter().map(|(_, weight)| weight * rows.len() as f32 / 2.0).collect();
    let mut used = [parts.timing, parts.timing, parts.net, parts.net];
    loop {
        let mut flat = Vec::with_capacity(rows.len() * used.len());
        for (row, _) in &rows {
            let Inputs { timing, long, call, voice, .. } = row.inputs;
            flat.extend([timing, long, call, voice].into_iter().zip(used).filter(|(_, used)| *used).map(|(x, _)| x));
        }
        let width = used.iter().filter(|used| **used).count();
        let fitted = logistic::fit(&flat, width, &labels, &counts, RIDGE)?;
        let mut values = fitted.weights.iter().copied();
        let all = used.map(|used| if used { values.next().unwrap_or_default() } else { 0.0 });
        // All inputs speak for a machine. One with a negative weight only makes up for another; it would mislead where the
        // two do not go together as they do here.
        match (0..all.len()).filter(|&at| all[at] < 0.0).min_by(|&a, &b| all[a].total_cmp(&all[b])) {
            Some(worst) => used[worst] = false,
            None => {
                let [timing, long, call, voice] = all;
                return Ok(Weights { bias: fitted.bias, timing, call, voice, long });
            }
        }
    }
}
