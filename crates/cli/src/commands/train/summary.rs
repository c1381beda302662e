//! What a training card says, as tables of lines: name, value, note.

use std::io;

use offhook_train::{Binary, Card, EpochFigures};

use crate::terminal::{Ink, Paint};

/// The classes of sound that streaming nets tell apart, in the order of their outputs.
const CLASSES: [&str; 7] = ["silence", "live voice", "recorded voice", "menu, announcement", "music", "tone", "noise"];

/// One line of a table.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) note: String,
}

impl Line {
    fn new(name: impl Into<String>, value: impl Into<String>, note: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), note: note.into() }
    }
}

/// The tables: their headings and lines. Those without lines are left out.
pub(crate) fn tables(card: &Card) -> Vec<(&'static str, Vec<Line>)> {
    let best = card.best.as_ref();
    let all = [
        ("Data", data(card)),
        ("The net on the validation part", best.map(figures).unwrap_or_default()),
        ("What should be reached", reached(card)),
        ("Cross-validation", folds(&card.folds)),
        ("Probabilities of the whole model, said and found", reliability(card)),
    ];
    all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

/// Writes the tables.
pub(crate) fn write(out: &mut dyn io::Write, card: &Card, paint: Paint) -> io::Result<()> {
    for (heading, lines) in tables(card) {
        writeln!(out, "{}", paint.mark(Ink::Strong, heading))?;
        for Line { name, value, note } in lines {
            writeln!(out, "{}", format!("  {name:<34} {value:>10}  {note}").trim_end())?;
        }
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn data(card: &Card) -> Vec<Line> {
    let line = |source: &offhook_train::DataSource| {
        let name = format!("{}, {}", source.name, source.part);
        let licences = source.licences.join(", ");
        Line::new(name, format!("{:.2} h", source.hours), format!("{} recordings {licences}", source.recordings))
    };
    card.data.iter().map(line).collect()
}

fn figures(best: &EpochFigures) -> Vec<Line> {
    let validation = &best.validation;
    let mut lines = vec![
        Line::new("epoch", best.epoch.to_string(), format!("of {} at most", best.epochs)),
        Line::new("loss", format!("{:.4}", validation.loss), format!("train {:.4}", best.train_loss)),
    ];
    if !validation.class_recall.is_empty() {
        lines.push(Line::new("class of sound", percent(validation.class_accuracy), "of steps right"));
    }
    for (name, recall) in CLASSES.iter().zip(&validation.class_recall) {
        lines.push(Line::new(format!("  {name}"), percent(*recall), "found"));
    }
    let machine = &validation.machine;
    let note = format!("of {} calls, after the first 2 s of speech", machine.calls);
    lines.push(Line::new("machine: area under ROC", format!("{:.4}", machine.auc), note));
    lines
}

fn reached(card: &Card) -> Vec<Line> {
    let line = |figure: &offhook_train::Reached| {
        let met = if figure.is_met() { "met" } else { "not met" };
        Line::new(&figure.name, percent(figure.value), format!("{met}: {} or more", percent(figure.threshold)))
    };
    card.reached.iter().map(line).collect()
}

fn reliability(card: &Card) -> Vec<Line> {
    let line = |bin: &offhook_train::calibration::Bin| {
        let span = format!("{:.0} to {:.0} %", bin.from * 100.0, bin.to * 100.0);
        let found = percent(f64::from(bin.found));
        Line::new(span, percent(f64::from(bin.said)), format!("found {found} of {} moments", bin.count))
    };
    let mut lines: Vec<Line> = card.reliability.iter().map(line).collect();
    if !lines.is_empty() {
        lines.push(Line::new("expected calibration error", percent(card.calibration_error), ""));
    }
    lines
}

fn folds(folds: &[Binary]) -> Vec<Line> {
    let line = |(at, fold): (usize, &Binary)| {
        let note = format!("F1 {}, area under ROC {:.4}, of {} calls", percent(fold.f1), fold.auc, fold.calls);
        Line::new(format!("part {}", at + 1), percent(fold.accuracy), note)
    };
    folds.iter().enumerate().map(line).collect()
}
