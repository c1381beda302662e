//! What is served beside the API itself: the document, its page, health, settings.

use crate::support::Service;
use crate::{Api, json, problem};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_nothing_from_elsewhere_and_no_script_within_it() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    let page = api.get("/docs").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = page.text().await.unwrap();
    assert!(!page.contains("://") && !page.contains("style=") && !page.contains("onclick"));
    let mut parts = 0;
    for part in page.split('"').filter(|part| part.starts_with("/docs/")) {
        let answer = api.get(part).await;
        assert_eq!(answer.status(), 200, "{part}");
        let kind = if part.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        assert_eq!(answer.headers()["content-type"], kind);
        parts += 1;
    }
    assert_eq!(parts, page.matches("<script").count() + 1);
    assert_eq!(page.matches("<script src=").count(), page.matches("<script").count());
    assert_eq!(api.get("/openapi.json").await.text().await.unwrap(), offhook_server::openapi());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_reasons_and_a_full_service_is_not_ready() {
    let service = Service::start(|config| config.set("stream.most", "0").unwrap()).await;
    let api = Api::new(&service);
    let health = json(api.get("/health").await, 200).await;
    assert_eq!(health["status"], "degraded", "{health}");
    assert_eq!(health["reasons"][0], "0 calls go on, at most 0 may");
    assert_eq!(api.get("/health/live").await.status(), 200);
    assert_eq!(api.get("/health/ready").await.status(), 503);
    service.stop().await;
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    for path in ["/health", "/health/live", "/health/ready"] {
        let health = json(api.get(path).await, 200).await;
        assert_eq!(health["status"], "healthy", "{health}");
        assert!(health["uptime"].is_u64() && health["version"].is_string());
        assert_eq!(health["active_connections"], 0);
    }
    service.app.stopping.cancel();
    assert_eq!(json(api.get("/health").await, 503).await["status"], "unhealthy");
    assert_eq!(api.get("/health/ready").await.status(), 503);
    assert_eq!(api.get("/health/live").await.status(), 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_told_without_secrets() {
    let service = Service::start(|_| {}).await;
    let api = Api::new(&service);
    let settings = json(api.get("/v1/settings").await, 200).await;
    let idle = settings["service"].as_array().unwrap().iter().find(|setting| setting["name"] == "stream.idle");
    assert_eq!(idle.unwrap()["value"], "15s");
    assert!(!settings["detector"].as_array().unwrap().is_empty());
    problem(api.get("/v1/nothing").await, 404, "not_found", None).await;
    problem(api.delete("/v1/calls").await, 405, "method_not_allowed", None).await;
    service.stop().await;
}
