//! Log lines and traces, as those who read them get them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use jiff::Timestamp;
use offhook_server::ServerConfig;
use offhook_server::record::{CallInfo, Source};
use offhook_server::telemetry::{
    TraceParent, call_span, continue_trace, detection_error, detection_event, prepare, stage_span, start,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tracing::dispatcher::with_default;

#[path = "support/records.rs"]
mod records;
use records::{info, record};

const WAIT: Duration = Duration::from_secs(20);

fn config(settings: &[(&str, &str)]) -> ServerConfig {
    let mut config = ServerConfig::default();
    config.log.console = false;
    for (name, value) in settings {
        config.set(name, value).unwrap();
    }
    config
}

/// What was written to the files of a folder while `tell` ran.
fn lines(settings: &[(&str, &str)], tell: impl FnOnce()) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let mut config = config(settings);
    config.log.folder = Some(folder.path().to_owned());
    let (dispatch, telemetry) = prepare(&config).unwrap();
    with_default(&dispatch, tell);
    drop(telemetry);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    fs::read_to_string(&files[0]).unwrap().lines().map(str::to_owned).collect()
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn a_verdict_is_told_with_the_fields_of_the_specification() {
    let before = Timestamp::now();
    let told = lines(&[("telemetry.service", "detector")], || {
        let record = record(info(Source::Stream));
        detection_event(&call_span(&record.info), &record);
    });
    let line = parsed(&told[0]);
    let at: Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
    assert!(at.as_millisecond() >= before.as_millisecond());
    assert_eq!(line["timestamp"].as_str().unwrap().len(), "2026-01-15T10:30:45.123Z".len());
    let record = record(info(Source::Stream));
    for (name, expected) in [
        ("level", "info".into()),
        ("service", "detector".into()),
        ("event_type", "voicemail_detection".into()),
        ("call_id", record.info.call_id.into()),
        ("method", record.conclusion.method.into()),
        ("confidence", record.conclusion.confidence.into()),
        ("is_voicemail", true.into()),
        ("result", true.into()),
        ("answered_by", "voicemail".into()),
        ("duration_ms", record.audio_ms.into()),
        ("processing_time_ms", record.processing_ms.into()),
        ("model_version", record.model_version.into()),
        ("source", Value::from("stream")),
    ] {
        assert_eq!(line[name], expected, "{name} of {line}");
    }
    assert!(line.as_object().unwrap().values().all(|value| !value.is_object() && !value.is_array()), "{line}");
    assert!(!told[0].contains("5551234567"), "{line}");
}

#[test]
fn a_failure_is_told_with_its_causes() {
    let told = lines(&[], || {
        let error = std::io::Error::other("no route to +1 (555) 123-4567");
        detection_error("c1", "storage_unavailable", &error);
    });
    let line = parsed(&told[0]);
    assert_eq!(line["level"], "error");
    assert_eq!(line["event_type"], "detection_error");
    assert_eq!(line["error_code"], "storage_unavailable");
    assert_eq!(line["error_message"], "no route to [number]");
}

#[test]
fn nothing_personal_is_written_and_nothing_forges_a_line() {
    let tell = || {
        let span = tracing::info_span!("work", call_id = "c-1", caller = "+15551234567");
        let _in = span.enter();
        tracing::info!(
            destination_number = 5_551_234_567_u64,
            transcript = "you have reached",
            api_key = "ok_live_x",
            level = "fatal",
            reason = ?"dial 5551234567",
            "line one for 15551234567\n{{\"level\":\"error\"}}"
        );
    };
    let json = lines(&[], tell);
    assert_eq!(json.len(), 1);
    let line = parsed(&json[0]);
    assert_eq!(line["call_id"], "c-1");
    for name in ["caller", "destination_number", "transcript", "api_key"] {
        assert_eq!(line[name], "[redacted]", "{name}");
    }
    assert_eq!(line["level"], "info");
    assert_eq!(line["field_level"], "fatal");
    let text = lines(&[("log.format", "text")], tell);
    assert_eq!(text.len(), 1);
    assert!(text[0].contains(" INFO  line one for [number]"), "{}", text[0]);
    for written in [&json[0], &text[0]] {
        for secret in ["5551234567", "reached", "ok_live_x"] {
            assert!(!written.contains(secret), "{secret} in {written}");
        }
    }
}

#[test]
fn only_what_the_level_lets_through_is_written() {
    let tell = || {
        tracing::warn!("kept");
        tracing::info!(target: "sqlx::query", "left out");
        tracing::debug!("left out");
        tracing::info!("kept too");
    };
    let messages = |settings: &[(&str, &str)]| -> Vec<Value> {
        lines(settings, tell).iter().map(|line| parsed(line)["message"].clone()).collect()
    };
    assert_eq!(messages(&[("log.level", "info,sqlx=warn")]), ["kept", "kept too"]);
    assert_eq!(messages(&[("log.level", "warn")]), ["kept"]);
}

#[test]
fn old_files_are_deleted_and_those_of_others_are_not() {
    let folder = TempDir::new().unwrap();
    for day in 1..=5 {
        fs::write(folder.path().join(format!("offhook.2026-01-0{day}.log")), "old").unwrap();
    }
    fs::write(folder.path().join("other.2026-01-01.log"), "not ours").unwrap();
    let mut config = config(&[("log.files", "3")]);
    config.log.folder = Some(folder.path().to_owned());
    let (dispatch, telemetry) = prepare(&config).unwrap();
    with_default(&dispatch, || tracing::info!("today"));
    drop(telemetry);
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.contains(&"other.2026-01-01.log".to_owned()), "{names:?}");
    let ours: Vec<_> = names.iter().filter(|name| name.starts_with("offhook.")).collect();
    assert_eq!(ours.len(), 3, "{names:?}");
    let today = fs::read_to_string(folder.path().join(ours[2])).unwrap();
    assert_eq!(parsed(today.trim())["message"], "today");
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    for (name, value) in [
        ("log.level", "loud=very"),
        ("log.syslog", "http://localhost:514"),
        ("log.syslog", "udp://localhost"),
        ("telemetry.otlp", "localhost"),
    ] {
        let refusal = prepare(&config(&[(name, value)])).unwrap_err().to_string();
        assert!(refusal.starts_with(name) && refusal.contains(value), "{refusal}");
    }
}

