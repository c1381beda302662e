//! Texts that hold on one machine only.

use super::Finding;
use super::repository::Repository;

/// Pieced together so that this file keeps its own rule.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
const REGISTRY_HOSTS: &[&str] = &[
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("deb.", "debian.org"),
    concat!("registry.", "npmjs.org"),
    concat!("files.", "pythonhosted.org"),
    concat!("pypi.", "org"),
    concat!("arti", "factory"),
];

pub(super) fn places(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Lock files are cargo's and npm's to write.
    for file in repository.files.iter().filter(|file| !file.path.contains(".lock") && !file.path.contains("-lock.")) {
        for (number, line) in file.lines() {
            for path in MACHINE_PATHS.iter().filter(|path| starts_a_path(line, path)) {
                let message = format!("path: given {path}, allowed one relative to the checkout");
                findings.push(Finding::at(&file.path, number, message));
            }
            for host in REGISTRY_HOSTS.iter().filter(|host| line.contains(**host)) {
                findings.push(Finding::at(
                    &file.path,
                    number,
                    format!("host: given {host}, allowed the registry's name"),
                ));
            }
        }
    }
    findings
}

/// Whether the line has the folder as the root of a path, not amid one as in `src/work/mod.rs`.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '}' | '$'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::repository::made;
    use super::*;

    fn findings_in(path: &str, line: &str) -> usize {
        places(&made::files(&[(path, line)])).len()
    }

    #[test]
    fn paths_of_a_machine_are_refused() {
        for path in MACHINE_PATHS {
            assert_eq!(findings_in("README.md", &format!("Look in `{path}x`.")), 1, "{path}");
            assert_eq!(findings_in("crates/sim/src/lib.rs", &format!("include_str!(\"{path}x\")")), 1, "{path}");
        }
    }

    #[test]
    fn folders_amid_a_path_pass() {
        for path in MACHINE_PATHS {
            assert_eq!(findings_in("README.md", &format!("src{path}x and ..{path}x")), 0, "{path}");
        }
    }

    #[test]
    fn registry_hosts_are_refused_outside_lock_files() {
        for host in REGISTRY_HOSTS {
            assert_eq!(findings_in("docs/a.md", &format!("from https://{host}/x")), 1, "{host}");
            assert_eq!(findings_in("Cargo.lock", &format!("from https://{host}/x")), 0, "{host}");
        }
    }
}
