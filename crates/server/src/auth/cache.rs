//! What was looked up a moment ago.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long a key or a session is believed before the database is asked again: the longest that another node goes on
/// with it after its end.
pub(super) const FRESH: Duration = Duration::from_secs(3);
/// How long one that was good is believed while the database does not answer.
pub(super) const STALE: Duration = Duration::from_secs(300);
/// So many are remembered at most.
const MOST: usize = 20_000;

/// What was looked up a moment ago, by name. Bounded: when it is full, what is old is dropped, then all of it.
#[derive(Debug)]
pub(super) struct Cache<T> {
    fresh: Duration,
    stale: Duration,
    map: RwLock<HashMap<String, (Instant, T)>>,
    forgotten: AtomicU64,
}

/// When something began to be looked up.
#[derive(Clone, Copy, Debug)]
struct Looking(u64);

impl<T: Clone> Cache<T> {
    /// Remembers for `fresh`, and in need for `stale`.
    pub(super) fn new(fresh: Duration, stale: Duration) -> Self {
        Self { fresh, stale, map: RwLock::default(), forgotten: AtomicU64::new(0) }
    }

    /// What is still to be believed.
    fn fresh(&self, name: &str) -> Option<T> {
        self.younger(name, self.fresh)
    }

    /// What is to be believed when nobody can be asked.
    fn stale(&self, name: &str) -> Option<T> {
        self.younger(name, self.stale)
    }

    fn younger(&self, name: &str, age: Duration) -> Option<T> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        map.get(name).filter(|(at, _)| at.elapsed() < age).map(|(_, value)| value.clone())
    }

    /// To be taken before something is looked up.
    fn begin(&self) -> Looking {
        Looking(self.forgotten.load(Ordering::SeqCst))
    }

    /// Remembers what was looked up, unless something was forgotten meanwhile: it might have been this.
    fn put(&self, name: &str, value: T, looking: Looking) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        if self.forgotten.load(Ordering::SeqCst) != looking.0 {
            return;
        }
        if map.len() >= MOST {
            map.retain(|_, (at, _)| at.elapsed() < self.fresh);
            if map.len() >= MOST {
                map.clear();
            }
        }
        map.insert(name.to_owned(), (Instant::now(), value));
    }

    pub(super) fn forget(&self, name: &str) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        map.remove(name);
    }
}

impl<T: Clone> Cache<Option<T>> {
    /// What is still to be believed; else what `look_up` finds, and where that fails, what was there not long ago.
    pub(super) async fn find<E>(
        &self,
        name: &str,
        look_up: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, E> {
        if let Some(value) = self.fresh(name) {
            return Ok(value);
        }
        let looking = self.begin();
        match look_up.await {
            Ok(value) => {
                self.put(name, value.clone(), looking);
                Ok(value)
            }
            Err(error) => match self.stale(name) {
                Some(Some(value)) => Ok(Some(value)),
                _ => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_gone_and_there_is_an_end_to_it() {
        let cache = Cache::new(Duration::from_secs(60), Duration::from_secs(60));
        cache.put("a", 1, cache.begin());
        assert_eq!(cache.fresh("a"), Some(1));
        cache.forget("a");
        assert_eq!((cache.fresh("a"), cache.stale("a")), (None, None));
        for number in 0..3 * MOST {
            cache.put(&number.to_string(), 0, cache.begin());
        }
        assert!(cache.map.read().unwrap().len() <= MOST);
    }

    #[test]
    fn what_was_forgotten_while_it_was_looked_up_is_not_remembered() {
        let cache = Cache::new(Duration::from_secs(60), Duration::from_secs(60));
        let looking = cache.begin();
        cache.forget("a");
        cache.put("a", 1, looking);
        assert_eq!(cache.fresh("a"), None);
    }

    #[test]
    fn what_is_old_is_believed_in_need_alone() {
        let cache = Cache::new(Duration::ZERO, Duration::from_secs(60));
        cache.put("a", 1, cache.begin());
        assert_eq!((cache.fresh("a"), cache.stale("a")), (None, Some(1)));
    }
}
