//! Requests to ARI over HTTP.

use std::time::Duration;

use offhook_telephony::ari::{Method, Request};
use serde_json::Value;

use crate::switch::config::{self, SwitchError};
use crate::switch::order::OrderError;

/// The longest a request may take.
const ASK_TIME: Duration = Duration::from_secs(4);
/// The most of what an error says that is kept.
const LONGEST: usize = 200;

/// Asks one Asterisk.
#[derive(Clone)]
pub(super) struct Rest {
    client: reqwest::Client,
    url: String,
    user: String,
    password: String,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rest").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Rest {
    pub(super) fn new(config: &config::Ari) -> Result<Self, SwitchError> {
        let client = reqwest::Client::builder().timeout(ASK_TIME).no_proxy().build()?;
        let url = config.url.trim_end_matches('/').to_owned();
        Ok(Self { client, url, user: config.user.clone(), password: config.password.reveal("asterisk.ari.password")? })
    }

    /// Asks; what comes back is the answer's JSON, or `null` where there is none.
    pub(super) async fn ask(&self, request: &Request) -> Result<Value, OrderError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut asked = self.client.request(method, format!("{}{}", self.url, request.target()));
        asked = asked.basic_auth(&self.user, Some(&self.password));
        if let Some(body) = &request.body {
            asked = asked.json(body);
        }
        let answer = asked
            .send()
            .await
            .map_err(|error| if error.is_timeout() { OrderError::Late(ASK_TIME) } else { OrderError::Gone })?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|_| OrderError::Gone)?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let why = body.get("message").or_else(|| body.get("error")).and_then(Value::as_str).unwrap_or_default();
        let why: String = why.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
        Err(OrderError::Refused(format!("{} {why}", status.as_u16())))
    }

    /// Where events come from, with the request for them.
    pub(super) fn events(&self, app: &str) -> Result<tokio_tungstenite::tungstenite::http::Request<()>, String> {
        use base64::Engine as _;
        use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
        let Some(rest) =
            self.url.strip_prefix("http").filter(|rest| rest.starts_with("://") || rest.starts_with("s://"))
        else {
            return Err("asterisk.ari.url: allowed is http://HOST:PORT/ari or https://HOST:PORT/ari".into());
        };
        let url = format!("ws{rest}{}", Request::events(&[app], false).target());
        let mut request = url.into_client_request().map_err(|error| error.to_string())?;
        let identity = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", self.user, self.password));
        let identity = format!("Basic {identity}").parse().map_err(|_| "asterisk.ari.user or password".to_owned())?;
        request.headers_mut().insert("Authorization", identity);
        Ok(request)
    }
}
