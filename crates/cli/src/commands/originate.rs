mod caller;
mod campaign;
mod outcome;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::exit::{Exit, Mistake};
use crate::load::Target;
use crate::terminal::Paint;
use crate::{settings, sound};
use caller::Caller;
use campaign::Lead;
use outcome::{Outcome, Summary};

/// Place calls through a switch of a running service, and tell who, or what, picked up
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct OriginateArgs {
    /// The switch, as the file of switches names it
    #[arg(long, value_name = "NAME")]
    switch: String,
    /// One call: a number, or a dial string of the switch
    #[arg(long, value_name = "NUMBER", required_unless_present = "calls", conflicts_with = "calls")]
    to: Option<String>,
    /// A campaign: a CSV file with the column number, and call_id and others, which become variables of the call
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// How many calls at once
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    concurrent: u16,
    /// How long a call rings at most
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = sound::time)]
    ring: Duration,
    /// How long after the answer a verdict must have come; the rule's time, or 6s
    #[arg(long, value_name = "TIME", value_parser = sound::time)]
    within: Option<Duration>,
    /// The number that is shown to who is called
    #[arg(long, value_name = "NUMBER")]
    caller_id: Option<String>,
    /// The campaign that the calls belong to
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// A variable of every call's channel
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = pair)]
    variables: Vec<(String, String)>,
    /// The rule of the file of switches whose terms hold for all that is not said here
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// The message to leave on a voicemail, as the switch names the file
    #[arg(long, value_name = "FILE")]
    message: Option<String>,
    /// What is done when a person picks up: "transfer 1000 XML default", "bridge user/1000", "play FILE", park, stay,
    /// "hangup CAUSE". Done too where it is not known in time who did
    #[arg(long, value_name = "ACTION", value_parser = action, required_unless_present = "rule")]
    on_human: Option<Value>,
    /// What is done with machines other than the voicemail that a message is left on
    #[arg(long, value_name = "ACTION", value_parser = action)]
    on_machine: Option<Value>,
    /// The service
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key with the scopes calls:control and voicemail:detect; others on this machine can see it, so prefer
    /// --key-file or the environment [env: OFFHOOK_API_KEY]
    #[arg(long, value_name = "KEY", conflicts_with = "key_file")]
    key: Option<String>,
    /// A file with an API key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Trust the certificates in this file (PEM) in place of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Print one JSON object with every call and the summary
    #[arg(long)]
    json: bool,
}

const AFTER: &str = "\
The service places the calls, by POST /v1/calls; switches.originate_most is how many it has at once. Where nothing is said for what picks up, the call is ended. Exits with 4 if a call could not be placed or its result did not come; a call that nobody answers is a result.

Examples:
  offhook originate --switch fs1 --to +15550100
  offhook originate --switch fs1 --to sofia/internal/1000@10.0.0.5 --ring 20s
  offhook originate --switch fs1 --calls leads.csv --concurrent 10 \\
    --message /srv/spring.wav --on-human \"transfer 1000 XML default\"
  offhook originate --switch ast1 --calls leads.csv --json > results.json";

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("allowed is NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// An action as one would say it, in the form of the API.
fn action(text: &str) -> Result<Value, String> {
    let (word, with) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let with = with.trim();
    let given = match (word, with) {
        ("park" | "stay", "") => json!(word),
        ("hangup", "") => json!({ "hangup": "NORMAL_CLEARING" }),
        ("transfer" | "bridge" | "hangup" | "play" | "drop", with) if !with.is_empty() => json!({ word: with }),
        _ => return Err("allowed is transfer, bridge, play, drop or hangup with what follows, park or stay".into()),
    };
    Ok(given)
}

pub(crate) fn run(args: &OriginateArgs) -> Result<Exit> {
    if !(1..=300).contains(&args.ring.as_secs()) {
        return Err(Mistake::Usage(format!("--ring: given {:?}, allowed is 1s to 5m", args.ring)).into());
    }
    let leads = match (&args.calls, &args.to) {
        (Some(path), _) => campaign::read(path)?,
        (None, Some(to)) => vec![Lead::to(to)],
        (None, None) => Vec::new(),
    };
    let key = settings::api_key(args.key.as_deref(), args.key_file.as_deref())?;
    let target = Target::new(&args.url, key, args.ca.as_deref())?;
    let caller = Caller::new(&target, args.ring, args.concurrent)?;
    let terms = terms(args);
    let bar = bar(leads.len());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
    let mut outcomes = runtime.block_on(async {
        let (caller, terms) = (&caller, &terms);
        let calls = stream::iter(leads.iter().enumerate())
            .map(|(at, lead)| async move { (at, caller.call(lead, terms).await) })
            .buffer_unordered(usize::from(args.concurrent));
        let mut calls = std::pin::pin!(calls);
        let mut all = Vec::with_capacity(leads.len());
        while let Some((at, outcome)) = calls.next().await {
            bar.set_message(outcome.word().to_owned());
            bar.inc(1);
            all.push((at, outcome));
        }
        all
    });
    bar.finish_and_clear();
    outcomes.sort_by_key(|(at, _)| *at);
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    let summary = Summary::of(&outcomes);
    let mut out = io::stdout().lock();
    if args.json {
        let all = json!({ "calls": outcomes, "summary": summary });
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
    } else {
        outcome::write(&mut out, &outcomes, &summary, Paint::for_output())?;
    }
    out.flush()?;
    Ok(if summary.failed == 0 { Exit::Done } else { Exit::Failed })
}

/// What all calls have in common, in the form of the API.
fn terms(args: &OriginateArgs) -> Value {
    let mut on = serde_json::Map::new();
    if let Some(action) = &args.on_human {
        on.insert("human".into(), json!([action]));
    }
    if let Some(file) = &args.message {
        on.insert("voicemail".into(), json!([{ "drop": file }]));
    }
    if let Some(action) = &args.on_machine {
        on.insert("machine".into(), json!([action]));
    }
    let variables: serde_json::Map<String, Value> =
        args.variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    json!({
        "switch": args.switch,
        "caller_id": args.caller_id,
        "campaign": args.campaign,
        "rule": args.rule,
        "ring_limit": humantime::format_duration(args.ring).to_string(),
        "within": args.within.map(|time| humantime::format_duration(time).to_string()),
        "variables": variables,
        "on": on,
    })
}

fn bar(calls: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(calls as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar:.cyan} {pos}/{len} calls  {msg}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_written_as_one_would_say_it() {
        assert_eq!(action("transfer 1000 XML default").unwrap(), json!({ "transfer": "1000 XML default" }));
        assert_eq!(action(" park ").unwrap(), json!("park"));
        assert_eq!(action("hangup").unwrap(), json!({ "hangup": "NORMAL_CLEARING" }));
        for wrong in ["", "transfer", "park now", "execute system id"] {
            assert!(action(wrong).unwrap_err().contains("allowed"), "{wrong}");
        }
    }
}
