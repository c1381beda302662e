//! How results and news are spelled for Asterisk.

use crate::switch::order::Announcement;

/// The most bytes of a value that is set. Asterisk reads lines of 1024.
const LONGEST: usize = 900;

/// A variable as a channel of Asterisk has it: `OFFHOOK_ANSWERED_BY`, `AMDSTATUS`.
pub(super) fn variable(name: &str) -> String {
    if name.starts_with("offhook_") { name.to_ascii_uppercase() } else { name.to_owned() }
}

/// A value that ends no line and is short enough to be read.
pub(super) fn value(text: &str) -> String {
    let mut value: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    while value.len() > LONGEST {
        value.pop();
    }
    value
}

/// `offhook::verdict` as the name of a user event: `OffhookVerdict`.
pub(super) fn event(what: &str) -> String {
    what.split("::").flat_map(|part| part.split(['_', '-'])).map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The headers of news, fit to be sent. The channel's own name is not among them: Asterisk adds what it knows.
pub(super) fn headers(news: &Announcement) -> Vec<(String, String)> {
    let fit = |name: &str| {
        let word =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        word && !["actionid", "action", "userevent", "channel", "event"].contains(&name.to_ascii_lowercase().as_str())
    };
    news.headers.iter().filter(|(name, _)| fit(name)).map(|(name, text)| (name.clone(), value(text))).collect()
}

/// What stands for a call that got no verdict in time, as `AMD()` says it.
pub(super) fn too_long(milliseconds: u128) -> Vec<(String, String)> {
    vec![("AMDSTATUS".into(), "NOTSURE".into()), ("AMDCAUSE".into(), format!("TOOLONG-{milliseconds}"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_sent_ends_a_line_or_names_another_action() {
        assert_eq!(event("offhook::verdict"), "OffhookVerdict");
        assert_eq!(event("voicemail::detected"), "VoicemailDetected");
        assert_eq!((variable("offhook_cause"), variable("AMDCAUSE")), ("OFFHOOK_CAUSE".into(), "AMDCAUSE".into()));
        assert_eq!(value("a\r\nAction: Logoff"), "a  Action: Logoff");
        assert!(value(&"ü".repeat(900)).len() <= LONGEST);
        let bad = [("Action", "x"), ("a b", "x"), ("A:\r\n", "x"), ("Why", "a\nb")];
        let headers_given = bad.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        let news = Announcement { what: "offhook::verdict", headers: headers_given, body: serde_json::Value::Null };
        assert_eq!(headers(&news), [("Why".to_owned(), "a b".to_owned())]);
    }
}
