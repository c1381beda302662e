//! What is asked of Asterisk by FastAGI.

/// The longest line that Asterisk reads, its end included, in bytes.
const LONGEST_LINE: usize = 2_047;

/// An argument that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("argument of {command}: given {given:?}, allowed is {allowed}")]
pub struct ArgumentError {
    /// The command.
    pub command: &'static str,
    /// What was given, shortened.
    pub given: String,
    /// What is allowed.
    pub allowed: &'static str,
}

/// A command with its arguments, each in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    words: &'static str,
    line: String,
}

impl Command {
    /// A command of these words without arguments.
    pub fn new(words: &'static str) -> Self {
        Self { words, line: words.to_owned() }
    }

    /// Adds an argument. Quotes and backslashes are escaped.
    ///
    /// # Errors
    /// It holds a line end or NUL, or the line would be too long for Asterisk to read.
    pub fn with(mut self, argument: &str) -> Result<Self, ArgumentError> {
        let refuse = |allowed| {
            let given = argument.chars().take(40).collect();
            Err(ArgumentError { command: self.words, given, allowed })
        };
        if argument.contains(['\r', '\n', '\0']) {
            return refuse("a text without line ends and NUL");
        }
        let escapes = argument.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        if self.line.len() + argument.len() + escapes + " \"\"\n".len() > LONGEST_LINE {
            return refuse("a line of at most 2047 bytes in all");
        }
        self.line.push_str(" \"");
        for letter in argument.chars() {
            if matches!(letter, '"' | '\\') {
                self.line.push('\\');
            }
            self.line.push(letter);
        }
        self.line.push('"');
        Ok(self)
    }

    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.line.clone().into_bytes();
        bytes.push(b'\n');
        bytes
    }

    /// Answers the call.
    pub fn answer() -> Self {
        Self::new("ANSWER")
    }

    /// Hangs up.
    pub fn hangup() -> Self {
        Self::new("HANGUP")
    }

    /// Asks for the channel's state: result 6 is answered.
    pub fn channel_status() -> Self {
        Self::new("CHANNEL STATUS")
    }

    /// Asks for a variable: result 1 and the value, or result 0.
    ///
    /// # Errors
    /// As [`Self::with`]; so all below.
    pub fn get_variable(name: &str) -> Result<Self, ArgumentError> {
        Self::new("GET VARIABLE").with(name)
    }

    /// Asks for an expression such as `${CDR(userfield)}`.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn get_full_variable(expression: &str) -> Result<Self, ArgumentError> {
        Self::new("GET FULL VARIABLE").with(expression)
    }

    /// Sets a variable.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn set_variable(name: &str, value: &str) -> Result<Self, ArgumentError> {
        Self::new("SET VARIABLE").with(name)?.with(value)
    }

    /// Runs an application of the dialplan. Its arguments are one text, with commas between them.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn exec(application: &str, arguments: &str) -> Result<Self, ArgumentError> {
        Self::new("EXEC").with(application)?.with(arguments)
    }

    /// Plays a sound, named without its extension, until one of these digits is pressed.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn stream_file(sound: &str, digits: &str) -> Result<Self, ArgumentError> {
        Self::new("STREAM FILE").with(sound)?.with(digits)
    }

    /// Writes to Asterisk's console, at a level of 1 to 4.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn verbose(text: &str, level: u8) -> Result<Self, ArgumentError> {
        Self::new("VERBOSE").with(text)?.with(&level.to_string())
    }

    /// Says where the dialplan goes on when this is over.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn go_on_at(context: &str, extension: &str, priority: &str) -> Result<[Self; 3], ArgumentError> {
        Ok([
            Self::new("SET CONTEXT").with(context)?,
            Self::new("SET EXTENSION").with(extension)?,
            Self::new("SET PRIORITY").with(priority)?,
        ])
    }
}
