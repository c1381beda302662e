//! The CSV that says what each recording is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::beeps::Span;
use super::label::Label;
use crate::exit::Mistake;

/// One labelled call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Where in the manifest it stands.
    pub(crate) line: u64,
    /// The path as the manifest has it.
    pub(crate) name: String,
    /// The path to open.
    pub(crate) path: PathBuf,
    /// Who, or what, picked up.
    pub(crate) label: Label,
    /// When the call was answered, if not from the start; what comes before is early media.
    pub(crate) answered_ms: Option<f64>,
    /// Where a person's first utterance ends.
    pub(crate) speech_end_ms: Option<f64>,
    /// Where a machine's greeting ends.
    pub(crate) greeting_end_ms: Option<f64>,
    /// The record tone.
    pub(crate) beep: Option<Span>,
    /// The line it came over.
    pub(crate) condition: String,
    /// Where the voices come from.
    pub(crate) source: String,
}

/// A manifest that was read, and what could not be read of it.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// The good rows, in order.
    pub(crate) rows: Vec<Row>,
    /// One message for each bad one.
    pub(crate) errors: Vec<String>,
}

impl Manifest {
    /// Reads the manifest at `path`; its recordings' paths are relative to it.
    ///
    /// # Errors
    /// It cannot be read, or its header lacks a column that is needed.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let beside = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, beside, &path.display().to_string())
    }

    fn parse(text: &[u8], beside: &Path, manifest: &str) -> Result<Self> {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let mut lines = Lines::default();
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text);
        let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        let columns: BTreeMap<&str, usize> = header.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        for needed in ["path", "label"] {
            if !columns.contains_key(needed) {
                return Err(Mistake::Usage(format!(
                    "{manifest}: its header has no column {needed}: given is {}; needed are path and label, known are \
                     also greeting_end_ms, beep_start_ms, beep_end_ms, speech_end_ms, answered_ms, condition and source",
                    header.join(",")
                ))
                .into());
            }
        }
        let mut read = Self::default();
        for record in reader.records() {
            let row = record.map_err(|error| error.to_string()).and_then(|record| {
                let line = record.position().map_or(0, |position| lines.of(text, position.byte()));
                if record.len() != header.len() {
                    let (given, allowed) = (record.len(), header.len());
                    return Err(format!(
                        "{manifest} line {line}: given {given} fields, allowed is {allowed} as in the header"
                    ));
                }
                let cells = Cells { columns: &columns, record: &record };
                cells.row(line, beside).map_err(|told| format!("{manifest} line {line}: {told}"))
            });
            match row {
                Ok(row) => read.rows.push(row),
                Err(told) => read.errors.push(told),
            }
        }
        Ok(read)
    }
}

/// Counts lines. The reader's own count stands still at the line feed of a CRLF, and at empty lines, until the record
/// after them is read.
#[derive(Default)]
struct Lines {
    counted: usize,
    ends: u64,
}

impl Lines {
    /// The line, from 1, of the record that is read from `byte` on; asked in order.
    fn of(&mut self, text: &[u8], byte: u64) -> u64 {
        let from = usize::try_from(byte).map_or(text.len(), |byte| byte.min(text.len()));
        let skipped = text[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let until = (from + skipped).max(self.counted);
        self.ends += text[self.counted..until].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = until;
        self.ends + 1
    }
}

/// One row of a manifest by the names of its columns.
struct Cells<'a> {
    columns: &'a BTreeMap<&'a str, usize>,
    record: &'a csv::StringRecord,
}

