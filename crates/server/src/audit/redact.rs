//! What must not be in the log, whoever put it there.

use serde_json::Value;

const REDACTED: &str = "[redacted]";

/// Parts of names whose values are never written.
const NAMES: [&str; 11] = [
    "secret",
    "password",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "caller",
    "destination",
    "number",
    "phone",
    "transcript",
];

/// The value without what is secret or personal, by its name or its look.
pub(super) fn redact(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let lower = name.to_ascii_lowercase();
                    let hidden = NAMES.iter().any(|part| lower.contains(part)) && !value.is_boolean();
                    (name, if hidden { REDACTED.into() } else { redact(value) })
                })
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(redact).collect(),
        Value::String(text) if looks_private(&text) => REDACTED.into(),
        other => other,
    }
}

/// Whether a text holds an API key or a bearer token, or is a telephone number in international form.
fn looks_private(text: &str) -> bool {
    let digits = || text.chars().filter(char::is_ascii_digit).count();
    let number = text.starts_with('+') && text.chars().all(|c| c.is_ascii_digit() || "+-() .".contains(c));
    text.contains("ohk_") || text.contains("Bearer ") || (number && digits() >= 7)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_and_numbers_do_not_get_through() {
        let detail = json!({
            "status": 200, "client_secret": "x", "Authorization": "y", "phone_kept": true,
            "calls": [{ "caller": "+15551234567", "to": "+1 555 123-4567", "ms": 15551234567_i64 }],
            "note": "sent ohk_abc_def by mistake", "query": "from=+1",
        });
        assert_eq!(
            redact(detail),
            json!({
                "status": 200, "client_secret": REDACTED, "Authorization": REDACTED, "phone_kept": true,
                "calls": [{ "caller": REDACTED, "to": REDACTED, "ms": 15551234567_i64 }],
                "note": REDACTED, "query": "from=+1",
            })
        );
    }
}
