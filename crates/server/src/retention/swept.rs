//! What a sweep did.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// What a sweep did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Audio of calls begun before this had to go.
    pub audio_before: Timestamp,
    /// Records of calls begun before this had to go.
    pub calls_before: Timestamp,
    /// How many recordings were deleted for their age.
    pub audio: u64,
    /// How many records were deleted.
    pub calls: u64,
    /// How many recordings were deleted for no record knew of them.
    pub strays: u64,
    /// When the oldest and the newest call of all these began.
    pub range: Option<(Timestamp, Timestamp)>,
    /// How many recordings were found afterwards that are too old.
    pub left_audio: u64,
    /// How many records were found afterwards that are too old.
    pub left_calls: u64,
    /// Whether it was looked afterwards and nothing was found.
    pub proven: bool,
}

impl Swept {
    pub(super) fn new(audio_before: Timestamp, calls_before: Timestamp) -> Self {
        Self {
            audio_before,
            calls_before,
            audio: 0,
            calls: 0,
            strays: 0,
            range: None,
            left_audio: 0,
            left_calls: 0,
            proven: false,
        }
    }

    /// Whether anything was deleted or left.
    pub(super) fn anything(&self) -> bool {
        self.audio + self.calls + self.strays + self.left_audio + self.left_calls > 0
    }

    pub(super) fn deleted_audio(&mut self, call: Uuid) {
        self.audio += 1;
        self.widen(call);
    }

    pub(super) fn deleted_stray(&mut self, call: Uuid) {
        self.strays += 1;
        self.widen(call);
    }

    pub(super) fn deleted_calls(&mut self, calls: &[Uuid], count: u64) {
        self.calls += count;
        for call in calls {
            self.widen(*call);
        }
    }

    fn widen(&mut self, call: Uuid) {
        if let Some(at) = crate::vault::made(call) {
            let (oldest, newest) = self.range.unwrap_or((at, at));
            self.range = Some((oldest.min(at), newest.max(at)));
        }
    }

    /// What the audit log is told.
    pub(super) fn detail(&self, error: Option<&str>) -> Value {
        json!({
            "audio": self.audio,
            "calls": self.calls,
            "strays": self.strays,
            "oldest": self.range.map(|(oldest, _)| oldest),
            "newest": self.range.map(|(_, newest)| newest),
            "audio_before": self.audio_before,
            "calls_before": self.calls_before,
            "left": self.left_audio + self.left_calls,
            "proven": self.proven,
            "error": error,
        })
    }
}
