use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use offhook_audio::MediaTime;
use offhook_detect::{Method, Params, Preset, Vocabulary};
use rayon::prelude::*;

use crate::evaluation::agreement::{self, Agreement, Answer};
use crate::evaluation::curve::{self, Curve, Point};
use crate::evaluation::lane;
use crate::evaluation::report::{PresetReport, Report, Wrong};
use crate::evaluation::{Call, Manifest, Row};
use crate::exit::{Exit, Mistake};
use crate::model::Chosen;
use crate::onnx::OnnxArgs;
use crate::output;
use crate::report::{eval_html, eval_text};
use crate::settings::{Settings, SettingsArgs};
use crate::sound::{Hearing, Sound, SoundArgs};
use crate::terminal::{self, Paint};

/// Measure the detector on labelled recordings
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct EvalArgs {
    /// CSV with a header: path and label, and if known greeting_end_ms, beep_start_ms, beep_end_ms, speech_end_ms,
    /// answered_ms, condition, source; other columns are ignored. Paths are relative to the manifest
    manifest: PathBuf,
    /// Write all figures as JSON; `-` prints them in place of the tables
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with tables and curves; it needs nothing but itself
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// What Asterisk's AMD() said of the same recordings, as CSV with the columns path, amdstatus, amdcause: also say
    /// how far the classic preset agrees
    #[arg(long, value_name = "FILE")]
    asterisk_table: Option<PathBuf>,
    /// Compare these presets side by side; each may have parameters of its own: balanced+weigh.net=false
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',', conflicts_with = "preset")]
    presets: Vec<String>,
    /// Leave the operating curve out: it runs the detector a dozen times more
    #[arg(long)]
    no_curve: bool,
    /// Also list every call that was judged wrongly
    #[arg(long)]
    wrong: bool,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    sound: SoundArgs,
    #[command(flatten)]
    onnx: OnnxArgs,
}

const AFTER: &str = "\
The verdict that counts is the first final one: what a dialler acts on. \"After revisions\" takes the one that stood \
at the end. Labels: human; voicemail, mailbox_unavailable, ivr, announcement, sit, fax, music (all machines); \
call_screener and silence (neither).

What is measured:
  human called machine   people whose verdict is a machine: the worst error
  machine recall         machines whose verdict is a machine
  latency                from the answer (answered_ms, else the first audio) to
                         the verdict; for people called people also from the
                         end of their first utterance (speech_end_ms)
  beep end               |heard end - true end|; a tone is found if one was
                         heard that overlaps it give or take 100 ms; false
                         ones are counted an hour of all audio
  ready                  for voicemails: when a message might start, less the
                         end of the record tone, or of the greeting where
                         there is none; early is more than 100 ms before it
  operating curve        by parameter: the operating point of the learned
                         models (weigh.most_false_machines), or the limit for
                         a person's greeting (decide.long_greeting under the
                         heuristic rules, classic.greeting under the classic
                         ones) is swept; by threshold: a call counts
                         as a machine if the machine's probability at the
                         first final verdict reaches the threshold

Shares have 95 % Wilson intervals; percentiles lie on the straight line between the two nearest values.

Examples:
  offhook eval calls/manifest.csv
  offhook eval calls/manifest.csv --presets classic,balanced --html report.html
  offhook eval calls/manifest.csv --presets balanced,balanced+weigh.net=false
  offhook eval calls/manifest.csv --set decide.long_greeting=3s --no-curve";

/// One preset to be measured, and where its detectors stand among all.
struct Contestant {
    /// As it was named.
    name: String,
    parameter: &'static str,
    /// The settings tried along the curve.
    sweep: Vec<String>,
    first_lane: usize,
}

/// What the curve tries: limits for a person's greeting under the rules, in milliseconds; shares of people called
/// machines under the learned models.
const RULES_SWEEP: [&str; 12] =
    ["1200", "1500", "1800", "2200", "2600", "3000", "3400", "4000", "4600", "5500", "7000", "9000"];
const CLASSIC_SWEEP: [&str; 12] =
    ["400", "600", "800", "1000", "1250", "1500", "1750", "2000", "2500", "3000", "3500", "4500"];
