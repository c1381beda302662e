//! How the service is set up.

use std::sync::Arc;

use axum::extract::State;
use offhook_detect::Parameter;
use reqwest::Url;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::auth::Admin;

/// Settings whose values say where a secret is, or hold one.
const SECRET: [&str; 1] = ["audio.key"];

/// One setting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Setting {
    /// Its name: `stream.idle`.
    name: String,
    /// Its value. What is secret is hidden.
    value: String,
    /// Its value unless set.
    default: String,
    /// What is allowed.
    allowed: String,
    /// What it means.
    doc: &'static str,
}

/// Every setting, as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// Those of the service.
    service: Vec<Setting>,
    /// Those of the detector.
    detector: Vec<Setting>,
}

impl From<Parameter> for Setting {
    fn from(parameter: Parameter) -> Self {
        let Parameter { name, doc, value, default, allowed } = parameter;
        let value = if SECRET.contains(&&*name) && !value.is_empty() { "hidden".to_owned() } else { open(&value) };
        Self { name, value, default, allowed, doc }
    }
}

/// The value, without the name and password that an address in it may hold.
fn open(value: &str) -> String {
    without_password(&without_user(value))
}

/// Without `user:password@`.
fn without_user(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://hidden{}", &rest[at..]),
        None => value.to_owned(),
    }
}

/// Without what `?password=…` holds, however the word is written.
fn without_password(value: &str) -> String {
    let (rest, fragment) = value.split_at(value.find('#').unwrap_or(value.len()));
    let Some((address, query)) = rest.split_once('?') else { return value.to_owned() };
    let pairs: Vec<&str> =
        query.split('&').map(|pair| if is_password(pair) { "password=hidden" } else { pair }).collect();
    format!("{address}?{}{fragment}", pairs.join("&"))
}

/// Whether a part of a query is a password, read as the database's client reads it.
fn is_password(pair: &str) -> bool {
    Url::parse(&format!("a:?{pair}"))
        .is_ok_and(|url| url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("password")))
}

/// Every setting of the service and of the detector.
///
/// Passwords and keys are hidden.
#[utoipa::path(get, path = "/v1/settings", tag = "operation",
    responses((status = 200, description = "The settings.", body = Settings)))]
pub(super) async fn settings(State(app): State<Arc<App>>, Admin(identity): Admin) -> Json<Settings> {
    app.audit.note(&identity, "settings.read", "", json!({}));
    Json(Settings {
        service: app.config.parameters().into_iter().map(Setting::from).collect(),
        detector: app.params.config().parameters().into_iter().map(Setting::from).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_are_hidden() {
        assert_eq!(open("postgres://me:se@cret@db:5432/x"), "postgres://hidden@db:5432/x");
        assert_eq!(open("http://collector:4318/a@b"), "http://collector:4318/a@b");
        for name in ["password", "pass%77ord", "%50assword", "pass\tword"] {
            let given = format!("postgres://me:se@db/x?sslmode=require&{name}=secret&application_name=a#b");
            let shown = "postgres://hidden@db/x?sslmode=require&password=hidden&application_name=a#b";
            assert_eq!(open(&given), shown, "{name}");
        }
        assert_eq!(open("postgres://db/x?password=s?c=t"), "postgres://db/x?password=hidden");
        assert_eq!(
            open("http://collector:4318/?passwords=1&a=password"),
            "http://collector:4318/?passwords=1&a=password"
        );
        assert_eq!(open("15s"), "15s");
    }
}
