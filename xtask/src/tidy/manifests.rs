//! What the manifests must say.

use super::Finding;
use super::repository::Repository;
use crate::fuzz;

/// Where a member's manifest takes each of these from the workspace.
const INHERITED: &[&[&str]] = &[&["package", "version"], &["package", "edition"], &["package", "license"], &["lints"]];

pub(super) fn inherited(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in repository.packages.iter().filter_map(|package| repository.manifest(package)) {
        let table: toml::Table = match manifest.text.as_deref().unwrap_or_default().parse() {
            Ok(table) => table,
            Err(error) => {
                findings.push(Finding::in_file(&manifest.path, error.message()));
                continue;
            }
        };
        for keys in INHERITED {
            let found = keys.iter().try_fold(&toml::Value::Table(table.clone()), |value, key| value.get(key)).cloned();
            if found.as_ref().and_then(|value| value.get("workspace")) != Some(&toml::Value::Boolean(true)) {
                let given = found.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
                let message = format!("{}: given {given}, allowed `workspace = true`", keys.join("."));
                findings.push(Finding::in_file(&manifest.path, message));
            }
        }
    }
    findings
}

pub(super) fn fuzz_targets(repository: &Repository) -> Vec<Finding> {
    let manifest: Option<fuzz::Manifest> =
        repository.file(fuzz::MANIFEST).and_then(|file| toml::from_str(file.text.as_deref()?).ok());
    let registered = |path: &str| {
        manifest.iter().flat_map(|manifest| &manifest.targets).any(|target| format!("fuzz/{}", target.path) == path)
    };
    repository
        .rust_files()
        .filter(|file| file.path.starts_with("fuzz/fuzz_targets/") && !registered(&file.path))
        .map(|file| {
            Finding::in_file(&file.path, format!("target: given no [[bin]] in {}, allowed one", fuzz::MANIFEST))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::repository::made;
    use super::*;

    fn with_manifest(text: &str) -> Repository {
        let mut repository = made::packages(&[("offhook-sim", &[])]);
        repository.files = made::files(&[("crates/offhook-sim/Cargo.toml", text)]).files;
        repository
    }

    #[test]
    fn inherited_keys_pass() {
        let text = "[package]\nversion.workspace = true\nedition.workspace = true\nlicense = { workspace = true }\n\
                    [lints]\nworkspace = true\n";
        assert_eq!(inherited(&with_manifest(text)), []);
    }

    #[test]
    fn a_key_of_its_own_and_a_missing_one_are_refused() {
        let text = "[package]\nversion = \"0.2.0\"\nedition.workspace = true\nlicense.workspace = true\n";
        let messages: Vec<String> =
            inherited(&with_manifest(text)).into_iter().map(|finding| finding.message).collect();
        assert_eq!(
            messages,
            [
                "package.version: given \"0.2.0\", allowed `workspace = true`",
                "lints: given nothing, allowed `workspace = true`"
            ]
        );
    }

    #[test]
    fn a_manifest_that_is_not_toml_is_refused() {
        assert_eq!(inherited(&with_manifest("[package")).len(), 1);
    }

    #[test]
    fn a_fuzz_target_no_one_registered_is_refused() {
        let manifest = "[package]\nname = \"f\"\n[[bin]]\nname = \"media\"\npath = \"fuzz_targets/media.rs\"\n";
        let repository = made::files(&[
            ("fuzz/Cargo.toml", manifest),
            ("fuzz/fuzz_targets/media.rs", ""),
            ("fuzz/fuzz_targets/forgotten.rs", ""),
        ]);
        let findings = fuzz_targets(&repository);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "fuzz/fuzz_targets/forgotten.rs");
    }
}
