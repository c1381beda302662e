//! The audio of the scripted switch: streamed, and recorded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::{Manner, Switch};
use crate::wire;

impl Switch {
    /// What mod_audio_fork does.
    pub(super) fn fork(&self, leg: &str, url: &str) -> String {
        let (stop, mut stopped) = mpsc::channel(1);
        let audio = {
            let mut legs = self.shared.legs.lock().unwrap();
            let Some(known) = legs.get_mut(leg) else { return "-ERR Operation Failed\n".into() };
            if known.stop.is_some() {
                return "-ERR Operation Failed\n".into();
            }
            known.stop = Some(stop);
            known.streams.push(url.to_owned());
            Arc::clone(&known.audio)
        };
        let (switch, leg, url) = (self.clone(), leg.to_owned(), url.to_owned());
        tokio::spawn(async move {
            let raise = |what: &str, body: Option<&str>| {
                let subclass = format!("mod_audio_fork%3A%3A{what}");
                switch.raise(wire::event("CUSTOM", &leg, &[("Event-Subclass", &subclass)], body));
            };
            let mut request = url.as_str().into_client_request().unwrap();
            let protocol = HeaderValue::from_static("audio.drachtio.org");
            request.headers_mut().insert("sec-websocket-protocol", protocol);
            let Ok((mut socket, _)) = connect_async(request).await else {
                switch.stopped(&leg);
                return raise("connect_failed", Some("{\"reason\":\"Unable to connect\"}"));
            };
            raise("connect", None);
            let Manner { hurry, every, .. } = *switch.shared.manner.lock().unwrap();
            // What was said while nobody listened is gone.
            let mut at = switch.said(&leg, hurry, every);
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            loop {
                tokio::select! {
                    message = socket.next() => match message {
                        Some(Ok(Message::Text(text))) => raise("json", Some(&text)),
                        Some(Ok(Message::Close(_)) | Err(_)) | None => {
                            switch.stopped(&leg);
                            return raise("disconnect", None);
                        }
                        Some(Ok(_)) => {}
                    },
                    _ = stopped.recv() => {
                        socket.close(None).await.ok();
                        return;
                    }
                    _ = ticks.tick() => for _ in 0..hurry {
                        let from = at.min(audio.len());
                        at += 160;
                        let mut samples = audio[from..at.min(audio.len())].to_vec();
                        samples.resize(160, 0);
                        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                        switch.shared.sendings.lock().unwrap().entry(leg.clone()).or_default().push((Instant::now(), at));
                        if socket.send(Message::binary(bytes)).await.is_err() {
                            switch.stopped(&leg);
                            return raise("disconnect", None);
                        }
                        if let Some(leg) = switch.shared.legs.lock().unwrap().get_mut(&leg) {
                            leg.sent = at;
                        }
                    }
                }
                if !switch.has(&leg) {
                    socket.close(None).await.ok();
                    return;
                }
            }
        });
        "+OK Success\n".into()
    }

    /// How much of a leg was said since its first sample was sent.
    fn said(&self, leg: &str, hurry: usize, every: Duration) -> usize {
        let sendings = self.shared.sendings.lock().unwrap();
        let Some(first) = sendings.get(leg).and_then(|sendings| sendings.first()) else { return 0 };
        let ticks = first.0.elapsed().as_millis() / every.as_millis();
        usize::try_from(ticks).unwrap() * hurry * 160
    }

    fn stopped(&self, leg: &str) {
        if let Some(leg) = self.shared.legs.lock().unwrap().get_mut(leg) {
            leg.stop = None;
        }
    }

    /// Writes a file as it grows, with a header whose sizes are not yet known.
    pub(super) fn record(&self, leg: &str, path: &str) {
        let audio = Arc::clone(&self.shared.legs.lock().unwrap()[leg].audio);
        let (switch, leg, path) = (self.clone(), leg.to_owned(), path.to_owned());
        tokio::spawn(async move {
            let Ok(mut file) = tokio::fs::File::create(&path).await else { return };
            let mut header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
            header.extend_from_slice(&8_000_u32.to_le_bytes());
            header.extend_from_slice(&16_000_u32.to_le_bytes());
            header.extend_from_slice(b"\x02\0\x10\0data\0\0\0\0");
            // Cut in the middle, as a reader may find it.
            for half in [&header[..30], &header[30..]] {
                file.write_all(half).await.unwrap();
                file.flush().await.unwrap();
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            for piece in audio.chunks(801) {
                let bytes: Vec<u8> = piece.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                file.write_all(&bytes).await.unwrap();
                file.flush().await.unwrap();
                tokio::time::sleep(Duration::from_millis(10)).await;
                if !switch.shared.legs.lock().unwrap().contains_key(&leg) {
                    return;
                }
            }
        });
    }
}
