//! The net gives what its layers say, however it is run.

mod any;
mod bytes;
mod naive;
mod recurrent;
mod running;
