//! No audio without its source and licence.

use std::collections::BTreeSet;

use super::Finding;
use super::repository::{Repository, SourceFile};

const FOLDER: &str = "corpus/";
const MANIFEST: &str = "corpus/manifest.csv";
const COLUMNS: [&str; 3] = ["path", "source", "licence"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let audio = || repository.files.iter().filter(|file| file.path.starts_with(FOLDER) && file.text.is_none());
    let Some(manifest) = repository.file(MANIFEST) else {
        return audio().map(|file| Finding::in_file(&file.path, format!("given no {MANIFEST}, allowed one"))).collect();
    };
    let (listed, mut findings) = match rows(repository, manifest) {
        Ok(read) => read,
        Err(message) => return vec![Finding::in_file(MANIFEST, message)],
    };
    for file in audio().filter(|file| !listed.contains(&file.path)) {
        findings.push(Finding::in_file(&file.path, format!("path: given no row in {MANIFEST}, allowed one")));
    }
    findings
}

/// The files the manifest lists, relative to the repository's root, and what is wrong with its rows.
fn rows(repository: &Repository, manifest: &SourceFile) -> Result<(BTreeSet<String>, Vec<Finding>), String> {
    let text = manifest.text.as_deref().unwrap_or_default();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let given = || header.iter().collect::<Vec<_>>().join(", ");
        *column = header
            .iter()
            .position(|field| field.trim() == name)
            .ok_or_else(|| format!("columns: given {}, allowed with {}", given(), COLUMNS.join(", ")))?;
    }
    let (mut listed, mut findings) = (BTreeSet::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(1, |position| position.line() as usize);
        for (column, name) in columns.iter().zip(COLUMNS) {
            if record.get(*column).unwrap_or_default().trim().is_empty() {
                findings.push(Finding::at(MANIFEST, line, format!("{name}: given nothing, allowed a text")));
            }
        }
        let path = format!("{FOLDER}{}", record.get(columns[0]).unwrap_or_default().trim());
        if path != FOLDER && repository.file(&path).is_none() {
            findings.push(Finding::at(MANIFEST, line, format!("path: given {path}, allowed a file of the corpus")));
        }
        listed.insert(path);
    }
    Ok((listed, findings))
}

#[cfg(test)]
mod tests {
    use super::super::repository::made;
    use super::*;

    fn messages(manifest: &str) -> Vec<String> {
        let files = [(MANIFEST, manifest), ("corpus/README.md", ""), ("corpus/voicemail/a.wav", "")];
        check(&made::files(&files)).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_listed_file_passes() {
        let rows = "path,label,source,licence\nvoicemail/a.wav,voicemail,recorded by the authors,CC0-1.0\n";
        assert_eq!(messages(rows), [""; 0]);
    }

    #[test]
    fn a_file_without_a_row_is_refused() {
        assert_eq!(
            messages("path,source,licence\n"),
            ["error: corpus/voicemail/a.wav: path: given no row in corpus/manifest.csv, allowed one"]
        );
    }

    #[test]
    fn a_row_without_licence_or_file_is_refused() {
        assert_eq!(
            messages("path,source,licence\nvoicemail/a.wav,us,\nb.wav,us,CC0-1.0\n"),
            [
                "error: corpus/manifest.csv:2: licence: given nothing, allowed a text",
                "error: corpus/manifest.csv:3: path: given corpus/b.wav, allowed a file of the corpus"
            ]
        );
    }

    #[test]
    fn a_manifest_without_the_columns_is_refused() {
        let message = "error: corpus/manifest.csv: columns: given path, label, allowed with path, source, licence";
        assert_eq!(messages("path,label\n"), [message]);
    }

    #[test]
    fn audio_without_a_manifest_is_refused() {
        assert_eq!(check(&made::files(&[("corpus/a.wav", "")])).len(), 1);
        assert_eq!(check(&made::files(&[("corpus/README.md", "")])), []);
    }
}
