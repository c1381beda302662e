//! Calls over a line that the shipped model's calls did not have: for the test that fine-tuning helps there, and for the
//! example that writes such calls.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use offhook_media::{WavEncoding, wav_bytes};
use offhook_sim::line::{Echo, Encoding, Line, LineNoise, NoiseSource};
use offhook_sim::noise::NoiseKind;
use offhook_sim::packets::Loss;
use offhook_sim::{Course, Lines, Room, SimConfig, SimError, Simulator, Truth, VoiceBank};

/// Muffled, quiet, echoing, through GSM twice, with the noise as loud as the voice.
fn line() -> Line {
    Line {
        room: Some(Room { decay: Duration::from_millis(600), distance_db: 6.0 }),
        noise: Some(LineNoise { source: NoiseSource::Kind(NoiseKind::Hum60), snr_db: 0.0 }),
        echo: Some(Echo { delay: Duration::from_millis(180), loss_db: 4.0 }),
        low_pass_hz: Some(1200.0),
        tandem: Some(Encoding::Gsm),
        gain_db: -15.0,
        loss: Some(Loss { share: 0.05, burst: 2.0 }),
        ..Line::clean(Encoding::Gsm)
    }
}

/// People and machines with a voice, as many of each.
const COURSES: [(Course, u32); 8] = [
    (Course::ShortAnswer, 4),
    (Course::NamedAnswer, 3),
    (Course::BusinessAnswer, 3),
    (Course::LateAnswer, 2),
    (Course::GreetingAndBeep, 5),
    (Course::GreetingOnly, 2),
    (Course::Menu, 3),
    (Course::Announcement, 2),
];

/// Calls by `voices` over this line.
pub(crate) fn simulator(voices: VoiceBank, seed: u64) -> Result<Simulator, SimError> {
    let courses = COURSES.to_vec();
    Simulator::new(SimConfig {
        courses,
        seed,
        voices,
        lines: Lines::Fixed(line()),
        variety: true,
        ..SimConfig::default()
    })
}

/// Writes so many calls into `folder` with their table, which is returned.
pub(crate) fn write(simulator: &Simulator, count: u64, folder: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let mut rows = Truth::csv_header() + "\n";
    for (number, call) in (0..count).map(|number| (number, simulator.call(number))) {
        let name = format!("{number:04}.wav");
        std::fs::write(folder.join(&name), wav_bytes(&call.samples, WavEncoding::Ulaw))?;
        rows += &(call.truth.csv_row(&name) + "\n");
    }
    let table = folder.join("calls.csv");
    std::fs::write(&table, rows)?;
    Ok(table)
}
