//! Playing files on a leg.

use std::time::Duration;

use offhook_telephony::esl::ApiLine;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{FreeSwitchLine, Obeyed, not_done};
use crate::switch::order::OrderError;

/// The longest from the order to the first sample. The switch says nothing where it cannot read a file.
const BEGINS: Duration = Duration::from_secs(2);

/// A file that is played.
#[derive(Debug)]
pub(super) struct Playing {
    file: String,
    /// Told once it begins.
    began: Option<oneshot::Sender<()>>,
}

impl Playing {
    /// Whether this is the file the switch names. It may have put a folder before it.
    fn is(&self, path: &str) -> bool {
        path == self.file || path.ends_with(&format!("/{}", self.file))
    }
}

impl FreeSwitchLine {
    /// Plays a file. `playback` run on the leg begins within one frame, and plays even while the leg is in another one.
    pub(super) fn play(&self, file: &str) -> Obeyed {
        let (sender, began) = oneshot::channel();
        self.own().playing = Some(Playing { file: file.to_owned(), began: Some(sender) });
        let told = match self.connection() {
            Ok(connection) => connection.send(&self.execution("playback", file)),
            Err(error) => return not_done(error),
        };
        let file = file.to_owned();
        Box::pin(async move {
            told.await?.done()?;
            match timeout(BEGINS, began).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => {
                    Err(OrderError::Unable(format!("{file} was not played: the leg is over or plays another")))
                }
                Err(_) => {
                    Err(OrderError::Refused(format!("{file} did not begin to play within {} s", BEGINS.as_secs())))
                }
            }
        })
    }

    /// Stops all that is played.
    pub(super) fn stop_playing(&self) -> Obeyed {
        self.own().playing = None;
        self.api_one(ApiLine::stop_playing(&self.leg, true))
    }

    /// The switch says that a file began.
    pub(in super::super) fn play_began(&self, path: &str) {
        if let Some(playing) = &mut self.own().playing
            && playing.is(path)
            && let Some(began) = playing.began.take()
        {
            // An error says that the order was given up.
            let _ = began.send(());
        }
    }

    /// The switch says that a file ended. Whether it was ours.
    pub(in super::super) fn play_ended(&self, path: &str) -> bool {
        let ours = self.own().playing.take_if(|playing| playing.is(path));
        let Some(playing) = ours else { return false };
        if let Some(began) = playing.began {
            // It was shorter than the way of the news that it began.
            let _ = began.send(());
        }
        true
    }
}
