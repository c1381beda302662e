//! How many requests an identity may send, and how many an address that shows none.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Identity;
use super::scope::Role;

/// Requests a minute of one address that are refused with 401; more are refused with 429.
const ATTEMPTS: u32 = 60;
/// After so many checks, those who have been quiet are dropped.
const SWEEP: u32 = 4_096;

/// What a caller is told of its limit (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Requests a minute.
    quota: u32,
    /// How many of them are left.
    left: u32,
    /// Seconds until all of them are.
    reset: u64,
    /// Seconds to wait before the next, if this one was too many.
    pub(crate) wait: Option<u64>,
}

impl Allowance {
    /// Writes the fields `RateLimit-Policy` and `RateLimit`.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let Self { quota, left, reset, .. } = self;
        let policy = format!("\"default\";q={quota};w=60");
        let limit = format!("\"default\";r={left};t={reset}");
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Where a request's allowance is left for the answer. A layer puts it there.
pub(crate) type Told = Arc<OnceLock<Allowance>>;

/// One limit for each of many.
#[derive(Debug)]
struct Limit<K: std::hash::Hash + Eq + Clone> {
    quota: u32,
    limiter: DefaultKeyedRateLimiter<K, StateInformationMiddleware>,
    checks: AtomicU32,
}

impl<K: std::hash::Hash + Eq + Clone> Limit<K> {
    fn a_minute(quota: u32) -> Self {
        let burst = NonZeroU32::new(quota).unwrap_or(NonZeroU32::MIN);
        let limiter = RateLimiter::keyed(Quota::per_minute(burst)).with_middleware();
        Self { quota: burst.get(), limiter, checks: AtomicU32::new(0) }
    }

    fn check(&self, key: &K) -> Allowance {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let quota = self.quota;
        match self.limiter.check_key(key) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let gone = u64::from(quota.saturating_sub(left));
                Allowance { quota, left, reset: (gone * 60).div_ceil(u64::from(quota)), wait: None }
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let wait = wait.as_secs() + u64::from(wait > Duration::from_secs(wait.as_secs()));
                Allowance { quota, left: 0, reset: 60, wait: Some(wait.max(1)) }
            }
        }
    }
}

/// The limits of identities and of addresses.
#[derive(Debug)]
pub(crate) struct Rates {
    client: Limit<String>,
    admin: Limit<String>,
    attempts: Limit<IpAddr>,
}

impl Rates {
    pub(crate) fn new(client: u32, admin: u32) -> Self {
        Self { client: Limit::a_minute(client), admin: Limit::a_minute(admin), attempts: Limit::a_minute(ATTEMPTS) }
    }

    /// Counts a request of an identity.
    pub(crate) fn request(&self, who: &Identity) -> Allowance {
        match Role::holding(&who.scopes) {
            Role::Admin => self.admin.check(&who.id),
            Role::Client => self.client.check(&who.id),
        }
    }

    /// Counts a request that was refused for it showed no identity, or a bad one.
    pub(crate) fn refused(&self, place: IpAddr) -> Allowance {
        self.attempts.check(&place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Scope;

    fn identity(id: &str, scopes: &[Scope]) -> Identity {
        Identity { id: id.to_owned(), name: String::new(), scopes: scopes.to_vec() }
    }

    #[test]
    fn each_identity_has_its_own_limit_by_its_role() {
        let rates = Rates::new(3, 5);
        let (one, other) = (identity("a", &[Scope::Detect]), identity("b", &[Scope::Detect]));
        let left: Vec<u32> = (0..3).map(|_| rates.request(&one).left).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = rates.request(&one);
        assert!((1..=20).contains(&refused.wait.unwrap()), "{refused:?}");
        assert_eq!(rates.request(&other).wait, None);
        let admin = identity("c", &Scope::ALL);
        assert_eq!((0..6).filter(|_| rates.request(&admin).wait.is_none()).count(), 5);
    }

    #[test]
    fn the_fields_are_those_of_the_draft() {
        let mut headers = HeaderMap::new();
        Rates::new(100, 1_000).request(&identity("a", &[])).write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"default\";q=100;w=60");
        assert_eq!(headers["ratelimit"], "\"default\";r=99;t=1");
    }

    #[test]
    fn those_who_are_quiet_are_dropped() {
        let limit = Limit::a_minute(60_000);
        for number in 0..10 * SWEEP {
            limit.check(&number);
        }
        assert!(limit.limiter.len() < 10 * SWEEP as usize, "{}", limit.limiter.len());
    }
}
