//! What is kept: encrypted audio, its deletion, the audit log. Real files, a real S3 server, real databases.

mod audit;
mod audit_faults;
mod place;
#[path = "../store/postgres.rs"]
mod postgres;
mod privacy;
mod retention;
mod s3;
mod vault;
