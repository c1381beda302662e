//! AudioSocket with all that can be wrong with it. Whatever comes, other calls go on.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::socket::AudioSocket;
use crate::support::{Service, samples};
use crate::{audiosocket, service, until};

const FILE: &str = "audiosocket = { bind = '127.0.0.1:0' }\n";

/// What the call came to, once it is over.
async fn judged(service: &Service, uuid: Uuid) -> String {
    until("no call is left", || (service.app.live.count() == 0).then_some(())).await;
    let call = service.app.store.call(&uuid.to_string(), None).await.unwrap().expect("its record");
    call.summary.answered_by
}

async fn refused(bytes: &[u8]) {
    let service = service(FILE).await;
    let mut stream = TcpStream::connect(audiosocket(&service)).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut sent = Vec::new();
    let closed = tokio::time::timeout(crate::PATIENCE, stream.read_to_end(&mut sent)).await.expect("it is closed");
    // A reset is a close too.
    drop(closed);
    assert_eq!(service.app.live.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_begin_with_a_uuid_is_closed() {
    refused(b"GET / HTTP/1.1\r\n\r\n").await;
    refused(&[0x10, 0x00, 0x02, 0, 0]).await;
    refused(&[0x01, 0x00, 0x02, 0, 0]).await;
    refused(&[0x01]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_knows_is_heard_and_released() {
    let service = service(FILE).await;
    let uuid = Uuid::new_v4();
    let mut socket = AudioSocket::open(&service, uuid).await;
    socket.say(&samples("human-short.wav")).await;
    socket.closed().await;
    assert_eq!(judged(&service, uuid).await, "human");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_messages_odd_lengths_and_bad_ones_do_no_harm() {
    let service = service(FILE).await;
    let uuid = Uuid::new_v4();
    let mut socket = AudioSocket::open(&service, uuid).await;
    let audio: Vec<u8> = samples("human-short.wav").iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut bytes = vec![0x7f, 0, 1, 0];
    for (n, part) in audio.chunks(244).enumerate() {
        if n == 10 {
            bytes.extend_from_slice(&[0x03, 0, 1, b'5', 0x03, 0, 1, b'x']);
        }
        bytes.push(0x10);
        bytes.extend_from_slice(&(part.len() as u16).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    for piece in bytes.chunks(333) {
        // The service closes once it knows enough.
        if socket.stream.write_all(piece).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    socket.closed().await;
    assert_eq!(judged(&service, uuid).await, "human");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rate_is_understood() {
    let service = service(FILE).await;
    let heard = samples("human-short.wav");
    for (kind, times) in [(0x12_u8, 2), (0x14, 4), (0x16, 6), (0x17, 12), (0x18, 24)] {
        let uuid = Uuid::new_v4();
        let mut socket = AudioSocket::open(&service, uuid).await;
        for frame in heard.chunks(80) {
            let mut message = vec![kind];
            message.extend_from_slice(&((frame.len() * times * 2) as u16).to_be_bytes());
            message.extend(frame.iter().flat_map(|sample| std::iter::repeat_n(sample.to_le_bytes(), times)).flatten());
            if socket.stream.write_all(&message).await.is_err() {
                break;
            }
        }
        socket.closed().await;
        assert_eq!(judged(&service, uuid).await, "human", "kind {kind:#x}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_that_is_not_sent_is_time_all_the_same_and_the_connection_is_kept_alive() {
    let service = service(&format!("{FILE}[[rule]]\nwithin = '20s'\n")).await;
    let uuid = Uuid::new_v4();
    let mut socket = AudioSocket::open(&service, uuid).await;
    // A word at its own pace, then nothing at all: Asterisk sends nothing while the far side waits.
    let word = samples("human-short.wav");
    socket.live(&word[..8_000]).await;
    let sent = socket.closed().await;
    let silence = sent.chunks(323).filter(|message| message.starts_with(&[0x10, 0x01, 0x40])).count();
    assert!(silence >= 2, "{silence} messages kept it alive");
    assert_eq!(judged(&service, uuid).await, "human");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stall_and_a_flood_leave_other_calls_alone() {
    let service = service(FILE).await;
    let stalled = AudioSocket::open(&service, Uuid::new_v4()).await;
    let mut silent = TcpStream::connect(audiosocket(&service)).await.unwrap();
    silent.write_all(&[0x01, 0x00]).await.unwrap();
    let flood = tokio::spawn({
        let address = audiosocket(&service);
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let junk = vec![0xee; 1 << 20];
            // It is closed before all of it is taken.
            for _ in 0..64 {
                if stream.write_all(&junk).await.is_err() {
                    return true;
                }
            }
            false
        }
    });
    let uuid = Uuid::new_v4();
    let mut socket = AudioSocket::open(&service, uuid).await;
    let audio = samples("human-short.wav");
    socket.say(&audio[..4_000]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    socket.say(&audio[4_000..]).await;
    socket.closed().await;
    assert!(flood.await.unwrap(), "the flood is cut off");
    drop((stalled, silent));
    assert_eq!(judged(&service, uuid).await, "human");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_uuid_is_heard_on_one_connection() {
    let service = service(FILE).await;
    let uuid = Uuid::new_v4();
    let mut first = AudioSocket::open(&service, uuid).await;
    until("the first is heard", || (service.app.live.count() == 1).then_some(())).await;
    AudioSocket::open(&service, uuid).await.closed().await;
    first.say(&samples("human-short.wav")).await;
    first.closed().await;
    assert_eq!(judged(&service, uuid).await, "human");
}
