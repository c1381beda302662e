//! The figures of `offhook eval` for a person at a terminal.

use std::collections::BTreeMap;
use std::io::{Result, Write};

use crate::evaluation::report::{PresetReport, Report};
use crate::evaluation::{Figures, Rate, Spread};
use crate::terminal::{Ink, Paint};

/// Writes the whole report; with `wrong` also each call that was judged wrongly.
pub(crate) fn write(out: &mut dyn Write, report: &Report, wrong: bool, paint: Paint) -> Result<()> {
    headline(out, report, paint)?;
    for preset in &report.presets {
        confusion(out, preset, paint)?;
        let name = &preset.preset;
        groups(out, &format!("{name}: by condition"), &preset.by_condition, paint)?;
        groups(out, &format!("{name}: by source"), &preset.by_source, paint)?;
        curve(out, preset, paint)?;
        if wrong {
            writeln!(out, "\n{}", paint.mark(Ink::Strong, format!("{name}: judged wrongly")))?;
            for call in &preset.wrong {
                let at = call.decided_at_ms / 1000.0;
                writeln!(
                    out,
                    "  {:<12} said {:<12} at {at:6.2} s  {}  {}",
                    call.label, call.answered_by, call.file, call.cause
                )?;
            }
        }
    }
    if let Some(agreement) = &report.asterisk {
        writeln!(out, "\n{}", paint.mark(Ink::Strong, "classic against Asterisk's AMD()"))?;
        writeln!(out, "  same status            {}", agreement.status)?;
        writeln!(out, "  same status and cause  {}", agreement.status_and_cause)?;
        for call in &agreement.disagreements {
            let (theirs, ours) = (&call.asterisk, &call.ours);
            let line = format!("{} {}  ours: {} {}", theirs.status, theirs.cause, ours.status, ours.cause);
            writeln!(out, "  {:<28} Asterisk: {line}", call.file)?;
        }
    }
    Ok(())
}

