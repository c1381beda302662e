//! Pieces as they arrive: how sources are cut, and how much is held back.

mod support;

use std::io::{self, Cursor, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};

use offhook_media::{DecodeOptions, Decoder, WavEncoding, WavWriter, decode, wav_bytes};
use proptest::prelude::*;
use support::{Dribble, Header, fixture, open, sine};

const FIXTURES: [&str; 9] = [
    "ulaw-8k.wav",
    "stereo-s24-16k.wav",
    "s16-22k.wav",
    "ulaw-8k.au",
    "mp3-8k.mp3",
    "mp3-stereo-44k.mp3",
    "opus-voip-8k.ogg",
    "opus-48k.webm",
    "opus-live.webm",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn however_reads_are_cut_the_samples_are_the_same(
        name in prop::sample::select(&FIXTURES[..]),
        sizes in prop::collection::vec(0..700_usize, 1..9),
    ) {
        // A zero stands for a read that a signal interrupted; there must be one that is not.
        let sizes = [sizes, vec![3]].concat();
        let whole = open(fixture(name)).unwrap();
        let cut = decode(Dribble::new(fixture(name), sizes), &DecodeOptions::default()).unwrap();
        prop_assert_eq!(whole.samples, cut.samples);
        prop_assert_eq!(whole.warnings, cut.warnings);
    }
}

/// A reader that gives what is sent to it, as a pipe does.
struct Pipe {
    receiver: Receiver<Vec<u8>>,
    rest: Cursor<Vec<u8>>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.position() == self.rest.get_ref().len() as u64 {
            match self.receiver.recv() {
                Ok(bytes) => self.rest = Cursor::new(bytes),
                Err(_) => return Ok(0),
            }
        }
        self.rest.read(buffer)
    }
}

fn pipe() -> (Sender<Vec<u8>>, Pipe) {
    let (sender, receiver) = channel();
    (sender, Pipe { receiver, rest: Cursor::default() })
}

#[test]
fn a_live_stream_is_passed_on_within_20_ms() {
    for (rate, header, raw) in [
        (8_000, true, None),
        (16_000, true, None),
        (44_100, true, None),
        (48_000, true, None),
        (11_025, true, None),
        (8_000, false, Some("s16le@8000")),
        (16_000, false, Some("s16le@16000")),
    ] {
        let (sender, source) = pipe();
        let packet: Vec<u8> = sine(300.0, rate, rate as usize / 50).iter().flat_map(|x| x.to_le_bytes()).collect();
        let head = Header { rate, data_bytes: Some(u32::MAX), ..Header::new(1, 16) }.with(&[]);
        if header {
            sender.send(head).unwrap();
        }
        sender.send(packet.clone()).unwrap();
        let options = DecodeOptions { raw: raw.map(|raw| raw.parse().unwrap()), ..Default::default() };
        let mut decoder = Decoder::open(source, &options).unwrap();
        let mut got = 0;
        for sent in 2..40 {
            // This blocks forever if more is wanted than was sent.
            sender.send(packet.clone()).unwrap();
            while got < (sent - 1) * 160 {
                got += decoder.next_piece().unwrap().unwrap().len();
            }
            let held_back = sent * 160 - got;
            assert!(held_back <= 160, "{rate} Hz: {held_back} samples held back");
        }
        drop(sender);
        while let Some(piece) = decoder.next_piece().unwrap() {
            got += piece.len();
        }
        let exact = 39 * (packet.len() as f64 / 2.0) as usize * 8_000 / rate as usize;
        assert!(got.abs_diff(exact) <= 1, "{rate}: {got} for {exact}");
    }
}

#[test]
fn what_the_writer_writes_is_read_back() {
    let signal = sine(700.0, 8_000, 1_001);
    for encoding in [WavEncoding::S16, WavEncoding::Ulaw] {
        let mut writer = WavWriter::new(Cursor::new(Vec::new()), encoding).unwrap();
        for piece in signal.chunks(160) {
            writer.write(piece).unwrap();
        }
        let written = writer.finish().unwrap().into_inner();
        assert_eq!(written, wav_bytes(&signal, encoding));
        let mut writer = WavWriter::new(Vec::new(), encoding).unwrap();
        writer.write(&signal).unwrap();
        let streamed = writer.finish_unseekable().unwrap();
        for bytes in [written, streamed] {
            let recording = open(bytes).unwrap();
            assert_eq!(recording.samples.len(), 1_001);
            assert!(recording.warnings.is_empty());
            let least = if encoding == WavEncoding::S16 { 99.0 } else { 35.0 };
            assert!(support::snr_db(&signal, &recording.samples) > least);
        }
    }
    // A target that already holds something keeps it.
    let mut target = Cursor::new(Vec::new());
    target.write_all(b"before").unwrap();
    let mut writer = WavWriter::new(target, WavEncoding::S16).unwrap();
    writer.write(&signal).unwrap();
    let written = writer.finish().unwrap().into_inner();
    assert_eq!(written, [b"before", &wav_bytes(&signal, WavEncoding::S16)[..]].concat());
}
