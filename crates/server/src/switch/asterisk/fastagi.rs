//! FastAGI: steps of a dialplan that ask us. `agi://HOST/begin` before `AudioSocket()`, `agi://HOST/result` after it.

mod session;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::app::App;
use crate::switch::allow::Door;
use session::{Agi, AgiError};

/// How long Asterisk may take to say where it is.
const ENVIRONMENT_TIME: Duration = Duration::from_secs(5);
/// The longest a step may take in all.
const STEP_TIME: Duration = Duration::from_secs(60);

/// Takes connections until the service stops.
pub(super) async fn serve(app: Arc<App>, door: Door) {
    let listener = match door.listener() {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(error = %error, "cannot listen for FastAGI");
            return;
        }
    };
    tracing::info!(address = %door.address, "listening for FastAGI");
    loop {
        let (stream, peer) = tokio::select! {
            next = door.next(&listener) => next,
            () = app.stopping.cancelled() => return,
        };
        let task_app = Arc::clone(&app);
        app.tasks.spawn(async move {
            let step = async {
                let (mut agi, environment) =
                    timeout(ENVIRONMENT_TIME, Agi::open(stream)).await.map_err(|_| AgiError::Late)??;
                match environment.path.trim_matches('/') {
                    "begin" => steps::begin(&task_app, &mut agi, &environment).await,
                    "result" => steps::result(&task_app, &mut agi, &environment).await,
                    "" => steps::help(&mut agi).await,
                    other => steps::unknown(&mut agi, other).await,
                }
            };
            match timeout(STEP_TIME, step).await {
                Ok(Ok(())) | Ok(Err(AgiError::HungUp)) => {}
                Ok(Err(why)) => tracing::warn!(%peer, why = %why, "a step of FastAGI failed"),
                Err(_) => tracing::warn!(%peer, "a step of FastAGI took too long"),
            }
        });
    }
}
