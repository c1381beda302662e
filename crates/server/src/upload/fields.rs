//! What is said of a recording beside its audio, field by field.

use std::time::Duration;

use offhook_media::{Channel, RawEncoding};

use super::Upload;
use crate::error::{ApiError, Code};

impl Upload {
    /// Sets a field from its text; an empty text stands for none.
    pub(crate) fn set(&mut self, name: &str, text: &str) -> Result<(), ApiError> {
        let refuse = |allowed: &str| Err(ApiError::field(name, format!("{text:?}"), allowed));
        if text.is_empty() {
            return Ok(());
        }
        match name {
            "sample_rate" => match text.parse() {
                Ok(hz @ 8_000..=48_000) => self.sample_rate = Some(hz),
                _ => return refuse("8000 to 48000 Hz"),
            },
            "duration" => match text.parse::<f64>() {
                Ok(seconds) if (0.0..86_400.0).contains(&seconds) => {
                    self.duration = Some(Duration::from_secs_f64(seconds))
                }
                _ => return refuse("a number of seconds"),
            },
            "encoding" => match text {
                "s16le" | "linear16" => self.encoding = Some(RawEncoding::S16Le),
                "s16be" => self.encoding = Some(RawEncoding::S16Be),
                "ulaw" | "mulaw" => self.encoding = Some(RawEncoding::Ulaw),
                "alaw" => self.encoding = Some(RawEncoding::Alaw),
                _ => return refuse("s16le, s16be, ulaw or alaw"),
            },
            "channel" => match text {
                "left" => self.channel = Channel::Left,
                "right" => self.channel = Channel::Right,
                "mix" => self.channel = Channel::Mix,
                _ => return refuse("left, right or mix"),
            },
            "answered_at_ms" => match text.parse::<u32>() {
                Ok(ms) => self.answered_at = Duration::from_millis(ms.into()),
                Err(_) => return refuse("a whole number of milliseconds"),
            },
            "call_id" | "campaign" | "caller" | "destination" => {
                if text.chars().count() > 128 || text.chars().any(char::is_control) {
                    return refuse("at most 128 characters, none of them a control character");
                }
                let text = Some(text.to_owned());
                match name {
                    "call_id" => self.call_id = text,
                    "campaign" => self.campaign = text,
                    "caller" => self.caller = text,
                    _ => self.destination = text,
                }
            }
            _ => {
                let allowed = "audio_file, call_id, sample_rate, duration, encoding, channel, answered_at_ms, campaign, caller \
                               and destination";
                return Err(ApiError::field(name, "an unknown field", allowed));
            }
        }
        Ok(())
    }

    /// Takes from a media type what it says of audio without a header (RFC 2586, RFC 3551, RFC 4856).
    pub(crate) fn take_type(&mut self, kind: &str) -> Result<(), ApiError> {
        let (name, parameters) = kind.split_once(';').unwrap_or((kind, ""));
        let rate = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("rate="));
        let raw = match name.trim() {
            "audio/l16" => Some(RawEncoding::S16Be),
            "audio/pcmu" => Some(RawEncoding::Ulaw),
            "audio/pcma" => Some(RawEncoding::Alaw),
            "" | "application/octet-stream" => None,
            name if name.starts_with("audio/") || name.starts_with("video/") || name == "application/ogg" => None,
            _ => {
                return Err(ApiError::new(
                    Code::MediaType,
                    format!(
                        "content-type: given {kind:?}, allowed are multipart/form-data, audio/… and application/octet-stream"
                    ),
                ));
            }
        };
        if let Some(raw) = raw {
            self.encoding.get_or_insert(raw);
            if let Some(rate) = rate {
                self.set("sample_rate", rate)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named() {
        for (name, text) in [
            ("sample_rate", "4000"),
            ("duration", "-1"),
            ("duration", "NaN"),
            ("encoding", "gsm"),
            ("channel", "both"),
            ("answered_at_ms", "1.5"),
            ("call_id", "a\u{7}"),
            ("colour", "red"),
        ] {
            let error = Upload::default().set(name, text).unwrap_err();
            assert_eq!(error.named_field(), Some(name));
            assert!(error.detail().contains("allowed is"), "{error}");
        }
    }

    #[test]
    fn a_media_type_may_name_the_encoding() {
        let mut upload = Upload::default();
        upload.take_type("audio/l16;rate=16000;channels=1").unwrap();
        assert_eq!((upload.encoding, upload.sample_rate), (Some(RawEncoding::S16Be), Some(16_000)));
        assert_eq!(upload.take_type("text/html").unwrap_err().code(), Code::MediaType);
    }
}
