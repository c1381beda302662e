//! Work left for later, and tests that do not run.

use super::Finding;
use super::repository::{Repository, code};

/// Pieced together so that this file keeps its own rule.
const MARKERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const MACROS: &[&str] = &[concat!("to", "do!"), concat!("unimpl", "emented!")];
const IGNORED: &[&str] = &[concat!("#[", "ignore]"), concat!("#[", "ignore = \"\"]")];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.rust_files() {
        for (number, line) in file.lines() {
            let words = || line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if let Some(marker) = MARKERS.iter().find(|marker| words().any(|word| word == **marker)) {
                findings.push(Finding::at(&file.path, number, format!("marker: given {marker}, allowed an issue")));
            }
            let code = code(line);
            if let Some(name) = MACROS.iter().find(|name| code.contains(**name)) {
                findings.push(Finding::at(&file.path, number, format!("macro: given {name}, allowed finished code")));
            }
            if IGNORED.iter().any(|attribute| code.contains(attribute)) {
                let message = "ignore attribute: given no reason, allowed `ignore = \"why\"`";
                findings.push(Finding::at(&file.path, number, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::repository::made;
    use super::*;

    fn findings_in(line: &str) -> usize {
        check(&made::files(&[("crates/sim/src/lib.rs", line)])).len()
    }

    #[test]
    fn markers_are_refused_in_comments_too() {
        for marker in MARKERS {
            assert_eq!(findings_in(&format!("let a = 1; // {marker}: later")), 1, "{marker}");
            assert_eq!(findings_in(&format!("// {marker}_LIST is a name")), 0, "{marker}");
        }
    }

    #[test]
    fn macros_are_refused_in_code() {
        for name in MACROS {
            assert_eq!(findings_in(&format!("fn later() {{ {name}() }}")), 1, "{name}");
        }
    }

    #[test]
    fn an_ignored_test_needs_a_reason() {
        for attribute in IGNORED {
            assert_eq!(findings_in(attribute), 1, "{attribute}");
        }
        assert_eq!(findings_in(&IGNORED[1].replace("\"\"", "\"takes an hour\"")), 0);
    }
}
