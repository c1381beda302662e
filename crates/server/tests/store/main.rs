//! The store, with a real SQLite and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test ends at what should not be")]

mod calls;
mod postgres;
mod support;
