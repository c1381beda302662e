//! What a node keeps of its chain beside the database: its name, and the newest entry's number and hash.

use std::io::ErrorKind;
use std::path::Path;

use uuid::Uuid;

use super::AuditError;
use super::chain::Link;
use crate::whole;

const NODE: &str = "node";
const HEAD: &str = "audit.head";

fn failed(path: &Path) -> impl Fn(std::io::Error) -> AuditError + '_ {
    |source| AuditError::File { path: path.to_owned(), source }
}

/// The name of the node, made up where there is none.
pub(super) fn node(folder: &Path) -> Result<String, AuditError> {
    let path = folder.join(NODE);
    if let Some(name) = known_node(folder)? {
        return Ok(name);
    }
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    match whole::write(&path, Uuid::now_v7().to_string().as_bytes(), false) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(&path)(error)),
        _ => {}
    }
    known_node(folder)?.ok_or(AuditError::Head { path })
}

/// The name of the node, if it has one.
pub(super) fn known_node(folder: &Path) -> Result<Option<String>, AuditError> {
    let path = folder.join(NODE);
    match std::fs::read_to_string(&path) {
        Ok(name) => Ok(Some(name.trim().to_owned()).filter(|name| !name.is_empty())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path)(error)),
    }
}

/// The newest entry that this node knows it wrote.
pub(super) fn newest(folder: &Path) -> Result<Option<Link>, AuditError> {
    let path = folder.join(HEAD);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path)(error)),
    };
    let parsed = text.trim().split_once(' ').and_then(|(seq, hash)| {
        let hash = hash.to_owned();
        Some(Link { seq: seq.parse().ok()?, hash })
    });
    parsed.map(Some).ok_or(AuditError::Head { path })
}

/// Keeps the newest entry, unless another process of this node wrote a newer one.
pub(super) fn keep(folder: &Path, link: &Link) -> Result<(), AuditError> {
    if newest(folder).ok().flatten().is_some_and(|known| known.seq > link.seq) {
        return Ok(());
    }
    let path = folder.join(HEAD);
    whole::write(&path, format!("{} {}\n", link.seq, link.hash).as_bytes(), true).map_err(failed(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stays_and_the_newest_never_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("made");
        assert_eq!(known_node(&folder).unwrap(), None);
        assert_eq!(node(&folder).unwrap(), node(&folder).unwrap());
        assert_eq!(newest(&folder).unwrap(), None);
        let link = |seq| Link { seq, hash: format!("hash{seq}") };
        keep(&folder, &link(2)).unwrap();
        keep(&folder, &link(1)).unwrap();
        assert_eq!(newest(&folder).unwrap(), Some(link(2)));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "no drafts are left");
        std::fs::write(folder.join(HEAD), "nonsense").unwrap();
        assert!(matches!(newest(&folder), Err(AuditError::Head { .. })));
    }
}
