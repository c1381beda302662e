//! A model on one screen.

use std::io::{self, Write};

use anyhow::Result;
use offhook_detect::analysers::FEATURE_SET;
use offhook_detect::net::Network;
use offhook_detect::{FusionModel, Mixture, Model, Weights};
use offhook_train::Card;

use super::cost;
use crate::commands::train::summary;
use crate::exit::Exit;
use crate::terminal::{Ink, Paint};

/// Points of the operating curve that are shown.
const POINTS: usize = 12;

pub(super) fn run(model: &Model, card: bool, trees: bool) -> Result<Exit> {
    let mut out = io::stdout().lock();
    if card {
        writeln!(out, "{}", model.card())?;
    } else {
        write(&mut out, model, trees, Paint::for_output())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn write(out: &mut dyn Write, model: &Model, trees: bool, paint: Paint) -> io::Result<()> {
    let card = Card::from_json(model.card()).unwrap_or_default();
    let heading = |text: &str| paint.mark(Ink::Strong, text);
    writeln!(out, "{}", heading(format!("{} {}", card.name, card.version).trim()))?;
    let from = card.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    writeln!(out, "  {} bytes, fingerprint {:016x}", model.to_bytes().len(), model.fingerprint())?;
    writeln!(out, "  made by {}{from}", if card.made_by.is_empty() { "an unknown program" } else { &card.made_by })?;
    writeln!(out, "  hears {FEATURE_SET}")?;
    match model.network() {
        Some(network) => net(out, network, paint)?,
        None => writeln!(out, "{}\n  none", heading("Net"))?,
    }
    writeln!(out, "{}", heading("Timing model"))?;
    match model.timing() {
        Some(timing) => {
            let text = timing.describe();
            for line in text.lines().skip(1).take_while(|line| trees || !line.starts_with("tree ")) {
                writeln!(out, "  {}", line.trim_end())?;
            }
            if !trees {
                writeln!(out, "  {} trees; --trees prints them", timing.trees().len())?;
            }
        }
        None => writeln!(out, "  none")?,
    }
    let fusion = model.fusion();
    if *fusion != FusionModel::default() {
        writeln!(out, "{}", heading("Fusion: log-odds of a machine"))?;
    }
    for (name, mixture) in [("all", &fusion.all), ("timing alone", &fusion.timing), ("net alone", &fusion.net)] {
        weights(out, &format!("{name}, voice"), mixture.speaking)?;
        weights(out, &format!("{name}, silence"), mixture.silent)?;
    }
    curve(out, &fusion.all, paint)?;
    summary::write(out, &card, paint)?;
    if !card.limits.is_empty() {
        writeln!(out, "{}", heading("Limits"))?;
    }
    card.limits.iter().try_for_each(|limit| writeln!(out, "  {limit}"))
}

fn net(out: &mut dyn Write, network: &Network, paint: Paint) -> io::Result<()> {
    let architecture = network.architecture();
    let sees = if architecture.streams() {
        format!("streams, a step every {} ms", architecture.hops_per_step() * 10)
    } else {
        format!("sees {} s at a time", architecture.window as f64 / 100.0)
    };
    writeln!(out, "{}", paint.mark(Ink::Strong, format!("Net: {}, {sees}", architecture.name)))?;
    writeln!(out, "  {:<38} {:>10} {:>14}", "layer", "parameters", "MACs a second")?;
    let layers = cost::layers(architecture);
    for layer in &layers {
        writeln!(out, "  {:<38} {:>10} {:>14.0}", layer.name, layer.parameters, layer.macs)?;
    }
    let macs: f64 = layers.iter().map(|layer| layer.macs).sum();
    writeln!(out, "  {:<38} {:>10} {macs:>14.0}", "all", architecture.parameter_count())
}

fn weights(out: &mut dyn Write, name: &str, weights: Weights) -> io::Result<()> {
    let Weights { bias, timing, call, voice, long } = weights;
    if weights == Weights::default() {
        return Ok(());
    }
    writeln!(
        out,
        "  {name:<22} {bias:+.3} {timing:+.3} · timing {call:+.3} · net of the call {voice:+.3} · net of the voice"
    )?;
    writeln!(out, "  {:<22} {long:+.3} · seconds of voice beyond 2.5", "")
}

/// Writes an operating curve, if there is one.
pub(crate) fn curve(out: &mut dyn Write, mixture: &Mixture, paint: Paint) -> io::Result<()> {
    if mixture.curve.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", paint.mark(Ink::Strong, "Operating curve, on calls that nothing was learnt from"))?;
    writeln!(out, "  {:>9} {:>22} {:>15}", "threshold", "people called machines", "machines found")?;
    let every = mixture.curve.len().div_ceil(POINTS);
    for point in mixture.curve.iter().step_by(every) {
        let (people, machines) = (point.false_machines * 100.0, point.recall * 100.0);
        writeln!(out, "  {:>9.4} {people:>20.2} % {machines:>13.2} %", point.threshold)?;
    }
    Ok(())
}