/// The parts of the header of RFC 5424, and the message.
fn syslog(frame: &str) -> (Vec<&str>, Value) {
    let mut parts: Vec<&str> = frame.splitn(8, ' ').collect();
    let message = parsed(parts.pop().unwrap());
    (parts, message)
}

fn expect_syslog(frame: &str, priority: &str, message: &str) {
    let (header, line) = syslog(frame);
    assert_eq!(header[0], priority, "{frame}");
    assert!(header[1].parse::<Timestamp>().is_ok(), "{frame}");
    assert_eq!(header[3], "offhook");
    assert_eq!(header[4], std::process::id().to_string());
    assert_eq!(header[6], "-");
    assert_eq!(line["message"], message);
}

#[test]
fn syslog_over_udp() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(WAIT)).unwrap();
    let address = format!("udp://{}", server.local_addr().unwrap());
    let (dispatch, telemetry) = prepare(&config(&[("log.syslog", &address)])).unwrap();
    with_default(&dispatch, || tracing::error!(event_type = "trouble", "one"));
    let mut buffer = [0; 2_048];
    let length = server.recv(&mut buffer).unwrap();
    let frame = str::from_utf8(&buffer[..length]).unwrap();
    expect_syslog(frame, "<27>1", "one");
    assert_eq!(syslog(frame).0[5], "trouble");
    drop(telemetry);
}

#[cfg(unix)]
#[test]
fn syslog_over_a_socket_of_this_machine() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    let server = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    server.set_read_timeout(Some(WAIT)).unwrap();
    let address = format!("unix:{}", path.display());
    let (dispatch, telemetry) = prepare(&config(&[("log.syslog", &address)])).unwrap();
    with_default(&dispatch, || tracing::warn!("two"));
    let mut buffer = [0; 2_048];
    let length = server.recv(&mut buffer).unwrap();
    expect_syslog(str::from_utf8(&buffer[..length]).unwrap(), "<28>1", "two");
    drop(telemetry);
}

/// One frame by octet counting.
fn frame(stream: &mut impl std::io::Read) -> String {
    let mut length = 0;
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        match byte[0] {
            b' ' => break,
            digit => length = length * 10 + usize::from(digit - b'0'),
        }
    }
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame).unwrap();
    String::from_utf8(frame).unwrap()
}

#[test]
fn syslog_over_tcp_comes_back_when_the_server_does() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let (dispatch, telemetry) = prepare(&config(&[("log.syslog", &format!("tcp://{address}"))])).unwrap();
    with_default(&dispatch, || {
        tracing::info!("one");
        tracing::info!("two");
    });
    {
        let mut stream = BufReader::new(server.accept().unwrap().0);
        expect_syslog(&frame(&mut stream), "<30>1", "one");
        expect_syslog(&frame(&mut stream), "<30>1", "two");
    }
    // The connection is closed; the next line goes over a new one.
    with_default(&dispatch, || tracing::info!("three"));
    let mut stream = BufReader::new(server.accept().unwrap().0);
    expect_syslog(&frame(&mut stream), "<30>1", "three");
    drop(telemetry);
}

