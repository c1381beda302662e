use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use offhook_audio::{HOP, MediaTime, RATE, SampleRate, resample};
use offhook_detect::analysers::{Front, Hop, MELS, MelAnalyser, measure};
use offhook_detect::features::{
    AcousticAnalyser, Acoustics, Matrix, MelConfig, MelSpectrogram, Reference, Stft, mfcc, power_to_db,
};

use crate::exit::{Exit, Mistake};
use crate::output;
use crate::sound::{self, Input, Side, Sound, SoundArgs};
use crate::table::Table;
use crate::terminal;

/// Compute acoustic features of a recording: what models are trained on
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct FeaturesArgs {
    /// A recording; `-` for standard input
    file: String,
    /// Which features
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    set: Set,
    /// The form to write; without it that of --out's ending, else csv
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file to write, in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Begin this long after the recording does, such as 1.5s or 1500ms; without a unit in milliseconds
    #[arg(long, value_name = "TIME", value_parser = sound::time)]
    start: Option<Duration>,
    /// Which channel of a stereo recording
    #[arg(long, value_enum, default_value_t)]
    channel: Side,
    /// The recording has no header: ENCODING is s16le, s16be, ulaw or alaw, RATE is in Hz
    #[arg(long, value_name = "ENCODING[@RATE]")]
    raw: Option<String>,
}

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Set {
    /// 33 features each 10 ms: level and its slope, pitch, voicing, spectral shape, 13 MFCC, 12 chroma
    #[default]
    Hop,
    /// The 40 log-mel bands each 10 ms that the net hears
    LogMel,
    /// librosa's mel spectrogram of 2 s at 16 kHz, in dB below its maximum: 128 × 63
    #[value(name = "mel-128x63")]
    Mel,
    /// librosa's 13 cepstral coefficients of the same 2 s: 13 × 63
    Mfcc,
    /// librosa's 12 pitch classes of the same 2 s: 12 × 63
    Chroma,
}

impl Set {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether it is one of librosa's, which are made of 2 s and have a column a frame.
    fn is_librosas(self) -> bool {
        matches!(self, Self::Mel | Self::Mfcc | Self::Chroma)
    }
}

/// A form to write numbers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a frame, with the names of all columns
    Csv,
    /// NumPy's array file of float32: a row a frame for hop and log-mel, librosa's shape for the others
    Npy,
    /// One object: set, columns, frames
    Json,
}

const AFTER: &str = "\
The recording is heard as a call would be: one channel at 8 kHz. The sets mel-128x63, mfcc and chroma take its first 2 s (less is filled up with silence), at 16 kHz, and equal what librosa makes of the same samples with n_fft 2048, hop_length 512, n_mels 128 and fmax 8000.

Examples:
  offhook features call.wav                           33 columns each 10 ms
  offhook features call.wav --set log-mel --out x.npy a NumPy array [frames, 40]
  offhook features call.wav --set mel-128x63 --out mel.npy --start 1.5s";

/// Samples of the sets of librosa, at 8 kHz.
const TWO_SECONDS: usize = 2 * RATE as usize;

pub(crate) fn run(args: &FeaturesArgs) -> Result<Exit> {
    let format = format(args);
    if format == Format::Npy && args.out.is_none() && io::stdout().is_terminal() {
        return Err(Mistake::Usage("--format npy: is not for a terminal: name a file with --out".into()).into());
    }
    output::check("--out", args.out.as_deref(), &[PathBuf::from(&args.file)])?;
    let samples = samples(args).with_context(|| args.file.clone())?;
    let begins = args.start.unwrap_or_default().as_secs_f64();
    let table = match args.set {
        Set::Hop => acoustics(&samples, begins),
        Set::LogMel => log_mel(&samples, begins),
        Set::Mel | Set::Mfcc | Set::Chroma => librosas(args.set, &samples, begins)?,
    };
    let write = |out: &mut dyn Write| -> io::Result<()> {
        let mut out = BufWriter::new(out);
        match format {
            Format::Csv => table.write_csv(&mut out)?,
            Format::Npy => table.write_npy(args.set.is_librosas(), &mut out)?,
            Format::Json => table.write_json(&args.set.name(), &mut out)?,
        }
        out.flush()
    };
    match &args.out {
        Some(path) => File::create(path)
            .and_then(|mut file| write(&mut file))
            .with_context(|| format!("{}: cannot be written", path.display()))?,
        None => write(&mut io::stdout().lock())?,
    }
    Ok(Exit::Done)
}

