//! What the rules look at: the files git tracks or would track, and the workspace's packages.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::checkout::{self, Checkout, Package, slashed};

/// Endings of files whose text is read. A file without an ending, as `NOTICE` or a script, counts as text.
const TEXT_ENDINGS: &[&str] = &[
    "css", "csv", "events", "html", "js", "json", "lock", "md", "py", "rs", "sh", "snap", "sql", "svelte", "svg",
    "toml", "ts", "txt", "xml", "yaml", "yml",
];

/// A file of the project.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    /// Relative to the root, with forward slashes.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// `None` for audio and other files that are not text.
    pub(super) text: Option<String>,
}

impl SourceFile {
    /// The text with its line numbers, counted from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.iter().flat_map(|text| text.lines()).enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The project as the rules see it.
#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) files: Vec<SourceFile>,
    pub(super) packages: Vec<Package>,
}

impl Repository {
    /// Reads what git tracks, and what it would track after `git add`.
    pub(super) fn read(checkout: &Checkout) -> Result<Self> {
        let mut git = checkout.command("git");
        let Some(listed) = checkout::answer(git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))
        else {
            bail!("{}: given a folder git cannot list, allowed a git checkout", checkout.root.display());
        };
        let paths: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let full = checkout.root.join(path);
            // Deleted, but still in the index; or a link, whose target is a file of its own.
            let Some(metadata) = fs::symlink_metadata(&full).ok().filter(fs::Metadata::is_file) else { continue };
            let text = if is_text(path) {
                let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
                Some(String::from_utf8(bytes).with_context(|| format!("{path}: allowed UTF-8"))?)
            } else {
                None
            };
            files.push(SourceFile { path: path.to_owned(), bytes: metadata.len(), text });
        }
        Ok(Self { files, packages: checkout.packages.clone() })
    }

    pub(super) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(super) fn rust_files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The manifest of a package, if it is among the files.
    pub(super) fn manifest(&self, package: &Package) -> Option<&SourceFile> {
        self.file(&slashed(&package.manifest_path))
    }
}

fn is_text(path: &str) -> bool {
    Path::new(path).extension().is_none_or(|ending| TEXT_ENDINGS.iter().any(|text| ending.eq_ignore_ascii_case(text)))
}

/// What stands before a line comment. A `//` inside a string also ends the code: no rule needs what follows one.
pub(super) fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(before, _)| before)
}

#[cfg(test)]
pub(super) mod made {
    //! Repositories made up for the tests of the rules.

    use super::*;
    use crate::checkout::Dependency;

    pub(in crate::tidy) fn files(files: &[(&str, &str)]) -> Repository {
        let files = files.iter().map(|(path, text)| SourceFile {
            path: (*path).to_owned(),
            bytes: text.len() as u64,
            text: is_text(path).then(|| (*text).to_owned()),
        });
        Repository { files: files.collect(), packages: Vec::new() }
    }

    /// A package's name and its dependencies as (name, kind).
    pub(in crate::tidy) type MadePackage<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    pub(in crate::tidy) fn packages(packages: &[MadePackage<'_>]) -> Repository {
        let packages = packages.iter().map(|(name, dependencies)| Package {
            name: (*name).to_owned(),
            manifest_path: format!("crates/{name}/Cargo.toml").into(),
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) })
                .collect(),
        });
        Repository { files: Vec::new(), packages: packages.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_is_not_text() {
        assert!(is_text("crates/sim/src/lib.rs") && is_text(".ci/run") && is_text("docs/A.MD"));
        assert!(!is_text("corpus/greeting.wav"));
    }

    #[test]
    fn comments_are_not_code() {
        assert_eq!(code("let a = 1; // one"), "let a = 1; ");
        assert_eq!(code("/// doc"), "");
    }
}
