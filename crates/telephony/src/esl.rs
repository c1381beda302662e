//! FreeSWITCH's event socket (mod_event_socket): what the switch says on it and what can be said to it.
//!
//! [`EslDecoder`] turns bytes into [`Frame`]s, [`Event`] is what happened on the switch, [`Leg`] one call leg of it,
//! [`Twins`] drops events that came twice. [`Command`] writes what goes out; [`ApiLine`] is a line of the switch's own
//! commands, with their rules of quoting. The same protocol is spoken where we connect to the switch (inbound) and
//! where the dialplan's `socket` connects to us (outbound).

mod api;
mod command;
mod decoder;
mod event;
mod frame;
mod leg;
mod originate;
mod rows;
mod text;
mod twins;

pub use api::{ApiLine, Playing, setting};
pub use command::{Command, EventFormat, SentEvent, Wanted};
pub use decoder::{EslDecoder, LARGEST_BODY, LARGEST_HEADERS};
pub use event::{Event, MOST_HEADERS};
pub use frame::{ApiResponse, Disconnect, Frame, Reply};
pub use leg::{Direction, Leg};
pub use originate::Originate;
pub use rows::{Row, rows};
pub use text::CommandError;
pub use twins::Twins;
