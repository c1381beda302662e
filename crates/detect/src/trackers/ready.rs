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
}

impl Ready {
    /// Follows a machine that became known at `since`.
    pub(crate) fn new(config: &ReadyConfig, since: MediaTime) -> Self {
        Self { config: *config, since, beep_ended: None }
    }

    /// A record tone ended at `ended`.
    pub(crate) fn beep(&mut self, ended: MediaTime) {
        self.beep_ended = Some(ended);
    }

    /// One hop that ends at `now`, `silence` after the last word; `tone` if a tone sounds. `Some` when a message may
    /// start.
    pub(crate) fn push(&mut self, now: MediaTime, silence: Duration, tone: bool) -> Option<ReadyReason> {
        if let Some(ended) = self.beep_ended
            && now - ended >= self.config.after_beep
        {
            return Some(ReadyReason::Beep { ended });
        }
        if tone || self.beep_ended.is_some() {
            return None;
        }
        if silence >= self.config.silence {
            return Some(ReadyReason::Silence { silence });
        }
        (now - self.since >= self.config.limit).then_some(ReadyReason::Timeout { limit: self.config.limit })
    }
}
