//! An entry, and the hash that binds it to the one before.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::read::Entry;
use super::redact::redact;

/// The longest actor or subject, in characters.
const LONGEST_NAME: usize = 512;
/// The longest detail, in bytes of JSON.
const LONGEST_DETAIL: usize = 16 * 1024;
/// What the hash of every entry begins with.
const FORM: &[u8] = b"offhook audit v1";

/// An entry before it has its place.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    at: Timestamp,
    actor: String,
    action: &'static str,
    subject: String,
    detail: String,
}

impl Draft {
    pub(super) fn new(at: Timestamp, actor: &str, action: &'static str, subject: &str, detail: Value) -> Self {
        let mut text = redact(detail).to_string();
        if text.len() > LONGEST_DETAIL {
            text = json!({ "too_long": text.len() }).to_string();
        }
        Self { at, actor: name(actor), action, subject: name(subject), detail: text }
    }

    /// The entry after `before` in the chain of `node`.
    pub(super) fn after(&self, node: &str, before: &Link) -> Entry {
        let mut entry = Entry {
            node: node.to_owned(),
            seq: before.seq + 1,
            at: Timestamp::from_microsecond(self.at.as_microsecond()).unwrap_or(self.at),
            actor: self.actor.clone(),
            action: self.action.to_owned(),
            subject: self.subject.clone(),
            detail: self.detail.clone(),
            previous_hash: before.hash.clone(),
            hash: String::new(),
        };
        entry.hash = hash(&entry);
        entry
    }
}

/// A name that a database takes and a line shows.
fn name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(LONGEST_NAME) {
        if c.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(name, "{}", c.escape_unicode());
        } else {
            name.push(c);
        }
    }
    name
}

/// The place of an entry: its number and hash. Before the first, 0 and nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) seq: i64,
    pub(super) hash: String,
}

impl From<&Entry> for Link {
    fn from(entry: &Entry) -> Self {
        Self { seq: entry.seq, hash: entry.hash.clone() }
    }
}

/// SHA-256 over all an entry says and the hash of the one before: numbers as 8 bytes, most significant first; texts as
/// their length in bytes, as such a number, and their UTF-8.
pub(super) fn hash(entry: &Entry) -> String {
    let Entry { node, seq, at, actor, action, subject, detail, previous_hash, hash: _ } = entry;
    let mut context = Context::new(&SHA256);
    context.update(FORM);
    context.update(&seq.to_be_bytes());
    context.update(&at.as_microsecond().to_be_bytes());
    for text in [node, actor, action, subject, detail, previous_hash] {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    hex::encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_everything() {
        let draft = Draft::new(Timestamp::UNIX_EPOCH, "a", "call.read", "s", json!({}));
        let entry = draft.after("n", &Link::default());
        assert_eq!(entry.seq, 1);
        let changes: [fn(&mut Entry); 8] = [
            |e| e.node.push('x'),
            |e| e.seq += 1,
            |e| e.at = Timestamp::from_microsecond(1).unwrap(),
            |e| e.actor.push('x'),
            |e| e.action.push('x'),
            |e| e.subject.push('x'),
            |e| e.detail.push('x'),
            |e| e.previous_hash.push('x'),
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut changed = entry.clone();
            change(&mut changed);
            assert_ne!(hash(&changed), entry.hash, "{i}");
        }
        let mut moved = entry.clone();
        moved.actor = String::new();
        moved.action = "acall.read".into();
        assert_ne!(hash(&moved), entry.hash, "where a text ends is part of it");
    }

    #[test]
    fn the_encoding_is_as_documented() {
        let entry = Draft::new(Timestamp::UNIX_EPOCH, "a", "b", "c", json!({})).after("n", &Link::default());
        let mut bytes = b"offhook audit v1".to_vec();
        bytes.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend_from_slice(&[0; 8]);
        for text in ["n", "a", "b", "c", "{}", ""] {
            bytes.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, text.len() as u8]);
            bytes.extend_from_slice(text.as_bytes());
        }
        assert_eq!(entry.hash, hex::encode(aws_lc_rs::digest::digest(&SHA256, &bytes)));
    }

    #[test]
    fn what_a_database_would_refuse_is_made_harmless() {
        let long = "x".repeat(20_000);
        let draft = Draft::new(Timestamp::UNIX_EPOCH, "a\0b\n", "b", &long, json!({ "long": long }));
        assert_eq!(draft.actor, "a\\u{0}b\\u{a}");
        assert_eq!(draft.subject.len(), LONGEST_NAME);
        assert_eq!(draft.detail, r#"{"too_long":20011}"#);
    }
}
