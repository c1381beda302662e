//! Works figures out: the database counts, the rest is done here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use offhook_detect::AnsweredBy;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::condition::{Conditions, Value};
use super::measured::Measured;
use super::stats::{Bin, MethodAccuracy, Percentiles, Reviewed, Share, Stats, StatsQuery, Step};
use super::{Store, StoreError};

/// How many parts the confidence's range has.
const BINS: usize = 20;

fn number(row: &AnyRow, column: &str) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)?.try_into().unwrap_or(0))
}

fn word(row: &AnyRow, column: &str) -> Result<String, sqlx::Error> {
    row.try_get(column)
}

/// Adds to a word's count.
fn count(counts: &mut BTreeMap<String, u64>, word: String, more: u64) {
    *counts.entry(word).or_default() += more;
}

fn shares(counts: BTreeMap<String, u64>, all: u64) -> Vec<Share> {
    let rate = |count: u64| count as f64 / all.max(1) as f64;
    let mut shares: Vec<_> = counts.into_iter().map(|(name, count)| Share { name, count, rate: rate(count) }).collect();
    shares.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    shares
}

/// The value at the nearest rank of each part of values that come so many times each, smallest first.
fn percentiles(values: &[(f64, u64)]) -> Percentiles {
    let all: u64 = values.iter().map(|(_, count)| count).sum();
    let at = |hundredths: u64| {
        let mut rank = (all * hundredths).div_ceil(100);
        values.iter().find_map(|(value, count)| {
            if rank <= *count {
                return Some(*value);
            }
            rank -= count;
            None
        })
    };
    Percentiles { p50: at(50), p95: at(95), p99: at(99) }
}

/// What a query is of; times in microseconds.
struct Span {
    /// When the series begins.
    begin: i64,
    /// How long it is.
    length: i64,
    /// How long one step of it is.
    step: i64,
    /// The calls that count.
    window: Conditions,
}

impl Span {
    fn of(query: &StatsQuery) -> Self {
        let (length, step) = query.window.span();
        let (length, step) = (length.as_micros() as i64, step.as_micros() as i64);
        let asked = query.to.as_microsecond();
        let end = asked + (step - asked.rem_euclid(step)) % step;
        let begin = end - length;
        let mut window = Conditions::default();
        window.add("started >= ? AND started < ?", [Value::Whole(begin), Value::Whole(asked)]);
        window.owner(query.owner.as_deref());
        window.campaign(query.campaign.as_deref());
        Self { begin, length, step, window }
    }
}

