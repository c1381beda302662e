//! Fields as data, so that the file that is printed, the checks and the errors all say the same.

use crate::error::TrainError;

/// One field of a section, with its value.
pub(super) struct Parameter {
    /// Its name in the section.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) doc: &'static str,
    /// What is allowed.
    pub(super) allowed: &'static str,
    /// Its value; `None` if it has none.
    pub(super) value: Option<toml::Value>,
    /// Whether the value is allowed.
    pub(super) is_allowed: bool,
}

impl Parameter {
    pub(super) fn check(&self, section: &str) -> Result<(), TrainError> {
        if self.is_allowed {
            return Ok(());
        }
        let given = self.value.as_ref().map(ToString::to_string).unwrap_or_default();
        Err(TrainError::config(&format!("{section}.{}", self.name), &given, self.allowed.to_owned()))
    }

    pub(super) fn to_toml(&self) -> String {
        let Self { name, doc, allowed, value, .. } = self;
        let line = match value {
            Some(value) => format!("{name} = {value}"),
            None => format!("# {name} ="),
        };
        format!("# {}\n# Allowed: {allowed}.\n{line}\n", doc.trim())
    }
}

/// Makes of one declaration the struct, its defaults, and its fields as data.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $kind:ty = $default:expr, $allowed:literal, $check:expr;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $section {
            $(
                $(#[doc = $doc])+
                #[doc = ""]
                #[doc = concat!("Allowed: ", $allowed, ".")]
                pub $field: $kind,
            )+
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }

        impl $section {
            pub(super) const ABOUT: &str = concat!($($about),+).trim_ascii();

            pub(super) fn parameters(&self) -> Vec<Parameter> {
                // A check is a function of the field's type, so its closure is told that type.
                fn holds<T: ?Sized>(value: &T, check: impl Fn(&T) -> bool) -> bool {
                    check(value)
                }
                vec![$(Parameter {
                    name: stringify!($field),
                    doc: concat!($($doc),+),
                    allowed: $allowed,
                    value: toml::Value::try_from(&self.$field).ok(),
                    is_allowed: holds::<$kind>(&self.$field, $check),
                }),+]
            }
        }
    };
}

pub(super) use section;
