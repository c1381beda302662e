use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use offhook_detect::{Event, Input as TraceInput, Params, Trace, Vocabulary};
use offhook_server::views;
use rayon::prelude::*;

use crate::detect::{Heard, Listener, detect};
use crate::exit::{Exit, Mistake};
use crate::onnx::OnnxArgs;
use crate::output;
use crate::picture::Wave;
use crate::report::json::Vocabularies;
use crate::report::{html, json, text};
use crate::settings::{Settings, SettingsArgs};
use crate::sound::{self, Hearing, Input, Sound, SoundArgs};
use crate::terminal::{self, Paint};

/// Tell who, or what, picked up, why, and when a message may be left
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct DetectArgs {
    /// Recordings, folders of them, or quoted patterns; `-` alone listens to standard input while it comes
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Print JSON: one object a line for each recording; for `-` one for each event
    #[arg(long)]
    json: bool,
    /// Also write a page with pictures; it needs nothing but itself
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also write what the detector was given, for `offhook replay`; for one recording
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How to show recordings: a picture each, or a line each; auto draws pictures of up to twelve
    #[arg(long, value_enum, default_value_t, value_name = "HOW", conflicts_with = "json")]
    view: View,
    /// The fork of mod_amd in whose words JSON spells `mod_amd`
    #[arg(long, default_value = "webitel", value_name = "NAME", value_parser = ["seanbright", "webitel", "silviucpp", "w1ck3dza", "nexis"])]
    mod_amd: String,
    /// Which of Twilio's two sets of words JSON spells: that of MachineDetection=Enable or of DetectMessageEnd
    #[arg(long, default_value = "enable", value_name = "NAME", value_parser = ["enable", "detect_message_end"])]
    twilio: String,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    sound: SoundArgs,
    #[command(flatten)]
    onnx: OnnxArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum View {
    /// Pictures of a few recordings, lines for many
    #[default]
    Auto,
    /// A picture each
    Picture,
    /// A line each: verdict, how sure, when, why, → when and why a message may start, recording
    Line,
}

const AFTER: &str = "\
Examples:
  offhook detect call.wav                           one screen: the verdict, why
  offhook detect --json calls/ | jq .answered_by    a folder, an object a line
  offhook detect --html report.html 'calls/*.mp3'   a page with pictures
  offhook detect --channel right stereo.wav         listen to the right channel
  offhook detect --answered-at 6.2s early.wav       6.2 s of early media first
  offhook detect --model mine.onnx call.wav         a model of your own
  arecord -q -f S16_LE -r 8000 -t raw | offhook detect --raw s16le@8000 -

Exit codes:
  0  every recording has its verdict
  2  the command line cannot be used
  3  the configuration cannot be used
  4  a recording could not be read; the others are done";

pub(crate) fn run(args: &DetectArgs) -> Result<Exit> {
    let model = args.settings.model.read_or_onnx(&args.onnx)?;
    let hearing = Hearing { onnx: model.onnx(), ..args.sound.check()? };
    let params = model.params(Settings::gather(&args.settings)?.config)?;
    let words = vocabularies(args)?;
    if args.html.is_some() && args.html == args.trace {
        return Err(Mistake::Usage("--html and --trace: given the same file, allowed are two".into()).into());
    }
    if args.files.iter().any(|file| file == "-") {
        if args.files.len() > 1 {
            return Err(Mistake::Usage(format!(
                "given {} names, allowed is `-` alone or files without it",
                args.files.len()
            ))
            .into());
        }
        check_outputs(args, &[])?;
        return live(args, &hearing, &params, &words);
    }
    let sound::Recordings { files, unread } = sound::recordings(&args.files)?;
    check_outputs(args, &files)?;
    if args.trace.is_some() && files.len() > 1 {
        return Err(Mistake::Usage(format!("--trace: given {} recordings, allowed is 1", files.len())).into());
    }
    let pictures = match args.view {
        View::Auto => files.len() <= 12,
        view => view == View::Picture,
    };
    let keep = Keep { wave: args.html.is_some() || (pictures && !args.json), trace: args.trace.is_some() };
    let mut report = Printer {
        args,
        words,
        pictures,
        paint: Paint::for_output(),
        page: String::new(),
        failed: Vec::new(),
        shown: 0,
    };
    let count = files.len() + unread.len();
    for (folder, error) in unread {
        report.fail(&folder.display().to_string(), anyhow::Error::new(error).context("this folder cannot be read"))?;
    }
    let bar = terminal::progress(files.len(), "listening");
    in_order(
        &files,
        |path| hear_file(path, &hearing, &params, keep),
        |path, result| {
            bar.suspend(|| report.add(path, result))?;
            bar.inc(1);
            Ok(())
        },
    )?;
    bar.finish_and_clear();
    report.finish(count)
}

/// Checks that nothing that is to be read would be overwritten.
fn check_outputs(args: &DetectArgs, files: &[PathBuf]) -> Result<()> {
    for (flag, path) in [("--html", &args.html), ("--trace", &args.trace)] {
        output::check(flag, path.as_deref(), files.iter().chain(&args.settings.config))?;
    }
    Ok(())
}

fn vocabularies(args: &DetectArgs) -> Result<Vocabularies> {
    let named = |name: &str| Vocabulary::named(name).with_context(|| format!("there is no vocabulary {name}"));
    Ok(Vocabularies {
        asterisk: named("asterisk")?,
        mod_amd: named(&args.mod_amd)?,
        twilio: named(&format!("twilio_{}", args.twilio))?,
    })
}

/// What to keep of a recording beside its events.
#[derive(Clone, Copy, Debug)]
struct Keep {
    wave: bool,
    trace: bool,
}

/// Whoever is told of events when they happen.
type Tell<'a> = dyn FnMut(&Event) -> Result<()> + 'a;

/// Keeps what was asked for, and passes events on.
struct Recorder<'a, 'b> {
    wave: Option<Wave>,
    inputs: Option<Vec<TraceInput>>,
    tell: Option<&'a mut Tell<'b>>,
}

impl Listener for Recorder<'_, '_> {
    fn input(&mut self, input: Input<'_>) {
        if let (Some(wave), Input::Samples(samples)) = (&mut self.wave, input) {
            wave.push(samples);
        }
        if let Some(inputs) = &mut self.inputs {
            inputs.push(match input {
                Input::Samples(samples) => TraceInput::Samples(samples.to_vec()),
                Input::Fact(fact) => TraceInput::Fact(fact),
            });
        }
    }

    fn event(&mut self, event: &Event) -> Result<()> {
        self.tell.as_mut().map_or(Ok(()), |tell| tell(event))
    }
}

/// One recording that was heard.
struct Done {
    heard: Heard,
    format: String,
    warnings: Vec<String>,
    wave: Wave,
    trace: Option<Trace>,
}

fn hear_file(path: &Path, hearing: &Hearing, params: &Arc<Params>, keep: Keep) -> Result<Done> {
    hear(Sound::open(path, hearing)?, params, keep, None)
}

fn hear(mut sound: Sound, params: &Arc<Params>, keep: Keep, tell: Option<&mut Tell<'_>>) -> Result<Done> {
    let wave = keep.wave.then(Wave::default);
    let mut recorder = Recorder { wave, inputs: keep.trace.then(Vec::new), tell };
    let heard = detect(&mut sound, params, &mut recorder)?;
    let trace = recorder.inputs.map(|inputs| Trace {
        config: *params.config(),
        model: params.model().map(|model| model.fingerprint()),
        inputs,
    });
    let (format, warnings) = (sound.format(), sound.warnings());
    Ok(Done { heard, format, warnings, wave: recorder.wave.unwrap_or_default(), trace })
}

/// Does `work` on all `items` in parallel and gives the results to `take` in the items' order, each as soon as those
/// before it were given.
fn in_order<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<()>,
) -> Result<()> {
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Whoever takes the results may have given up: then the rest is not worth doing.
            let each = |sender: &mut mpsc::Sender<(usize, R)>, (at, item)| sender.send((at, work(item))).ok();
            let _ = items.par_iter().enumerate().try_for_each_with(sender, each);
        });
        let mut waiting = std::collections::BTreeMap::new();
        let mut next = 0;
        for (at, result) in receiver {
            waiting.insert(at, result);
            while let Some(result) = waiting.remove(&next) {
                take(&items[next], result)?;
                next += 1;
            }
        }
        Ok(())
    })
}

