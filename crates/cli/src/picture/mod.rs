//! A call as a picture: what was heard, along the time axis.

pub(crate) mod curve;
pub(crate) mod scene;
pub(crate) mod svg;
pub(crate) mod terminal;
mod wave;

pub(crate) use scene::Scene;
pub(crate) use wave::Wave;
