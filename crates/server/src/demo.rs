//! The demonstration call: a real recording, played as a live call at its own pace.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Instant;

use offhook_audio::RATE;
use offhook_media::{DecodeOptions, decode};
use offhook_telephony::PcmFormat;
use tokio::time::{Duration, MissedTickBehavior, interval};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::record::{CallInfo, Source};
use crate::session::{self, Opening, Session};

/// Real calls, with their sources and licences in the corpus they come from.
const CALLS: [(&str, &[u8]); 3] = [
    ("demo-voicemail", include_bytes!("../../../corpus/voicemail-personal-beep.wav")),
    ("demo-person", include_bytes!("../../../corpus/human-short.wav")),
    ("demo-carrier", include_bytes!("../../../corpus/sit-announcement.wav")),
];
/// How often audio comes, as in a telephone call.
const PACKET: Duration = Duration::from_millis(20);

/// Plays the next of the demonstration calls for `owner`; gives its name at once.
///
/// # Errors
/// The recording cannot be read.
pub(crate) fn play(app: &Arc<App>, owner: &str) -> Result<Uuid, ApiError> {
    let turn = app.demos.fetch_add(1, std::sync::atomic::Ordering::Relaxed) as usize;
    let (name, bytes) = CALLS[turn % CALLS.len()];
    let recording =
        decode(Cursor::new(bytes), &DecodeOptions::default()).map_err(|error| ApiError::internal(&error))?;
    let info = CallInfo {
        campaign: Some("demo".to_owned()),
        ..CallInfo::begin(Source::Demo, owner, Some(format!("{name}-{}", turn + 1)))
    };
    let id = info.id;
    let opening = Opening { answered: true, picture: false, parent: None };
    let session = Session::begin(app, info, PcmFormat::MULAW, opening).map_err(|error| ApiError::internal(&error))?;
    app.tasks.spawn(speak(Arc::clone(app), session, recording.samples));
    Ok(id)
}

async fn speak(app: Arc<App>, mut session: Session, samples: Vec<i16>) {
    let mut clock = interval(PACKET);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut happened = Vec::new();
    for packet in samples.chunks(RATE as usize / 50) {
        tokio::select! {
            _ = clock.tick() => {}
            () = app.stopping.cancelled() => break,
        }
        session.hear_samples(packet, Instant::now(), &mut happened);
        happened.clear();
        session.picture();
    }
    // What goes wrong is in the log already.
    let _ = session::keep(&app, session.finish()).await;
}
