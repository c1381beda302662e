//! `AudioSocket()` as Asterisk runs it.

use std::time::Duration;

use offhook_telephony::audiosocket::audio_messages;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{PATIENCE, Service};

/// One connection of Asterisk.
pub(crate) struct AudioSocket {
    pub(crate) stream: TcpStream,
}

impl AudioSocket {
    /// Connects and says which call it is, as `app_audiosocket` does.
    pub(crate) async fn open(service: &Service, uuid: Uuid) -> Self {
        Self::to(crate::audiosocket(service), uuid).await
    }

    /// The same at an address.
    pub(crate) async fn to(address: std::net::SocketAddr, uuid: Uuid) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut first = vec![0x01, 0x00, 0x10];
        first.extend_from_slice(uuid.as_bytes());
        stream.write_all(&first).await.unwrap();
        Self { stream }
    }

    /// Sends audio as fast as it is taken. The far side may close at any time.
    pub(crate) async fn say(&mut self, samples: &[i16]) -> bool {
        for message in audio_messages(samples) {
            if self.stream.write_all(&message).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Sends audio at its own pace from `from` on, until it is over or the service closes.
    pub(crate) async fn live(&mut self, samples: &[i16]) -> bool {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        for frame in samples.chunks(160) {
            clock.tick().await;
            if !self.say(frame).await {
                return false;
            }
        }
        true
    }

    /// What the service sent, up to its closing the connection.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let mut sent = Vec::new();
        // A reset is a close too: it comes where audio was on its way.
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut sent)).await.expect("the service closes the connection");
        sent
    }
}
