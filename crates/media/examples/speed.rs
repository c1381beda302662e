//! How fast files decode: `cargo run --release -p offhook-media --example speed -- FILES`.

use std::time::{Duration, Instant};

use offhook_media::{DecodeOptions, decode_file};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let started = Instant::now();
        let (mut seconds, mut info) = (0.0, None);
        while started.elapsed() < Duration::from_millis(500) {
            let recording = decode_file(&path, &DecodeOptions::default())?;
            seconds += recording.samples.len() as f64 / 8_000.0;
            info = Some(recording.info);
        }
        let times = seconds / started.elapsed().as_secs_f64();
        if let Some(info) = info {
            eprintln!("{times:8.0} x real time: {}, {} Hz, {} ch, {path}", info.codec, info.rate, info.channels);
        }
    }
    Ok(())
}
