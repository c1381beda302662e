//! Where `AudioSocket()` and `chan_audiosocket` connect to: a task for each connection.

mod call;

use std::sync::Arc;
use std::time::Duration;

use offhook_telephony::audiosocket::Decoder;
use offhook_telephony::{Inbound, PcmFormat};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::claims::Claim;
use super::hearing::Hearing;
use super::{Asterisks, watch_held};
use crate::app::App;
use crate::pii::Pii;
use crate::stream;
use crate::switch::allow::Door;
use crate::switch::rule::{Direction, Platform, SwitchCall};
use crate::switch::{Feed, Link};
use call::Call;

/// How long Asterisk may take to say which call it is.
const NAME_TIME: Duration = Duration::from_secs(2);
/// How long the manager interface may take to say whose channel that is, which it does on another connection.
const TIE_TIME: Duration = Duration::from_millis(400);
/// What is read at a time: a quarter of a second of audio at 8 kHz.
const READ: usize = 4 << 10;

/// Takes connections until the service stops.
pub(super) async fn serve(app: Arc<App>, door: Door) {
    let listener = match door.listener() {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(error = %error, "cannot listen for AudioSocket");
            return;
        }
    };
    tracing::info!(address = %door.address, "listening for AudioSocket");
    loop {
        let (stream, peer) = tokio::select! {
            next = door.next(&listener) => next,
            () = app.stopping.cancelled() => return,
        };
        let connection = connection(Arc::clone(&app), stream);
        app.tasks.spawn(async move {
            if let Err(why) = connection.await {
                tracing::warn!(%peer, why, "an AudioSocket connection ended");
            }
        });
    }
}

/// Serves one connection to its end; gives what was wrong with it.
async fn connection(app: Arc<App>, mut stream: TcpStream) -> Result<(), String> {
    let mut decoder = Decoder::new();
    let name = match timeout(NAME_TIME, name(&mut stream, &mut decoder)).await {
        Ok(name) => name?,
        Err(_) => return Err("no UUID came in time".into()),
    };
    // A call that is not taken goes on in its dialplan, without results.
    if let Err(refusal) = stream::admits(&app) {
        return Err(refusal.detail().to_owned());
    }
    let asterisk = &app.switches.asterisk;
    let Some(outlet) = asterisk.outlets.open(&name) else {
        return Err(format!("UUID {name} is heard on another connection"));
    };
    let link = join(&app, &name).await;
    let watched = link.as_ref().map(|link| Arc::clone(&link.call));
    let format = PcmFormat::default();
    let called = watched.as_ref().map_or(name.as_str(), |call| call.uuid.as_str());
    let feed = Feed::begin(&app, called, format, link, None).map_err(|error| error.to_string())?;
    let hearing = Hearing::new(feed, format, std::time::Instant::now());
    tracing::debug!(id = %hearing.id(), audio = name, "AudioSocket");
    Call::new(Arc::clone(&app), stream, decoder, hearing, watched, outlet).run().await
}

/// The UUID that comes first.
async fn name(stream: &mut TcpStream, decoder: &mut Decoder) -> Result<String, String> {
    let mut bytes = [0; READ];
    loop {
        match decoder.next().map_err(|error| error.to_string())? {
            Some(Inbound::Named(name)) => return Ok(name),
            Some(_) => return Err("expected a UUID first".into()),
            None => {}
        }
        match stream.read(&mut bytes).await {
            Ok(0) => return Err("closed before a UUID came".into()),
            Ok(read) => decoder.push(&bytes[..read]),
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// The watch of the call with this name. Where nothing else can say whose it is, the call is watched by its audio alone.
async fn join(app: &Arc<App>, name: &str) -> Option<Link> {
    let Asterisks { claims, ami, .. } = &app.switches.asterisk;
    let known = || match app.switches.links.take(name) {
        Some(link) => Some(Known::Watched(Box::new(link))),
        None => claims.take(name).map(Box::new).map(Known::Claimed),
    };
    let known = if ami.is_empty() { known() } else { claims.wait(TIE_TIME, known).await };
    match known {
        Some(Known::Watched(link)) => Some(*link),
        Some(Known::Claimed(claim)) => watch_held(app, *claim, name),
        None => watch_held(app, Claim { call: unknown(app, name)?, rule: None, wire: None }, name),
    }
}

/// What is known of a call whose audio comes.
enum Known {
    Watched(Box<Link>),
    Claimed(Box<Claim>),
}

/// A call of which only the name of its audio is known.
fn unknown(app: &App, name: &str) -> Option<SwitchCall> {
    let switches = app.switches.config.as_ref()?;
    let switch = match switches.asterisk.as_slice() {
        [only] => only.name.clone(),
        _ => Platform::Asterisk.word().to_owned(),
    };
    Some(SwitchCall {
        switch,
        platform: Platform::Asterisk,
        uuid: name.to_owned(),
        channel: format!("AudioSocket/{name}"),
        direction: Direction::Outbound,
        caller: None,
        destination: None,
        gateway: None,
        context: None,
        variables: Pii::new(std::collections::HashMap::new()),
        answered: true,
    })
}
