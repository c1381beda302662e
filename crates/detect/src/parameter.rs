//! Parameters as data: each knows its name, unit, default and range, so that a flag, a file and the generated
//! documentation all speak of the same thing.

use std::time::Duration;

use offhook_audio::Dbm0;
use offhook_audio::tones::Country;

use crate::config::ConfigError;
use crate::method::Method;
use crate::verdict::Probability;

/// A type that a parameter may have: it reads and writes as text.
pub trait Value: Sized + Copy + PartialOrd {
    /// What a text must look like, for error messages.
    const FORM: &'static str;
    /// The value that `text` stands for.
    fn parse(text: &str) -> Option<Self>;
    /// The text that stands for this value.
    fn show(&self) -> String;
}

/// `800ms`, `2.5s`; a bare number is milliseconds, as elsewhere in this field.
impl Value for Duration {
    const FORM: &'static str = "a duration such as 800ms or 2.5s";
    fn parse(text: &str) -> Option<Self> {
        let (number, scale) = if let Some(n) = text.strip_suffix("ms") {
            (n, 1e-3)
        } else if let Some(n) = text.strip_suffix('s') {
            (n, 1.0)
        } else {
            (text, 1e-3)
        };
        let seconds = number.trim().parse::<f64>().ok()? * scale;
        (0.0..=86_400.0).contains(&seconds).then(|| Self::from_micros((seconds * 1e6).round() as u64))
    }
    fn show(&self) -> String {
        format!("{}ms", self.as_micros() as f64 / 1000.0)
    }
}

impl Value for f32 {
    const FORM: &'static str = "a number";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|n: &Self| n.is_finite())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u16 {
    const FORM: &'static str = "a whole number";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    const FORM: &'static str = "true or false";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// `-40` or `-40dBm0`.
impl Value for Dbm0 {
    const FORM: &'static str = "a level such as -40dBm0";
    fn parse(text: &str) -> Option<Self> {
        f32::parse(text.strip_suffix("dBm0").unwrap_or(text).trim()).map(Self)
    }
    fn show(&self) -> String {
        format!("{}dBm0", self.0)
    }
}

/// `0.9` or `90%`.
impl Value for Probability {
    const FORM: &'static str = "a share such as 0.9 or 90%";
    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => Self::new(f32::parse(percent.trim())? / 100.0),
            None => Self::new(f32::parse(text)?),
        }
    }
    fn show(&self) -> String {
        self.get().to_string()
    }
}

impl Value for Country {
    const FORM: &'static str = "a country code such as US";
    fn parse(text: &str) -> Option<Self> {
        Self::from_code(text)
    }
    fn show(&self) -> String {
        self.code().to_owned()
    }
}

/// One parameter as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its full name: `decide.after_greeting_silence`.
    pub name: String,
    /// What it means, what raising it does, what it is called elsewhere.
    pub doc: &'static str,
    /// Its value.
    pub value: String,
    /// Its value in the default configuration of its section.
    pub default: String,
    /// What is allowed.
    pub allowed: String,
}

