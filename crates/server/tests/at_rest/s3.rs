//! Kept audio in a bucket of a real S3 server: s3s, which checks signatures.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use offhook_server::audit::Audit;
use offhook_server::retention::Sweeper;
use offhook_server::vault::Vault;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::place::{Place, audio, begun, call};

const KEY: &str = "AKTEST";
const SECRET: &str = "a-secret-of-the-test";

/// A server that can be stopped and started again at the same address.
struct S3 {
    root: PathBuf,
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl S3 {
    async fn start(root: PathBuf) -> Self {
        std::fs::create_dir_all(root.join("bucket")).unwrap();
        let mut server = Self { root, address: SocketAddr::from(([127, 0, 0, 1], 0)), running: None };
        server.run().await;
        server
    }

    async fn run(&mut self) {
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(&self.root).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = HandleError::new(builder.build(), async |_| StatusCode::INTERNAL_SERVER_ERROR);
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let router = Router::new().fallback_service(service);
        let serving = axum::serve(listener, router).with_graceful_shutdown(async {
            stopped.await.ok();
        });
        self.running = Some((stop, tokio::spawn(async { serving.await.unwrap() })));
    }

    fn stop(&mut self) {
        let (stop, task) = self.running.take().unwrap();
        drop(stop);
        // Connections that are open break too.
        task.abort();
    }
}

/// Credentials come from the environment, which a test cannot change for itself: so it runs again in a process that has
/// them.
fn run_again(name: &str) {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", &format!("s3::{name}")])
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_ENDPOINT_URL")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

#[test]
fn audio_in_a_bucket() {
    run_again("in_a_bucket");
}

#[test]
fn a_bucket_that_is_away() {
    run_again("away");
}

fn in_bucket(place: &Place, s3: &S3) -> offhook_server::ServerConfig {
    let mut config = place.config();
    config.storage.audio = Some("s3://bucket/offhook/audio".into());
    config.storage.s3_endpoint = Some(format!("http://{}", s3.address));
    config
}

#[tokio::test]
#[ignore = "run by audio_in_a_bucket, with credentials"]
async fn in_a_bucket() {
    let place = Place::sqlite();
    let s3 = S3::start(place.folder.path().join("s3")).await;
    let (_, store, _) = place.open().await;
    let mut config = in_bucket(&place, &s3);
    let vault = Vault::open(&config, &store).await.unwrap();
    let now = Timestamp::now();
    let calls = [begun(now), begun(now - SignedDuration::from_hours(48))];
    let mut keys = Vec::new();
    for id in calls {
        keys.push(vault.keep(id, &audio()).await.unwrap());
    }
    let object = s3.root.join("bucket/offhook/audio").join(&keys[0]);
    let written = std::fs::read(&object).unwrap();
    assert_eq!(written.len(), 105 + 8_000 + 16);
    for (id, key) in calls.iter().zip(&keys) {
        assert_eq!(vault.read(*id, key).await.unwrap(), Some(audio()));
    }
    assert_eq!(vault.days().await.unwrap().len(), 2);
    let listed = vault.of_day(vault.days().await.unwrap()[0]).await.unwrap();
    assert_eq!((listed.len(), listed[0].call, &listed[0].key), (1, Some(calls[1]), &keys[1]));

    let new = place.folder.path().join("new.key");
    std::fs::write(&new, "ab".repeat(32)).unwrap();
    let old = place.folder.path().join("audio.key");
    config.audio.key = vec![format!("file:{}", new.display()), format!("file:{}", old.display())];
    let both = Vault::open(&config, &store).await.unwrap();
    let rotation = both.rotate(|_| {}).await.unwrap();
    assert_eq!((rotation.rewrapped, rotation.failed.len()), (2, 0), "{rotation:?}");
    assert_eq!(std::fs::read(&object).unwrap()[105..], written[105..], "the audio is as it was");
    config.audio.key.pop();
    let after = Vault::open(&config, &store).await.unwrap();
    assert_eq!(after.read(calls[0], &keys[0]).await.unwrap(), Some(audio()));
    after.delete(&keys[0]).await.unwrap();
    assert!(!after.exists(&keys[0]).await.unwrap() && !object.exists());
    assert_eq!(after.read(calls[0], &keys[0]).await.unwrap(), None);
    store.close().await;
}

#[tokio::test]
#[ignore = "run by a_bucket_that_is_away, with credentials"]
async fn away() {
    let place = Place::sqlite();
    let mut s3 = S3::start(place.folder.path().join("s3")).await;
    let (_, store, _) = place.open().await;
    let config = in_bucket(&place, &s3);
    let vault = Vault::open(&config, &store).await.unwrap();
    let audit = Audit::open(&config, &store).await.unwrap();
    let sweeper = Sweeper::new(&config.retention, &store, &vault, &audit);
    let now = Timestamp::now();
    let old = call(now - SignedDuration::from_hours(24 * 8));
    store.record(&old).await.unwrap();
    let key = vault.keep(old.info.id, &audio()).await.unwrap();
    store.audio_kept(old.info.id, &key).await.unwrap();

    s3.stop();
    vault.keep(begun(now), &audio()).await.unwrap_err();
    assert!(vault.trouble().is_some());
    sweeper.run_once(now).await.unwrap_err();
    assert!(sweeper.health().failing.is_some());
    let record = store.call(&old.info.id.to_string(), None).await.unwrap().unwrap();
    assert_eq!(record.summary.audio_key.as_deref(), Some(&*key), "what could not be deleted is still known");

    s3.run().await;
    let swept = sweeper.run_once(now).await.unwrap();
    assert_eq!((swept.audio, swept.strays, swept.proven), (1, 0, true));
    assert_eq!((sweeper.health().failing, vault.trouble()), (None, None));
    assert!(!vault.exists(&key).await.unwrap());
    store.close().await;
}
