//! The audio of a call, whole or in part.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use offhook_audio::g711;
use offhook_media::{WavEncoding, wav_bytes};

use super::Path;
use super::calls::find;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::record::{KeptAudio, KeptEncoding};

/// A WAV file of 16-bit PCM, which every player reads.
fn wav(audio: &KeptAudio) -> Vec<u8> {
    let samples: Vec<i16> = match audio.encoding {
        KeptEncoding::Ulaw => audio.bytes.iter().map(|byte| g711::decode_ulaw(*byte)).collect(),
        KeptEncoding::Linear16 => audio.bytes.as_chunks().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect(),
    };
    wav_bytes(&samples, WavEncoding::S16)
}

/// What a `Range` field asks for (RFC 9110, 14).
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// Everything: there is no such field, or it is one that may be ignored.
    Whole,
    /// These bytes.
    Part(Range<usize>),
    /// Bytes that are not there.
    Nothing,
}

fn asked(field: Option<&str>, length: usize) -> Asked {
    let Some(range) = field.and_then(|field| field.trim().strip_prefix("bytes=")) else { return Asked::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::Whole };
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().unwrap_or(usize::MAX));
    let (first, last) = (first.trim(), last.trim());
    let part = match (first.is_empty(), last.is_empty()) {
        (true, true) => return Asked::Whole,
        (true, false) => number(last).map(|count| length.saturating_sub(count)..if count == 0 { 0 } else { length }),
        (false, true) => number(first).map(|first| first..length),
        (false, false) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Some(first..last.saturating_add(1).min(length)),
            _ => None,
        },
    };
    match part {
        None => Asked::Whole,
        Some(part) if part.start < part.end => Asked::Part(part),
        Some(_) => Asked::Nothing,
    }
}

/// The kept audio of a call.
///
/// A WAV file: 8,000 samples a second, 16 bits, mono. A part of it can be asked for with `Range`.
#[utoipa::path(get, path = "/v1/calls/{id}/audio", tag = "calls",
    params(
        ("id" = String, Path, description = "Our name for the call; or the caller's: the newest call of that name."),
        ("Range" = Option<String>, Header, description = "Which bytes, such as `bytes=0-65535`: one range.")),
    responses(
        (status = 200, description = "The whole file.", body = Vec<u8>, content_type = "audio/wav"),
        (status = 206, description = "The part that was asked for.", body = Vec<u8>, content_type = "audio/wav")))]
pub(super) async fn audio(
    State(app): State<Arc<App>>,
    Caller(identity): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let call = find(&app, &identity, &id, "audio.read").await?.summary;
    let not_kept = || ApiError::new(Code::NoAudio, "id: the audio of this call is not kept, or not any more");
    let key = call.audio_key.ok_or_else(not_kept)?;
    let kept = app.vault.read(call.id, &key).await.map_err(|error| ApiError::internal(&error))?;
    let file = Bytes::from(wav(&kept.ok_or_else(not_kept)?));
    let tag = format!("\"{}\"", call.id);
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A part of another state of the file is of no use: then the whole is sent (RFC 9110, 13.1.5).
    let same = said(header::IF_RANGE).is_none_or(|given| given == tag);
    let (status, body, range) = match asked(said(header::RANGE).filter(|_| same), file.len()) {
        Asked::Whole => (StatusCode::OK, file.clone(), None),
        Asked::Part(part) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, file.len());
            (StatusCode::PARTIAL_CONTENT, file.slice(part), Some(range))
        }
        Asked::Nothing => {
            let detail = format!("Range: given bytes beyond the end, allowed is a part of {} bytes", file.len());
            let mut response = ApiError::new(Code::Range, detail).about("Range").into_response();
            if let Ok(range) = HeaderValue::try_from(format!("bytes */{}", file.len())) {
                response.headers_mut().insert(header::CONTENT_RANGE, range);
            }
            return Ok(response);
        }
    };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "audio/wav")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "private, no-store")
        .header(header::CONTENT_DISPOSITION, format!("inline; filename=\"{}.wav\"", call.id))
        .header(header::ETAG, tag);
    if let Some(range) = range {
        response = response.header(header::CONTENT_RANGE, range);
    }
    response.body(Body::from(body)).map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        for (field, answer) in [
            ("bytes=0-499", Asked::Part(0..500)),
            ("bytes=500-999", Asked::Part(500..1_000)),
            ("bytes=-500", Asked::Part(9_500..10_000)),
            ("bytes=9500-", Asked::Part(9_500..10_000)),
            ("bytes=-20000", Asked::Part(0..10_000)),
            ("bytes=9999-20000", Asked::Part(9_999..10_000)),
            ("bytes=0-99999999999999999999999", Asked::Part(0..10_000)),
            ("bytes=10000-", Asked::Nothing),
            ("bytes=10000-10001", Asked::Nothing),
            ("bytes=99999999999999999999999-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=5-4", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("items=0-1", Asked::Whole),
        ] {
            assert_eq!(asked(Some(field), 10_000), answer, "{field}");
        }
        assert_eq!(asked(None, 10), Asked::Whole);
    }
}
