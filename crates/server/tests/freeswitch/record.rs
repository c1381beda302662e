//! Calls whose audio comes as a recording that grows.

use super::support::samples;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_followed_as_it_grows_and_deleted_after() {
    let switch = Switch::start(Manner::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let more = format!("audio = 'record'\nfolder = '{}'\n{}", folder.path().display(), rule("", ON));
    let service = service(free(), &file(switch.address, &[], &more)).await;
    let lab = Lab { switch, service };
    lab.ready().await;
    let switch = &lab.switch;
    switch.answer("rec-1", samples(VOICEMAIL));
    let told = switch.told("rec-1", "uuid_record rec-1 start").await;
    let path = folder.path().join("rec-1.wav");
    assert!(told.ends_with(path.to_str().unwrap()), "{told}");
    assert_eq!(switch.variable("rec-1", "RECORD_READ_ONLY").as_deref(), Some("true"), "only the far party");
    switch.told("rec-1", "playback").await;
    assert!(path.exists());
    switch.told("rec-1", "uuid_kill").await;
    let record = lab.record("rec-1").await.to_string();
    assert!(record.contains("\"answered_by\":\"voicemail\""), "{record}");
    until(|| !path.exists()).await;
    lab.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_never_comes_is_as_audio_that_never_comes() {
    let switch = Switch::start(Manner::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let more = format!("audio = 'record'\nfolder = '{}'\n{}", missing.display(), rule("", ON));
    let service = service(free(), &file(switch.address, &[], &more)).await;
    let lab = Lab { switch, service };
    lab.ready().await;
    lab.switch.answer("rec-2", Vec::new());
    lab.switch.told("rec-2", "avmd_start").await;
    lab.switch.hang_up("rec-2");
    lab.quiet().await;
    lab.service.stop().await;
}
