//! Callers that post recordings, as the specification's script does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use offhook_media::{WavEncoding, wav_bytes};
use offhook_sim::Random;
use reqwest::Client;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use tokio::time::{sleep, sleep_until};

use super::outcome::Outcome;
use super::pool::{PreparedCall, RATE};
use super::run::{Stage, begins};

/// How much of a call is posted: as much as the specification's script posts.
const POSTED: Duration = Duration::from_secs(4);
/// How long a caller whose post failed waits.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Answer {
    is_voicemail: bool,
    #[serde(default)]
    answered_by: Option<String>,
}

/// Posts a recording, waits until it would be over if it were a call, posts the next.
pub(crate) async fn caller(stage: Arc<Stage>, client: Client, number: u32) {
    let mut random = Random::for_item(stage.load.seed, u64::from(number));
    sleep_until(begins(&stage, number).into()).await;
    let end = stage.end();
    let calls = &stage.load.pool.calls;
    for turn in 0_u64.. {
        let now = Instant::now();
        if now >= end {
            return;
        }
        let call = &calls[(random.bits() % calls.len() as u64) as usize];
        stage.tally.began();
        let mut outcome = Outcome { ended: true, ..Outcome::default() };
        match post(&stage, &client, call, turn * u64::from(stage.load.plan.calls) + u64::from(number)).await {
            Ok(answered_by) => {
                let answered = Instant::now();
                stage.tally.decided(answered, answered.duration_since(now));
                outcome.answered_by = Some(answered_by);
            }
            Err(error) => outcome.error = Some(crate::terminal::chain(&error)),
        }
        stage.tally.over(&outcome);
        if outcome.error.is_some() {
            sleep(PAUSE).await;
        }
        sleep_until((now + POSTED.min(call.audio())).min(end).into()).await;
    }
}

async fn post(stage: &Stage, client: &Client, call: &PreparedCall, number: u64) -> Result<String> {
    let most = POSTED.as_millis() as usize * RATE;
    let samples = &call.samples[..call.samples.len().min(most)];
    let file = Part::bytes(wav_bytes(samples, WavEncoding::S16)).file_name("call.wav").mime_str("audio/wav")?;
    let form = Form::new().text("call_id", format!("load-{number}")).part("audio_file", file);
    let url = stage.load.target.http.join("v1/detect")?;
    let answer = client.post(url).multipart(form).send().await.context("posting")?;
    let status = answer.status();
    anyhow::ensure!(status.is_success(), "the service answered {status}");
    let answer: Answer = answer.json().await.context("an answer that is not the specification's")?;
    Ok(answer.answered_by.unwrap_or_else(|| if answer.is_voicemail { "voicemail" } else { "other" }.to_owned()))
}
