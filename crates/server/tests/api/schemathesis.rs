//! The service against its own description: requests of all kinds, made of the OpenAPI document.

use std::process::Command;

use serde_json::Value;

use crate::python;
use crate::support::Service;

/// No request brings an error of the service, and no answer is one that the document does not tell of.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_that_is_not_documented() {
    let service = Service::start(|_| {}).await;
    let url = service.url("/openapi.json");
    let done = tokio::task::spawn_blocking(move || {
        // It keeps notes of its own in the folder it runs in.
        Command::new(python::program("schemathesis"))
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .args(["run", &url, "--checks"])
            .arg(
                "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                 response_schema_conformance,unsupported_method,negative_data_rejection",
            )
            // Events have no end, streams are another protocol, and the document is what it begins with.
            .args(["--exclude-path", "/v1/events", "--exclude-path", "/openapi.json"])
            .args(["--exclude-path-regex", "stream"])
            .args(["--max-examples", "30", "--seed", "7", "--request-timeout", "20", "--workers", "2"])
            .args(["--continue-on-failure", "--warnings", "off", "--generation-database", "none"])
            .env("NO_COLOR", "1")
            .env("COLUMNS", "140")
            .output()
            .unwrap()
    });
    let done = done.await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}{err}");
    let document: Value = serde_json::from_str(&offhook_server::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let tried =
        paths.filter(|(path, _)| !path.contains("stream") && !["/v1/events", "/openapi.json"].contains(&path.as_str()));
    let operations: usize = tried.map(|(_, item)| item.as_object().unwrap().len()).sum();
    assert!(out.contains(&format!("Tested: {operations}\n")), "not all of {operations} were tried: {out}");
    service.stop().await;
}
