//! What is kept: encrypted audio, its deletion, the audit log. Real files, a real S3 server, real databases.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod audit_faults;
mod place;
#[path = "../store/postgres.rs"]
mod postgres;
mod privacy;
mod retention;
mod s3;
mod vault;
