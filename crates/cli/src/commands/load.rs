use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::{Exit, Mistake};
use crate::load::{self, Load, LoadPlan, Packets, Pool, PoolSource, Scenario, Target};
use crate::settings;
use crate::sound;
use crate::terminal::{self, Paint};

/// Load a running service at the pace of real calls, and measure its delays, losses, processor time and memory
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct LoadArgs {
    /// The service
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key with the scope voicemail:detect; others on this machine can see it, so prefer --key-file or the
    /// environment [env: OFFHOOK_API_KEY]
    #[arg(long, value_name = "KEY", conflicts_with = "key_file")]
    key: Option<String>,
    /// A file with an API key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Trust the certificates in this file (PEM) in place of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A scenario of the specification
    #[arg(long, value_enum, default_value_t = Scenario::Baseline)]
    scenario: Scenario,
    /// Calls at once, in place of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    calls: Option<u32>,
    /// The whole time, in place of the scenario's: 90s, 10m
    #[arg(long, value_name = "TIME", value_parser = sound::time)]
    duration: Option<Duration>,
    /// Over how long the calls begin, in place of the scenario's; at most half of the whole time
    #[arg(long, value_name = "TIME", value_parser = sound::time)]
    ramp: Option<Duration>,
    /// The most that the 95th percentile of the decision delay may be, in place of the scenario's
    #[arg(long, value_name = "TIME", value_parser = sound::time)]
    p95: Option<Duration>,
    /// The length of a packet, 5 to 500 ms
    #[arg(long, default_value = "20ms", value_name = "TIME", value_parser = sound::time)]
    packet: Duration,
    /// How audio is packed
    #[arg(long, value_enum, default_value_t)]
    encoding: Packets,
    /// Play these recordings, or folders of them, in place of made calls
    #[arg(long, num_args = 1.., value_name = "PATH")]
    recordings: Vec<PathBuf>,
    /// How many different calls to make
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pool: u64,
    /// What chance follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Post recordings of 4 s to /v1/detect, as the specification's script does, in place of streams
    #[arg(long)]
    rest: bool,
    /// Look for the largest number of calls with a p95 of at most 200 ms (or --p95) and nothing lost
    #[arg(long, conflicts_with = "rest")]
    search: bool,
    /// Where the search ends
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    most: u32,
    /// The process of the service; found by its port where it is on this machine
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const AFTER: &str = "\
Each call is a stream of its own that comes as fast as it would be spoken; when it ends, another begins. The delay is counted from when the last sample that a final result needed was sent to when the result came. Exits with 4 if what is expected was missed.

Examples:
  offhook load --scenario moderate --duration 2m
  offhook load --calls 500 --duration 90s --ramp 20s --json > load.json
  offhook load --search --calls 250 --duration 60s --ramp 20s
  offhook load --url wss://detect.example.com --key-file key --scenario baseline";

/// Sound figures for what a packet may be.
const PACKETS: std::ops::RangeInclusive<u128> = 5..=500;

pub(crate) fn run(args: &LoadArgs) -> Result<Exit> {
    if !PACKETS.contains(&args.packet.as_millis()) {
        let text = format!("--packet: given {:?}, allowed is 5ms to 500ms", args.packet);
        return Err(Mistake::Usage(text).into());
    }
    let target =
        Target::new(&args.url, settings::api_key(args.key.as_deref(), args.key_file.as_deref())?, args.ca.as_deref())?;
    let source = if args.recordings.is_empty() {
        PoolSource::Made { count: args.pool, seed: args.seed }
    } else {
        PoolSource::Recordings(args.recordings.clone())
    };
    raise_open_files();
    let found = || if target.is_here() { load::listening_on(target.port()) } else { None };
    let server = args.server_pid.or_else(found);
    let pool = Arc::new(Pool::prepare(&source, args.encoding, args.packet.as_millis() as u32)?);
    let load = Load { target, pool, plan: plan(args), rest: args.rest, server, seed: args.seed };
    let bar = bar(&load.plan);
    let mut out = io::stdout().lock();
    let met = if args.search {
        let found = load::search(&load, args.most, &bar)?;
        bar.finish_and_clear();
        if args.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?;
        } else {
            let best = found.steps.iter().rev().find(|step| Some(step.calls) == found.most).or(found.steps.last());
            if let Some(report) = best {
                load::write_text(&mut out, report, Paint::for_output())?;
            }
            match found.most {
                Some(calls) => writeln!(out, "\nat most {calls} calls at once")?,
                None => writeln!(out, "\nnot even the first number of calls was served as expected")?,
            }
        }
        found.most.is_some()
    } else {
        let report = load::run(&load, &bar)?;
        bar.finish_and_clear();
        if args.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        } else {
            load::write_text(&mut out, &report, Paint::for_output())?;
        }
        report.missed.iter().for_each(|missed| terminal::tell_warning(missed));
        report.missed.is_empty()
    };
    out.flush()?;
    Ok(if met { Exit::Done } else { Exit::Failed })
}

fn plan(args: &LoadArgs) -> LoadPlan {
    let mut plan = args.scenario.plan();
    plan.calls = args.calls.unwrap_or(plan.calls);
    plan.ramp = args.ramp.unwrap_or(plan.ramp);
    if args.search {
        plan.expected = load::SEARCHED;
    }
    if let Some(p95) = args.p95 {
        plan.expected.p95_ms = p95.as_secs_f64() * 1_000.0;
    }
    plan.lasting(args.duration.unwrap_or(plan.duration))
}

/// Every stream is an open file: asks for as many as the system allows.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it is refused, streams beyond the limit fail and are told of.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

fn bar(plan: &LoadPlan) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(plan.duration.as_secs());
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar:.cyan} {pos}/{len} s  {msg}") {
        bar.set_style(style);
    }
    bar
}
