//! The classic preset against what Asterisk's own `AMD()` said of the same recordings.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::statistics::Rate;
use crate::exit::Mistake;

/// What Asterisk says of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    /// `AMDSTATUS`.
    pub(crate) status: String,
    /// `AMDCAUSE`, with its numbers.
    pub(crate) cause: String,
}

impl Answer {
    /// The cause without its numbers.
    fn word(&self) -> &str {
        self.cause.split('-').next().unwrap_or_default()
    }
}

/// A call of which the two say different things.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Disagreement {
    /// The recording.
    pub(crate) file: String,
    /// What Asterisk said.
    pub(crate) asterisk: Answer,
    /// What we say.
    pub(crate) ours: Answer,
}

/// How far the two agree.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Agreement {
    /// On the status.
    pub(crate) status: Rate,
    /// On the status and on the cause's word.
    pub(crate) status_and_cause: Rate,
    /// The calls on which they do not.
    pub(crate) disagreements: Vec<Disagreement>,
}

impl Agreement {
    /// Compares our answers with Asterisk's on the recordings that both have.
    pub(crate) fn new(asterisk: &BTreeMap<String, Answer>, ours: Vec<(String, Answer)>) -> Self {
        let (mut of, mut status, mut both) = (0, 0, 0);
        let mut disagreements = Vec::new();
        for (file, ours) in ours {
            let Some(theirs) = asterisk.get(&file) else { continue };
            of += 1;
            let same_status = theirs.status == ours.status;
            let same = same_status && theirs.word() == ours.word();
            status += usize::from(same_status);
            both += usize::from(same);
            if !same {
                disagreements.push(Disagreement { file, asterisk: theirs.clone(), ours });
            }
        }
        Self { status: Rate::new(status, of), status_and_cause: Rate::new(both, of), disagreements }
    }
}

/// Reads a table with the columns `path`, `amdstatus` and `amdcause`.
///
/// # Errors
/// It cannot be read, or a column is missing.
pub(crate) fn read_table(path: &Path) -> Result<BTreeMap<String, Answer>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        header.iter().position(|h| h == name).ok_or_else(|| {
            let given = header.iter().collect::<Vec<_>>().join(",");
            Mistake::Usage(format!("{}: given the columns {given}, needed are path,amdstatus,amdcause", path.display()))
        })
    };
    let (file, status, cause) = (column("path")?, column("amdstatus")?, column("amdcause")?);
    let mut table = BTreeMap::new();
    for record in reader.records() {
        let record = record.with_context(|| format!("{}: cannot be read", path.display()))?;
        let answer = Answer { status: record[status].to_owned(), cause: record[cause].to_owned() };
        table.insert(record[file].to_owned(), answer);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: &str, cause: &str) -> Answer {
        Answer { status: status.into(), cause: cause.into() }
    }

    #[test]
    fn numbers_may_differ_but_words_may_not() {
        let asterisk = BTreeMap::from([
            ("a".to_owned(), answer("HUMAN", "HUMAN-800-800")),
            ("b".to_owned(), answer("MACHINE", "MAXWORDS-3-2")),
            ("c".to_owned(), answer("MACHINE", "MAXWORDS-3-2")),
        ]);
        let ours = vec![
            ("a".to_owned(), answer("HUMAN", "HUMAN-820-800")),
            ("b".to_owned(), answer("MACHINE", "LONGGREETING-1500-1500")),
            ("c".to_owned(), answer("NOTSURE", "TOOLONG-5000")),
            ("d".to_owned(), answer("NOTSURE", "TOOLONG-5000")),
        ];
        let agreement = Agreement::new(&asterisk, ours);
        assert_eq!(agreement.status, Rate::new(2, 3));
        assert_eq!(agreement.status_and_cause, Rate::new(1, 3));
        assert_eq!(agreement.disagreements.len(), 2);
    }
}
