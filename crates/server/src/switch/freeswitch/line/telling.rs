//! Telling the listeners of a switch what is known of a leg.

use offhook_telephony::esl::{Command, SentEvent};
use serde_json::Value;

use super::{FreeSwitchLine, Obeyed};
use crate::switch::order::Announcement;

/// What the events of a vocabulary of others never begin with.
const OWN: [&str; 2] = ["offhook::", "voicemail::"];

impl FreeSwitchLine {
    /// Raises an event.
    ///
    /// A sent event with a header `Unique-ID` waits in the leg's own queue: mod_event_socket puts it there, 20 ms apart
    /// from the next, not while a file is played, and a leg that is ended takes it along. So ours have
    /// `Caller-Unique-ID`. The events of a module that we stand in for are raised by the leg itself, as that module did:
    /// their listeners look for `Unique-ID` and the leg's variables.
    pub(super) fn announce(&self, news: &Announcement) -> Obeyed {
        let mut headers = news.headers.clone();
        // A value that came with a call may hold a line break; its event is told all the same.
        for (_, value) in &mut headers {
            value.retain(|letter| !letter.is_control());
        }
        if !OWN.iter().any(|own| news.what.starts_with(own)) {
            return self.execute("event", &argument(news.what, &headers));
        }
        headers.push(("Caller-Unique-ID".to_owned(), self.leg.clone()));
        let body = (news.body != Value::Null).then(|| news.body.to_string());
        let event = SentEvent { name: "CUSTOM".into(), subclass: Some(news.what.to_owned()), headers, body };
        self.command(&Command::Send(event))
    }
}

/// The argument of the application `event`. A comma ends a header there.
fn argument(subclass: &str, headers: &[(String, String)]) -> String {
    let mut argument = format!("Event-Name=CUSTOM,Event-Subclass={subclass}");
    for (name, value) in headers {
        argument.push_str(&format!(",{name}={}", value.replace(',', " ")));
    }
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_no_header_of_the_application() {
        let headers = [("AMD-Result", "MACHINE"), ("AMD-Cause", "A,b=c")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let told = "Event-Name=CUSTOM,Event-Subclass=amd::result,AMD-Result=MACHINE,AMD-Cause=A b=c";
        assert_eq!(argument("amd::result", &headers), told);
    }
}
