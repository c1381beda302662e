//! Runs a load.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use indicatif::ProgressBar;
use offhook_server::metrics::{Usage, usage};
use offhook_sim::Random;
use tokio::time::{sleep, sleep_until, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::connection::divide;
use super::outcome::{Heard, Outcome};
use super::pacer::{Pacer, ToPacer};
use super::plan::LoadPlan;
use super::pool::{Pool, PreparedCall};
use super::report::{LoadReport, Measured};
use super::stream::{PacedStream, Shared};
use super::tally::Tally;
use super::target::{Target, websocket};
use super::{frames, rest};

/// The longest that the end may take after the stop.
const ENDING: Duration = Duration::from_secs(15);
/// Over how long the calls are stopped at the end of the run, so that they do not stop at once.
const FADE: Duration = Duration::from_secs(3);
/// How long a caller that could not call waits before it tries again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often the display and the figures of the processes are brought up to date.
const GLANCE: Duration = Duration::from_millis(250);

/// What is to be run.
#[derive(Clone)]
pub(crate) struct Load {
    /// Against what.
    pub(crate) target: Target,
    /// With which calls.
    pub(crate) pool: Arc<Pool>,
    /// How many, how long.
    pub(crate) plan: LoadPlan,
    /// Recordings to `POST /v1/detect`, in place of streams.
    pub(crate) rest: bool,
    /// The process of the service, if it is on this machine.
    pub(crate) server: Option<u32>,
    /// What chance follows from.
    pub(crate) seed: u64,
}

/// What all callers share.
pub(crate) struct Stage {
    pub(crate) load: Load,
    pub(crate) tally: Arc<Tally>,
    pub(crate) begun: Instant,
}

impl Stage {
    /// When the run is over.
    pub(crate) fn end(&self) -> Instant {
        self.begun + self.load.plan.duration
    }
}

/// Runs it to its end.
///
/// # Errors
/// The system refuses threads, or the figures of a process that was named.
pub(crate) fn run(load: &Load, bar: &ProgressBar) -> Result<LoadReport> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let begun = Instant::now();
    let plan = load.plan;
    let tally = Arc::new(Tally::new(begun + plan.ramp..begun + plan.duration)?);
    let pacer = Pacer::start(load.pool.packet_ms, Arc::clone(&tally)).context("starting the pacer")?;
    let stage = Arc::new(Stage { load: load.clone(), tally, begun });
    let way = pacer.way();
    let measured = runtime.block_on(async {
        let client = load.rest.then(|| load.target.client()).transpose()?;
        let callers: Vec<_> = (0..plan.calls)
            .map(|number| match client.clone() {
                Some(client) => tokio::spawn(rest::caller(Arc::clone(&stage), client, number)),
                None => tokio::spawn(caller(Arc::clone(&stage), way.clone(), number)),
            })
            .collect();
        drop(way);
        let measured = watch(&stage, bar).await;
        for caller in callers {
            caller.await.context("a caller failed")?;
        }
        anyhow::Ok(measured)
    })?;
    pacer.join();
    Ok(LoadReport::new(load, &stage.tally, &measured))
}

/// Watches until the steady part is over, and measures the processes in it.
async fn watch(stage: &Stage, bar: &ProgressBar) -> Measured {
    let plan = stage.load.plan;
    let own = std::process::id();
    let server = |usages: fn(u32) -> Option<Usage>| stage.load.server.and_then(usages);
    let before = server(usage);
    sleep_until((stage.begun + plan.ramp).into()).await;
    let from = (Instant::now(), server(usage), usage(own));
    let (mut glances, mut live, mut rss, mut rss_peak) = (0_u32, 0_u64, 0.0, 0);
    while Instant::now() < stage.end() {
        sleep(GLANCE.min(stage.end().saturating_duration_since(Instant::now()))).await;
        glances += 1;
        // Between two posts a caller's call goes on, though nothing is asked.
        live += u64::from(if stage.load.rest { plan.calls } else { stage.tally.live() });
        if let Some(usage) = server(usage) {
            rss += usage.rss as f64;
            rss_peak = rss_peak.max(usage.rss);
        }
        let (over, p95, lag) = stage.tally.brief();
        bar.set_position(stage.begun.elapsed().as_secs().min(plan.duration.as_secs()));
        let rate = over as f64 / stage.begun.elapsed().as_secs_f64();
        let live = stage.tally.live();
        bar.set_message(format!("{live} live, {rate:.1} results/s, p95 {p95:.0} ms, late {lag:.1} ms"));
    }
    let to = (Instant::now(), server(usage), usage(own));
    let glances = f64::from(glances.max(1));
    Measured {
        steady: to.0.duration_since(from.0),
        live: live as f64 / glances,
        before,
        server: from.1.zip(to.1),
        load: from.2.zip(to.2),
        rss: rss / glances,
        rss_peak,
    }
}

