use std::time::Duration;

use offhook_audio::MediaTime;

use crate::config::ReadyConfig;
use crate::event::ReadyReason;

/// Follows a machine to the moment at which a message may start: the beep has ended, or the greeting has ended and
/// enough silence followed, or the time allowed is over.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    config: ReadyConfig,
    since: MediaTime,
    beep_ended: Option<MediaTime>,
    given: Given,
}

impl Ready {
    /// Follows a machine that became known at `since`.
    pub(crate) fn new(config: &ReadyConfig, since: MediaTime) -> Self {
        Self { config: *config, since, beep_ended: None, given: Given::Not }
    }

    /// A record tone ended at `ended`.
    pub(crate) fn beep(&mut self, ended: MediaTime) {
        self.beep_ended = Some(ended);
    }

    /// One hop that ends at `now`, `silence` after the last word; `tone` if a tone sounds, `spoken` if there were words
    /// at all. `Some` when a message may start; again if a record tone still comes after that.
    pub(crate) fn push(&mut self, now: MediaTime, silence: Duration, tone: bool, spoken: bool) -> Option<ReadyReason> {
        if let Some(ended) = self.beep_ended {
            let due = now - ended >= self.config.after_beep && self.given < Given::AfterBeep;
            return due.then(|| self.give(Given::AfterBeep, ReadyReason::Beep { ended }));
        }
        if tone || self.given > Given::Not {
            return None;
        }
        if spoken && silence >= self.config.silence {
            return Some(self.give(Given::WithoutBeep, ReadyReason::Silence { silence }));
        }
        let limit = self.config.limit;
        (now - self.since >= limit).then(|| self.give(Given::WithoutBeep, ReadyReason::Timeout { limit }))
    }

    fn give(&mut self, given: Given, reason: ReadyReason) -> ReadyReason {
        self.given = given;
        reason
    }
}

/// Whether a message may start has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Given {
    Not,
    WithoutBeep,
    AfterBeep,
}
