//! What a request carries, read so that whatever is wrong becomes a problem document that names the field.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Code};

/// Parts of the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<T>(pub(crate) T);

/// The query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<T>(pub(crate) T);

/// A JSON body, of a request or of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection @ PathRejection::FailedToDeserializePathParams(_)) => {
                Err(ApiError::new(Code::BadField, rejection.body_text()))
            }
            Err(rejection) => Err(ApiError::internal(&rejection)),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection: QueryRejection| wrong(&rejection, &rejection.body_text()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        axum::Json::from_request(request, state).await.map(|axum::Json(value)| Self(value)).map_err(|rejection| match (
            &rejection,
            rejection.status(),
        ) {
            (JsonRejection::JsonDataError(_), _) => wrong(&rejection, &rejection.body_text()),
            (_, StatusCode::PAYLOAD_TOO_LARGE) => ApiError::new(Code::TooLarge, rejection.body_text()),
            (JsonRejection::MissingJsonContentType(_), _) => {
                ApiError::new(Code::MediaType, "content-type: allowed is application/json")
            }
            _ => ApiError::new(Code::BadRequest, rejection.body_text()),
        })
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A value that does not fit: the innermost error says `field: what is wrong`.
fn wrong(rejection: &(dyn std::error::Error + 'static), text: &str) -> ApiError {
    let mut inner = rejection.source();
    while let Some(next) = inner.and_then(std::error::Error::source) {
        inner = Some(next);
    }
    let text = inner.map_or_else(|| text.to_owned(), ToString::to_string);
    match text.split_once(": ") {
        Some((field, _)) if !field.is_empty() && !field.contains(char::is_whitespace) => {
            let field = field.to_owned();
            ApiError::new(Code::BadField, text).about(&field)
        }
        _ => ApiError::new(Code::BadField, text),
    }
}
