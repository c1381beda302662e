//! How good the detector is on labelled calls. All here is pure: rows and what was said of them in, figures out.

pub(crate) mod agreement;
pub(crate) mod beeps;
pub(crate) mod curve;
pub(crate) mod figures;
pub(crate) mod label;
pub(crate) mod lane;
pub(crate) mod manifest;
pub(crate) mod report;
pub(crate) mod statistics;

pub(crate) use figures::{Call, Figures};
pub(crate) use manifest::{Manifest, Row};
pub(crate) use statistics::{Rate, Spread};
