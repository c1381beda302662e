//! Asks the service for calls, and waits for what becomes of them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::campaign::Lead;
use super::outcome::Outcome;
use crate::load::Target;

/// The longest that a call may take beside its ringing.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How long what was done with a call may take to be added to its record.
const HANDLED: Duration = Duration::from_secs(10);
/// The shortest pause between two looks at a call, and what each call at once adds to it.
const LOOK: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(50));

/// Places calls through the service.
pub(super) struct Caller {
    client: Client,
    calls: Url,
    patience: Duration,
    look: Duration,
}

impl Caller {
    /// With a ring limit, and so many calls at once.
    ///
    /// # Errors
    /// The service cannot be asked.
    pub(super) fn new(target: &Target, ring: Duration, concurrent: u16) -> Result<Self> {
        let look = LOOK.0 + LOOK.1 * u32::from(concurrent);
        Ok(Self { client: target.client()?, calls: target.http.join("v1/calls")?, patience: ring + LONGEST, look })
    }

    /// Places one call and waits for its end.
    pub(super) async fn call(&self, lead: &Lead, terms: &Value) -> Outcome {
        match self.try_call(lead, terms).await {
            Ok(record) => Outcome::of(&lead.to, &record),
            Err(error) => Outcome::failed(&lead.to, lead.call_id.as_deref(), &format!("{error:#}")),
        }
    }

    async fn try_call(&self, lead: &Lead, terms: &Value) -> Result<Value> {
        let mut body = terms.clone();
        body["to"] = json!(lead.to);
        body["call_id"] = json!(lead.call_id);
        for (name, value) in &lead.variables {
            body["variables"][name] = json!(value);
        }
        let until = Instant::now() + self.patience;
        let made = loop {
            let answer = self.client.post(self.calls.clone()).json(&body).send().await;
            let answer = answer.context("the service does not answer")?;
            if let Some(pause) = pause(&answer).filter(|_| Instant::now() < until) {
                sleep(pause).await;
                continue;
            }
            let status = answer.status();
            let said: Value = answer.json().await.unwrap_or_default();
            if status != StatusCode::CREATED {
                bail!("{}", said["detail"].as_str().map_or_else(|| status.to_string(), str::to_owned));
            }
            break said;
        };
        let id = made["id"].as_str().context("the service named no call")?;
        self.result(id, until).await
    }

    /// The record of a call once it is over, with what was done with it.
    async fn result(&self, id: &str, until: Instant) -> Result<Value> {
        let mut address = self.calls.clone();
        address.path_segments_mut().ok().context("--url")?.push(id);
        let mut recorded: Option<Instant> = None;
        loop {
            sleep(self.look).await;
            let answer = self.client.get(address.clone()).send().await.context("the service does not answer")?;
            if let Some(pause) = pause(&answer) {
                sleep(pause).await;
            } else if answer.status().is_success() {
                let record: Value = answer.json().await.context("the record of the call")?;
                let since = *recorded.get_or_insert_with(Instant::now);
                if !record["handling"].is_null() || since.elapsed() >= HANDLED {
                    return Ok(record);
                }
            } else if answer.status() != StatusCode::NOT_FOUND {
                bail!("the result of the call cannot be read: {}", answer.status());
            }
            if Instant::now() >= until {
                bail!("the call did not end in time");
            }
        }
    }
}

/// How long to wait before asking again, where the service is busy or asked too often.
fn pause(answer: &Response) -> Option<Duration> {
    let again = matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let told = answer.headers().get("retry-after").and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    again.then_some(()).and(told).map(|seconds: u64| Duration::from_secs(seconds.clamp(1, 60)))
}
