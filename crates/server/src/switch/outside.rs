//! What callers of the API and webhooks may ask of a switch. The configuration is trusted, they are less so: a dial string,
//! a variable or an argument can make a switch run any program, and a blank can end what it was meant to be.

use super::action::Action;
use super::order::MOST_ACTIONS;

/// The longest text that is taken.
const LONGEST: usize = 1_000;
/// Beginnings of variables whose value a switch runs.
const RUNS: [&str; 7] = ["execute_on", "api_", "exec_", "bridge_pre_", "bridge_post_", "park_timeout", "transfer_on"];

/// Checks actions that come from outside. Only the configuration may name webhooks and applications.
///
/// # Errors
/// Says which of them cannot be used, what was given and what is allowed.
pub fn actions(actions: &[Action]) -> Result<(), String> {
    if actions.len() > MOST_ACTIONS {
        return Err(format!("actions: given {}, allowed is at most {MOST_ACTIONS}", actions.len()));
    }
    actions.iter().enumerate().try_for_each(|(at, action)| {
        action
            .check()
            .and_then(|()| allowed(action).map_err(|error| format!("{}: {error}", action.word())))
            .map_err(|error| format!("actions[{at}].{error}"))
    })
}

fn allowed(action: &Action) -> Result<(), String> {
    match action {
        Action::Webhook(_) | Action::Execute(_) => Err("given, allowed is only in the file of switches".into()),
        Action::Bridge(to) => dial_string(to),
        Action::Transfer(to) if to.split([' ', ',']).any(|word| word.eq_ignore_ascii_case("inline")) => {
            Err(format!("given {to:?}, allowed is a place in the dialplan"))
        }
        Action::Hangup(cause) => word(cause),
        Action::Transfer(text) | Action::Play(text) => plain(text),
        Action::Drop(message) => plain(&message.file),
        Action::Set(all) => all.iter().try_for_each(|(name, value)| variable(name, value)),
        Action::Park | Action::Stay => Ok(()),
    }
}

/// Checks a variable of a channel: its name is letters, digits, `_`, `-` and `.`, and is none whose value is run.
///
/// # Errors
/// What was given and what is allowed.
pub fn variable(name: &str, value: &str) -> Result<(), String> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_word) {
        return Err(format!("given {name:?}, allowed is a name of at most 64 letters, digits, _, - and ."));
    }
    let small = name.to_ascii_lowercase();
    if RUNS.iter().any(|beginning| small.starts_with(beginning)) {
        return Err(format!("given {name:?}, allowed is a variable whose value no switch runs"));
    }
    plain(value)
}

/// Checks a dial string: letters, digits and `/@:._+-*#;=~%`, for one call.
///
/// # Errors
/// What was given and what is allowed.
pub fn dial_string(to: &str) -> Result<(), String> {
    let is_dialled = |letter: char| letter.is_ascii_alphanumeric() || "/@:._+-*#;=~%".contains(letter);
    // FreeSWITCH's loopback/app= runs an application in place of a call.
    let runs = to.to_ascii_lowercase().contains("app=");
    if to.is_empty() || to.len() > 256 || runs || !to.chars().all(is_dialled) {
        return Err(format!(
            "given {to:?}, allowed is a dial string for one call, of letters, digits and /@:._+-*#;=~%"
        ));
    }
    Ok(())
}

/// Whether this is a bare number: digits, `*` and `#`, with or without `+`.
pub fn is_number(to: &str) -> bool {
    let digits = to.strip_prefix('+').unwrap_or(to);
    (1..=32).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit() || b"*#".contains(&digit))
}

/// Checks a word: letters, digits, `_`, `-`, `.`, `+`, `*` and `#`.
///
/// # Errors
/// What was given and what is allowed.
pub fn word(text: &str) -> Result<(), String> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_-.+*#".contains(letter);
    if text.is_empty() || text.len() > 64 || !text.chars().all(is_word) {
        return Err(format!("given {text:?}, allowed is at most 64 letters, digits, _, -, ., +, * and #"));
    }
    Ok(())
}

/// Checks that a switch finds nothing in a text that it would expand or take for a line's end.
fn plain(text: &str) -> Result<(), String> {
    if text.len() > LONGEST || text.contains("${") || text.contains("#{") || text.chars().any(char::is_control) {
        return Err(format!(
            "given {:?}, allowed is a text of at most {LONGEST} bytes without control characters, ${{ and #{{",
            text.chars().take(60).collect::<String>()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::switch::action::{MessageDrop, Then};

    #[test]
    fn nothing_from_outside_makes_a_switch_run_a_program() {
        let set = |name: &str, value: &str| Action::Set(BTreeMap::from([(name.to_owned(), value.to_owned())]));
        for action in [
            Action::Execute(vec!["system".into(), "id".into()]),
            Action::Transfer("system:id inline default".into()),
            Action::Transfer("'system:id' INLINE".into()),
            Action::Bridge("{execute_on_answer='system id'}user/1".into()),
            Action::Bridge("loopback/app=system:id".into()),
            Action::Bridge("user/1 &system(id)".into()),
            Action::Bridge("user/1,user/2".into()),
            Action::Play("/srv/${system(id)}.wav".into()),
            Action::Drop(MessageDrop { file: "#{system id}".into(), then: Then::Stay }),
            Action::Hangup("NORMAL_CLEARING &system".into()),
            set("execute_on_answer", "system id"),
            set("API_hangup_hook", "system id"),
            set("SHELL(id)", "1"),
            set("a", "${system(id)}"),
        ] {
            let error = actions(std::slice::from_ref(&action)).unwrap_err();
            assert!(error.starts_with("actions[0].") && error.contains("allowed"), "{action:?}: {error}");
        }
        let sound = [
            Action::Transfer("1000 XML default".into()),
            Action::Transfer("agents,s,1".into()),
            Action::Bridge("sofia/gateway/carrier/+15550100".into()),
            Action::Bridge("PJSIP/100@carrier".into()),
            Action::Play("/srv/messages/spring sale.wav".into()),
            Action::Hangup("USER_BUSY".into()),
            set("campaign", "spring, 2026"),
            Action::Park,
        ];
        assert_eq!(actions(&sound), Ok(()));
        assert!(actions(&vec![Action::Stay; MOST_ACTIONS + 1]).is_err());
    }

    #[test]
    fn numbers_are_told_from_dial_strings() {
        assert!(is_number("+15550100") && is_number("100") && is_number("*97#"));
        assert!(!is_number("") && !is_number("+") && !is_number("user/100") && !is_number("1 2"));
    }
}