impl Cells<'_> {
    fn text(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|&at| self.record.get(at)).unwrap_or_default()
    }

    fn millis(&self, column: &str) -> Result<Option<f64>, String> {
        let given = self.text(column);
        if given.is_empty() {
            return Ok(None);
        }
        match given.parse::<f64>() {
            Ok(ms) if (0.0..=1e9).contains(&ms) => Ok(Some(ms)),
            _ => Err(format!("{column}: given {given:?}, allowed is a time in milliseconds, 0 or more, or nothing")),
        }
    }

    fn row(&self, line: u64, beside: &Path) -> Result<Row, String> {
        let name = self.text("path").to_owned();
        if name.is_empty() {
            return Err("path: given nothing, allowed is the path of a recording".into());
        }
        let word = self.text("label");
        let label = Label::from_word(word).ok_or_else(|| {
            let allowed = Label::ALL.map(Label::word).join(", ");
            format!("label: given {word:?}, allowed are {allowed}")
        })?;
        let beep = match (self.millis("beep_start_ms")?, self.millis("beep_end_ms")?) {
            (Some(start_ms), Some(end_ms)) if start_ms < end_ms => Some(Span { start_ms, end_ms }),
            (None, None) => None,
            (start, end) => {
                let shown = |ms: Option<f64>| ms.map_or_else(|| "nothing".to_owned(), |ms| ms.to_string());
                return Err(format!(
                    "beep_start_ms and beep_end_ms: given {} and {}, allowed are a start before an end, or neither",
                    shown(start),
                    shown(end)
                ));
            }
        };
        Ok(Row {
            line,
            path: beside.join(&name),
            name,
            label,
            answered_ms: self.millis("answered_ms")?.filter(|ms| *ms > 0.0),
            speech_end_ms: self.millis("speech_end_ms")?,
            greeting_end_ms: self.millis("greeting_end_ms")?,
            beep,
            condition: self.text("condition").to_owned(),
            source: self.text("source").to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(text.as_bytes(), Path::new("calls"), "m.csv")
    }

    #[test]
    fn columns_are_found_by_name_and_the_rest_is_ignored() {
        let text = "label,path,sublabel,beep_start_ms,beep_end_ms,speech_end_ms,condition,source\n\
                    human,a.wav,x,,,1200,noisy,here\n\
                    voicemail,/b.wav,,100,200.5,,,\n";
        let manifest = parse(text).unwrap();
        assert!(manifest.errors.is_empty());
        assert_eq!(manifest.rows[0].path, Path::new("calls/a.wav"));
        assert_eq!(manifest.rows[0].speech_end_ms, Some(1200.0));
        assert_eq!((manifest.rows[0].condition.as_str(), manifest.rows[0].source.as_str()), ("noisy", "here"));
        assert_eq!(manifest.rows[1].path, Path::new("/b.wav"));
        assert_eq!(manifest.rows[1].beep, Some(Span { start_ms: 100.0, end_ms: 200.5 }));
        assert_eq!(manifest.rows[1].line, 3);
    }

    #[test]
    fn a_bad_row_is_named_and_the_others_are_kept() {
        let text = "path,label,beep_start_ms,beep_end_ms\n\
                    a.wav,person,,\nb.wav,human,,\nc.wav,voicemail,soon,9\nd.wav,voicemail,9,8\ne.wav,fax\n,fax,,\nf.wav,voicemail,4,\n";
        let manifest = parse(text).unwrap();
        assert_eq!(manifest.rows.len(), 1);
        let told = manifest.errors.join("\n");
        for part in [
            "m.csv line 2: label: given \"person\", allowed are human, voicemail",
            "line 4: beep_start_ms: given \"soon\", allowed is a time",
            "line 5: beep_start_ms and beep_end_ms: given 9 and 8",
            "line 6: given 2 fields, allowed is 4",
            "line 7: path: given nothing",
            "line 8: beep_start_ms and beep_end_ms: given 4 and nothing",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }

    #[test]
    fn lines_are_those_of_the_records_however_they_end() {
        let text = "\u{feff}path,label,source\na.wav,human,\n\nb.wav,FAX,\"two\nlines\"\nc.wav,no,\nd.wav,sit,\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let manifest = parse(&text).unwrap();
            assert_eq!(manifest.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4, 7], "{text:?}");
            assert!(manifest.errors[0].starts_with("m.csv line 6: "), "{:?}", manifest.errors);
        }
    }

    #[test]
    fn a_header_without_a_needed_column_is_an_error() {
        let error = parse("path,kind\na.wav,human\n").unwrap_err();
        assert!(error.to_string().contains("no column label"), "{error}");
    }
}
