//! Whether a model can be used: one line a check.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use offhook_detect::Model;
use offhook_detect::analysers::{FEATURE_SET, MELS};
use offhook_detect::net::{NetState, Network};
use offhook_sim::Random;

use crate::exit::Exit;
use crate::terminal::{Ink, Paint};

/// The largest model, in bytes.
const MOST_BYTES: usize = 2 << 20;
/// The longest it may take to be read.
const MOST_LOADING: Duration = Duration::from_millis(20);
/// How much faster than real time the net must run on one core: a specification that allows 500 ms for 2 s asks for 4.
const LEAST_SPEED: f64 = 100.0;
/// Outputs of nets that stream, and of nets that see a window.
const OUTPUTS: [usize; 2] = [8, 1];
/// Audio that speed is measured on, in frames of 10 ms: 20 s.
const FRAMES: usize = 2000;
/// What is timed is done so often, and the fastest counts.
const TIMES: usize = 5;

/// One check.
struct Check {
    name: &'static str,
    found: String,
    allowed: String,
    passed: bool,
}

pub(super) fn run(path: &Path) -> Result<Exit> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let checks = checks(&bytes);
    let paint = Paint::for_output();
    let mut out = io::stdout().lock();
    for Check { name, found, allowed, passed } in &checks {
        let word = if *passed { paint.mark(Ink::Person, "pass") } else { paint.mark(Ink::Wrong, "FAIL") };
        writeln!(out, "{word}  {name:<16} {found}; allowed is {allowed}")?;
    }
    out.flush()?;
    Ok(if checks.iter().all(|check| check.passed) { Exit::Done } else { Exit::Failed })
}

fn checks(bytes: &[u8]) -> Vec<Check> {
    let check = |name, found: String, allowed: String, passed| Check { name, found, allowed, passed };
    let model = match Model::read(bytes) {
        Ok(model) => model,
        Err(error) => {
            let allowed = format!("a model for {FEATURE_SET}, every number finite");
            return vec![check("format", error.to_string(), allowed, false)];
        }
    };
    let loading = fastest(|| drop(Model::read(bytes)));
    let mut checks = vec![
        check("format", "every number finite".to_owned(), "finite numbers".to_owned(), true),
        check("feature set", FEATURE_SET.to_owned(), FEATURE_SET.to_owned(), true),
        check("size", format!("{} bytes", bytes.len()), format!("{MOST_BYTES}"), bytes.len() <= MOST_BYTES),
        check(
            "load time",
            format!("{:.2} ms", loading.as_secs_f64() * 1000.0),
            format!("{} ms", MOST_LOADING.as_millis()),
            loading <= MOST_LOADING,
        ),
    ];
    let some = [("a net", model.network().is_some()), ("a timing model", model.timing().is_some())];
    let found: Vec<&str> = some.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    let parts = if found.is_empty() { "nothing".to_owned() } else { found.join(" and ") };
    checks.push(check("parts", parts, "a net, a timing model or both".to_owned(), !found.is_empty()));
    let Some(network) = model.network() else { return checks };
    let architecture = network.architecture();
    let window = if architecture.streams() { "any number of".to_owned() } else { architecture.window.to_string() };
    let shape = format!("{window} frames of {}", architecture.features);
    checks.push(check("input shape", shape, format!("frames of {MELS}"), architecture.features == MELS));
    let wanted = OUTPUTS[usize::from(!architecture.streams())];
    let outputs = network.outputs();
    checks.push(check("output shape", format!("{outputs} a step"), format!("{wanted}"), outputs == wanted));
    if architecture.features != MELS {
        return checks;
    }
    let mut finite = true;
    let taken = fastest(|| finite &= hear(network));
    let speed = FRAMES as f64 / 100.0 / taken.as_secs_f64().max(1e-9);
    checks.push(check("outputs", if finite { "finite" } else { "not finite" }.to_owned(), "finite".to_owned(), finite));
    let found = format!("{speed:.0} × real time on one core");
    checks.push(check("inference speed", found, format!("{LEAST_SPEED:.0} × or more"), speed >= LEAST_SPEED));
    checks
}

/// Runs the net over frames of noise as loud as they can be; whether every output is finite.
fn hear(network: &Network) -> bool {
    let mut random = Random::new(1);
    let frames: Vec<f32> = (0..FRAMES * MELS).map(|_| random.between(-2.0..2.0) as f32).collect();
    let mut state = NetState::new(network);
    let mut finite = true;
    if network.architecture().streams() {
        for frame in frames.chunks_exact(MELS) {
            if state.push_frame(network, frame) {
                finite &= network.step(&mut state).iter().all(|output| output.is_finite());
            }
        }
    } else {
        for window in frames.chunks_exact(MELS * network.architecture().window) {
            finite &= network.window(window, &mut state).iter().all(|output| output.is_finite());
        }
    }
    finite
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..TIMES).map(time).min().unwrap_or_default()
}
