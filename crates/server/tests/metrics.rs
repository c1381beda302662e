//! The figures, as Prometheus reads them; and what is made of them: alert rules and the dashboard.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use offhook_server::metrics::{Delivery, Metrics, Reviewed, Stage};
use offhook_server::record::Source;
use regex::Regex;
use serde_json::Value;

#[path = "support/records.rs"]
mod records;
use records::{info, record};

/// Every figure, touched.
fn touched() -> Metrics {
    let metrics = Metrics::new("offhook", "test-0123");
    metrics.capacity(1_000);
    metrics.chunk(Duration::from_millis(3), Duration::from_micros(50), Duration::from_millis(20));
    metrics.call_ended(&record(info(Source::Stream)));
    metrics.request("GET", "/v1/calls/{id}", 200, Duration::from_millis(4));
    metrics.reviewed(&[reviewed("ai", Some(0.9)), reviewed("all", Some(0.8))]);
    metrics.stage(Stage::Decode, Duration::from_millis(2));
    metrics.webhook(Delivery::Delivered, Duration::from_millis(20));
    metrics.dropped("gap");
    metrics
}

fn reviewed(method: &str, rate: Option<f64>) -> Reviewed {
    Reviewed { window: "24h", method: method.into(), accuracy: rate, false_positive: rate, false_negative: rate }
}

/// Each sample with its value.
fn samples(metrics: &Metrics) -> BTreeMap<String, f64> {
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}")))
    };
    metrics.text().lines().filter(|line| !line.starts_with('#')).map(sample).collect()
}

