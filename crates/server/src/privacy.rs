//! Telephone numbers, as they may be kept.

use std::fmt;

use aws_lc_rs::hmac;

use crate::config::{Numbers, PrivacyConfig};
use crate::pii::Pii;
use crate::vault::Vault;

/// The longest number or name that is kept, in characters.
const LONGEST: usize = 128;
/// How much of a hash is kept, in bytes: two numbers of ten million share one with a chance of 1 in 360,000.
const HASH: usize = 8;

/// Makes of telephone numbers what `privacy.numbers` allows to keep.
#[derive(Clone)]
pub struct Privacy {
    numbers: Numbers,
    key: hmac::Key,
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Privacy").field("numbers", &self.numbers).finish_non_exhaustive()
    }
}

impl Privacy {
    /// As the configuration asks. The key of hashes is one of the vault's: the same number has the same hash on all nodes
    /// of a database, and another in another.
    pub fn new(config: &PrivacyConfig, vault: &Vault) -> Self {
        Self::with_key(config.numbers, vault.derive("numbers").as_slice())
    }

    fn with_key(numbers: Numbers, key: &[u8]) -> Self {
        Self { numbers, key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// A number as it may be kept: itself; `*` in place of all but its last three digits; or `#` and 16 hexadecimal
    /// digits, the beginning of its HMAC-SHA-256. `sip:`, `tel:`, what follows `@` or `;`, and separators are no part of
    /// a number.
    pub fn number(&self, number: &str) -> Pii<String> {
        Pii::new(match self.numbers {
            Numbers::Plain => number.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
            Numbers::Mask => mask(&bare(number)),
            Numbers::Hash => {
                let hash = hmac::sign(&self.key, bare(number).as_bytes());
                format!("#{}", hex::encode(&hash.as_ref()[..HASH]))
            }
        })
    }
}

/// The number alone: `+15551234567` for `sip:+1-555-123-4567@example.com;user=phone`.
fn bare(number: &str) -> String {
    let number = number.trim();
    let number = match number.split_once(':') {
        Some((scheme, rest)) if ["sip", "sips", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => rest,
        _ => number,
    };
    let number = number.split(['@', ';']).next().unwrap_or_default();
    number.chars().filter(|c| c.is_alphanumeric() || *c == '+').take(LONGEST).collect()
}

/// Hides all but the last three digits; all of it where there are not at least six.
fn mask(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let mut hidden = if digits >= 6 { digits - 3 } else { digits };
    let mask_one = |c: char| match c {
        '+' => '+',
        '0'..='9' if hidden == 0 => c,
        '0'..='9' => {
            hidden -= 1;
            '*'
        }
        _ => '*',
    };
    number.chars().map(mask_one).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(numbers: Numbers, number: &str) -> String {
        Privacy::with_key(numbers, b"key").number(number).reveal().clone()
    }

    #[test]
    fn a_mask_leaves_three_digits() {
        for (number, masked) in [
            ("+15551234567", "+********567"),
            ("sip:+1-555-123-4567@example.com;user=phone", "+********567"),
            ("TEL:(030) 123456", "******456"),
            ("112", "***"),
            ("alice", "*****"),
            ("sip:alice7@10.0.0.123", "******"),
            ("", ""),
        ] {
            assert_eq!(kept(Numbers::Mask, number), masked, "{number}");
        }
    }

    #[test]
    fn a_hash_is_the_same_for_the_same_number_and_another_for_another_key() {
        let hash = kept(Numbers::Hash, "+1 (555) 123-4567");
        assert_eq!(hash.len(), 17);
        assert_eq!(hash, kept(Numbers::Hash, "sip:+15551234567@example.com"));
        assert_ne!(hash, kept(Numbers::Hash, "+15551234568"));
        assert_ne!(hash, *Privacy::with_key(Numbers::Hash, b"other").number("+15551234567").reveal());
    }

    #[test]
    fn plain_is_plain() {
        assert_eq!(kept(Numbers::Plain, " +1 555\n "), "+1 555");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it_and_no_more_than_three_digits_stay(number in ".{0,200}") {
            let masked = kept(Numbers::Mask, &number);
            prop_assert!(masked.chars().filter(char::is_ascii_digit).count() <= 3, "{masked}");
            prop_assert!(masked.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '+'), "{masked}");
            prop_assert_eq!(kept(Numbers::Hash, &number).len(), 17);
        }
    }
}
