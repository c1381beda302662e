//! How many machines a volume of calls needs: from what a load measured, and by the specification's formula.

mod formula;
mod need;

pub(crate) use formula::{Architecture, Required, required};
pub(crate) use need::{Machine, Need, Volume, least_memory, need};