/// One row of the table of figures: its name and how it is shown.
pub(crate) type Line = (&'static str, fn(&Figures) -> String);

fn rate(rate: &Rate) -> String {
    rate.to_string()
}

/// Median and p95 in seconds.
pub(crate) fn seconds_text(spread: &Spread) -> String {
    match (spread.median, spread.p95) {
        (Some(median), Some(p95)) => format!("{:5.2} s, {:.2} s", median / 1000.0, p95 / 1000.0),
        _ => "    –".to_owned(),
    }
}

/// Median and p95 in milliseconds.
pub(crate) fn millis_text(spread: &Spread) -> String {
    match (spread.median, spread.p95) {
        (Some(median), Some(p95)) => format!("{median:5.0} ms, {p95:.0} ms"),
        _ => "    –".to_owned(),
    }
}

/// The table of figures.
pub(crate) const LINES: &[Line] = &[
    ("human called machine", |f| rate(&f.rates.human_called_machine)),
    ("  after revisions", |f| rate(&f.after_revisions.human_called_machine)),
    ("machine recall", |f| rate(&f.rates.machine_recall)),
    ("  after revisions", |f| rate(&f.after_revisions.machine_recall)),
    ("human recall", |f| rate(&f.rates.human_recall)),
    ("machine called human", |f| rate(&f.rates.machine_called_human)),
    ("decision: human, median, p95", |f| seconds_text(&f.latency.human_ms)),
    ("  after the utterance", |f| seconds_text(&f.latency.human_after_utterance_ms)),
    ("decision: machine", |f| seconds_text(&f.latency.machine_ms)),
    ("beeps found", |f| rate(&f.beeps.found)),
    ("  end within 40 ms", |f| rate(&f.beeps.end_within_40_ms)),
    ("  |error| of the end", |f| millis_text(&f.beeps.end_error_ms)),
    ("  false", |f| match f.beeps.false_per_hour {
        Some(rate) => format!("{:5} = {rate:.1} an hour", f.beeps.false_count),
        None => "    –".to_owned(),
    }),
    ("ready: given", |f| rate(&f.ready.given)),
    ("  early", |f| rate(&f.ready.early)),
    ("  late, median, p95", |f| millis_text(&f.ready.late_ms)),
];

/// The figures over all calls, the presets side by side.
fn headline(out: &mut dyn Write, report: &Report, paint: Paint) -> Result<()> {
    let Some(first) = report.presets.first() else { return Ok(()) };
    let title = format!("{}: {} calls, {:.2} h of audio", report.manifest, first.all.calls, first.all.hours);
    writeln!(out, "{}", paint.mark(Ink::Strong, title))?;
    write!(out, "{:<28}", "")?;
    // A preset with parameters of its own has a long name.
    let width = |preset: &PresetReport| preset.preset.chars().count().max(28);
    for preset in &report.presets {
        write!(out, " {}", paint.mark(Ink::Strong, format!("{:<w$}", preset.preset, w = width(preset))))?;
    }
    writeln!(out)?;
    for (name, show) in LINES {
        let cells: String = report.presets.iter().map(|p| format!(" {:<w$}", show(&p.all), w = width(p))).collect();
        writeln!(out, "{name:<28}{}", cells.trim_end())?;
    }
    Ok(())
}

fn confusion(out: &mut dyn Write, preset: &PresetReport, paint: Paint) -> Result<()> {
    let verdicts = preset.confusion.verdicts();
    let title = format!("{}: label against verdict", preset.preset);
    writeln!(out, "\n{}", paint.mark(Ink::Strong, title))?;
    write!(out, "  {:<19}", "")?;
    for said in &verdicts {
        write!(out, " {:>7}", said.get(..7).unwrap_or(said))?;
    }
    writeln!(out, "  recall")?;
    for label in preset.confusion.labels() {
        write!(out, "  {label:<19}")?;
        for said in &verdicts {
            let count = preset.confusion.count(label, said);
            let cell = if count == 0 { "·".to_owned() } else { count.to_string() };
            write!(out, " {cell:>7}")?;
        }
        let recall = preset.all.recall.get(label).copied().unwrap_or_default();
        writeln!(out, "  {recall}")?;
    }
    Ok(())
}

fn groups(out: &mut dyn Write, title: &str, groups: &BTreeMap<String, Figures>, paint: Paint) -> Result<()> {
    if groups.len() < 2 {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.mark(Ink::Strong, title))?;
    let width = groups.keys().map(|name| name.chars().count()).max().unwrap_or(0).max(12);
    writeln!(
        out,
        "  {:<width$} {:>5}  {:<14} {:<14} {:>11} {:>9} {:>6}",
        "", "calls", "human→machine", "machine recall", "human wait", "beeps", "false"
    )?;
    for (name, f) in groups {
        let share = |rate: &Rate| match rate.share {
            Some(share) => format!("{:5.1} % {}/{}", share * 100.0, rate.hits, rate.of),
            None => "    –".to_owned(),
        };
        let wait = match f.latency.human_after_utterance_ms.median {
            Some(median) => format!("{:.2} s", median / 1000.0),
            None => "–".to_owned(),
        };
        let beeps = format!("{}/{}", f.beeps.found.hits, f.beeps.found.of);
        writeln!(
            out,
            "  {:<width$} {:>5}  {:<14} {:<14} {wait:>11} {beeps:>9} {:>6}",
            name,
            f.calls,
            share(&f.rates.human_called_machine),
            share(&f.rates.machine_recall),
            f.beeps.false_count
        )?;
    }
    Ok(())
}

fn curve(out: &mut dyn Write, preset: &PresetReport, paint: Paint) -> Result<()> {
    let Some(curve) = &preset.curve else { return Ok(()) };
    let title = format!("{}: operating curve", preset.preset);
    writeln!(out, "\n{}", paint.mark(Ink::Strong, title))?;
    writeln!(out, "  {:<40} {:<38}", format!("by {}", curve.parameter), "by the machine's probability")?;
    let head = format!("{:<9} {:>13} {:>14}", "", "human→machine", "machine recall");
    writeln!(out, "  {head:<40} {head}")?;
    for at in 0..curve.by_parameter.len().max(curve.by_threshold.len()) {
        let cell = |points: &[crate::evaluation::curve::Point]| {
            points.get(at).map_or_else(String::new, |point| {
                let share = |rate: &Rate| rate.share.map_or_else(|| "–".to_owned(), |s| format!("{:.1} %", s * 100.0));
                let (people, machines) = (share(&point.human_called_machine), share(&point.machine_recall));
                format!("{:<9} {people:>13} {machines:>14}", point.setting)
            })
        };
        let line = format!("  {:<40} {}", cell(&curve.by_parameter), cell(&curve.by_threshold));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