#[test]
fn the_figures_of_the_specification_have_its_names() {
    let metrics = touched();
    let calls = [metrics.call_started(), metrics.call_started()];
    let samples = samples(&metrics);
    for (name, value) in [
        (r#"voicemail_detection_total{method="ai",result="voicemail"}"#, 1.0),
        (r#"voicemail_detection_duration_seconds_sum{method="ai"}"#, 1.23),
        (r#"voicemail_detection_duration_seconds_bucket{le="1.0",method="ai"}"#, 0.0),
        (r#"voicemail_detection_duration_seconds_bucket{le="2.0",method="ai"}"#, 1.0),
        (r#"voicemail_detection_accuracy{method="ai",dataset="24h"}"#, 0.9),
        (r#"false_positive_rate{method="all",time_window="24h"}"#, 0.8),
        (r#"false_negative_rate{method="ai",time_window="24h"}"#, 0.9),
        ("active_calls_total", 2.0),
        (r#"offhook_decision_delay_seconds_sum{source="stream"}"#, 0.0035),
        ("offhook_lost_audio_seconds_total", 0.06),
        ("offhook_audio_seconds_total", 0.02),
        ("offhook_chunk_wait_seconds_count", 1.0),
        (r#"offhook_stream_faults_total{reason="gap"}"#, 1.0),
        (r#"offhook_stream_faults_total{reason="late"}"#, 0.0),
        (r#"offhook_stream_faults_total{reason="slow_client"}"#, 0.0),
        (r#"offhook_http_requests_total{method="GET",route="/v1/calls/{id}",status="200"}"#, 1.0),
        (r#"offhook_model_info{version="test-0123"}"#, 1.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} in {samples:#?}");
    }
    for bound in ["0.1", "0.2", "0.5", "1.0", "2.0", "5.0"] {
        let name = format!(r#"voicemail_detection_duration_seconds_bucket{{le="{bound}",method="ai"}}"#);
        assert!(samples.contains_key(&name), "{name}");
    }
    if cfg!(target_os = "linux") {
        assert!(samples[r#"memory_usage_bytes{service="offhook"}"#] > 1e6);
        assert!(samples.contains_key(r#"cpu_usage_percent{service="offhook"}"#));
    }
    drop(calls);
    assert_eq!(self::samples(&metrics)["active_calls_total"], 0.0);
}

#[test]
fn reviews_that_are_gone_are_not_told_any_more() {
    let metrics = touched();
    metrics.reviewed(&[reviewed("hybrid", Some(0.5)), reviewed("all", None)]);
    let told: Vec<_> = samples(&metrics).into_keys().filter(|name| name.starts_with("false_positive_rate")).collect();
    assert_eq!(told, [r#"false_positive_rate{method="hybrid",time_window="24h"}"#]);
}

#[test]
fn each_thread_counts() {
    let metrics = Metrics::default();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..10_000 {
                    metrics.chunk(Duration::ZERO, Duration::ZERO, Duration::from_secs(1));
                    metrics.dropped("gap");
                }
            });
        }
    });
    let samples = samples(&metrics);
    assert_eq!(samples["offhook_chunks_total"], 40_000.0);
    assert_eq!(samples["offhook_audio_seconds_total"], 40_000.0);
    assert_eq!(samples[r#"offhook_stream_faults_total{reason="gap"}"#], 40_000.0);
}

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path)
}

/// Runs promtool, which Debian's package `prometheus` brings.
fn promtool(arguments: &[&str], input: &str) -> Output {
    use std::io::Write as _;
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(deploy("prometheus"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is needed: `cargo xtask setup` installs it");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn promtool_takes_the_figures() {
    let output = promtool(&["check", "metrics"], &touched().text());
    let told = String::from_utf8(output.stderr).unwrap();
    // Names that the specification gives, against the custom of Prometheus.
    let known = ["active_calls_total", "cpu_usage_percent"];
    let others: Vec<_> = told.lines().filter(|line| !known.iter().any(|name| line.starts_with(name))).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(told.contains("active_calls_total"), "{told}");
}

#[test]
fn promtool_takes_the_alert_rules_and_their_tests() {
    for arguments in
        [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"], ["check", "config", "prometheus.yml"]]
    {
        let output = promtool(&arguments, "");
        let told = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&told));
    }
}

/// The names of figures in an expression: words outside of labels that no bracket follows.
fn named(expression: &str) -> BTreeSet<String> {
    let quoted = Regex::new(r#""[^"]*""#).unwrap();
    let labels = Regex::new(r"(?-u:\b)(?:by|without|on|ignoring|group_left) *\([^)]*\)|\{[^}]*\}|\[[^\]]*\]").unwrap();
    let bare = quoted.replace_all(expression, "");
    let bare = labels.replace_all(&bare, " ");
    let word = Regex::new(r"(?-u:\b)[a-z][a-z0-9_]*(?-u:\b)(?: *\()?").unwrap();
    let known = ["and", "or", "unless", "up", "offset", "bool", "inf", "m", "d", "h"];
    word.find_iter(&bare)
        .map(|word| word.as_str())
        .filter(|word| !word.ends_with('(') && !known.contains(word))
        .map(str::to_owned)
        .collect()
}

fn expect_all_known(expressions: &[String]) {
    let text = touched().text();
    let known: BTreeSet<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next()).collect();
    assert!(expressions.len() > 8, "{expressions:?}");
    for expression in expressions {
        let named = named(expression);
        assert!(!named.is_empty() || expression.contains("up{"), "{expression}");
        for name in named {
            assert!(known.contains(name.as_str()), "{name} of {expression}");
        }
    }
}

#[test]
fn every_figure_in_the_alert_rules_is_there() {
    let rules = std::fs::read_to_string(deploy("prometheus/alerts.yml")).unwrap();
    let expression = Regex::new(r"(?m)^ +expr: (?:\|-\n((?: {10,}.*\n)+)|(.*))").unwrap();
    let found: Vec<String> = expression
        .captures_iter(&rules)
        .map(|found| found.get(1).or(found.get(2)).unwrap().as_str().to_owned())
        .collect();
    assert_eq!(found.len(), rules.matches("alert:").count());
    expect_all_known(&found);
}

#[test]
fn every_figure_in_the_dashboard_is_there() {
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(deploy("grafana/offhook.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut expressions = Vec::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        for target in panel["targets"].as_array().unwrap() {
            expressions.push(target["expr"].as_str().unwrap().replace("$__rate_interval", "5m"));
        }
    }
    expect_all_known(&expressions);
    assert!(dashboard["templating"]["list"].as_array().unwrap().iter().any(|one| one["type"] == "datasource"));
}
