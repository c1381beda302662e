use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use offhook_media::{DecodeOptions, WavEncoding, decode_file, wav_bytes};
use offhook_sim::synthesiser::Synthesiser;
use offhook_sim::texts::SpeechKind;
use offhook_sim::{CallSet, Recording, SimConfig, Simulator, Truth, VoiceBank};
use offhook_train::data::{Part, VoiceOptions, Voices};
use rayon::prelude::*;

use crate::exit::{Exit, Mistake};
use crate::output;
use crate::terminal;

/// Make labelled calls: recordings and a manifest that says exactly what is in them
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct SimulateArgs {
    /// Which calls
    #[arg(long, value_parser = sets(), default_value_t, value_name = "NAME")]
    set: CallSet,
    /// How many
    #[arg(long, default_value_t = 100)]
    calls: u64,
    /// What chance follows from: the same seed and voices give the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder to write into: one WAV (µ-law, 8000 Hz) a call, and manifest.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Recordings of voices: a CSV with the columns path and label, and if known speaker, source, text. Labels:
    /// human_short, human_named, human_business (or human_long), voicemail_personal (or machine_greeting),
    /// voicemail_business, voicemail_carrier, ivr_menu (or ivr_prompt), announcement (or carrier_announcement),
    /// mailbox_unavailable, screening, hold; rows of other labels are passed over
    #[arg(long, value_name = "MANIFEST")]
    voices: Option<PathBuf>,
    /// Only the voices of this part, as `offhook train` deals them with its default seed and shares: test has voices that
    /// no model has learnt. Greetings and menus are then put together of what a voice says
    #[arg(long, requires = "voices", value_name = "PART")]
    part: Option<DealtPart>,
    /// Also speak with the synthesisers that are installed: espeak-ng, flite, festival
    #[arg(long)]
    synthesisers: bool,
    /// How many sentences of each kind the synthesisers speak
    #[arg(long, default_value_t = 24, requires = "synthesisers", value_name = "N")]
    sentences: usize,
    /// Share of the calls whose sound begins before the answer, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    early_media: f64,
}

/// The parts that `offhook train` deals voices to.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum DealtPart {
    /// Learnt from
    Train,
    /// Watched while learning
    Validation,
    /// Neither
    Test,
}

/// The sets by name, each with what is in it.
fn sets() -> impl TypedValueParser<Value = CallSet> {
    let named = CallSet::ALL.map(|set| PossibleValue::new(set.name()).help(set.about()));
    PossibleValuesParser::new(named).try_map(|name| name.parse())
}

const AFTER: &str = "\
Without voices a built-in voice speaks that has the rhythm of speech and no words.

Examples:
  offhook simulate --set noisy_environments --calls 500 --seed 7 --out calls
  offhook simulate --voices voices.csv --out calls
  offhook eval calls/manifest.csv";

pub(crate) fn run(args: &SimulateArgs) -> Result<Exit> {
    // The manifest that is written would take the place of the one that is read.
    if args.voices.iter().any(|voices| output::are_one(voices, &args.out.join("manifest.csv"))) {
        let given = args.out.display();
        return Err(Mistake::Usage(format!(
            "--out: given {given}, whose manifest.csv is also to be read for --voices: name another folder"
        ))
        .into());
    }
    let (voices, failed) = voices(args)?;
    for told in &failed {
        terminal::tell_error(&anyhow::anyhow!("{told}"));
    }
    let config =
        SimConfig { set: args.set, seed: args.seed, voices, early_media: args.early_media, ..SimConfig::default() };
    let simulator = Simulator::new(config).map_err(|error| Mistake::Usage(error.to_string()))?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("{}: cannot be made", args.out.display()))?;
    let bar = terminal::progress(usize::try_from(args.calls).unwrap_or(usize::MAX), "calling");
    let rows: Vec<String> = (0..args.calls)
        .into_par_iter()
        .map(|index| {
            let row = write_call(&simulator, index, &args.out);
            bar.inc(1);
            row
        })
        .collect::<Result<_>>()?;
    bar.finish_and_clear();
    let mut manifest = format!("{},answered_ms\n", Truth::csv_header());
    for row in rows {
        manifest += &row;
        manifest.push('\n');
    }
    let path = args.out.join("manifest.csv");
    std::fs::write(&path, manifest).with_context(|| format!("{}: cannot be written", path.display()))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} calls of {} in {}", args.calls, args.set, path.display())?;
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Writes the recording of one call and gives its row.
fn write_call(simulator: &Simulator, index: u64, folder: &Path) -> Result<String> {
    let call = simulator.call(index);
    let name = format!("{}.wav", call.id);
    let path = folder.join(&name);
    std::fs::write(&path, wav_bytes(&call.samples, WavEncoding::Ulaw))
        .with_context(|| format!("{}: cannot be written", path.display()))?;
    let answered = call.truth.answered_ms.map(|ms| ms.to_string()).unwrap_or_default();
    Ok(format!("{},{answered}", call.truth.csv_row(&name)))
}

