//! Where key-encryption keys come from: a file, the environment or a command.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::VaultError;
use super::keys::{KeyRing, Secret, random};
use crate::config::ServerConfig;
use crate::whole;

/// The file of the key that is made where none is named.
const OWN: &str = "audio.key";
/// The longest a command may take to tell a key.
const COMMAND_TIME: Duration = Duration::from_secs(30);
/// How long the text of a key is: no growing leaves a copy in memory.
const TEXT: usize = 45;
const FORMS: &str = "file:PATH, env:NAME or command:PROGRAM ARGUMENTS";

/// The keys that `audio.key` names; without any, one that lies in `storage.folder` and is made if it is not there.
pub(super) async fn key_ring(config: &ServerConfig) -> Result<KeyRing, VaultError> {
    let mut keys = Vec::new();
    for source in &config.audio.key {
        keys.push(key(source).await?);
    }
    if keys.is_empty() {
        return Ok(KeyRing::new(own(&config.storage.folder)?, []));
    }
    let first = keys.remove(0);
    Ok(KeyRing::new(first, keys))
}

fn refuse(source: &str, why: impl Into<String>) -> VaultError {
    VaultError::Key { source_text: source.to_owned(), why: why.into() }
}

async fn key(source: &str) -> Result<Secret, VaultError> {
    let (kind, rest) = source.split_once(':').ok_or_else(|| refuse("", format!("allowed is {FORMS}")))?;
    let text = match kind {
        "file" => {
            warn_of_readers(Path::new(rest));
            Zeroizing::new(std::fs::read_to_string(rest).map_err(|error| refuse(source, error.to_string()))?)
        }
        "env" => Zeroizing::new(std::env::var(rest).map_err(|_| refuse(source, "the variable is not set"))?),
        "command" => command(rest).await.map_err(|why| refuse(source, why))?,
        _ => return Err(refuse("", format!("allowed is {FORMS}"))),
    };
    parse(&text).ok_or_else(|| refuse(source, "allowed are 32 bytes, in base64 or hex"))
}

async fn command(line: &str) -> Result<Zeroizing<String>, String> {
    let mut words = line.split_whitespace();
    let program = words.next().ok_or("no program is named")?;
    let mut command = tokio::process::Command::new(program);
    command.args(words).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let output = tokio::time::timeout(COMMAND_TIME, command.output())
        .await
        .map_err(|_| format!("it took longer than {COMMAND_TIME:?}"))?
        .map_err(|error| error.to_string())?;
    let told = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(format!("it ended with {}", output.status));
    }
    std::str::from_utf8(&told).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| "it told no text".to_owned())
}

/// 32 bytes in base64 or hex.
fn parse(text: &str) -> Option<Secret> {
    let text = text.trim();
    let bytes = Zeroizing::new(if text.len() == 64 { hex::decode(text).ok()? } else { STANDARD.decode(text).ok()? });
    let mut secret = Secret::default();
    if bytes.len() != secret.len() {
        return None;
    }
    secret.copy_from_slice(&bytes);
    Some(secret)
}

/// The key in the folder, made if it is not there.
fn own(folder: &Path) -> Result<Secret, VaultError> {
    let path = folder.join(OWN);
    let source = format!("file:{}", path.display());
    if !path.exists() {
        make(folder, &path).map_err(|error| refuse(&source, error.to_string()))?;
    }
    tracing::warn!(
        file = %path.display(),
        "the key of kept audio lies beside the data: name another with audio.key, and keep a copy of it elsewhere"
    );
    warn_of_readers(&path);
    let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|error| refuse(&source, error.to_string()))?);
    parse(&text).ok_or_else(|| refuse(&source, "allowed are 32 bytes, in base64 or hex"))
}

/// Makes the key; where another process does the same at the same time, one of the two keys stays.
fn make(folder: &Path, path: &Path) -> std::io::Result<()> {
    let secret = random().map_err(std::io::Error::other)?;
    let mut text = Zeroizing::new(String::with_capacity(TEXT));
    STANDARD.encode_string(secret.as_slice(), &mut text);
    text.push('\n');
    std::fs::create_dir_all(folder)?;
    match whole::write(path, text.as_bytes(), false) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Warns where others may read a key.
fn warn_of_readers(path: &Path) {
    #[cfg(unix)]
    if let Ok(about) = std::fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions());
        if mode & 0o077 != 0 {
            tracing::warn!(file = %path.display(), mode = format!("{mode:o}"), "others may read this key: chmod 600 it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_base64_and_hex() {
        let bytes: [u8; 32] = std::array::from_fn(|i| i as u8);
        for text in [hex::encode(bytes), hex::encode_upper(bytes), STANDARD.encode(bytes) + "\n"] {
            assert_eq!(*parse(&text).unwrap(), bytes, "{text}");
        }
        for text in ["", "short", &"zz".repeat(32), &hex::encode(&bytes[1..])] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[tokio::test]
    async fn each_source_tells_what_is_wrong_with_it_but_never_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "not a key, but secret").unwrap();
        for (source, says) in [
            (format!("file:{}", file.display()), "32 bytes"),
            ("file:/nowhere/at/all".into(), "/nowhere/at/all"),
            ("env:OFFHOOK_TEST_NO_SUCH_VARIABLE".into(), "not set"),
            ("command:false".into(), "ended with"),
            ("command:echo short".into(), "32 bytes"),
            ("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=".into(), "file:PATH"),
            ("vault:c2VjcmV0c2VjcmV0c2VjcmV0".into(), "file:PATH"),
        ] {
            let error = key(&source).await.unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("audio.key"), "{source}: {error}");
            assert!(!error.contains("c2Vj") && !error.contains("but secret"), "{error}");
        }
        assert_eq!(*key(&format!("command:echo {}", "ab".repeat(32))).await.unwrap(), [0xAB; 32]);
    }

    #[test]
    fn the_own_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = own(&folder.path().join("new")).unwrap();
        assert_eq!(own(&folder.path().join("new")).unwrap(), first);
        let files: Vec<_> = std::fs::read_dir(folder.path().join("new")).unwrap().map(|file| file.unwrap()).collect();
        assert_eq!(files.len(), 1, "the draft is gone");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&files[0].metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
