//! The command that places a call.

use super::api::{ApiLine, inline};
use super::text::{Checked, CommandError, argument, line, variable};

/// A call to be placed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Originate<'a> {
    /// Whom to call, as the switch writes it: `sofia/gateway/trunk/100`, `user/1000`.
    pub destination: &'a str,
    /// Variables of the new leg, such as `origination_uuid`.
    pub variables: &'a [(&'a str, &'a str)],
    /// What the leg does once the command has succeeded: applications, each a name and an argument.
    pub applications: &'a [(&'a str, &'a str)],
}

impl Originate<'_> {
    /// The line of the command. It is for `bgapi`: it ends when the call is answered, or its early media began.
    ///
    /// # Errors
    /// A field cannot stand in a line: no braces, quotes, backslashes and `:_:` in what is given here, nor blanks at its
    /// ends; and one of `, ; | ~ ! #` must be left free to part the variables by.
    pub fn line(&self) -> Result<ApiLine, CommandError> {
        let destination = plain("destination", self.destination)?;
        if destination.is_empty() || destination.starts_with(['[', '<', '^', '-']) {
            return Err(CommandError::new("destination", destination, "an endpoint such as sofia/gateway/trunk/100"));
        }
        let mut variables = Vec::new();
        for (name, value) in self.variables {
            let name = variable("variable", name)?;
            let value = plain("value", value)?;
            if value.is_empty() {
                return Err(CommandError::new("value", value, "a text that is not empty"));
            }
            variables.push(format!("{name}={value}"));
        }
        let parting = [',', ';', '|', '~', '!', '#'].into_iter().find(|c| !variables.iter().any(|v| v.contains(*c)));
        let variables = match (parting, variables.is_empty()) {
            (_, true) => String::new(),
            (Some(','), _) => format!("{{{}}}", variables.join(",")),
            (Some(other), _) => format!("{{^^{other}{}}}", variables.join(&other.to_string())),
            (None, _) => {
                return Err(CommandError::new(
                    "value",
                    &variables.join(" "),
                    "one of , ; | ~ ! # left free to part by",
                ));
            }
        };
        let call = argument("destination", &format!("{variables}{destination}"))?;
        Ok(ApiLine::of(format!("originate {call} {} inline", inline(self.applications)?)))
    }
}

/// A text that is read twice by the switch, which takes quotes off each time: so it has none.
fn plain<'a>(field: &'static str, text: &'a str) -> Checked<&'a str> {
    const ALLOWED: &str = "a text without braces, quotes, backslashes, :_: and blanks at its ends";
    if line(field, text)?.contains(['{', '}', '\'', '"', '\\']) || text.contains(":_:") || text.trim() != text {
        return Err(CommandError::new(field, text, ALLOWED));
    }
    Ok(text)
}
