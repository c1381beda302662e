use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum as _};
use serde_json::json;

use crate::exit::{Exit, Mistake};
use crate::load::LoadReport;
use crate::plan::{Architecture, Machine, Need, Required, Volume, least_memory, need, required};
use crate::terminal::{self, Ink, Paint};

/// What `offhook load --calls 2000 --duration 45s --ramp 15s --json` printed for docs/benchmarks.md.
const OURS: &str = include_str!("../plan/measured.json");

/// How that was measured.
const HOW_OURS: &str = "\
our own, of 2026-11-20: two cores (AMD EPYC, Zen 4), the load beside the service, SQLite, all audio kept (50 KiB a call \
without); better are yours: --from with what `offhook load --json` prints on your machine";

/// Say how many machines a volume of calls needs, from what `offhook load` measured
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct PlanArgs {
    /// Calls that begin in a second, in the busiest hour
    #[arg(long, value_name = "N", value_parser = positive)]
    calls_per_second: f64,
    /// How long each call is listened to, in seconds
    #[arg(long, default_value = "20", value_name = "S", value_parser = positive)]
    seconds_per_call: f64,
    /// What was measured: the output of `offhook load --json`; without it, what we measured on a machine of two cores
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Processor cores of a machine, of the kind that was measured
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    cores: u32,
    /// Memory of a machine, in GiB
    #[arg(long, default_value = "8", value_name = "GIB", value_parser = positive)]
    memory: f64,
    /// The share of processor and memory that may be busy, above 0, at most 1
    #[arg(long, default_value = "0.6", value_name = "SHARE", value_parser = some_share)]
    busy: f64,
    /// Machines that may fail at once
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1000))]
    spare: u32,
    /// The share of the busiest rate that a day has on average, 0 to 1
    #[arg(long, default_value = "0.3", value_name = "SHARE", value_parser = share)]
    mean_load: f64,
    /// The share of calls whose audio is kept, 0 to 1
    #[arg(long, default_value = "1", value_name = "SHARE", value_parser = share)]
    audio_kept: f64,
    /// How long audio is kept, in days
    #[arg(long, default_value = "7", value_name = "DAYS", value_parser = positive)]
    audio_days: f64,
    /// How long records are kept, in days
    #[arg(long, default_value = "90", value_name = "DAYS", value_parser = positive)]
    record_days: f64,
    /// What a record takes in the database, in bytes; the default was measured with SQLite and made calls of 10.6 s
    #[arg(long, default_value = "5600", value_name = "BYTES", value_parser = positive)]
    record_bytes: f64,
    /// The specification's formula for this architecture alone; else for all four
    #[arg(long, value_enum)]
    architecture: Option<Architecture>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const AFTER: &str = "\
The upper part follows from what was measured, on the machine on which it was measured: without --from on ours, so measure on yours. The lower part is the specification's own formula, which knows nothing of this detector.

Example:
  offhook load --calls 500 --duration 2m --json > load.json
  offhook plan --calls-per-second 50 --from load.json";

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

fn positive(text: &str) -> Result<f64, String> {
    let allowed = "allowed is a number above 0, at most a thousand million".to_owned();
    number(text).filter(|number| *number > 0.0 && *number <= 1e9).ok_or(allowed)
}

fn share(text: &str) -> Result<f64, String> {
    number(text).filter(|share| *share <= 1.0).ok_or_else(|| "allowed is a number from 0 to 1".to_owned())
}

fn some_share(text: &str) -> Result<f64, String> {
    share(text).ok().filter(|share| *share > 0.0).ok_or_else(|| "allowed is a number above 0, at most 1".to_owned())
}

/// What was measured, and by whom or where it stands.
fn measured(from: Option<&Path>) -> Result<(LoadReport, String)> {
    Ok(match from {
        Some(path) => (read(path)?, path.display().to_string()),
        None => (serde_json::from_str(OURS).context("the figures of our own")?, HOW_OURS.to_owned()),
    })
}

fn read(path: &Path) -> Result<LoadReport> {
    let text = std::fs::read_to_string(path).with_context(|| format!("--from: reading {}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| {
        let name = path.display();
        Mistake::Usage(format!("--from: given {name}, allowed is the output of offhook load --json: {error}")).into()
    })
}