/// When caller `number` begins.
pub(crate) fn begins(stage: &Stage, number: u32) -> Instant {
    stage.begun + stage.load.plan.ramp.mul_f64(f64::from(number) / f64::from(stage.load.plan.calls.max(1)))
}

/// Calls, again and again, until the run is over.
async fn caller(stage: Arc<Stage>, pacer: ToPacer, number: u32) {
    let mut random = Random::for_item(stage.load.seed, u64::from(number));
    sleep_until(begins(&stage, number).into()).await;
    let until = stage.end() + FADE.mul_f64(f64::from(number) / f64::from(stage.load.plan.calls.max(1)));
    for turn in 0_u64.. {
        if Instant::now() >= stage.end() {
            return;
        }
        let calls = &stage.load.pool.calls;
        let call = Arc::clone(&calls[(random.bits() % calls.len() as u64) as usize]);
        let id = stage.load.pool.call_id(&call, turn * u64::from(stage.load.plan.calls) + u64::from(number));
        stage.tally.began();
        let mut outcome = Outcome::default();
        if let Err(error) = play(&stage, &pacer, call, &id, until, &mut outcome).await {
            outcome.error = Some(crate::terminal::chain(&error));
        }
        stage.tally.over(&outcome);
        if outcome.failure().is_some() {
            sleep(PAUSE).await;
        }
    }
}

/// Tells the writer that nobody listens any more, however the reader ends.
struct Finish(Arc<Shared>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// Plays one call and hears what is said of it.
async fn play(
    stage: &Stage,
    pacer: &ToPacer,
    call: Arc<PreparedCall>,
    id: &str,
    until: Instant,
    outcome: &mut Outcome,
) -> Result<()> {
    let (tally, pool) = (&stage.tally, &stage.load.pool);
    let opening = Instant::now();
    let (mouth, ear, outbox) = divide(stage.load.target.open().await?);
    tally.opened(opening.elapsed());
    let shared = Arc::new(Shared::new(call.ends.len(), pool.packet_ms));
    let _finish = Finish(Arc::clone(&shared));
    let (mut control, mut stop) = (Vec::new(), Vec::new());
    frames::text(&mut control, pool.start(id))?;
    frames::text(&mut stop, serde_json::json!({ "type": "stop_detection", "call_id": id }).to_string())?;
    let audio = call.audio();
    let limit = tokio::time::Instant::now() + audio + ENDING;
    let stream = PacedStream {
        call,
        shared: Arc::clone(&shared),
        mouth,
        outbox,
        control,
        stop,
        until,
        next: 0,
        written: 0,
        due: 0,
    };
    pacer.send(stream).ok().context("the pacer has stopped")?;
    let mut answers = WebSocketStream::from_raw_socket(ear, Role::Client, Some(websocket())).await;
    loop {
        let message = timeout_at(limit, answers.next()).await.context("no end within 15 s of the last audio")?;
        let now = Instant::now();
        let Some(message) = message else { return Ok(()) };
        let Message::Text(text) = message? else { continue };
        let heard: Heard<'_> = serde_json::from_str(&text).context("a message that is no JSON")?;
        match (&*heard.kind, heard.status.as_deref()) {
            ("detection_result", _) if heard.is_final && outcome.answered_by.is_none() => {
                outcome.answered_by = Some(heard.answered_by.unwrap_or_default().into_owned());
                if let Some(sent) = heard.at_ms.and_then(|at| shared.sent_at(at)) {
                    tally.decided(now, now.saturating_duration_since(sent));
                }
            }
            ("error", _) => anyhow::bail!("the service said {}", heard.code.unwrap_or_default()),
            ("status", Some("ended")) => {
                outcome.ended = true;
                let sent = (shared.sent_count() as u64 * u64::from(pool.packet_ms)).min(audio.as_millis() as u64);
                let unheard = heard.audio_ms.map_or(0.0, |audio| sent as f64 - audio);
                // Less than a packet is how the end of the audio is rounded.
                let unheard = if unheard < f64::from(pool.packet_ms) { 0.0 } else { unheard };
                outcome.lost_ms = heard.lost_ms.unwrap_or(0.0) + unheard;
                if let Some(last) = shared.sent_at(f64::MAX) {
                    tally.closed(now, now.saturating_duration_since(last));
                }
                // The call is over; how the connection ends is of no matter.
                let _ = answers.close(None).await;
                return Ok(());
            }
            _ => {}
        }
    }
}
