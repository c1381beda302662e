//! Which files there must be, and how large files may grow.

use super::Finding;
use super::repository::Repository;

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const REQUIRED: &[&str] = &[ARCHITECTURE, "LICENSE-APACHE", "LICENSE-MIT"];
const ARCHITECTURE_LINES: usize = 200;
const RUST_LINES: usize = 500;
const RUST_LINES_WARNED: usize = 400;
/// 100 MB.
const TRACKED_BYTES: u64 = 100_000_000;

pub(super) fn required_files(repository: &Repository) -> Vec<Finding> {
    let missing = REQUIRED.iter().filter(|path| repository.file(path).is_none());
    let mut findings: Vec<_> = missing.map(|path| Finding::in_file(path, "file: given none, allowed one")).collect();
    let lines = repository.file(ARCHITECTURE).map_or(0, |file| file.lines().count());
    if lines > ARCHITECTURE_LINES {
        findings.push(too_long(ARCHITECTURE, lines, ARCHITECTURE_LINES));
    }
    findings
}

pub(super) fn rust_files(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.rust_files() {
        let lines = file.lines().count();
        if lines > RUST_LINES {
            findings.push(too_long(&file.path, lines, RUST_LINES));
        } else if lines > RUST_LINES_WARNED {
            findings.push(too_long(&file.path, lines, RUST_LINES).into_warning());
        }
    }
    findings
}

pub(super) fn tracked(repository: &Repository) -> Vec<Finding> {
    let bytes: u64 = repository.files.iter().map(|file| file.bytes).sum();
    if bytes < TRACKED_BYTES {
        return Vec::new();
    }
    let largest = repository.files.iter().max_by_key(|file| file.bytes).map_or("", |file| &file.path);
    vec![Finding::in_file(
        largest,
        format!("tracked bytes: given {bytes}, allowed {TRACKED_BYTES}; this is the largest"),
    )]
}

fn too_long(path: &str, lines: usize, allowed: usize) -> Finding {
    Finding::in_file(path, format!("lines: given {lines}, allowed {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::super::repository::made;
    use super::*;

    #[test]
    fn missing_files_are_named() {
        let findings = required_files(&made::files(&[("ARCHITECTURE.md", "# Rooms\n"), ("LICENSE-MIT", "")]));
        assert_eq!(findings, [Finding::in_file("LICENSE-APACHE", "file: given none, allowed one")]);
    }

    #[test]
    fn a_long_architecture_is_refused() {
        let text = "line\n".repeat(201);
        let files = [("ARCHITECTURE.md", text.as_str()), ("LICENSE-MIT", ""), ("LICENSE-APACHE", "")];
        assert_eq!(required_files(&made::files(&files)), [too_long("ARCHITECTURE.md", 201, 200)]);
    }

    #[test]
    fn long_rust_files_are_warned_of_then_refused() {
        let (short, worth, long) = ("\n".repeat(400), "\n".repeat(401), "\n".repeat(501));
        let findings =
            rust_files(&made::files(&[("a.rs", &short), ("b.rs", &worth), ("c.rs", &long), ("c.md", &long)]));
        assert_eq!(findings, [too_long("b.rs", 401, 500).into_warning(), too_long("c.rs", 501, 500)]);
    }

    #[test]
    fn a_heavy_checkout_is_refused() {
        let mut repository = made::files(&[("corpus/long.wav", ""), ("README.md", "")]);
        assert_eq!(tracked(&repository), []);
        repository.files[0].bytes = TRACKED_BYTES;
        assert_eq!(tracked(&repository)[0].path, "corpus/long.wav");
    }
}
