//! The direction of dependencies between the rooms.

use super::Finding;
use super::repository::Repository;
use crate::checkout::slashed;

/// Each room with the rooms it is built on; what those are built on is open to it too.
const BUILT_ON: &[(&str, &[&str])] = &[
    ("audio", &[]),
    ("media", &["audio"]),
    ("sim", &["audio"]),
    ("detect", &["audio"]),
    ("train", &["sim", "media", "detect"]),
    ("onnx", &["detect"]),
    ("telephony", &["detect"]),
    ("agent", &["detect"]),
    ("server", &["telephony", "agent", "media"]),
    ("cli", &["server", "train", "onnx", "detect", "media", "sim", "audio"]),
    // Stands alone: it must build before anything else does.
    ("xtask", &[]),
];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_member = |name: &str| repository.packages.iter().any(|package| package.name == name);
    for package in &repository.packages {
        let path = slashed(&package.manifest_path);
        let room = room(&package.name);
        if built_on(room).is_none() {
            findings
                .push(Finding::in_file(&path, format!("package: given `{}`, allowed {}", package.name, all_rooms())));
            continue;
        }
        for dependency in package.dependencies.iter().filter(|dependency| is_member(&dependency.name)) {
            let other = self::room(&dependency.name);
            let for_tests = dependency.kind.as_deref() == Some("dev");
            let allowed = if for_tests { other != room && !reaches(other, room) } else { reaches(room, other) };
            if !allowed {
                let section = if for_tests { "dev-dependencies" } else { "dependencies" };
                let rule = if for_tests {
                    format!("rooms that are not above {room}")
                } else {
                    let below: Vec<_> = BUILT_ON.iter().map(|(name, _)| *name).filter(|r| reaches(room, r)).collect();
                    if below.is_empty() { "no other room".to_owned() } else { below.join(", ") }
                };
                findings.push(Finding::in_file(&path, format!("{section} of {room}: given {other}, allowed {rule}")));
            }
        }
    }
    findings
}

fn room(package: &str) -> &str {
    if package == "offhook" { "cli" } else { package.strip_prefix("offhook-").unwrap_or(package) }
}

fn built_on(room: &str) -> Option<&'static [&'static str]> {
    BUILT_ON.iter().find(|(name, _)| *name == room).map(|(_, rooms)| *rooms)
}

/// Whether `other` lies below `room`.
fn reaches(room: &str, other: &str) -> bool {
    built_on(room).is_some_and(|rooms| rooms.iter().any(|below| *below == other || reaches(below, other)))
}

fn all_rooms() -> String {
    let names: Vec<_> = BUILT_ON.iter().map(|(name, _)| *name).collect();
    format!("a room among {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::repository::made::{self, MadePackage};
    use super::*;

    const AUDIO: MadePackage<'_> = ("offhook-audio", &[]);
    const MEDIA: MadePackage<'_> = ("offhook-media", &[("offhook-audio", None), ("symphonia", None)]);

    #[test]
    fn the_table_has_no_circle() {
        for (room, _) in BUILT_ON {
            assert!(!reaches(room, room), "{room}");
        }
    }

    #[test]
    fn edges_to_rooms_below_are_allowed() {
        let cli: MadePackage<'_> = ("offhook", &[("offhook-media", None), ("offhook-audio", None), ("clap", None)]);
        assert_eq!(check(&made::packages(&[AUDIO, MEDIA, cli])), []);
    }

    #[test]
    fn an_edge_to_a_room_beside_is_refused() {
        let detect: MadePackage<'_> = ("offhook-detect", &[("offhook-media", None)]);
        let findings = check(&made::packages(&[AUDIO, MEDIA, detect]));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].message, "dependencies of detect: given media, allowed audio");
    }

    #[test]
    fn a_build_dependency_counts_like_a_normal_one() {
        let audio: MadePackage<'_> = ("offhook-audio", &[("offhook-media", Some("build"))]);
        assert_eq!(check(&made::packages(&[audio, MEDIA])).len(), 1);
    }

    #[test]
    fn tests_may_look_sideways_but_not_up() {
        let detect: MadePackage<'_> = ("offhook-detect", &[("offhook-media", Some("dev")), ("offhook", Some("dev"))]);
        let findings = check(&made::packages(&[AUDIO, MEDIA, detect, ("offhook", &[])]));
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].message,
            "dev-dependencies of detect: given cli, allowed rooms that are not above detect"
        );
    }

    #[test]
    fn a_room_the_table_lacks_is_refused() {
        assert_eq!(check(&made::packages(&[("offhook-attic", &[])])).len(), 1);
    }
}