impl Store {
    /// Figures over a window of time.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stats(&self, query: &StatsQuery) -> Result<Stats, StoreError> {
        let Span { begin, length, step, window } = Span::of(query);
        let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or(query.to);
        let mut series: Vec<Step> = (0..length / step)
            .map(|n| Step { at: time(begin + n * step), calls: 0, voicemail: 0, answered_by: BTreeMap::new() })
            .collect();
        let (mut calls, mut voicemail) = (0, 0);
        let (mut kinds, mut methods) = (BTreeMap::new(), BTreeMap::new());
        // Both numbers are the program's own, and whole.
        let head = format!(
            "SELECT (started - {begin}) / {step} AS step, answered_by, method, COUNT(*) AS calls, \
             CAST(SUM(is_voicemail) AS BIGINT) AS voicemail FROM calls"
        );
        let tail = format!(" GROUP BY (started - {begin}) / {step}, answered_by, method");
        for row in window.query(&head, &tail).fetch_all(&self.pool).await? {
            let (more, of_voicemail) = (number(&row, "calls")?, number(&row, "voicemail")?);
            let kind = word(&row, "answered_by")?;
            calls += more;
            voicemail += of_voicemail;
            count(&mut methods, word(&row, "method")?, more);
            if let Some(step) = series.get_mut(number(&row, "step")? as usize) {
                step.calls += more;
                step.voicemail += of_voicemail;
                count(&mut step.answered_by, kind.clone(), more);
            }
            count(&mut kinds, kind, more);
        }
        Ok(Stats {
            window: query.window,
            from: time(begin),
            to: query.to,
            calls,
            voicemail,
            answered_by: shares(kinds, calls),
            methods: shares(methods, calls),
            confidence: self.confidence(&window).await?,
            decided_ms: percentiles(&self.spread(&window, "decided_ms", 1.0).await?),
            processing_ms: percentiles(
                &self.spread(&window, "CAST(ROUND(processing_ms * 100) AS BIGINT)", 100.0).await?,
            ),
            reviewed: self.reviewed_in(window).await?,
            series,
        })
    }

    /// Of the figures over a window of time, only those of reviewed calls.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reviewed(&self, query: &StatsQuery) -> Result<Reviewed, StoreError> {
        self.reviewed_in(Span::of(query).window).await
    }

    /// How often each value of `column` comes, smallest first; `column` is the value times `scale`, whole.
    async fn spread(&self, window: &Conditions, column: &str, scale: f64) -> Result<Vec<(f64, u64)>, StoreError> {
        let head = format!("SELECT {column} AS value, COUNT(*) AS calls FROM calls");
        let tail = format!(" GROUP BY {column} ORDER BY {column}");
        let rows = window.query(&head, &tail).fetch_all(&self.pool).await?;
        let pair = |row: &AnyRow| Ok((row.try_get::<i64, _>("value")? as f64 / scale, number(row, "calls")?));
        Ok(rows.iter().map(pair).collect::<Result<_, sqlx::Error>>()?)
    }

    async fn confidence(&self, window: &Conditions) -> Result<Vec<Bin>, StoreError> {
        let edge = |n: usize| n as f64 / BINS as f64;
        let mut bins: Vec<_> = (0..BINS).map(|n| Bin { low: edge(n), high: edge(n + 1), count: 0 }).collect();
        for (value, count) in self.spread(window, "CAST(ROUND(confidence * 1000) AS BIGINT)", 1.0).await? {
            let place = (value as usize * BINS / 1000).min(BINS - 1);
            bins[place].count += count;
        }
        Ok(bins)
    }

    async fn reviewed_in(&self, mut window: Conditions) -> Result<Reviewed, StoreError> {
        window.add("truth_at IS NOT NULL", []);
        let head = "SELECT method, answered_by, truth_answered_by, COUNT(*) AS calls FROM calls";
        let rows = window.query(head, " GROUP BY method, answered_by, truth_answered_by").fetch_all(&self.pool).await?;
        let human = AnsweredBy::Human.word();
        let is_machine = |word: &str| AnsweredBy::ALL.iter().any(|kind| kind.is_machine() && kind.word() == word);
        let (mut all, mut right) = (0, 0);
        let (mut people, mut people_machines, mut machines, mut machines_people) = (0, 0, 0, 0);
        let mut methods: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for row in rows {
            let calls = number(&row, "calls")?;
            let (told, truth) = (word(&row, "answered_by")?, word(&row, "truth_answered_by")?);
            let of_right = if told == truth { calls } else { 0 };
            all += calls;
            right += of_right;
            let method = methods.entry(word(&row, "method")?).or_default();
            method.0 += of_right;
            method.1 += calls;
            if truth == human {
                people += calls;
                people_machines += if is_machine(&told) { calls } else { 0 };
            } else if is_machine(&truth) {
                machines += calls;
                machines_people += if told == human { calls } else { 0 };
            }
        }
        let of_method = |(method, (right, of))| MethodAccuracy { method, accuracy: Measured::new(right, of) };
        Ok(Reviewed {
            count: all,
            people_called_machines: Measured::new(people_machines, people),
            machines_called_people: Measured::new(machines_people, machines),
            accuracy: Measured::new(right, all),
            methods: methods.into_iter().map(of_method).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_came() {
        assert_eq!(percentiles(&[]), Percentiles::default());
        let one = percentiles(&[(7.0, 1)]);
        assert_eq!((one.p50, one.p95, one.p99), (Some(7.0), Some(7.0), Some(7.0)));
        let all: Vec<_> = (1..=100).map(|n| (f64::from(n), 1)).collect();
        let hundred = percentiles(&all);
        assert_eq!((hundred.p50, hundred.p95, hundred.p99), (Some(50.0), Some(95.0), Some(99.0)));
        let weighed = percentiles(&[(1.0, 90), (2.0, 8), (9.0, 2)]);
        assert_eq!((weighed.p50, weighed.p95, weighed.p99), (Some(1.0), Some(2.0), Some(9.0)));
    }
}
