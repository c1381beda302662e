//! Kept audio in a folder: it comes back, and nothing else does.

use std::path::PathBuf;

use base64::Engine as _;
use jiff::Timestamp;
use offhook_server::ServerConfig;
use offhook_server::record::{KeptAudio, KeptEncoding};
use offhook_server::store::Store;
use offhook_server::vault::{Vault, VaultError};
use uuid::Uuid;

use crate::place::{Place, audio, begun};

fn key_file(place: &Place, name: &str, byte: u8) -> String {
    let path = place.folder.path().join(name);
    std::fs::write(&path, base64::engine::general_purpose::STANDARD.encode([byte; 32])).unwrap();
    format!("file:{}", path.display())
}

async fn with_keys(place: &Place, store: &Store, keys: &[&String]) -> Result<Vault, VaultError> {
    let mut config = place.config();
    config.audio.key = keys.iter().map(ToString::to_string).collect();
    Vault::open(&config, store).await
}

fn file(place: &Place, key: &str) -> PathBuf {
    place.folder.path().join("audio").join(key)
}

#[tokio::test]
async fn what_is_kept_comes_back_and_is_not_readable_on_disk() {
    let place = Place::sqlite();
    let (_, store, vault) = place.open().await;
    for (encoding, length) in [(KeptEncoding::Ulaw, 8_000), (KeptEncoding::Linear16, 16_001), (KeptEncoding::Ulaw, 0)] {
        let call = begun(Timestamp::now());
        let kept = KeptAudio { encoding, bytes: vec![0xAB; length].into() };
        let key = vault.keep(call, &kept).await.unwrap();
        assert_eq!(vault.read(call, &key).await.unwrap(), Some(kept));
        let written = std::fs::read(file(&place, &key)).unwrap();
        assert_eq!(written.len(), 105 + length + 16);
        assert!(!written.windows(8).any(|part| part == [0xAB; 8]), "it is encrypted");
        vault.delete(&key).await.unwrap();
        vault.delete(&key).await.unwrap();
        assert!(!vault.exists(&key).await.unwrap());
        assert_eq!(vault.read(call, &key).await.unwrap(), None);
    }
    assert_eq!(vault.trouble(), None);
    store.close().await;
}

#[tokio::test]
async fn any_changed_byte_is_noticed() {
    let place = Place::sqlite();
    let (_, store, vault) = place.open().await;
    let call = begun(Timestamp::now());
    let kept = KeptAudio { encoding: KeptEncoding::Ulaw, bytes: vec![7; 20].into() };
    let key = vault.keep(call, &kept).await.unwrap();
    let path = file(&place, &key);
    let written = std::fs::read(&path).unwrap();
    for at in 0..written.len() {
        let mut changed = written.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        let error = vault.read(call, &key).await.unwrap_err();
        match error {
            VaultError::Format { .. } => assert!(at < 9, "{at}: {error}"),
            VaultError::NoKey { .. } => assert!((25..33).contains(&at), "{at}: {error}"),
            VaultError::Tampered { .. } => {}
            error => panic!("{at}: {error}"),
        }
    }
    for length in 0..written.len() {
        std::fs::write(&path, &written[..length]).unwrap();
        vault.read(call, &key).await.unwrap_err();
    }
    std::fs::write(&path, &written).unwrap();
    assert_eq!(vault.read(call, &key).await.unwrap(), Some(kept));
    store.close().await;
}