/// Defines one section of the configuration: the struct, its defaults, and its parameters as data.
macro_rules! section {
    ($(#[doc = $about:literal])* $name:ident $key:literal {
        $($(#[doc = $doc:literal])* $field:ident: $type:ty = $default:expr, $least:expr, $most:expr;)*
    }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $crate::parameter::Section for $name {
            const KEY: &'static str = $key;

            fn parameters(&self, into: &mut Vec<$crate::parameter::Parameter>) {
                let default = Self::default();
                $(into.push($crate::parameter::describe(
                    concat!($key, ".", stringify!($field)), concat!($($doc),*), &self.$field, &default.$field, &$least, &$most,
                ));)*
            }

            fn set(&mut self, field: &str, text: &str) -> Result<bool, $crate::config::ConfigError> {
                match field {
                    $(stringify!($field) => self.$field = $crate::parameter::read(
                        concat!($key, ".", stringify!($field)), text, &$least, &$most)?,)*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            fn check(&self) -> Result<(), $crate::config::ConfigError> {
                $($crate::parameter::within(concat!($key, ".", stringify!($field)), &self.$field, &$least, &$most)?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use section;

/// A group of parameters.
pub(crate) trait Section: Default {
    /// The first part of its parameters' names.
    const KEY: &'static str;
    /// Appends every parameter.
    fn parameters(&self, into: &mut Vec<Parameter>);
    /// Sets `field` from text; `false` if there is no such field.
    fn set(&mut self, field: &str, text: &str) -> Result<bool, ConfigError>;
    /// Whether every value lies within its range.
    fn check(&self) -> Result<(), ConfigError>;
}

/// A range of no choice (a flag, a country) is described by the form of its type.
fn allowed<T: Value>(least: &T, most: &T) -> String {
    if [bool::FORM, Country::FORM, Method::FORM].contains(&T::FORM) {
        T::FORM.to_owned()
    } else {
        format!("{} to {}", least.show(), most.show())
    }
}

pub(crate) fn describe<T: Value>(
    name: &str,
    doc: &'static str,
    value: &T,
    default: &T,
    least: &T,
    most: &T,
) -> Parameter {
    let (value, default) = (value.show(), default.show());
    Parameter { name: name.to_owned(), doc: doc.trim(), value, default, allowed: allowed(least, most) }
}

pub(crate) fn within<T: Value>(field: &'static str, value: &T, least: &T, most: &T) -> Result<(), ConfigError> {
    if value >= least && value <= most {
        Ok(())
    } else {
        Err(ConfigError::OutOfRange { field, given: value.show(), allowed: allowed(least, most) })
    }
}

pub(crate) fn read<T: Value>(field: &'static str, text: &str, least: &T, most: &T) -> Result<T, ConfigError> {
    let value = T::parse(text.trim()).ok_or_else(|| ConfigError::Unreadable {
        field,
        given: text.to_owned(),
        expected: T::FORM,
    })?;
    within(field, &value, least, most)?;
    Ok(value)
}

/// What an error adds where the form of a value does not say which there are.
pub(crate) fn choices(form: &str, given: &str) -> String {
    if form != <Country as Value>::FORM {
        return String::new();
    }
    let codes = Country::ALL.map(Country::code).join(", ");
    // The one code in common use that is none of ISO 3166.
    let hint = if given.trim().eq_ignore_ascii_case("uk") { "; the United Kingdom is GB" } else { "" };
    format!("{hint}; allowed are {codes}")
}

/// The name of `allowed`, which a comma parts, that `given` may stand for, as a question to put before them.
pub(crate) fn suggestion(given: &str, allowed: &str) -> String {
    let field = |name: &str| name.split_once('.').map_or_else(String::new, |(_, field)| field.to_owned());
    let distances = allowed.split(", ").map(|name| {
        // Who leaves the section out means one of its fields.
        let bare = if given.contains('.') { usize::MAX } else { distance(given, &field(name)) };
        (distance(given, name).min(bare), name)
    });
    match distances.min_by_key(|(distance, _)| *distance) {
        Some((distance, name)) if distance <= (given.chars().count() / 4).max(2) => {
            format!("did you mean {name}? Else ")
        }
        _ => String::new(),
    }
}

/// The characters to put in, take out or exchange to make `a` into `b` (Levenshtein), in either case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (n, y) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = row[n + 1];
            row[n + 1] = exchanged.min(diagonal + 1).min(row[n] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use crate::DetectConfig;

    #[test]
    fn an_error_names_what_was_likely_meant() {
        let told = |name: &str, value: &str| DetectConfig::default().set(name, value).unwrap_err().to_string();
        for (given, meant) in [
            ("decide.long_greting", "did you mean decide.long_greeting?"),
            ("long_greeting", "did you mean decide.long_greeting?"),
            ("ready.silense", "did you mean ready.silence?"),
        ] {
            assert!(told(given, "1").contains(meant), "{}", told(given, "1"));
        }
        assert!(!told("volume", "1").contains("did you mean"), "{}", told("volume", "1"));
        assert!(!told("", "1").contains("did you mean"));
        let country = told("tone.country", "uk");
        assert!(country.contains("the United Kingdom is GB") && country.contains("US, GB, DE"), "{country}");
        assert!(!told("tone.country", "XX").contains("Kingdom"));
    }
}
