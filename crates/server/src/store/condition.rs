//! What follows WHERE: conditions with their values, each bound and never written into the text.

use jiff::Timestamp;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, query};
use uuid::Uuid;

use super::call::CallFilter;
use super::cursor::Cursor;

/// A value that is bound.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// A whole number, a time in microseconds.
    Whole(i64),
    /// A number.
    Real(f64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition; each `?` in it stands for one value, in order.
    pub(super) fn add(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        let mut number = self.values.len();
        for part in condition.split_inclusive('?') {
            match part.strip_suffix('?') {
                Some(part) => {
                    number += 1;
                    self.text.push_str(&format!("{part}${number}"));
                }
                None => self.text.push_str(part),
            }
        }
        self.values.extend(values);
        debug_assert_eq!(number, self.values.len(), "{condition}");
    }

    /// Rows with one of these ids, of which there is one at least.
    pub(super) fn ids(&mut self, ids: &[Uuid]) {
        let places = vec!["?"; ids.len()].join(", ");
        self.add(&format!("id IN ({places})"), ids.iter().map(|id| Value::Text(id.to_string())));
    }

    /// Calls of `owner`, if one is given.
    pub(super) fn owner(&mut self, owner: Option<&str>) {
        if let Some(owner) = owner {
            self.add("owner = ?", [owner.into()]);
        }
    }

    /// Calls of `campaign`, if one is given.
    pub(super) fn campaign(&mut self, campaign: Option<&str>) {
        if let Some(campaign) = campaign {
            self.add("campaign = ?", [campaign.into()]);
        }
    }

    /// Calls begun at `from` or later and before `to`, where they are given.
    pub(super) fn time(&mut self, from: Option<Timestamp>, to: Option<Timestamp>) {
        if let Some(from) = from {
            self.add("started >= ?", [from.as_microsecond().into()]);
        }
        if let Some(to) = to {
            self.add("started < ?", [to.as_microsecond().into()]);
        }
    }

    /// Calls that `filter` lets through.
    pub(super) fn filter(&mut self, filter: &CallFilter) {
        self.owner(filter.owner.as_deref());
        self.campaign(filter.campaign.as_deref());
        if let Some(name) = &filter.call_id {
            self.add("call_id = ?", [name.as_str().into()]);
        }
        if !filter.answered_by.is_empty() {
            let places = vec!["?"; filter.answered_by.len()].join(", ");
            let words = filter.answered_by.iter().map(|word| word.as_str().into());
            self.add(&format!("answered_by IN ({places})"), words);
        }
        if filter.human_only {
            self.add("answered_by = ?", ["human".into()]);
        }
        if filter.voicemail_only {
            self.add("is_voicemail = 1", []);
        }
        if let Some(least) = filter.min_confidence {
            self.add("confidence >= ?", [Value::Real(least)]);
        }
        if let Some(source) = filter.source {
            self.add("source = ?", [source.word().into()]);
        }
        self.time(filter.from, filter.to);
        match filter.reviewed {
            Some(true) => self.add("truth_at IS NOT NULL", []),
            Some(false) => self.add("truth_at IS NULL", []),
            None => {}
        }
    }

    /// Calls after the last of a page, newest first.
    pub(super) fn before(&mut self, cursor: Cursor) {
        let id = cursor.id.to_string();
        self.add("(started, id) < (?, ?)", [cursor.started.into(), id.as_str().into()]);
    }

    /// Calls after the last of a page, oldest first.
    pub(super) fn after(&mut self, cursor: Cursor) {
        let id = cursor.id.to_string();
        self.add("(started, id) > (?, ?)", [cursor.started.into(), id.as_str().into()]);
    }

    /// The query `head`, these conditions, `tail`. Both are written here, in the program.
    pub(super) fn query(&self, head: &str, tail: &str) -> Query<'static, Any, AnyArguments> {
        let mut query = query(AssertSqlSafe(format!("{head}{}{tail}", self.text)));
        for value in &self.values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Whole(number) => query.bind(*number),
                Value::Real(number) => query.bind(*number),
            };
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_through() {
        let mut conditions = Conditions::default();
        conditions.filter(&CallFilter {
            owner: Some("o".into()),
            answered_by: vec!["human".into(), "ivr'; --".into()],
            min_confidence: Some(0.5),
            reviewed: Some(false),
            ..CallFilter::default()
        });
        assert_eq!(
            conditions.text,
            " WHERE owner = $1 AND answered_by IN ($2, $3) AND confidence >= $4 AND truth_at IS NULL"
        );
        assert_eq!(conditions.values.len(), 4);
        conditions.ids(&[Uuid::nil(), Uuid::max()]);
        assert!(conditions.text.ends_with(" AND id IN ($5, $6)"), "{}", conditions.text);
        assert_eq!(conditions.values.len(), 6);
    }
}