fn format(args: &FeaturesArgs) -> Format {
    let ending = args.out.as_deref().and_then(|path| path.extension()).and_then(|ending| ending.to_str());
    args.format.or(ending.and_then(|ending| Format::from_str(ending, true).ok())).unwrap_or(Format::Csv)
}

/// What is to be heard of the recording, spanning ±1.
fn samples(args: &FeaturesArgs) -> Result<Vec<f32>> {
    let hearing = SoundArgs { channel: args.channel, raw: args.raw.clone(), ..SoundArgs::default() }.check()?;
    let mut sound = match args.file.as_str() {
        "-" => Sound::from_reader(io::stdin(), &hearing)?,
        file => Sound::open(file.as_ref(), &hearing)?,
    };
    let mut samples = Vec::new();
    while let Some(input) = sound.next(false)? {
        if let Input::Samples(piece) = input {
            samples.extend(piece.iter().map(|sample| f32::from(*sample) / 32_768.0));
        }
    }
    for warning in sound.warnings() {
        terminal::tell_warning(&format!("{}: {warning}", args.file));
    }
    let (skipped, length) = (sound::samples_in(args.start.unwrap_or_default()), samples.len());
    if skipped + HOP > length {
        let seconds = |samples: usize| samples as f64 / f64::from(RATE);
        anyhow::bail!(
            "given {:.3} s from --start {:.3} s on, needed is 0.010 s or more",
            seconds(length.saturating_sub(skipped)),
            seconds(skipped)
        );
    }
    samples.drain(..skipped);
    Ok(samples)
}

/// Calls `hear` with each whole hop; gives the times, in seconds, at which the hops end.
fn each_hop(samples: &[f32], begins: f64, mut hear: impl FnMut(&Hop<'_>)) -> Vec<f64> {
    let mut front = Front::default();
    let hops = samples.as_chunks::<HOP>().0.iter().enumerate();
    hops.map(|(number, samples)| {
        let at = MediaTime::from_samples(((number + 1) * HOP) as u64);
        let level = measure(samples, samples.iter().map(|x| (x.abs() * 32_768.0) as u32).sum());
        hear(&Hop { at, samples, level: &level, spectrum: front.push(samples) });
        begins + at.samples() as f64 / f64::from(RATE)
    })
    .collect()
}

fn acoustics(samples: &[f32], begins: f64) -> Table {
    let (mut analyser, mut values) = (AcousticAnalyser::new(), Vec::new());
    let times = each_hop(samples, begins, |hop| values.extend(analyser.push(hop).values()));
    Table { columns: Acoustics::COLUMNS.map(str::to_owned).to_vec(), times, values }
}

fn log_mel(samples: &[f32], begins: f64) -> Table {
    let (mut analyser, mut values) = (MelAnalyser::new(), Vec::new());
    let times = each_hop(samples, begins, |hop| values.extend(analyser.push(hop)));
    Table { columns: numbered("mel", MELS), times, values }
}

/// The features of the first 2 s, as librosa has them.
fn librosas(set: Set, samples: &[f32], begins: f64) -> Result<Table> {
    let mut two_seconds = samples[..samples.len().min(TWO_SECONDS)].to_vec();
    two_seconds.resize(TWO_SECONDS, 0.0);
    let config = MelConfig::default();
    let rate = config.stft.sample_rate;
    let wide = resample(&two_seconds, SampleRate::TELEPHONE, SampleRate::new(rate)?)?;
    let mut mel = MelSpectrogram::new(config)?;
    let (name, matrix) = match set {
        Set::Chroma => ("chroma", Stft::new(config.stft)?.power(&wide)?.chroma()),
        Set::Mfcc => ("mfcc", mfcc(&power_to_db(&mel.compute(&wide)?, Reference::Power(1.0), Some(80.0)), 13)?),
        _ => ("mel", power_to_db(&mel.compute(&wide)?, Reference::Max, Some(80.0))),
    };
    let step = config.stft.hop_length as f64 / f64::from(rate);
    let times = (0..matrix.columns()).map(|frame| begins + frame as f64 * step).collect();
    Ok(Table { columns: numbered(name, matrix.rows()), times, values: by_frames(&matrix) })
}

fn by_frames(matrix: &Matrix) -> Vec<f32> {
    (0..matrix.columns()).flat_map(|frame| matrix.column(frame)).collect()
}

fn numbered(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{name}_{number}")).collect()
}
