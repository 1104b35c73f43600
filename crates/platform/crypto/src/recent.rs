//! A bounded map that forgets what is old: by age for certain, by disuse when full.
//!
//! Two generations: what is used moves to the young one; when that is full it becomes the old one, and the old one is
//! dropped. Age counts from when the value was fetched, and use does not prolong it.

use std::{collections::HashMap, hash::Hash};

use kernel::Timestamp;

#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    young: HashMap<K, (Timestamp, V)>,
    old: HashMap<K, (Timestamp, V)>,
    /// Of one generation.
    capacity: usize,
    lifetime_micros: i64,
}

impl<K: Hash + Eq + Copy, V: Clone> Recent<K, V> {
    /// Holds at most `capacity` values, and each for less than its lifetime.
    pub(crate) fn new(capacity: usize, lifetime_micros: i64) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), capacity: capacity / 2, lifetime_micros }
    }

    /// `None` for what is not there or too old.
    pub(crate) fn get(&mut self, key: K, now: Timestamp) -> Option<V> {
        if let Some((fetched, value)) = self.old.remove(&key) {
            self.put(key, value, fetched);
        }
        let (fetched, value) = self.young.get(&key)?;
        let age = now.0.checked_sub(fetched.0)?;
        // A clock that was set back makes ages unknown: then fetch again.
        if (0..self.lifetime_micros).contains(&age) {
            return Some(value.clone());
        }
        self.young.remove(&key);
        None
    }

    /// Keeps a value that was fetched at that time: the moment before it was asked for.
    pub(crate) fn put(&mut self, key: K, value: V, fetched: Timestamp) {
        if self.capacity == 0 {
            return;
        }
        self.old.remove(&key);
        if self.young.len() >= self.capacity && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, (fetched, value));
    }

    pub(crate) fn remove(&mut self, key: K) {
        self.young.remove(&key);
        self.old.remove(&key);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_lives_from_its_fetching_and_use_does_not_prolong_it() {
        let mut recent = Recent::new(4, 10);
        recent.put('a', 1, Timestamp(100));
        let at = |recent: &mut Recent<_, _>, micros| recent.get('a', Timestamp(micros));
        assert_eq!([at(&mut recent, 100), at(&mut recent, 109), at(&mut recent, 110)], [Some(1), Some(1), None]);
        assert_eq!(at(&mut recent, 105), None, "what was too old is dropped");
        recent.put('a', 2, Timestamp(100));
        assert_eq!(at(&mut recent, 99), None, "the clock was set back");
    }

    #[test]
    fn what_is_used_outlives_what_is_not() {
        let mut recent = Recent::new(8, 1_000);
        for key in 0..100 {
            recent.put(key, key, Timestamp(0));
            assert_eq!(recent.get(0, Timestamp(0)), Some(0), "after {key}");
        }
        assert_eq!(recent.get(50, Timestamp(0)), None);
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_it_may_nor_what_was_removed(
            capacity in 0_usize..9,
            steps in prop::collection::vec((0..3_u8, 0..20_u8), 0..200),
        ) {
            let mut recent = Recent::new(capacity, 1_000);
            for (step, key) in steps {
                match step {
                    0 => recent.put(key, key, Timestamp(0)),
                    1 => prop_assert!(recent.get(key, Timestamp(0)).is_none_or(|value| value == key)),
                    _ => {
                        recent.remove(key);
                        prop_assert_eq!(recent.get(key, Timestamp(0)), None);
                    }
                }
                prop_assert!(recent.len() <= capacity);
            }
        }
    }
}
