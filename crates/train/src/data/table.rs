//! Tables (CSV, RFC 4180) whose rows know their line.

use super::error::DataError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A table that was read.
pub(super) struct Table {
    path: PathBuf,
    columns: BTreeMap<String, usize>,
    pub(super) rows: Vec<Row>,
}

/// One of its rows.
pub(super) struct Row {
    pub(super) line: u64,
    fields: Vec<String>,
}

impl Table {
    /// Reads the table at `path`; it must have these columns.
    pub(super) fn read(path: &Path, needed: &[&str]) -> Result<Self, DataError> {
        let wrong = |message: String| DataError::Table { path: path.to_owned(), message };
        let bytes =
            std::fs::read(path).map_err(|source| DataError::File { path: path.to_owned(), action: "read", source })?;
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
        let columns: BTreeMap<String, usize> = header.iter().map(str::to_owned).zip(0..).collect();
        if let Some(missing) = needed.iter().find(|needed| !columns.contains_key(**needed)) {
            let given = header.iter().collect::<Vec<_>>().join(",");
            let needed = needed.join(", ");
            return Err(wrong(format!("no column {missing}: given are the columns {given}, needed are {needed}")));
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| wrong(error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(Row { line, fields: record.iter().map(str::to_owned).collect() });
        }
        Ok(Self { path: path.to_owned(), columns, rows })
    }

    /// What a row has in a column; empty if there is no such column.
    pub(super) fn text<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        self.columns.get(column).and_then(|at| row.fields.get(*at)).map_or("", String::as_str)
    }

    /// The file a row names, beside the table.
    pub(super) fn file(&self, row: &Row) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(self.text(row, "path"))
    }

    /// That a row's field is not allowed.
    pub(super) fn refuse(&self, row: &Row, field: &'static str, allowed: String) -> DataError {
        let given = self.text(row, field).to_owned();
        DataError::Field { path: self.path.clone(), line: row.line, field, given, allowed }
    }
}
