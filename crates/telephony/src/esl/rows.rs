//! The list of all legs: what `show channels as json` says.

use serde::Deserialize;
use serde_json::Value;

use super::leg::Direction;
use crate::wire::WireError;

/// A leg in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its name on the switch.
    pub uuid: String,
    /// Who began it.
    pub direction: Option<Direction>,
    /// When it was begun, in seconds since 1970.
    pub created_s: Option<u64>,
    /// The channel's name.
    pub channel: String,
    /// The caller's name.
    pub caller_name: String,
    /// The caller's number.
    pub caller_number: String,
    /// The number that was called.
    pub destination: String,
    /// What the call does: `RINGING`, `EARLY`, `ACTIVE`, `HELD`, `HANGUP`, `DOWN`.
    pub call_state: String,
    /// The application it runs.
    pub application: String,
    /// The leg that the call began with.
    pub call: String,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    rows: Vec<Wire>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Wire {
    uuid: Value,
    direction: Value,
    created_epoch: Value,
    name: Value,
    cid_name: Value,
    cid_num: Value,
    dest: Value,
    callstate: Value,
    application: Value,
    call_uuid: Value,
}

/// Reads the list; no rows where there are no calls. Rows without a name are left out.
///
/// # Errors
/// The text is not such a list.
pub fn rows(body: &str) -> Result<Vec<Row>, WireError> {
    let list: List = serde_json::from_str(body)
        .map_err(|_| WireError::new(0, "a list of channels as one JSON object", body.as_bytes()))?;
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let rows = list.rows.into_iter().map(|row| Row {
        uuid: text(row.uuid),
        direction: Direction::from_word(&text(row.direction)),
        created_s: text(row.created_epoch).parse().ok().filter(|time| *time > 0),
        channel: text(row.name),
        caller_name: text(row.cid_name),
        caller_number: text(row.cid_num),
        destination: text(row.dest),
        call_state: text(row.callstate),
        application: text(row.application),
        call: text(row.call_uuid),
    });
    Ok(rows.filter(|row| !row.uuid.is_empty()).collect())
}
