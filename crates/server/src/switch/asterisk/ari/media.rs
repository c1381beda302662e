//! The audio of a call over ARI: a channel that snoops on it and one that carries audio to us, in a bridge.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use offhook_telephony::ari::{ExternalMedia, Id, Method, Request, RequestError, Snoop, Spy};
use tokio::time::timeout;
use uuid::Uuid;

use super::Site;
use crate::switch::asterisk::outlets::ToWire;
use crate::switch::asterisk::rtp;
use crate::switch::config;
use crate::switch::order::OrderError;
use crate::switch::rule::{Mix, Rule};

/// How long a channel may take to come into the application.
const ARRIVE: Duration = Duration::from_secs(2);

impl From<RequestError> for OrderError {
    fn from(error: RequestError) -> Self {
        Self::Unable(error.to_string())
    }
}

/// What was made for the audio of one call. All of it is to be destroyed.
#[derive(Debug)]
pub(super) struct Media {
    channels: Vec<String>,
    bridge: String,
    /// The name that the audio comes with.
    audio: String,
}

impl Media {
    /// Nothing yet, for audio of this name.
    pub(super) fn new(site: &Site, audio: &str) -> Self {
        Self { channels: Vec::new(), bridge: format!("{}b-{}", site.prefix(), Uuid::new_v4()), audio: audio.to_owned() }
    }

    /// Makes it all. What was made before an error is to be destroyed too.
    pub(super) async fn make(&mut self, site: &Arc<Site>, call: &Id, rule: &Rule) -> Result<(), OrderError> {
        let bridge = Id::new(&self.bridge)?;
        site.shared().ours.insert(self.bridge.clone());
        site.rest.ask(&Request::create_bridge(&bridge)).await?;
        let carrier = self.external(site, rule).await?;
        let name = carrier.channel_id.clone().unwrap_or_default();
        self.arrive(site, name, &Request::external_media(&carrier)).await?;
        let spy = if rule.mix == Mix::Mono { Spy::In } else { Spy::Both };
        let name = format!("{}s-{}", site.prefix(), Uuid::new_v4());
        let snoop = Snoop { spy, app: site.config.app.clone(), arguments: Vec::new(), id: Id::new(&name)? };
        self.arrive(site, name, &Request::snoop(call, &snoop)).await?;
        let channels = self.channels.iter().map(|id| Id::new(id)).collect::<Result<Vec<_>, _>>()?;
        let channels: Vec<&Id> = channels.iter().collect();
        site.rest.ask(&Request::add_channels(&bridge, &channels)).await.map(drop)
    }

    async fn arrive(&mut self, site: &Site, id: String, request: &Request) -> Result<(), OrderError> {
        let arrival = site.expect(&id);
        site.shared().ours.insert(id.clone());
        self.channels.push(id.clone());
        site.rest.ask(request).await?;
        match timeout(ARRIVE, arrival).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(cause))) => Err(OrderError::Refused(cause)),
            Ok(Err(_)) => Err(OrderError::Gone),
            Err(_) => {
                site.shared().waiting.remove(&id);
                Err(OrderError::Late(ARRIVE))
            }
        }
    }

    async fn external(&self, site: &Arc<Site>, rule: &Rule) -> Result<ExternalMedia, OrderError> {
        let asked = site.config.audio_address.clone();
        let format = if rule.rate == 16_000 { "slin16" } else { "slin" };
        let media = ExternalMedia {
            app: site.config.app.clone(),
            channel_id: Some(format!("{}m-{}", site.prefix(), Uuid::new_v4())),
            format: format.to_owned(),
            ..ExternalMedia::default()
        };
        match site.config.audio {
            config::ExternalMedia::AudioSocket => {
                let door = site.app.switches.asterisk.audiosocket.as_ref().map(|door| near(door.address));
                let host = asked.or(door).ok_or_else(|| missing("audiosocket"))?;
                let data = Some(self.audio.clone());
                Ok(ExternalMedia { external_host: host, encapsulation: "audiosocket", transport: "tcp", data, ..media })
            }
            config::ExternalMedia::Rtp => {
                let port = rtp::listen(&site.app, &self.audio).await?;
                let host = match asked {
                    Some(host) => format!("{}:{}", host.split(':').next().unwrap_or_default(), port.port()),
                    None => near(port),
                };
                let format = "ulaw".to_owned();
                Ok(ExternalMedia { external_host: host, encapsulation: "rtp", transport: "udp", format, ..media })
            }
            config::ExternalMedia::WebSocket => {
                let host = asked.ok_or_else(|| missing("asterisk.ari.audio_address"))?;
                let (channel_id, connection_type) = (Some(self.audio.clone()), Some("client"));
                let (encapsulation, transport) = ("none", "websocket");
                Ok(ExternalMedia {
                    external_host: host,
                    channel_id,
                    connection_type,
                    encapsulation,
                    transport,
                    ..media
                })
            }
        }
    }

    /// Destroys all of it, whatever is there.
    pub(super) async fn destroy(self, site: &Site) {
        for channel in &self.channels {
            site.destroy_channel(channel).await;
        }
        site.destroy_bridge(&self.bridge).await;
        site.app.switches.asterisk.outlets.tell(&self.audio, ToWire::Close);
    }
}

fn missing(setting: &str) -> OrderError {
    OrderError::Unable(format!("{setting} is not in switches.file"))
}

/// An address as a switch on the same host sees it.
fn near(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("127.0.0.1:{}", address.port()) } else { address.to_string() }
}

impl Site {
    /// Ends a channel that may be gone already.
    pub(super) async fn destroy_channel(&self, id: &str) {
        if let Ok(channel) = Id::new(id) {
            self.told(self.rest.ask(&Request::hangup(&channel, 16)).await.map(drop));
        }
        let mut shared = self.shared();
        shared.ours.remove(id);
        shared.waiting.remove(id);
    }

    /// Destroys a bridge that may be gone already.
    pub(super) async fn destroy_bridge(&self, id: &str) {
        if let Ok(bridge) = Id::new(id) {
            self.told(self.rest.ask(&Request::destroy_bridge(&bridge)).await.map(drop));
        }
        self.shared().ours.remove(id);
    }

    /// Destroys the bridges that nobody needs any more.
    pub(super) async fn destroy_left_bridges(&self) {
        let all = Request { method: Method::Get, path: "/bridges".to_owned(), query: Vec::new(), body: None };
        let Ok(bridges) = self.rest.ask(&all).await else { return };
        for bridge in bridges.as_array().into_iter().flatten() {
            if let Some(id) = bridge.get("id").and_then(serde_json::Value::as_str)
                && id.starts_with(&self.prefix())
                && !self.shared().ours.contains(id)
            {
                self.destroy_bridge(id).await;
            }
        }
    }

    fn told(&self, went: Result<(), OrderError>) {
        match went {
            Ok(()) => {}
            // Gone already.
            Err(OrderError::Refused(why)) if why.starts_with("404") => {}
            Err(error) => {
                tracing::warn!(switch = self.switch, error = %error, "what was made for a call is left behind")
            }
        }
    }
}