#[test]
fn a_syslog_server_that_is_gone_costs_lines_and_nothing_else() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lost = || {
        let text = offhook_server::metrics::Metrics::default().text();
        let line = text.lines().find(|line| line.starts_with("offhook_log_lines_lost_total ")).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let before = lost();
    let (dispatch, telemetry) = prepare(&config(&[("log.syslog", &format!("tcp://{gone}"))])).unwrap();
    with_default(&dispatch, || (0..20_000).for_each(|turn| tracing::info!(turn, "nobody hears")));
    assert!(lost() - before >= 10_000);
    drop(telemetry);
}

type Sent = (Uri, HeaderMap, Bytes);

/// A collector that takes what it is sent, and its address.
async fn collector() -> (String, mpsc::UnboundedReceiver<Sent>) {
    let (sender, received) = mpsc::unbounded_channel();
    let take = move |uri: Uri, headers: HeaderMap, body: Bytes| {
        sender.send((uri, headers, body)).unwrap();
        std::future::ready(())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take)).await.unwrap() });
    (address, received)
}

fn attributes(span: &Span) -> BTreeMap<String, String> {
    let word = |value: &Any| match value {
        Any::StringValue(text) => text.clone(),
        other => format!("{other:?}"),
    };
    let pair = |pair: &opentelemetry_proto::tonic::common::v1::KeyValue| {
        Some((pair.key.clone(), word(pair.value.as_ref()?.value.as_ref()?)))
    };
    span.attributes.iter().filter_map(pair).collect()
}

fn call(info: CallInfo, parent: Option<TraceParent>) {
    let record = record(info);
    let span = call_span(&record.info);
    continue_trace(&span, parent);
    for stage in ["detect", "record"] {
        stage_span(&span, stage).in_scope(|| tracing::info!("worked"));
    }
    detection_event(&span, &record);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_trace_under_that_of_its_request() {
    let (address, mut received) = collector().await;
    let (dispatch, telemetry) = prepare(&config(&[("telemetry.otlp", &address), ("log.level", "warn")])).unwrap();
    let request = axum::http::Request::builder()
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .body(())
        .unwrap();
    let parent = TraceParent::of(request.headers());
    let ours = info(Source::Stream);
    with_default(&dispatch, || call(ours.clone(), parent));
    telemetry.stop().await;
    let (uri, headers, body) = received.recv().await.unwrap();
    assert_eq!(uri.path(), "/v1/traces");
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let sent = ExportTraceServiceRequest::decode(body.as_ref()).unwrap();
    let resource = format!("{:?}", sent.resource_spans[0].resource);
    assert!(resource.contains("service.name") && resource.contains("offhook"), "{resource}");
    let spans: BTreeMap<&str, &Span> =
        sent.resource_spans[0].scope_spans[0].spans.iter().map(|span| (span.name.as_str(), span)).collect();
    assert_eq!(spans.keys().copied().collect::<Vec<_>>(), ["call", "detect", "record"]);
    let root = spans["call"];
    assert_eq!(root.parent_span_id, [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]);
    for span in spans.values() {
        assert_eq!(span.trace_id[..4], [0x0a, 0xf7, 0x65, 0x19]);
        if span.name != "call" {
            assert_eq!(span.parent_span_id, root.span_id);
        }
    }
    let told = attributes(root);
    assert_eq!(told["id"], ours.id.to_string());
    assert_eq!(told["source"], "stream");
    assert_eq!(told["answered_by"], "voicemail");
    assert_eq!(told["decided_ms"], "IntValue(1230)");
    assert!(!format!("{sent:?}").contains("5551234567"));
}

#[tokio::test(flavor = "multi_thread")]
async fn none_is_traced_where_the_share_is_none() {
    let (address, mut received) = collector().await;
    let settings = [("telemetry.otlp", address.as_str()), ("telemetry.sample", "0")];
    let (dispatch, telemetry) = prepare(&config(&settings)).unwrap();
    with_default(&dispatch, || (0..50).for_each(|_| call(info(Source::Upload), None)));
    telemetry.stop().await;
    assert!(received.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_is_told_of_once_and_harms_nothing() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = TempDir::new().unwrap();
    let mut config = config(&[("telemetry.otlp", &format!("http://{gone}"))]);
    config.log.folder = Some(folder.path().to_owned());
    let telemetry = start(&config).unwrap();
    assert!(start(&config).is_err());
    for _ in 0..5_000 {
        call(info(Source::Upload), None);
    }
    telemetry.stop().await;
    let file = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let told: Vec<Value> = fs::read_to_string(file).unwrap().lines().map(parsed).collect();
    assert_eq!(told.iter().filter(|line| line["event_type"] == "voicemail_detection").count(), 5_000);
    assert_eq!(told.iter().filter(|line| line["message"] == "traces cannot be sent; they are lost").count(), 1);
}