pub(crate) fn run(args: &PlanArgs) -> Result<Exit> {
    let (report, figures) = measured(args.from.as_deref())?;
    if let Some(least) = least_memory(&report, args.busy).filter(|least| args.memory < *least) {
        let (given, least) = (args.memory, (least * 1_000.0).ceil() / 1_000.0);
        let text = format!("--memory: given {given}, allowed is {least} or more, for the service and one call to fit");
        return Err(Mistake::Usage(text).into());
    }
    let volume = Volume {
        calls_per_second: args.calls_per_second,
        seconds_per_call: args.seconds_per_call,
        mean_load: args.mean_load,
        audio_kept: args.audio_kept,
        audio_days: args.audio_days,
        record_days: args.record_days,
        record_bytes: args.record_bytes,
    };
    let machine = Machine { cores: args.cores, memory_gib: args.memory, busy: args.busy, spare: args.spare };
    let Some(need) = need(&report, volume, machine) else {
        let text = "--from: given a report without the service's process, allowed is one of a service on the machine of \
                    the load, or of a load with --server-pid";
        return Err(Mistake::Usage(text.to_owned()).into());
    };
    let architectures: &[Architecture] =
        args.architecture.as_ref().map_or(Architecture::value_variants(), std::slice::from_ref);
    let formula: Vec<Required> =
        architectures.iter().map(|&architecture| required(args.calls_per_second, architecture)).collect();
    for missed in &report.missed {
        terminal::tell_warning(&format!("--from: the load missed what was expected of it: {missed}"));
    }
    let mut out = io::stdout().lock();
    if args.json {
        let plan =
            json!({ "figures": figures, "volume": volume, "machine": machine, "need": need, "formula": formula });
        writeln!(out, "{}", serde_json::to_string_pretty(&plan)?)?;
    } else {
        write(&mut out, args, (&report, &figures), &need, &formula, Paint::for_output())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn write(
    out: &mut dyn Write,
    args: &PlanArgs,
    (report, figures): (&LoadReport, &str),
    need: &Need,
    formula: &[Required],
    paint: Paint,
) -> io::Result<()> {
    let PlanArgs { calls_per_second, seconds_per_call, cores, memory, busy, spare, .. } = args;
    let title = format!("{calls_per_second} calls a second, {seconds_per_call} s each");
    writeln!(out, "{}", paint.mark(Ink::Strong, title))?;
    let measured = format!(
        "measured with {} calls at once on {} × {}: {:.3} % of a core and {:.0} KiB a call",
        report.calls,
        report.processors,
        report.processor,
        report.server.map_or(0.0, |server| server.cpu_percent_per_call),
        report.server.and_then(|server| server.bytes_per_call).unwrap_or(0.0) / 1_024.0
    );
    writeln!(out, "{}", paint.mark(Ink::Faint, measured))?;
    writeln!(out, "{}\n", paint.mark(Ink::Faint, format!("figures: {figures}")))?;
    let mut row = |name: &str, value: String| writeln!(out, "{name:<22} {value}");
    row("calls at once", format!("{:.0}", need.calls_at_once))?;
    row("busy cores", format!("{:.2}", need.cores))?;
    row("memory", format!("{:.2} GiB", need.memory_gib))?;
    let each = format!("{cores} cores, {memory} GiB, {:.0} % busy at most", busy * 100.0);
    row("machines", format!("{}, {spare} of them spare ({each}: {:.0} calls)", need.machines, need.calls_per_machine))?;
    row("network in", format!("{:.1} Mbit/s", need.network_mbit_s))?;
    row("database", format!("{:.1} records/s, {:.2} GB a day", need.writes_per_second, need.database_gb_day))?;
    row("", format!("{:.1} GB after {} days", need.database_gb, args.record_days))?;
    row(
        "kept audio",
        format!("{:.2} GB a day, {:.1} GB after {} days", need.audio_gb_day, need.audio_gb, args.audio_days),
    )?;
    writeln!(out, "\n{}", paint.mark(Ink::Strong, "the specification's formula"))?;
    writeln!(out, "{:<16} {:>8} {:>12} {:>16} {:>8}", "", "cores", "memory, GB", "graphics, GB", "nodes")?;
    for Required { architecture, cpu_cores, memory_gb, gpu_memory_gb, estimated_nodes } in formula {
        let word = architecture.word();
        writeln!(out, "{word:<16} {cpu_cores:>8} {memory_gb:>12} {gpu_memory_gb:>16} {estimated_nodes:>8}")?;
    }
    Ok(())
}
