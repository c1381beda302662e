//! Standard output and standard error: colour, width, progress.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

static COLOR: AtomicU8 = AtomicU8::new(Color::Auto as u8);

/// Remembers what `--color` said.
pub(crate) fn set_color(color: Color) {
    COLOR.store(color as u8, Ordering::Relaxed);
}

fn wants_color(is_terminal: bool) -> bool {
    match COLOR.load(Ordering::Relaxed) {
        c if c == Color::Always as u8 => true,
        c if c == Color::Never as u8 => false,
        _ => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
            is_terminal && !refused && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
        }
    }
}

/// How text is marked. Without colour every mark is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint {
    on: bool,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// A heading or a name.
    Strong,
    /// Something of less weight.
    Faint,
    /// A person.
    Person,
    /// A machine.
    Machine,
    /// Neither.
    Other,
    /// A tone.
    Tone,
    /// A moment at which a message may start.
    Ready,
    /// Something went wrong.
    Wrong,
}

impl Paint {
    /// For standard output.
    pub(crate) fn for_output() -> Self {
        Self { on: wants_color(io::stdout().is_terminal()) }
    }

    /// For standard error.
    pub(crate) fn for_errors() -> Self {
        Self { on: wants_color(io::stderr().is_terminal()) }
    }

    /// `text`, marked.
    pub(crate) fn mark(self, ink: Ink, text: impl std::fmt::Display) -> String {
        if !self.on {
            return text.to_string();
        }
        let colour = |c: AnsiColor| c.on_default();
        let style: Style = match ink {
            Ink::Strong => Style::new().bold(),
            Ink::Faint => Style::new().dimmed(),
            Ink::Person => colour(AnsiColor::Green).bold(),
            Ink::Machine => colour(AnsiColor::Magenta).bold(),
            Ink::Other => colour(AnsiColor::Yellow).bold(),
            Ink::Tone => colour(AnsiColor::Yellow),
            Ink::Ready => colour(AnsiColor::Cyan).bold(),
            Ink::Wrong => colour(AnsiColor::Red).bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Tells an error with its causes on one line of standard error.
pub(crate) fn tell_error(error: &anyhow::Error) {
    let word = Paint::for_errors().mark(Ink::Wrong, "error:");
    tell(&format!("{word} {}", chain(error)));
}

/// Tells what is worth knowing and no error, on one line of standard error.
pub(crate) fn tell_warning(text: &str) {
    let word = Paint::for_errors().mark(Ink::Other, "warning:");
    tell(&format!("{word} {text}"));
}

/// Writes one line to standard error. Nobody is left to be told if that fails.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// An error and its causes on one line, each said once.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !said.iter().any(|s| s.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

/// Columns of the terminal, held to what the pictures can use.
pub(crate) fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|c| c.parse::<usize>().ok());
    let found = asked.or_else(|| terminal_size::terminal_size_of(io::stdout()).map(|(w, _)| usize::from(w.0)));
    found.unwrap_or(80).clamp(60, 100)
}

/// A bar that shows how far the work is, on a terminal and for enough work; else one that shows nothing.
pub(crate) fn progress(all: usize, what: &str) -> ProgressBar {
    if all < 2 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(all as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar:.cyan} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}
