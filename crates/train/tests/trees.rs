//! The fitter of the timing model: what it learns, what it is held to, and what it refuses.

use offhook_detect::timing::{TIMING_FEATURES, TimingFeatures, TimingModel};
use offhook_sim::Random;
use offhook_train::trees::{Direction, Samples, TreeConfig, fit};

type Row = [f32; TIMING_FEATURES];

fn feature(name: &str) -> usize {
    TimingFeatures::TABLE.iter().position(|feature| feature.name == name).expect("a feature of the table")
}

/// Rows of noise, ten a call, with labels that follow from them.
fn samples(calls: u32, seed: u64, label: impl Fn(&Row, &mut Random) -> bool) -> Samples {
    let mut random = Random::new(seed);
    let mut samples = Samples::default();
    for row in 0..calls * 10 {
        let features: Row = std::array::from_fn(|_| random.unit() as f32);
        let label = label(&features, &mut random);
        samples.push(features, label, 1.0, row / 10);
    }
    samples
}

fn accuracy(model: &TimingModel, samples: &Samples) -> f64 {
    let rows = samples.features.iter().zip(&samples.labels);
    rows.filter(|(row, label)| (model.log_odds(row) > 0.0) == **label).count() as f64 / samples.labels.len() as f64
}

#[test]
fn a_threshold_is_found_where_it_is() {
    let voice = feature("voice");
    let label = |row: &Row, _: &mut Random| row[voice] >= 0.3;
    let fit = fit(&samples(300, 1, label), None, &TreeConfig { trees: 20, ..TreeConfig::default() }).unwrap();
    assert!(accuracy(&fit.model, &samples(100, 2, label)) > 0.98);
    assert!(fit.gains[voice] > 0.98 && fit.model.importance()[voice] > 0.95, "{:?}", fit.gains);
    let root = fit.model.trees()[0].nodes[0].split.unwrap();
    assert!(usize::from(root.feature) == voice && (root.threshold - 0.3).abs() < 0.03, "{root:?}");
}

#[test]
fn features_that_mean_something_only_together_are_learned() {
    let (voice, silence) = (feature("voice"), feature("silence"));
    let label = |row: &Row, _: &mut Random| (row[voice] > 0.5) != (row[silence] > 0.4);
    let config = TreeConfig { shrinkage: 0.3, ..TreeConfig::default() };
    let fit = fit(&samples(600, 3, label), None, &config).unwrap();
    let right = accuracy(&fit.model, &samples(100, 4, label));
    assert!(right > 0.95, "{right}");
}

#[test]
fn contributions_make_up_the_log_odds_and_vanish_on_average() {
    let label = |row: &Row, random: &mut Random| random.chance(f64::from(row[0] * 0.6 + row[5] * 0.4));
    let training = samples(200, 5, label);
    let model = fit(&training, None, &TreeConfig::default()).unwrap().model;
    let mut mean = 0.0;
    for row in &training.features {
        let score = model.score(row);
        let sum = model.bias() + score.contributions.iter().sum::<f32>();
        assert!((sum - score.log_odds).abs() < 1e-4, "{sum} {}", score.log_odds);
        mean += f64::from(score.log_odds) / training.features.len() as f64;
    }
    assert!((mean - f64::from(model.bias())).abs() < 1e-3, "{mean} {}", model.bias());
}

#[test]
fn fitting_stops_where_what_was_held_out_gains_no_more() {
    let label = |row: &Row, random: &mut Random| random.chance(if row[2] > 0.5 { 0.8 } else { 0.2 });
    let config = TreeConfig { shrinkage: 0.5, least_weight: 1.0, l2: 0.0, patience: 4, ..TreeConfig::default() };
    let fit = fit(&samples(40, 6, label), Some(&samples(40, 7, label)), &config).unwrap();
    let losses: Vec<f64> = fit.rounds.iter().map(|round| round.validation_loss.unwrap()).collect();
    let least = losses.iter().copied().fold(f64::MAX, f64::min);
    assert_eq!(losses[fit.model.trees().len() - 1], least);
    assert_eq!(losses.len(), fit.model.trees().len() + 4);
    let learned = fit.rounds.last().unwrap().training_loss;
    assert!(learned < fit.rounds[0].training_loss && losses[losses.len() - 1] > least);
}

#[test]
fn a_direction_is_kept_everywhere() {
    // What is learned from falls where it may not, in part of the range.
    let label = |row: &Row, random: &mut Random| random.chance(f64::from((row[2] * 6.0 + row[3]).sin() * 0.4 + 0.5));
    let mut config = TreeConfig { shrinkage: 0.3, ..TreeConfig::default() };
    config.directions[2] = Direction::Rising;
    config.directions[4] = Direction::Unused;
    let training = samples(400, 8, label);
    let held = fit(&training, None, &config).unwrap();
    let free = fit(&training, None, &TreeConfig { shrinkage: 0.3, ..TreeConfig::default() }).unwrap();
    let falls = |model: &TimingModel| {
        samples(20, 9, |_, _| true).features.iter().any(|row| {
            let moved = |step: u8| -> Row {
                std::array::from_fn(|feature| if feature == 2 { f32::from(step) / 50.0 } else { row[feature] })
            };
            (1..=50).any(|step| model.log_odds(&moved(step)) < model.log_odds(&moved(step - 1)) - 1e-4)
        })
    };
    assert!(!falls(&held.model) && falls(&free.model));
    assert!(held.gains[4] == 0.0 && free.gains[4] > 0.0);
}

#[test]
fn balance_weighs_calls_alike_and_people_and_machines_too() {
    let mut samples = Samples::default();
    // A person of two rows, one of four, and a machine of three.
    for (call, label, rows) in [(90, false, 2), (7, false, 4), (4_000_000_000, true, 3)] {
        (0..rows).for_each(|_| samples.push([0.0; TIMING_FEATURES], label, 1.0, call));
    }
    samples.balance();
    let expected = [1.125; 2].into_iter().chain([0.5625; 4]).chain([1.5; 3]);
    for (weight, expected) in samples.weights.iter().zip(expected) {
        assert!((weight - expected).abs() < 1e-6, "{:?}", samples.weights);
    }
}

#[test]
fn the_same_samples_give_the_same_model() {
    let training = samples(50, 10, |row, random| random.chance(f64::from(row[1])));
    let config = TreeConfig::default();
    let first = fit(&training, None, &config).unwrap();
    assert_eq!(first, fit(&training, None, &config).unwrap());
    assert_ne!(first.model, fit(&training, None, &TreeConfig { seed: 2, ..config }).unwrap().model);
}

#[test]
fn errors_name_what_is_wrong() {
    let good = samples(10, 11, |row, _| row[0] > 0.5);
    let text = |samples: &Samples, config: &TreeConfig| fit(samples, None, config).unwrap_err().to_string();
    let config = TreeConfig::default();
    assert_eq!(text(&good, &TreeConfig { depth: 4, ..config.clone() }), "fit: depth: given 4, allowed 1 to 3");
    let short = Samples { group: vec![1], ..good.clone() };
    assert_eq!(text(&short, &config), "fit: group: given 1, allowed as many as rows: 100");
    let alike = samples(10, 12, |_, _| false);
    assert_eq!(text(&alike, &config), "fit: labels: given false only, allowed are both");
    let mut bad = good;
    bad.features[3][2] = f32::NAN;
    assert_eq!(text(&bad, &config), "fit: features: given NaN, allowed finite numbers");
}
