//! Points in time as the database keeps them: microseconds since 1970.

use std::time::Duration;

use jiff::Timestamp;

pub(crate) fn now() -> i64 {
    Timestamp::now().as_microsecond()
}

/// The moment so long after another.
pub(crate) fn after(moment: i64, time: Duration) -> i64 {
    moment.saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

/// RFC 3339, to the second. What lies beyond the calendar is shown as its end.
pub(crate) fn show(moment: i64) -> String {
    let moment = Timestamp::from_second(moment.div_euclid(1_000_000)).unwrap_or(Timestamp::MAX);
    moment.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_as_the_standard_says() {
        assert_eq!(show(1_000_000_000_000_000), "2001-09-09T01:46:40Z");
        assert_eq!(show(after(0, Duration::MAX)), Timestamp::MAX.to_string());
    }
}
