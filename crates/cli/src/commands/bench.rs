use std::io::{self, Write};
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use offhook_detect::{DetectConfig, WeighConfig};

use crate::bench::Timing;
use crate::bench::engine::{EngineBench, measure_engine};
use crate::exit::Exit;
use crate::settings::{Settings, SettingsArgs};
use crate::terminal::{Ink, Paint};

/// Measure how fast the engine is
#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Engine(EngineArgs),
}

/// The engine on one core: real time, nanoseconds a hop by analyser, bytes a stream
#[derive(Args, Debug)]
#[command(after_help = "\
Each row is timed over and over on the same built-in audio (speech, music, tones, silence, noise); the median and the \
quickest repetition are given. The floor is a plain counter of energy per 20 ms, as Asterisk's AMD() has, and a copy. \
Run it on an otherwise quiet machine, in a release build.

Example:
  offhook bench engine --seconds 3 --json")]
struct EngineArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How long to repeat each row
    #[arg(long, default_value_t = 1.0, value_name = "N")]
    seconds: f64,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &BenchArgs) -> Result<Exit> {
    let What::Engine(args) = &args.what;
    let (model, config) = (args.settings.model.read()?, Settings::gather(&args.settings)?.config);
    let awake = DetectConfig { weigh: WeighConfig { rest: false, ..config.weigh }, ..config };
    let bench = measure_engine(
        &model.params(config)?,
        &model.params(awake)?,
        Duration::from_secs_f64(args.seconds.clamp(0.0, 600.0)),
    );
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&bench)?)?;
    } else {
        write(&mut out, &bench, Paint::for_output())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn write(out: &mut dyn Write, bench: &EngineBench, paint: Paint) -> io::Result<()> {
    let title = format!("{:.0} s of speech, music, tones, noise and silence, one core", bench.audio_seconds);
    writeln!(out, "{}", paint.mark(Ink::Strong, title))?;
    if cfg!(debug_assertions) {
        writeln!(out, "{}", paint.mark(Ink::Wrong, "a debug build: the figures mean nothing, build with --release"))?;
    }
    writeln!(out, "{:<24} {:>10} {:>10} {:>8} {:>7}", "", "median", "best", "share", "times")?;
    let whole = bench.engine.best_ns_per_hop;
    let row = |out: &mut dyn Write, name: &str, timing: &Timing| {
        let share = timing.best_ns_per_hop / whole * 100.0;
        writeln!(
            out,
            "{name:<24} {:>7.0} ns {:>7.0} ns {share:>6.1} % {:>7}",
            timing.median_ns_per_hop, timing.best_ns_per_hop, timing.repetitions
        )
    };
    row(out, "whole engine, per hop", &bench.engine)?;
    for part in &bench.parts {
        row(out, &format!("  {}", part.name), &part.timing)?;
    }
    let share = bench.rest_ns_per_hop / whole * 100.0;
    writeln!(out, "{:<24} {:>10} {:>7.0} ns {share:>6.1} %", "  trackers, fusion, rest", "", bench.rest_ns_per_hop)?;
    row(out, &format!("{} streams in a batch", bench.streams), &bench.batched)?;
    row(out, "net rests when decided", &bench.resting)?;
    row(out, "floor: energy counter", &bench.energy_counter)?;
    row(out, "floor: copy", &bench.copy)?;
    writeln!(out)?;
    let fast = format!("{:.0} × real time", bench.times_real_time.best);
    let median = bench.times_real_time.median;
    writeln!(out, "{} on one core at best, {median:.0} × at the median", paint.mark(Ink::Strong, fast))?;
    let (fast, median) = (bench.batched_times_real_time.best, bench.batched_times_real_time.median);
    let batched = format!("{fast:.0} × with {} streams in a batch", bench.streams);
    writeln!(out, "{} at best, {median:.0} × at the median", paint.mark(Ink::Strong, batched))?;
    if let Some(model) = bench.model {
        writeln!(out, "the model: {} bytes, read in {:.2} ms", model.bytes, model.load_ms)?;
    }
    writeln!(out, "{:.1} × the time of the energy counter", bench.engine_over_energy_counter)?;
    let stream = bench.stream;
    writeln!(out, "{} bytes a stream ({} in the detector, {} on the heap)", stream.total, stream.detector, stream.heap)
}
