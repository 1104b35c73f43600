//! Bounds the number of series: after so many values of one label of one metric, the rest share `other`.
//!
//! A label that somebody fills with ids would otherwise grow the memory of this process and of Prometheus without end.

use std::{
    collections::{HashMap, HashSet},
    sync::{PoisonError, RwLock},
};

use metrics::{Key, Label};

/// What values beyond the bound become.
pub(crate) const OTHER: &str = "other";

/// Values of each label of each metric.
type Seen = HashMap<String, HashMap<String, HashSet<String>>>;

#[derive(Debug)]
pub(crate) struct LabelGuard {
    limit: usize,
    seen: RwLock<Seen>,
}

impl LabelGuard {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, seen: RwLock::default() }
    }

    /// The key to count under; `None` when it may stay as it is.
    pub(crate) fn bounded(&self, key: &Key) -> Option<Key> {
        let admitted: Vec<bool> = key.labels().map(|label| self.admits(key.name(), label)).collect();
        if admitted.iter().all(|admitted| *admitted) {
            return None;
        }
        let labels = key
            .labels()
            .zip(admitted)
            .map(|(label, admitted)| if admitted { label.clone() } else { Label::new(label.key().to_owned(), OTHER) });
        Some(Key::from_parts(key.name().to_owned(), labels.collect::<Vec<_>>()))
    }

    /// Read first, because all but the first few calls only look; a lost race is settled under the write lock.
    fn admits(&self, metric: &str, label: &Label) -> bool {
        let known = |seen: &Seen| -> Option<bool> {
            let values = seen.get(metric).and_then(|labels| labels.get(label.key()));
            if values.is_some_and(|values| values.contains(label.value())) {
                return Some(true);
            }
            (values.map_or(0, HashSet::len) >= self.limit).then_some(false)
        };
        let decided = known(&self.seen.read().unwrap_or_else(PoisonError::into_inner));
        decided.unwrap_or_else(|| {
            let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
            known(&seen).unwrap_or_else(|| {
                let of_metric = seen.entry(metric.to_owned()).or_default();
                let values = of_metric.entry(label.key().to_owned()).or_default();
                values.insert(label.value().to_owned())
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use proptest::prelude::*;

    use super::*;

    fn value_of(guard: &LabelGuard, metric: &'static str, value: &str) -> String {
        let key = Key::from_parts(metric, vec![Label::new("route", value.to_owned()), Label::new("kind", "k")]);
        let kept = guard.bounded(&key).unwrap_or(key);
        let labels: Vec<_> = kept.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        assert_eq!((kept.name(), labels[1].0.as_str()), (metric, "kind"));
        labels[0].1.clone()
    }

    #[test]
    fn values_beyond_the_bound_share_one_and_known_ones_keep_theirs() {
        let guard = LabelGuard::new(2);
        let seen: Vec<_> = ["a", "b", "a", "c", "d", "b"].iter().map(|value| value_of(&guard, "m", value)).collect();
        assert_eq!(seen, ["a", "b", "a", "other", "other", "b"]);
        assert_eq!(value_of(&guard, "another", "c"), "c", "each metric has a bound of its own");
        assert_eq!(value_of(&LabelGuard::new(0), "m", "a"), "other", "zero is a bound, too");
    }

    proptest! {
        #[test]
        fn there_are_never_more_values_than_the_bound_and_one(values in prop::collection::vec("[a-z]{0,2}", 0..200), limit in 0_usize..20) {
            let guard = LabelGuard::new(limit);
            let kept: HashSet<String> = values.iter().map(|value| value_of(&guard, "m", value)).collect();
            prop_assert!(kept.len() <= limit + 1, "{kept:?}");
        }
    }

    #[test]
    fn the_bound_holds_between_threads_that_come_at_once() {
        const WORKERS: usize = 4;
        let guards: Vec<LabelGuard> = (0..2_000).map(|_| LabelGuard::new(1)).collect();
        let at_once = Barrier::new(WORKERS);
        std::thread::scope(|scope| {
            for worker in 0..WORKERS {
                let (guards, at_once) = (&guards, &at_once);
                scope.spawn(move || {
                    for guard in guards {
                        at_once.wait();
                        value_of(guard, "m", &worker.to_string());
                    }
                });
            }
        });
        for guard in guards {
            let seen = guard.seen.into_inner().unwrap();
            assert_eq!(seen["m"]["route"].len(), 1, "{seen:?}");
        }
    }
}