/// Prints results as they come, and gathers what the page will hold.
struct Printer<'a> {
    args: &'a DetectArgs,
    words: Vocabularies,
    pictures: bool,
    paint: Paint,
    page: String,
    failed: Vec<String>,
    shown: usize,
}

impl Printer<'_> {
    fn add(&mut self, path: &Path, result: Result<Done>) -> Result<()> {
        let file = path.display().to_string();
        match result {
            Ok(done) => self.show(&file, &done),
            Err(error) => self.fail(&file, error),
        }
    }

    /// Tells that `file` could not be heard; among JSON also there, so that no file is missing.
    fn fail(&mut self, file: &str, error: anyhow::Error) -> Result<()> {
        if self.args.json {
            let mut out = io::stdout().lock();
            writeln!(out, "{}", json::failed(file, &terminal::chain(&error)))?;
            out.flush()?;
        }
        let error = error.context(file.to_owned());
        terminal::tell_error(&error);
        self.failed.push(terminal::chain(&error));
        Ok(())
    }

    fn show(&mut self, file: &str, done: &Done) -> Result<()> {
        for warning in &done.warnings {
            terminal::tell_warning(&format!("{file}: {warning}"));
        }
        if let Some(at) = done.heard.unanswered.filter(|_| self.args.json || !self.pictures) {
            terminal::tell_warning(&format!("{file}: {}", text::unanswered(done.heard.audio, at)));
        }
        let mut out = BufWriter::new(io::stdout().lock());
        let Done { heard, format, wave, .. } = done;
        if self.args.json {
            writeln!(out, "{}", json::recording(file, heard, &self.words))?;
        } else if self.pictures {
            if self.shown > 0 {
                writeln!(out)?;
            }
            text::screen(&mut out, file, format, heard, wave, terminal::width(), self.paint)?;
        } else {
            text::line(&mut out, file, heard, self.paint)?;
        }
        out.flush()?;
        self.shown += 1;
        if self.args.html.is_some() {
            self.page += &html::detection(file, format, heard, wave);
        }
        write_trace(self.args, done)
    }

    fn finish(self, count: usize) -> Result<Exit> {
        write_page(self.args, self.shown, &self.failed, &self.page)?;
        if self.failed.is_empty() {
            return Ok(Exit::Done);
        }
        if count > 1 {
            terminal::tell(&format!("{} of {count} recordings could not be read", self.failed.len()));
        }
        Ok(Exit::Failed)
    }
}

