//! The columns of an exported table.

use std::fmt;

use jiff::Timestamp;

use crate::store::call::{CallSummary, Truth};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Time,
    Whole,
    Real,
    Flag,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether some calls have nothing in it.
    pub(super) optional: bool,
}

const fn of(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: false }
}

const fn maybe(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: true }
}

/// The columns, in order.
pub(super) const COLUMNS: &[Column] = &[
    of("id", Kind::Text),
    of("call_id", Kind::Text),
    of("owner", Kind::Text),
    of("source", Kind::Text),
    maybe("campaign", Kind::Text),
    maybe("caller", Kind::Text),
    maybe("destination", Kind::Text),
    of("started", Kind::Time),
    of("ended", Kind::Time),
    of("answered_by", Kind::Text),
    of("is_voicemail", Kind::Flag),
    of("confidence", Kind::Real),
    of("method", Kind::Text),
    of("stage", Kind::Text),
    of("why", Kind::Text),
    of("decided_ms", Kind::Whole),
    maybe("ready_ms", Kind::Whole),
    of("audio_ms", Kind::Whole),
    of("lost_ms", Kind::Whole),
    of("processing_ms", Kind::Real),
    of("model_version", Kind::Text),
    of("audio_kept", Kind::Flag),
    maybe("truth_answered_by", Kind::Text),
    maybe("truth_by", Kind::Text),
    maybe("truth_note", Kind::Text),
    maybe("truth_at", Kind::Time),
];

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Nothing,
    Text(String),
    Time(Timestamp),
    Whole(i64),
    Real(f64),
    Flag(bool),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Time(time) => time.fmt(f),
            Self::Whole(number) => number.fmt(f),
            Self::Real(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

fn text(text: Option<String>) -> Cell {
    text.map_or(Cell::Nothing, Cell::Text)
}

/// The values of a call, in the order of [`COLUMNS`].
pub(super) fn row(call: CallSummary, lost_ms: i64) -> Vec<Cell> {
    let number = |number: Option<crate::pii::Pii<String>>| text(number.map(|number| number.reveal().clone()));
    let truth = match call.truth {
        None => [const { Cell::Nothing }; 4],
        Some(Truth { answered_by, by, note, at }) => {
            [Cell::Text(answered_by), Cell::Text(by.word().to_owned()), text(note), Cell::Time(at)]
        }
    };
    let mut cells = vec![
        Cell::Text(call.id.to_string()),
        Cell::Text(call.call_id),
        Cell::Text(call.owner),
        Cell::Text(call.source.word().to_owned()),
        text(call.campaign),
        number(call.caller),
        number(call.destination),
        Cell::Time(call.started),
        Cell::Time(call.ended),
        Cell::Text(call.answered_by),
        Cell::Flag(call.is_voicemail),
        Cell::Real(call.confidence),
        Cell::Text(call.method),
        Cell::Text(call.stage),
        Cell::Text(call.why),
        Cell::Whole(call.decided_ms),
        call.ready_ms.map_or(Cell::Nothing, Cell::Whole),
        Cell::Whole(call.audio_ms),
        Cell::Whole(lost_ms),
        Cell::Real(call.processing_ms),
        Cell::Text(call.model_version),
        Cell::Flag(call.audio_kept),
    ];
    cells.extend(truth);
    cells
}