const LEARNED_SWEEP: [&str; 12] =
    ["0.1%", "0.2%", "0.3%", "0.5%", "0.7%", "1%", "1.5%", "2%", "3%", "5%", "10%", "20%"];

pub(crate) fn run(args: &EvalArgs) -> Result<Exit> {
    let model = args.settings.model.read_or_onnx(&args.onnx)?;
    let hearing = Hearing { onnx: model.onnx(), ..args.sound.check()? };
    let (contestants, mut lanes) = contestants(args, &model)?;
    let asterisk = args.asterisk_table.as_deref().map(agreement::read_table).transpose()?;
    if asterisk.is_some() {
        let classic = Settings::gather_with_preset(&args.settings, Preset::Classic.name())?;
        lanes.push(Arc::new(Params::new(classic.config)?));
    }
    let manifest = Manifest::read(&args.manifest)?;
    let to_output = args.json.as_deref() == Some(Path::new("-"));
    let json = args.json.as_deref().filter(|_| !to_output);
    for (flag, path) in [("--json", json), ("--html", args.html.as_deref())] {
        let read = [Some(&args.manifest), args.asterisk_table.as_ref(), args.settings.config.as_ref()];
        output::check(flag, path, read.into_iter().flatten().chain(manifest.rows.iter().map(|row| &row.path)))?;
    }
    if json.is_some() && json == args.html.as_deref() {
        return Err(Mistake::Usage("--json and --html: given the same file, allowed are two".into()).into());
    }
    let mut failed = manifest.errors.clone();
    let shown = args.manifest.display().to_string();
    let heard = hear_all(&manifest.rows, &shown, &hearing, &lanes, &mut failed);
    for told in &failed {
        terminal::tell_error(&anyhow::anyhow!("{told}"));
    }
    if heard.is_empty() {
        let why = match failed.len() {
            0 => "there is none but the header; add one for each recording".to_owned(),
            1 => "the only one failed, as told above".to_owned(),
            all => format!("all {all} failed, as told above"),
        };
        anyhow::bail!("no usable row in {shown}: {why}");
    }
    let presets = contestants.iter().map(|contestant| measure(contestant, &heard, args)).collect();
    let asterisk = asterisk.map(|table| agree(&table, &heard)).transpose()?;
    let report = Report { manifest: shown, failed, presets, asterisk };
    let figures = || serde_json::to_string_pretty(&report).map(|text| text + "\n");
    if let Some(path) = json {
        write_file(path, &figures()?)?;
    }
    if let Some(path) = &args.html {
        write_file(path, &eval_html::page(&report))?;
    }
    let mut out = io::stdout().lock();
    if to_output {
        out.write_all(figures()?.as_bytes())?;
    } else {
        eval_text::write(&mut out, &report, args.wrong, Paint::for_output())?;
    }
    out.flush()?;
    Ok(if report.failed.is_empty() { Exit::Done } else { Exit::Failed })
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
}