fn write_page(args: &DetectArgs, count: usize, failed: &[String], parts: &str) -> Result<()> {
    let Some(path) = &args.html else { return Ok(()) };
    let body = html::detections_head(count, failed) + parts;
    std::fs::write(path, html::page("Who picked up?", &body))
        .with_context(|| format!("{}: cannot be written", path.display()))
}

fn write_trace(args: &DetectArgs, done: &Done) -> Result<()> {
    let (Some(path), Some(trace)) = (&args.trace, &done.trace) else { return Ok(()) };
    let mut file = File::create(path).with_context(|| format!("{}: cannot be written", path.display()))?;
    file.write_all(&trace.encode()).with_context(|| format!("{}: cannot be written", path.display()))
}

/// Listens to standard input and prints each event when it happens.
fn live(args: &DetectArgs, hearing: &Hearing, params: &Arc<Params>, words: &Vocabularies) -> Result<Exit> {
    let paint = Paint::for_output();
    let mut tell = |event: &Event| -> Result<()> {
        let mut out = io::stdout().lock();
        if args.json {
            writeln!(out, "{}", views::event(event))?;
        } else {
            writeln!(out, "{}", text::event(event, paint))?;
        }
        Ok(out.flush()?)
    };
    let keep = Keep { wave: args.html.is_some(), trace: args.trace.is_some() };
    let sound = Sound::from_reader(io::stdin(), hearing).context("standard input")?;
    let done = hear(sound, params, keep, Some(&mut tell)).context("standard input")?;
    for warning in &done.warnings {
        terminal::tell_warning(&format!("standard input: {warning}"));
    }
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json::ended(&done.heard, words))?;
    } else {
        writeln!(out)?;
        text::conclusion(&mut out, &done.heard, terminal::width(), paint)?;
    }
    out.flush()?;
    write_trace(args, &done)?;
    write_page(args, 1, &[], &html::detection("standard input", &done.format, &done.heard, &done.wave))?;
    Ok(Exit::Done)
}