#[tokio::test]
async fn the_audio_of_one_call_cannot_stand_for_another_s() {
    let place = Place::sqlite();
    let (_, store, vault) = place.open().await;
    let (one, other) = (begun(Timestamp::now()), begun(Timestamp::now()));
    let key_of_one = vault.keep(one, &audio()).await.unwrap();
    let key_of_other = vault.keep(other, &audio()).await.unwrap();
    std::fs::copy(file(&place, &key_of_one), file(&place, &key_of_other)).unwrap();
    assert!(matches!(vault.read(other, &key_of_other).await, Err(VaultError::Tampered { .. })));
    assert!(matches!(vault.read(other, &key_of_one).await, Err(VaultError::Tampered { .. })));
    for odd in ["../../etc/passwd", "/etc/passwd", "a//b", ""] {
        assert!(!matches!(vault.read(one, odd).await, Ok(Some(_))), "{odd}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_new_key_takes_over_and_the_old_one_can_go() {
    let place = Place::sqlite();
    let store = Store::open(&place.config()).await.unwrap();
    let (old, new) = (key_file(&place, "old.key", 1), key_file(&place, "new.key", 2));
    let before = with_keys(&place, &store, &[&old]).await.unwrap();
    let secret = before.seal("webhook", b"whsec").unwrap();
    let calls: Vec<Uuid> = (0..20).map(|_| begun(Timestamp::now())).collect();
    let mut kept = Vec::new();
    for call in &calls {
        kept.push(before.keep(*call, &audio()).await.unwrap());
    }
    let error = with_keys(&place, &store, &[&new]).await.unwrap_err().to_string();
    assert!(error.contains("audio.key") && error.contains("add the one that is missing"), "{error}");

    let both = with_keys(&place, &store, &[&new, &old]).await.unwrap();
    let ciphertext = std::fs::read(file(&place, &kept[0])).unwrap()[105..].to_vec();
    // One is in the way of the first run, and is told.
    let broken = file(&place, &kept[3]);
    let good = std::fs::read(&broken).unwrap();
    std::fs::write(&broken, &good[..50]).unwrap();
    let mut told = 0;
    let first = both.rotate(|so_far| told = so_far.seen).await.unwrap();
    assert_eq!((first.seen, first.rewrapped, first.already, told), (20, 19, 0, 20));
    assert_eq!(first.failed.len(), 1);
    assert_eq!(first.failed[0].0, kept[3]);
    std::fs::write(&broken, &good).unwrap();
    let second = both.rotate(|_| {}).await.unwrap();
    assert_eq!((second.rewrapped, second.already, second.failed.len()), (1, 19, 0), "it goes on where it was");
    assert_eq!(std::fs::read(file(&place, &kept[0])).unwrap()[105..], ciphertext, "the audio is as it was");

    let status = both.status().await.unwrap();
    assert_eq!(status.recordings, 20);
    assert_eq!(status.by_key.into_iter().collect::<Vec<_>>(), [(status.first.unwrap(), 20)]);
    let after = with_keys(&place, &store, &[&new]).await.unwrap();
    for (call, key) in calls.iter().zip(&kept) {
        assert_eq!(after.read(*call, key).await.unwrap(), Some(audio()));
    }
    assert_eq!(after.unseal("webhook", &secret).unwrap().reveal(), b"whsec");
    assert!(after.unseal("other", &secret).is_err());
    assert!(after.unseal("webhook", "").is_err());
    let error = with_keys(&place, &store, &[&old]).await.unwrap_err();
    assert!(matches!(error, VaultError::NoKey { .. }), "{error}");
    store.close().await;
}

#[tokio::test]
async fn nothing_shows_a_key() {
    let place = Place::sqlite();
    let store = Store::open(&place.config()).await.unwrap();
    let key = key_file(&place, "one.key", 0xC3);
    let vault = with_keys(&place, &store, &[&key]).await.unwrap();
    let secret = vault.unseal("x", &vault.seal("x", &[0xC3; 16]).unwrap()).unwrap();
    for shown in [format!("{vault:?}"), format!("{secret:?}"), format!("{:?}", vault.status().await.unwrap())] {
        let lower = shown.to_lowercase();
        assert!(!lower.contains("c3c3") && !lower.contains("195, 195") && !shown.contains("w8PD"), "{shown}");
    }
    store.close().await;
}

#[tokio::test]
async fn nodes_that_share_a_database_share_its_secrets() {
    let place = Place::sqlite();
    let store = Store::open(&place.config()).await.unwrap();
    let key = key_file(&place, "shared.key", 9);
    let keys = [&key];
    let opened = futures_util::future::join_all((0..8).map(|_| with_keys(&place, &store, &keys))).await;
    let vaults: Vec<Vault> = opened.into_iter().map(Result::unwrap).collect();
    let sealed = vaults[0].seal("x", b"shared").unwrap();
    for vault in &vaults {
        assert_eq!(vault.unseal("x", &sealed).unwrap().reveal(), b"shared");
    }
    store.close().await;
}

#[tokio::test]
async fn a_place_that_does_not_work_is_told() {
    let place = Place::sqlite();
    let (_, store, _) = place.open().await;
    let mut config: ServerConfig = place.config();
    let file = place.folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    config.storage.audio = Some(file.display().to_string());
    let error = Vault::open(&config, &store).await.unwrap_err().to_string();
    assert!(error.contains("storage.audio"), "{error}");
    store.close().await;
}
