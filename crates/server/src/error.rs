//! What can go wrong with a request: one table, and the RFC 9457 problem document made of it.

use std::fmt;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;

macro_rules! codes {
    ($($variant:ident $word:literal $status:ident $title:literal;)*) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word on the wire: `unknown_call`.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The HTTP status it is sent with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// The same for every problem of this code.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    BadRequest "bad_request" BAD_REQUEST "The request cannot be understood";
    BadField "bad_field" BAD_REQUEST "A field has a value that is not allowed";
    BadAudio "bad_audio" UNPROCESSABLE_ENTITY "The audio cannot be decoded";
    TooShort "audio_too_short" UNPROCESSABLE_ENTITY "The audio is shorter than is allowed";
    TooLong "audio_too_long" UNPROCESSABLE_ENTITY "The audio is longer than is allowed";
    SampleRate "sample_rate_not_allowed" UNPROCESSABLE_ENTITY "The audio has a sample rate that is not allowed";
    TooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is larger than is allowed";
    TooMany "too_many_items" PAYLOAD_TOO_LARGE "There are more items than are allowed";
    MediaType "media_type_not_allowed" UNSUPPORTED_MEDIA_TYPE "The body has a type that is not understood here";
    NoIdentity "no_identity" UNAUTHORIZED "The request does not say who sends it";
    BadIdentity "bad_identity" UNAUTHORIZED "The key or token is not valid";
    Forbidden "forbidden" FORBIDDEN "The caller may not do this";
    Origin "origin_not_allowed" FORBIDDEN "Pages of this origin may not do this";
    NotFound "not_found" NOT_FOUND "There is nothing at this address";
    UnknownCall "unknown_call" NOT_FOUND "There is no such call";
    UnknownKey "unknown_key" NOT_FOUND "There is no such key";
    UnknownWebhook "unknown_webhook" NOT_FOUND "There is no such webhook or delivery";
    NoAudio "audio_not_kept" NOT_FOUND "The audio of this call is not kept";
    Method "method_not_allowed" METHOD_NOT_ALLOWED "This address does not take this method";
    Range "range_not_satisfiable" RANGE_NOT_SATISFIABLE "The part asked for is not there";
    NotWebSocket "websocket_expected" UPGRADE_REQUIRED "This address speaks WebSocket alone";
    Timeout "request_timeout" REQUEST_TIMEOUT "The request took longer than is allowed";
    Conflict "conflict" CONFLICT "The request does not go with what is there";
    RateLimit "rate_limit" TOO_MANY_REQUESTS "The caller has sent more requests than are allowed";
    Busy "busy" SERVICE_UNAVAILABLE "The service has as many calls as it takes";
    NotConnected "switch_not_connected" SERVICE_UNAVAILABLE "The switch is not connected";
    Stopping "stopping" SERVICE_UNAVAILABLE "The service is stopping";
    Storage "storage_unavailable" SERVICE_UNAVAILABLE "The storage does not answer";
    Issuer "issuer_unavailable" SERVICE_UNAVAILABLE "The issuer of the token does not answer";
    Internal "internal" INTERNAL_SERVER_ERROR "The service failed";
}

/// A refusal or failure, as the caller is told it. What was wrong inside goes to the log alone.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    detail: String,
    field: Option<String>,
    retry_after: Option<u64>,
}

impl ApiError {
    /// A problem of this code; `detail` says, for people, what was given and what is allowed.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), field: None, retry_after: None }
    }

    /// A field whose value is not allowed.
    pub fn field(field: &str, given: impl fmt::Display, allowed: impl fmt::Display) -> Self {
        Self::new(Code::BadField, format!("{field}: given {given}, allowed is {allowed}")).about(field)
    }

    /// A failure inside: the caller is told that it happened, the log why.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error_code = Code::Internal.word(), error = %chain(error), "request failed");
        Self::new(Code::Internal, "the log of the service says more")
    }

    /// The database failed: the caller is told `detail` and after how many seconds to try again, the log why.
    pub fn storage(error: &(dyn std::error::Error + 'static), detail: &str, seconds: u64) -> Self {
        tracing::error!(error_code = Code::Storage.word(), error = %chain(error), "request failed");
        Self::new(Code::Storage, detail).retry_after(seconds)
    }

    /// Says which field it is about.
    #[must_use]
    pub fn about(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What went wrong, for programs.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The field it is about, if it is about one.
    pub fn named_field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// What went wrong, for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// An error with all its causes, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.word(), self.detail)
    }
}

impl std::error::Error for ApiError {}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cursor { .. } => Self::new(Code::BadField, error.to_string()).about("cursor"),
            error => Self::storage(&error, "the log of the service says more", 1),
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A name for the kind of problem: `urn:offhook:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong this time, what is allowed.
    pub detail: String,
    /// The code, for programs.
    pub code: String,
    /// The field it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Self {
        let ApiError { code, detail, field, .. } = error;
        Self {
            kind: format!("urn:offhook:problem:{}", code.word()),
            title: code.title().to_owned(),
            status: code.status().as_u16(),
            detail: detail.clone(),
            code: code.word().to_owned(),
            field: field.clone(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), Json(Problem::from(&self))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_once() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
    }

    #[test]
    fn a_problem_document_names_the_field() {
        let problem = Problem::from(&ApiError::field("sample_rate", 5, "8000 to 48000 Hz"));
        assert_eq!(problem.status, 400);
        assert_eq!(problem.field.as_deref(), Some("sample_rate"));
        assert_eq!(problem.kind, "urn:offhook:problem:bad_field");
    }
}
