//! Whom a campaign calls.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::exit::Mistake;

/// One who is to be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lead {
    /// A number, or a dial string of the switch.
    pub(super) to: String,
    /// The caller's name for the call.
    pub(super) call_id: Option<String>,
    /// Variables of its channel.
    pub(super) variables: BTreeMap<String, String>,
}

impl Lead {
    /// Only a number.
    pub(super) fn to(to: &str) -> Self {
        Self { to: to.to_owned(), ..Self::default() }
    }
}

/// Reads a CSV file with a header: `number`, `call_id` if it is there, and what else is a variable of the call.
///
/// # Errors
/// It cannot be read, or has no number in a line.
pub(super) fn read(path: &Path) -> Result<Vec<Lead>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .with_context(|| format!("--calls: reading {}", path.display()))?;
    let names = reader.headers().with_context(|| format!("--calls: reading {}", path.display()))?.clone();
    let refuse = |line: u64, what: &str| Mistake::Usage(format!("--calls: {}, line {line}: {what}", path.display()));
    let number = names.iter().position(|name| name == "number");
    let number = number.ok_or_else(|| refuse(1, "given no column number, allowed is number,call_id,…"))?;
    let mut leads = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("--calls: reading {}", path.display()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let mut lead = Lead::to(row.get(number).unwrap_or_default());
        if lead.to.is_empty() {
            return Err(refuse(line, "given no number, allowed is a number or a dial string").into());
        }
        for (name, value) in names.iter().zip(&row).filter(|(name, value)| *name != "number" && !value.is_empty()) {
            if name == "call_id" {
                lead.call_id = Some(value.to_owned());
            } else {
                lead.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        leads.push(lead);
    }
    if leads.is_empty() {
        return Err(refuse(1, "given no call, allowed is a line for each").into());
    }
    Ok(leads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Lead>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leads.csv");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn columns_become_variables() {
        let leads = of("call_id,number,first_name\n7,+15550100,Ann\n,100,\n").unwrap();
        assert_eq!((leads[0].to.as_str(), leads[0].call_id.as_deref()), ("+15550100", Some("7")));
        assert_eq!(leads[0].variables["first_name"], "Ann");
        assert_eq!(leads[1], Lead::to("100"));
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        for (text, named) in [("phone\n1\n", "column number"), ("number,a\n,1\n", "line 2"), ("number\n", "no call")] {
            let error = of(text).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("allowed"), "{error}");
        }
    }
}