/// Compares what the last detector, under the classic rules, says in Asterisk's words with what Asterisk said.
fn agree(table: &BTreeMap<String, Answer>, all: &[Labelled<'_>]) -> Result<Agreement> {
    let words = Vocabulary::named("asterisk").context("there is no vocabulary asterisk")?;
    let answer = |heard: &lane::Heard| Answer {
        status: words.result(&heard.decided, &heard.wording).to_owned(),
        cause: words.cause(&heard.decided),
    };
    let ours = all.iter().filter_map(|(row, heard)| Some((row.name.clone(), answer(heard.last()?))));
    Ok(Agreement::new(table, ours.collect()))
}

/// The presets to measure, and all the detectors that takes.
fn contestants(args: &EvalArgs, model: &Chosen) -> Result<(Vec<Contestant>, Vec<Arc<Params>>)> {
    let all = if args.presets.is_empty() {
        let settings = Settings::gather(&args.settings)?;
        vec![(settings.preset.name().to_owned(), settings)]
    } else {
        let named = |name: &String| {
            let mut parts = name.split('+');
            let preset = parts.next().unwrap_or_default();
            let mut settings = args.settings.clone();
            settings.set.extend(parts.map(str::to_owned));
            Settings::gather_with_preset(&settings, preset).map(|settings| (name.clone(), settings))
        };
        args.presets.iter().map(named).collect::<Result<Vec<_>>>()?
    };
    let (mut contestants, mut lanes) = (Vec::new(), Vec::new());
    for (name, settings) in all {
        let first_lane = lanes.len();
        lanes.push(model.params(settings.config)?);
        let (parameter, values) = match settings.config.decide.method {
            Method::Classic => ("classic.greeting", CLASSIC_SWEEP),
            Method::Avmd | Method::Heuristic => ("decide.long_greeting", RULES_SWEEP),
            Method::Hybrid | Method::Ai => ("weigh.most_false_machines", LEARNED_SWEEP),
        };
        let mut sweep = Vec::new();
        for value in values.into_iter().filter(|_| !args.no_curve) {
            // A limit that does not go with the other parameters is no point of the curve.
            let mut config = settings.config;
            if config.set(parameter, value).is_ok()
                && let Ok(params) = model.params(config)
            {
                lanes.push(params);
                sweep.push(if value.ends_with('%') { value.to_owned() } else { format!("{value} ms") });
            }
        }
        contestants.push(Contestant { name, parameter, sweep, first_lane });
    }
    Ok((contestants, lanes))
}

/// A row, and what each detector made of its recording.
pub(super) type Labelled<'a> = (&'a Row, Vec<lane::Heard>);

/// Listens to every recording with every detector; what fails is added to `failed`.
pub(super) fn hear_all<'a>(
    rows: &'a [Row],
    manifest: &str,
    hearing: &Hearing,
    lanes: &[Arc<Params>],
    failed: &mut Vec<String>,
) -> Vec<Labelled<'a>> {
    let bar = terminal::progress(rows.len(), "listening");
    let hear = |row: &'a Row| {
        let answered_at = row.answered_ms.map(|ms| MediaTime::from_millis(ms as u64)).or(hearing.answered_at);
        let hearing = Hearing { answered_at, ..hearing.clone() };
        let said = Sound::open(&row.path, &hearing).and_then(|mut sound| lane::hear(&mut sound, lanes));
        bar.inc(1);
        said.map(|said| (row, said)).map_err(|error| {
            format!("{manifest} line {}: {}: {}", row.line, row.path.display(), terminal::chain(&error))
        })
    };
    let results: Vec<Result<Labelled<'a>, String>> = rows.par_iter().map(hear).collect();
    bar.finish_and_clear();
    let mut heard = Vec::new();
    for result in results {
        match result {
            Ok(one) => heard.push(one),
            Err(told) => failed.push(told),
        }
    }
    heard
}

fn measure(contestant: &Contestant, heard: &[Labelled<'_>], args: &EvalArgs) -> PresetReport {
    let lane = |at: usize| -> Vec<Call<'_>> {
        heard.iter().map(|(row, heard)| Call { row, said: &heard[contestant.first_lane + at].said }).collect()
    };
    let calls = lane(0);
    let mut report = PresetReport::new(contestant.name.clone(), &calls);
    if !args.no_curve {
        let by_parameter = contestant.sweep.iter().enumerate().map(|(at, setting)| {
            Point::new(setting.clone(), &lane(at + 1), |call| call.said.first.answered_by.is_machine())
        });
        report.curve = Some(Curve {
            parameter: contestant.parameter,
            by_parameter: by_parameter.collect(),
            by_threshold: curve::by_threshold(&calls),
        });
    }
    for (row, heard) in heard {
        let lane::Heard { said, decided, .. } = &heard[contestant.first_lane];
        if decided.answered_by.word() != row.label.right_word() {
            report.wrong.push(Wrong {
                file: row.name.clone(),
                label: row.label.word(),
                answered_by: decided.answered_by.word(),
                cause: decided.cause.to_string(),
                decided_at_ms: said.first.at_ms,
            });
        }
    }
    report
}
