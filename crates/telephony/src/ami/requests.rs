//! The actions that are used here.

use md5::{Digest, Md5};

use super::action::{Action, ActionError, variable_name};

/// A place in the dialplan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The context.
    pub context: String,
    /// The extension in it.
    pub extension: String,
    /// The priority, from 1, or a label.
    pub priority: String,
}

/// A call to be placed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Originate {
    /// Whom to call, as a dial string: `PJSIP/100@trunk`.
    pub channel: String,
    /// Where in the dialplan the channel goes once it is answered.
    pub place: Option<Place>,
    /// Or the application it runs, with its arguments.
    pub application: Option<(String, String)>,
    /// How long it may ring, in milliseconds; Asterisk's own limit is 30 s.
    pub ring_limit_ms: Option<u32>,
    /// Who calls: `Name <number>`.
    pub caller: Option<String>,
    /// The account it is billed to.
    pub account: Option<String>,
    /// Whether early media counts, so that the channel runs before it is answered.
    pub early_media: bool,
    /// The `Uniqueid` it is to have.
    pub channel_id: Option<String>,
    /// The `Uniqueid` of the other half, where `channel` is a `Local` one.
    pub other_channel_id: Option<String>,
    /// Variables of the new channel, in order.
    pub variables: Vec<(String, String)>,
}

impl Action {
    /// Logs in with a password in the clear. `events` is the mask: `on`, `off` or classes such as `call,user,dialplan`.
    ///
    /// # Errors
    /// A value that cannot be sent; so all below.
    pub fn login(user: &str, secret: &str, events: &str) -> Result<Self, ActionError> {
        Self::new("Login").with("Username", user)?.with("Secret", secret)?.with("Events", events)
    }

    /// Asks for the challenge that [`Self::login_md5`] answers; it comes as the response's header `Challenge`.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn challenge() -> Result<Self, ActionError> {
        Self::new("Challenge").with("AuthType", "MD5")
    }

    /// Logs in without sending the password: with the MD5 of challenge and password, in hexadecimal digits.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn login_md5(user: &str, secret: &str, challenge: &str, events: &str) -> Result<Self, ActionError> {
        let key = hex::encode(Md5::new().chain_update(challenge).chain_update(secret).finalize());
        Self::new("Login").with("AuthType", "MD5")?.with("Username", user)?.with("Key", &key)?.with("Events", events)
    }

    /// Chooses which classes of events come: `on`, `off` or a list with commas.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn events(mask: &str) -> Result<Self, ActionError> {
        Self::new("Events").with("EventMask", mask)
    }

    /// Adds a filter on events: a regular expression on the whole event, with `!` before it for what is not wanted.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn filter(expression: &str) -> Result<Self, ActionError> {
        Self::new("Filter").with("Operation", "Add")?.with("Filter", expression)
    }

    /// Asks whether it is there.
    pub const fn ping() -> Self {
        Self::new("Ping")
    }

    /// Ends the session.
    pub const fn logoff() -> Self {
        Self::new("Logoff")
    }

    /// Lists all channels, or one, as `Status` events with the variables asked for, then `StatusComplete`.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn status(channel: Option<&str>, variables: &[&str]) -> Result<Self, ActionError> {
        let mut action = Self::new("Status");
        if let Some(channel) = channel {
            action = action.with_channel("Channel", channel)?;
        }
        for name in variables {
            variable_name(name)?;
        }
        let variables = variables.join(",");
        action.with_some("Variables", Some(variables.as_str()).filter(|names| !names.is_empty()))
    }

    /// Lists all channels as `CoreShowChannel` events, then `CoreShowChannelsComplete`.
    pub const fn core_show_channels() -> Self {
        Self::new("CoreShowChannels")
    }

    /// Places a call. The response says that it was queued; `OriginateResponse` with the same id says what became of it.
    ///
    /// # Errors
    /// There is no place or application for it, or as [`Self::login`].
    pub fn originate(call: &Originate) -> Result<Self, ActionError> {
        let mut action = Self::new("Originate").with_channel("Channel", &call.channel)?;
        action = match (&call.place, &call.application) {
            (Some(place), None) => action.with_place(place)?,
            (None, Some((name, arguments))) => action.with("Application", name)?.with("Data", arguments)?,
            _ => return Err(ActionError::new("place", "", "either a place in the dialplan or an application")),
        };
        let ring_limit = call.ring_limit_ms.map(|limit| limit.to_string());
        action = action
            .with_some("Timeout", ring_limit.as_deref())?
            .with_some("CallerID", call.caller.as_deref())?
            .with_some("Account", call.account.as_deref())?
            .with_some("EarlyMedia", call.early_media.then_some("true"))?
            .with("Async", "true")?
            .with_some("ChannelId", call.channel_id.as_deref())?
            .with_some("OtherChannelId", call.other_channel_id.as_deref())?;
        call.variables.iter().try_fold(action, |action, (name, value)| action.with_variable(name, value))
    }

    /// Sets a variable of a channel, or a global one. The value is taken as it is.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn setvar(channel: Option<&str>, name: &str, value: &str) -> Result<Self, ActionError> {
        Self::new("Setvar").of_variable(channel, name)?.with("Value", value)
    }

    /// Asks for a variable; it comes as the response's header `Value`.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn getvar(channel: Option<&str>, name: &str) -> Result<Self, ActionError> {
        Self::new("Getvar").of_variable(channel, name)
    }

    /// Sends a channel to a place in the dialplan.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn redirect(channel: &str, place: &Place) -> Result<Self, ActionError> {
        Self::new("Redirect").with_channel("Channel", channel)?.with_place(place)
    }

    /// Hangs up, with a cause of Q.850 if one is given.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn hangup(channel: &str, cause: Option<u8>) -> Result<Self, ActionError> {
        let cause = cause.map(|cause| cause.to_string());
        Self::new("Hangup").with_channel("Channel", channel)?.with_some("Cause", cause.as_deref())
    }

    /// Joins two channels.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn bridge(one: &str, other: &str) -> Result<Self, ActionError> {
        Self::new("Bridge").with_channel("Channel1", one)?.with_channel("Channel2", other)
    }

    /// Tells everyone who listens: an event `UserEvent` of this name with these headers.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn user_event(name: &str, headers: &[(&str, &str)]) -> Result<Self, ActionError> {
        let action = Self::new("UserEvent").with("UserEvent", name)?;
        headers.iter().try_fold(action, |action, (name, value)| action.with(name, value))
    }

    /// Runs a command of the console; its lines come as [`Packet::output`](super::Packet::output).
    ///
    /// # Errors
    /// As [`Self::login`].
    pub fn command(line: &str) -> Result<Self, ActionError> {
        Self::new("Command").with("Command", line)
    }

    fn of_variable(self, channel: Option<&str>, name: &str) -> Result<Self, ActionError> {
        variable_name(name)?;
        let action = match channel {
            Some(channel) => self.with_channel("Channel", channel)?,
            None => self,
        };
        action.with("Variable", name)
    }

    fn with_place(self, place: &Place) -> Result<Self, ActionError> {
        self.with("Context", &place.context)?.with("Exten", &place.extension)?.with("Priority", &place.priority)
    }
}
