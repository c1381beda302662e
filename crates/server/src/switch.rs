//! Calls on switches: which are watched, how their audio comes, and what is done once it is known who picked up.
//!
//! A connection to a switch sees a call and asks the [`rule`]s whether it is watched. If
//! so, a watch begins: it has the audio sent to a detector ([`links`] join the two), gives what is heard to
//! [`conduct`], which alone decides what is done, and has the connection obey its [`Order`]s.

pub mod action;
pub mod conduct;
pub mod config;
pub mod links;
pub mod order;
pub mod rule;

pub use action::{Action, Ask, MessageDrop, Moment, Then};
pub use conduct::{Conduct, Input, Opinion};
pub use config::{SwitchError, Switches};
pub use links::{Expected, Heard, Link, Links};
pub use order::{Announcement, Order, OrderError};
pub use rule::{Direction, Platform, Rule, SwitchCall};
