//! Follows a recording that the switch writes, where no module streams audio. Its time is that of the file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_telephony::{Inbound, PcmError};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::wav::{WavError, header};
use crate::app::App;
use crate::switch::feed::Feed;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// What is read at once.
const READ: usize = 32 << 10;

/// What is followed.
#[derive(Debug)]
pub(super) struct Follow {
    /// The leg it records.
    pub(super) leg: String,
    /// The file.
    pub(super) path: PathBuf,
    /// How long it may take to be there.
    pub(super) begins_within: Duration,
    /// Whether it stays after it was heard.
    pub(super) keep: bool,
    /// Ends it.
    pub(super) end: CancellationToken,
}

/// Why a recording could not be followed.
#[derive(Debug, thiserror::Error)]
enum RecordError {
    #[error("it cannot be read")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Wav(#[from] WavError),
    #[error(transparent)]
    Pcm(#[from] PcmError),
    #[error("there was no audio within {} ms", .0.as_millis())]
    Late(Duration),
}

/// Hears a recording as it grows, until it is told that it is over.
pub(super) async fn follow(app: Arc<App>, follow: Follow) {
    if let Err(error) = hear(&app, &follow).await {
        tracing::warn!(call_id = follow.leg, path = %follow.path.display(), error = crate::error::chain(&error),
            "a recording cannot be followed");
        // The watch learns of it by this: its audio does not come.
        drop(app.switches.links.take(&follow.leg));
    }
    if !follow.keep
        && let Err(error) = tokio::fs::remove_file(&follow.path).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %follow.path.display(), error = %error, "a recording cannot be deleted");
    }
}

async fn hear(app: &Arc<App>, follow: &Follow) -> Result<(), RecordError> {
    let Some((mut file, head, format, from)) = open(follow).await? else { return Ok(()) };
    let Some(link) = app.switches.links.take(&follow.leg) else { return Ok(()) };
    let mut feed = Feed::begin(app, &follow.leg, format, Some(link), None)?;
    let heard = take_all(&mut feed, &mut file, head, from, &follow.end).await;
    feed.finish().await;
    heard
}

/// Waits for the file and its header; gives what was read of it. `None`: it is over before that.
async fn open(follow: &Follow) -> Result<Option<(File, Vec<u8>, offhook_telephony::PcmFormat, usize)>, RecordError> {
    let until = Instant::now() + follow.begins_within;
    let mut head = Vec::new();
    let mut file = None;
    loop {
        match &mut file {
            None => match File::open(&follow.path).await {
                Ok(opened) => file = Some(opened),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            },
            Some(opened) => {
                while (&mut *opened).take(READ as u64).read_to_end(&mut head).await? > 0 {
                    if let Some((format, from)) = header(&head)? {
                        return Ok(file.map(|file| (file, head, format, from)));
                    }
                }
            }
        }
        if Instant::now() >= until {
            return Err(RecordError::Late(follow.begins_within));
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = follow.end.cancelled() => return Ok(None),
        }
    }
}

async fn take_all(
    feed: &mut Feed,
    file: &mut File,
    mut bytes: Vec<u8>,
    from: usize,
    end: &CancellationToken,
) -> Result<(), RecordError> {
    bytes.drain(..from);
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let over = end.is_cancelled();
        loop {
            if !bytes.is_empty() {
                feed.take(&Inbound::Audio(std::mem::take(&mut bytes)), Instant::now())?;
                // Nobody is at the other end of a file: what happened is told by the session itself.
                feed.told();
            }
            if file.take(READ as u64).read_to_end(&mut bytes).await? == 0 {
                break;
            }
        }
        if over {
            return Ok(());
        }
        tokio::select! {
            _ = look.tick() => {}
            _ = feed.fact() => {}
            () = end.cancelled() => {}
        }
    }
}
