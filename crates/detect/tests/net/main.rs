//! The net gives what its layers say, however it is run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod any;
mod bytes;
mod naive;
mod recurrent;
mod running;
