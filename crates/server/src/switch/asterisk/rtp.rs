//! RTP of ARI's external media: a port for each call.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use offhook_telephony::rtp::{Packet, PayloadTypes, Reader};
use offhook_telephony::{Inbound, PcmFormat};
use tokio::net::UdpSocket;
use tokio::time::sleep_until;

use super::hearing::Hearing;
use super::outlets::{Outlet, ToWire};
use crate::app::App;
use crate::switch::order::OrderError;
use crate::switch::{Feed, Link};

/// How many packets wait for one that is missing: 60 ms.
const WINDOW: usize = 3;
/// The largest datagram.
const LARGEST: usize = 2_048;

/// The next port that is tried.
#[derive(Debug, Default)]
pub(super) struct Ports(AtomicU16);

/// Takes a port for audio that is expected under this name, and hears what comes there. Where it is.
pub(super) async fn listen(app: &Arc<App>, audio: &str) -> Result<SocketAddr, OrderError> {
    let Some(config) = app.switches.config.as_ref().and_then(|config| config.rtp.as_ref()) else {
        return Err(OrderError::Unable("rtp is not in switches.file".into()));
    };
    let (first, last) = (config.ports.0.next_multiple_of(2), config.ports.1);
    let pairs = (last.saturating_sub(first) / 2).saturating_add(1);
    for _ in 0..pairs {
        // One port after the other, so that what still comes for a call that is over meets nobody.
        let turn = app.switches.asterisk.ports.0.fetch_add(1, Ordering::Relaxed) % pairs;
        let Ok(socket) = UdpSocket::bind((config.bind, first + 2 * turn)).await else { continue };
        let Ok(address) = socket.local_addr() else { continue };
        let Some(outlet) = app.switches.asterisk.outlets.open(audio) else { return Err(OrderError::Gone) };
        let Some(link) = app.switches.links.take(audio) else { return Err(OrderError::Gone) };
        let serving = serve(Arc::clone(app), socket, link, outlet);
        app.tasks.spawn(serving);
        return Ok(address);
    }
    Err(OrderError::Unable(format!("rtp.ports: none of {first} to {last} is free")))
}

/// Hears one call to its end.
async fn serve(app: Arc<App>, socket: UdpSocket, link: Link, outlet: Outlet) {
    let call = Arc::clone(&link.call);
    let feed = match Feed::begin(&app, &call.uuid, PcmFormat::MULAW, Some(link), None) {
        Ok(feed) => feed,
        Err(error) => {
            tracing::error!(error = %error, "RTP cannot be heard");
            return;
        }
    };
    let mut hearing = Hearing::new(feed, PcmFormat::MULAW, Instant::now());
    if let Err(why) = hear(&app, &socket, &mut hearing, outlet).await {
        tracing::warn!(call_id = call.uuid, why, "RTP ended");
    }
    hearing.finish().await;
}

async fn hear(app: &App, socket: &UdpSocket, hearing: &mut Hearing, mut outlet: Outlet) -> Result<(), String> {
    let mut reader = Reader::new(PayloadTypes::default(), WINDOW);
    let mut from: Option<SocketAddr> = None;
    let (mut bytes, mut came) = ([0; LARGEST], Vec::new());
    let mut last = Instant::now();
    loop {
        let due = hearing.due();
        tokio::select! {
            biased;
            received = socket.recv_from(&mut bytes) => {
                // An error tells of a packet that could not be delivered; audio goes on.
                let Ok((length, source)) = received else { continue };
                let datagram = bytes.get(..length).unwrap_or_default();
                // Who speaks first is who was asked to: what others send is not heard.
                if from.is_none() && Packet::read(datagram).is_ok() {
                    from = Some(source);
                }
                if from != Some(source) {
                    app.metrics.dropped("stranger");
                    continue;
                }
                last = Instant::now();
                if reader.push(datagram, &mut came).is_err() {
                    app.metrics.dropped("bad_message");
                }
                for inbound in came.drain(..) {
                    hearing.take(&inbound, last).map_err(|error| error.to_string())?;
                }
                if hearing.length() > app.config.stream.longest {
                    return Err("longer than stream.longest".into());
                }
            }
            order = outlet.next() => if order == ToWire::Close {
                reader.finish(&mut came);
                for inbound in came.drain(..) {
                    hearing.take(&inbound, Instant::now()).map_err(|error| error.to_string())?;
                }
                return Ok(());
            },
            fact = hearing.fact() => {
                hearing.take(&Inbound::Fact(fact), Instant::now()).map_err(|error| error.to_string())?;
            }
            () = sleep_until(due.into()) => {
                hearing.quiet(Instant::now()).map_err(|error| error.to_string())?;
                if last.elapsed() >= app.config.stream.idle {
                    return Err("nothing came for stream.idle".into());
                }
            }
        }
    }
}
