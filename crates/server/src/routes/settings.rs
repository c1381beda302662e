//! How the service is set up.

use std::sync::Arc;

use axum::extract::State;
use offhook_detect::Parameter;
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
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://hidden{}", &rest[at..]),
        None => value.to_owned(),
    }
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
        assert_eq!(open("15s"), "15s");
    }
}
