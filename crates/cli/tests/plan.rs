//! `offhook plan` on a report as `offhook load --json` writes it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::{Value, json};
use support::{err, offhook, out};

fn report() -> Value {
    let times = json!({ "count": 1, "p50": 1.0, "p95": 1.0, "p99": 1.0, "max": 1.0 });
    let process = json!({ "cores": 0.5, "cpu_percent_per_call": 0.1, "rss_before": 50_000_000, "rss": 100_000_000,
                          "rss_peak": 100_000_000, "bytes_per_call": 100_000.0 });
    json!({
        "url": "ws://localhost", "rest": false, "packets": "mulaw", "packet_ms": 20, "calls": 500, "live": 500.0,
        "duration_s": 120.0, "ramp_s": 30.0, "steady_s": 90.0, "mean_call_s": 20.0, "started": 1, "succeeded": 1,
        "success_rate": 1.0, "failures": {}, "answered_by": {}, "chunks_sent": 1, "dropped_chunks": 0,
        "delay_ms": times, "close_ms": times, "open_ms": times, "late_ms": times, "server": process, "load": null,
        "processors": 2, "processor": "one", "expected": { "p95_ms": 200.0, "success": 0.99, "dropped": 0 }, "missed": [],
    })
}

#[test]
fn measured_figures_stand_beside_the_formula() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("load.json");
    std::fs::write(&file, report().to_string()).unwrap();
    let plan = |more: &[&str]| {
        let output = offhook().args(["plan", "--calls-per-second", "100", "--from"]).arg(&file).args(more).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        out(&output)
    };
    let plan_json: Value = serde_json::from_str(&plan(&["--json"])).unwrap();
    assert_eq!(plan_json["need"]["calls_at_once"], 2_000.0);
    assert_eq!(plan_json["formula"].as_array().unwrap().len(), 4);
    let text = plan(&["--architecture", "ai_single"]);
    assert!(text.contains("machines") && text.contains("ai_single") && !text.contains("avmd"), "{text}");
}

#[test]
fn without_a_report_our_own_figures_are_taken_and_named_so() {
    let plan = |more: &[&str]| {
        let output = offhook().args(["plan", "--calls-per-second", "100"]).args(more).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        out(&output)
    };
    let text = plan(&[]);
    for said in ["2000 calls at once", "0.066 % of a core and 104 KiB", "our own, of 2026-11-20: two cores", "--from"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let plan_json: Value = serde_json::from_str(&plan(&["--json"])).unwrap();
    assert!(plan_json["figures"].as_str().unwrap().starts_with("our own"), "{plan_json:#}");
    // 2,000 calls at once, as many as were measured.
    let cores = plan_json["need"]["cores"].as_f64().unwrap();
    assert!((cores - 1.32).abs() < 0.01, "{cores}");
}

#[test]
fn a_machine_that_bears_no_call_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("load.json");
    std::fs::write(&file, report().to_string()).unwrap();
    for (more, said) in [
        (["--memory", "0.05"], "--memory: given 0.05, allowed is 0.078 or more"),
        (["--busy", "0"], "allowed is a number above 0, at most 1"),
    ] {
        let output = offhook().args(["plan", "--calls-per-second", "1", "--from"]).arg(&file).args(more).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(err(&output).contains(said), "{output:?}");
    }
}

#[test]
fn what_is_no_report_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("load.json");
    for (content, said) in [("{}", "allowed is the output of offhook load --json"), ("", "allowed is")] {
        std::fs::write(&file, content).unwrap();
        let output = offhook().args(["plan", "--calls-per-second", "1", "--from"]).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(err(&output).contains(said), "{output:?}");
    }
    let mut without = report();
    without["server"] = Value::Null;
    std::fs::write(&file, without.to_string()).unwrap();
    let output = offhook().args(["plan", "--calls-per-second", "1", "--from"]).arg(&file).output().unwrap();
    assert!(err(&output).contains("--server-pid"), "{output:?}");
}
