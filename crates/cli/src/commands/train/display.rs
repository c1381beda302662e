//! What is seen of a training run while it works: a bar for each stage, and the loss curves, drawn anew at each epoch.
//! Without a terminal it is one plain line an epoch.

use std::io::{self, IsTerminal as _};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use offhook_train::{EpochFigures, Progress};

use super::curves::{GUTTER, Losses};
use crate::terminal::{self, Paint};

/// Rows of the curves.
const ROWS: usize = 8;

/// Shows what a run tells.
pub(super) struct Display {
    /// The curves and the stage below them; none without a terminal.
    bars: Option<(ProgressBar, ProgressBar)>,
    losses: Losses,
    fold: usize,
    paint: Paint,
}

impl Display {
    pub(super) fn new() -> Self {
        let bars = io::stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let curves = all.add(ProgressBar::no_length().with_style(plain_style()));
            (curves, all.add(ProgressBar::no_length().with_style(plain_style())))
        });
        Self { bars, losses: Losses::default(), fold: 0, paint: Paint::for_errors() }
    }

    /// Shows `progress`.
    pub(super) fn tell(&mut self, progress: &Progress) {
        match progress {
            Progress::Stage { name, total } => self.stage(name, *total),
            Progress::Advanced { done } => {
                if let Some((_, bar)) = &self.bars {
                    bar.set_position(*done);
                }
            }
            Progress::Epoch(figures) => self.epoch(figures),
            Progress::Note(text) => self.line(text),
        }
    }

    /// Takes everything that moves off the screen.
    pub(super) fn finish(&self) {
        if let Some((curves, bar)) = &self.bars {
            bar.finish_and_clear();
            curves.finish();
        }
    }

    fn line(&self, text: &str) {
        match &self.bars {
            Some((curves, _)) => curves.suspend(|| terminal::tell(text)),
            None => terminal::tell(text),
        }
    }

    fn stage(&self, name: &str, total: u64) {
        let Some((_, bar)) = &self.bars else { return };
        bar.reset();
        if total > 0 {
            bar.set_length(total);
            bar.set_style(bar_style());
        } else {
            bar.unset_length();
            bar.set_style(plain_style());
        }
        bar.set_message(name.to_owned());
    }

    fn epoch(&mut self, figures: &EpochFigures) {
        if figures.fold != self.fold {
            self.fold = figures.fold;
            self.losses = Losses::default();
        }
        self.losses.push(figures.train_loss, figures.validation.loss);
        match &self.bars {
            Some((curves, _)) => {
                let mut lines = self.losses.draw(terminal::width(), ROWS, self.paint);
                lines.push(format!("{:GUTTER$}{}", "", figures_line(figures)));
                curves.set_message(lines.join("\n"));
                curves.tick();
            }
            None => terminal::tell(&epoch_line(figures)),
        }
    }
}

/// What the curves do not say, on a line that fits 80 columns.
fn figures_line(figures: &EpochFigures) -> String {
    let EpochFigures { fold, validation, seconds, .. } = figures;
    let fold = if *fold > 0 { format!("fold {fold}  ") } else { String::new() };
    let best = if figures.is_best { "  best" } else { "" };
    format!(
        "{fold}class {:.1} %  machine {:.1} %  F1 {:.1} %  AUC {:.4}  {seconds:.1} s{best}",
        validation.class_accuracy * 100.0,
        validation.machine.accuracy * 100.0,
        validation.machine.f1 * 100.0,
        validation.machine.auc,
    )
}

/// An epoch on one line.
fn epoch_line(figures: &EpochFigures) -> String {
    let EpochFigures { epoch, epochs, fold, train_loss, validation, seconds, .. } = figures;
    let machine = &validation.machine;
    let fold = if *fold > 0 { format!("fold {fold} ") } else { String::new() };
    let best = if figures.is_best { " best" } else { "" };
    format!(
        "{fold}epoch {epoch}/{epochs} train {train_loss:.4} val {:.4} (class {:.4} machine {:.4}) class {:.1} % \
         machine {:.1} % P {:.1} R {:.1} F1 {:.1} AUC {:.4} of {} {seconds:.1} s{best}",
        validation.loss,
        validation.class_loss,
        validation.machine_loss,
        validation.class_accuracy * 100.0,
        machine.accuracy * 100.0,
        machine.precision * 100.0,
        machine.recall * 100.0,
        machine.f1 * 100.0,
        machine.auc,
        machine.calls,
    )
}

fn plain_style() -> ProgressStyle {
    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn bar_style() -> ProgressStyle {
    let template = "{msg} {wide_bar:.cyan} {pos}/{len} {eta}";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