/// The voices that were asked for, and what could not be used of them.
fn voices(args: &SimulateArgs) -> Result<(VoiceBank, Vec<String>)> {
    if let (Some(part), Some(manifest)) = (args.part, &args.voices) {
        return dealt(args, manifest, part);
    }
    let mut bank = VoiceBank::builtin();
    let mut failed = Vec::new();
    if let Some(path) = &args.voices {
        failed = add_recordings(&mut bank, path)?;
    }
    if args.synthesisers {
        let installed = Synthesiser::installed();
        if installed.is_empty() {
            anyhow::bail!("--synthesisers: none is installed: install espeak-ng, flite or festival, or leave it out");
        }
        bank.synthesise(&installed, args.sentences, args.seed)?;
    }
    Ok((bank, failed))
}

/// The voices of a part.
fn dealt(args: &SimulateArgs, manifest: &Path, part: DealtPart) -> Result<(VoiceBank, Vec<String>)> {
    let synthesisers = if args.synthesisers { Synthesiser::installed() } else { Vec::new() };
    let options = VoiceOptions { synthesisers, sentences: args.sentences, ..VoiceOptions::new(manifest) };
    let voices = Voices::load(&options)?;
    let part = match part {
        DealtPart::Train => Part::Train,
        DealtPart::Validation => Part::Validation,
        DealtPart::Test => Part::Test,
    };
    Ok((voices.bank(part).clone(), voices.skipped))
}

/// Adds the recordings of a manifest to `bank`; gives a message for each that could not be used.
fn add_recordings(bank: &mut VoiceBank, manifest: &Path) -> Result<Vec<String>> {
    let shown = manifest.display();
    let mut reader = csv::Reader::from_path(manifest).with_context(|| format!("{shown}: cannot be read"))?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|h| h == name);
    let (Some(path), Some(label)) = (column("path"), column("label")) else {
        let given = header.iter().collect::<Vec<_>>().join(",");
        return Err(Mistake::Usage(format!("{shown}: given the columns {given}, needed are path and label")).into());
    };
    let beside = manifest.parent().unwrap_or(Path::new("."));
    let (mut wanted, mut labels, mut rows) = (Vec::new(), BTreeSet::new(), 0);
    for record in reader.records() {
        let record = record.with_context(|| format!("{shown}: cannot be read"))?;
        rows += 1;
        labels.insert(record.get(label).unwrap_or_default().trim().to_owned());
        let text = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        if let Some(kind) = kind_of(&text(Some(label))) {
            let (speaker, source) = (text(column("speaker")), text(column("source")));
            wanted.push((beside.join(text(Some(path))), kind, speaker, source, text(column("text"))));
        }
    }
    let decoded: Vec<_> = wanted
        .into_par_iter()
        .map(|(path, kind, speaker, source, text)| {
            let recording = decode_file(&path, &DecodeOptions::default());
            let recording = recording.map(|r| Recording { samples: r.samples, kind, speaker, source, text });
            recording.map_err(|error| format!("{}: {}", path.display(), terminal::chain(&error.into())))
        })
        .collect();
    let (mut failed, mut used) = (Vec::new(), 0);
    for one in decoded {
        match one {
            // Silence is refused; it is nothing to say.
            Ok(recording) => used += usize::from(bank.add(recording)),
            Err(told) => failed.push(told),
        }
    }
    if used == 0 {
        for told in &failed {
            terminal::tell_error(&anyhow::anyhow!("{told}"));
        }
        let found =
            if labels.is_empty() { "none".to_owned() } else { labels.into_iter().collect::<Vec<_>>().join(", ") };
        anyhow::bail!(
            "--voices {shown}: no usable row of {rows}: the labels found are {found}; known are {}",
            known_labels().collect::<Vec<_>>().join(", ")
        );
    }
    terminal::tell(&format!("--voices {shown}: {used} of {rows} rows used"));
    Ok(failed)
}

/// Other words for some kinds, as other collections have them.
const ALIASES: [(&str, SpeechKind); 4] = [
    ("human_long", SpeechKind::HumanBusiness),
    ("machine_greeting", SpeechKind::VoicemailPersonal),
    ("ivr_prompt", SpeechKind::IvrMenu),
    ("carrier_announcement", SpeechKind::Announcement),
];

/// Every label that gives a voice.
fn known_labels() -> impl Iterator<Item = &'static str> {
    SpeechKind::ALL.into_iter().map(SpeechKind::name).chain(ALIASES.map(|(name, _)| name))
}

/// What a recording of this label can say in a call.
fn kind_of(label: &str) -> Option<SpeechKind> {
    let kinds = SpeechKind::ALL.into_iter().map(|kind| (kind.name(), kind)).chain(ALIASES);
    kinds.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(label.trim())).map(|(_, kind)| kind)
}
