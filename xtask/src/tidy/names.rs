//! Names that say nothing of what a thing is.

use super::Finding;
use super::repository::{Repository, code};

const KEYWORDS: &[&str] = &["struct", "enum", "trait", "mod"];
const EMPTY_WORDS: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils", "Misc", "Common"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.rust_files() {
        for (number, line) in file.lines() {
            for (keyword, name) in defined(code(line)) {
                if let Some(word) = empty_word(name) {
                    let message = format!("{keyword} name: given `{name}`, allowed one that does not end in {word}");
                    findings.push(Finding::at(&file.path, number, message));
                }
            }
        }
    }
    findings
}

/// The (keyword, name) pairs of a line of code.
fn defined(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> = line.split(move |c| !is_name(c)).filter(|word| !word.is_empty()).collect();
    let pairs: Vec<_> = words.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter().filter(|(keyword, _)| KEYWORDS.contains(keyword))
}

fn empty_word(name: &str) -> Option<&'static str> {
    let last = name.rsplit('_').next().unwrap_or(name);
    EMPTY_WORDS.iter().copied().find(|word| name.ends_with(word) || last == word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::repository::made;
    use super::*;

    fn findings_in(line: &str) -> usize {
        check(&made::files(&[("crates/sim/src/lib.rs", line)])).len()
    }

    #[test]
    fn names_that_say_nothing_are_refused() {
        for word in EMPTY_WORDS {
            assert_eq!(findings_in(&["pub(crate) struct Call", word, "<T> {"].concat()), 1, "{word}");
            assert_eq!(findings_in(&["mod ", &word.to_lowercase(), ";"].concat()), 1, "{word}");
            assert_eq!(findings_in(&["mod call_", &word.to_lowercase(), ";"].concat()), 1, "{word}");
        }
    }

    #[test]
    fn names_that_only_contain_such_a_word_pass() {
        assert_eq!(findings_in("struct Commons; mod uncommon; trait Utility {} enum Hangup { CommonCause }"), 0);
    }

    #[test]
    fn comments_pass() {
        assert_eq!(findings_in(&["// not a struct Call", EMPTY_WORDS[0]].concat()), 0);
    }
}
