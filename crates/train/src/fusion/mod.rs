//! From what the models say to calibrated probabilities, and from errors allowed to thresholds: both are fitted with the
//! detector itself on calls that the models were not trained on.

mod balance;
mod curve;
mod rows;
mod weights;

pub(crate) use balance::count_alike;
pub use curve::{THRESHOLDS, operating_curve};
pub use rows::{LabelledCall, Row, hear};
pub use weights::fit;
