//! Drives a running service at the pace of real calls, and measures what it does.
//!
//! One thread writes: it goes round a wheel of milliseconds and, for each stream, hands the next packet to the socket.
//! All packets of a call are WebSocket frames already, made before the start, so that a packet costs one system call.
//! What the service answers is read by tasks, one a stream, which sleep most of the time.

mod connection;
mod frames;
mod outcome;
mod pacer;
mod plan;
mod pool;
mod process;
mod report;
mod rest;
mod run;
mod search;
mod stream;
mod tally;
mod target;

pub(crate) use plan::{LoadPlan, SEARCHED, Scenario};
pub(crate) use pool::{Packets, Pool, PoolSource};
pub(crate) use process::listening_on;
#[cfg(test)]
pub(crate) use report::ProcessFigures;
pub(crate) use report::{LoadReport, write_text};
pub(crate) use run::{Load, run};
pub(crate) use search::search;
pub(crate) use target::Target;
