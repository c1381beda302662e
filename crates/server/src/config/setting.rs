//! Settings as text: each kind of value reads and writes itself, so that a file, a variable and a flag all speak of the
//! same thing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;

/// A type that a setting may have.
pub trait Setting: Sized + PartialEq {
    /// What a text must look like, for error messages.
    const FORM: &'static str;
    /// The value that `text` stands for.
    fn parse(text: &str) -> Option<Self>;
    /// The text that stands for this value.
    fn show(&self) -> String;
}

impl Setting for String {
    const FORM: &'static str = "a text";
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Setting for PathBuf {
    const FORM: &'static str = "a path";
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Setting for bool {
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

impl Setting for u32 {
    const FORM: &'static str = "a whole number";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// `500ms`, `30s`, `10m`, `7d`.
impl Setting for Duration {
    const FORM: &'static str = "a duration such as 500ms, 30s, 10m or 7d";
    fn parse(text: &str) -> Option<Self> {
        humantime::parse_duration(text.trim()).ok()
    }
    fn show(&self) -> String {
        humantime::format_duration(*self).to_string().replace(' ', "")
    }
}

/// `50MB`, `64KiB`.
impl Setting for ByteSize {
    const FORM: &'static str = "a size such as 64KiB or 50MB";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn show(&self) -> String {
        let units = [
            (1_000_000_000, "GB"),
            (1 << 30, "GiB"),
            (1_000_000, "MB"),
            (1 << 20, "MiB"),
            (1_000, "kB"),
            (1 << 10, "KiB"),
        ];
        let bytes = self.as_u64();
        match units.into_iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit)) {
            Some((unit, name)) => format!("{}{name}", bytes / unit),
            None => format!("{bytes}B"),
        }
    }
}

impl Setting for SocketAddr {
    const FORM: &'static str = "an address and port such as 127.0.0.1:8080 or [::]:8443";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// Empty stands for none.
impl<T: Setting> Setting for Option<T> {
    const FORM: &'static str = T::FORM;
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }
    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

/// Separated by commas.
impl<T: Setting> Setting for Vec<T> {
    const FORM: &'static str = "a list, separated by commas";
    fn parse(text: &str) -> Option<Self> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(T::parse).collect()
    }
    fn show(&self) -> String {
        self.iter().map(T::show).collect::<Vec<_>>().join(",")
    }
}

/// Defines an enum of words that is a [`Setting`].
macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident, $form:literal { $($(#[doc = $doc:literal])* $variant:ident = $word:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)*
        }

        impl $crate::config::Setting for $name {
            const FORM: &'static str = $form;
            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
            fn show(&self) -> String {
                match self {
                    $(Self::$variant => $word,)*
                }
                .to_owned()
            }
        }
    };
}
pub(crate) use words;

/// Defines one section of the configuration: the struct, its defaults, and its settings as data.
macro_rules! section {
    ($(#[doc = $about:literal])* $name:ident $key:literal {
        $($(#[doc = $doc:literal])* $field:ident: $type:ty = $default:expr;)*
    }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            pub(super) const KEY: &'static str = $key;
            pub(super) const ABOUT: &'static str = concat!($($about),*);

            pub(super) fn settings(&self, into: &mut Vec<offhook_detect::Parameter>) {
                let default = Self::default();
                $(into.push(offhook_detect::Parameter {
                    name: concat!($key, ".", stringify!($field)).to_owned(),
                    doc: concat!($($doc),*),
                    value: $crate::config::Setting::show(&self.$field),
                    default: $crate::config::Setting::show(&default.$field),
                    allowed: <$type as $crate::config::Setting>::FORM.to_owned(),
                });)*
            }

            /// Gives `false` for a field that is not there.
            pub(super) fn set(&mut self, field: &str, text: &str) -> Result<bool, $crate::config::ServerConfigError> {
                match field {
                    $(stringify!($field) => {
                        self.$field = <$type as $crate::config::Setting>::parse(text).ok_or_else(|| {
                            $crate::config::ServerConfigError::new(
                                concat!($key, ".", stringify!($field)),
                                text,
                                <$type as $crate::config::Setting>::FORM,
                            )
                        })?;
                        Ok(true)
                    })*
                    _ => Ok(false),
                }
            }
        }
    };
}
pub(crate) use section;

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways<T: Setting + std::fmt::Debug>(text: &str) {
        let value = T::parse(text).unwrap_or_else(|| panic!("{text} is {}", T::FORM));
        assert_eq!(T::parse(&value.show()), Some(value), "{text}");
    }

    #[test]
    fn what_is_shown_reads_back() {
        both_ways::<Duration>("7d");
        both_ways::<Duration>("1500ms");
        both_ways::<ByteSize>("50MB");
        both_ways::<ByteSize>("64KiB");
        both_ways::<SocketAddr>("[::1]:8443");
        both_ways::<Vec<u32>>("8000, 16000");
        both_ways::<Option<PathBuf>>("");
        both_ways::<bool>("on");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Duration::parse("soon"), None);
        assert_eq!(ByteSize::parse("many"), None);
        assert_eq!(SocketAddr::parse("8080"), None);
        assert_eq!(Vec::<u32>::parse("8000,x"), None);
    }
}
