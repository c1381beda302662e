//! The store, with a real SQLite and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test ends at what should not be")]
#![allow(clippy::print_stdout, reason = "a process that is to be killed tells what is safe")]

mod calls;
mod figures;
mod postgres;
mod support;
mod survival;
