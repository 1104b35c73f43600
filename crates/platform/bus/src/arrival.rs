//! What a consumer does with a fact whose version is, or is not, the one that it expects.

/// How an arriving version relates to what a consumer has seen of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The one that follows: take it.
    Next,
    /// Seen before: skip it.
    Older,
    /// Some lie between: read them from the log, for one of them may be a fact.
    Gap,
}

impl Arrival {
    /// Compares `arriving` with the last version seen of the stream; 0 for a stream that was never seen.
    ///
    /// For consumers behind a broker. Within the product facts come in order, and the versions between two of them are
    /// events that the stream keeps private or that the subscriber did not ask for.
    #[must_use]
    pub fn of(last_seen: u64, arriving: u64) -> Self {
        match arriving.checked_sub(last_seen) {
            None | Some(0) => Self::Older,
            Some(1) => Self::Next,
            Some(_) => Self::Gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_version_that_follows_is_next() {
        for (seen, arriving, expected) in [
            (0, 1, Arrival::Next),
            (0, 2, Arrival::Gap),
            (0, 0, Arrival::Older),
            (7, 8, Arrival::Next),
            (7, 7, Arrival::Older),
            (7, 1, Arrival::Older),
            (7, 9, Arrival::Gap),
            (u64::MAX, u64::MAX, Arrival::Older),
            (u64::MAX, 0, Arrival::Older),
        ] {
            assert_eq!(Arrival::of(seen, arriving), expected, "{seen} {arriving}");
        }
    }

    proptest! {
        /// Whatever a broker doubles, drops or turns round, a consumer by this rule sees each version once and in order.
        #[test]
        fn who_follows_the_rule_sees_all_in_order(arriving in prop::collection::vec(1_u64..20, 0..60)) {
            let mut seen: Vec<u64> = Vec::new();
            for version in &arriving {
                let last = seen.last().copied().unwrap_or(0);
                match Arrival::of(last, *version) {
                    Arrival::Next => seen.push(*version),
                    Arrival::Gap => seen.extend(last + 1..=*version),
                    Arrival::Older => {}
                }
            }
            let most = arriving.iter().copied().max().unwrap_or(0);
            prop_assert_eq!(seen, (1..=most).collect::<Vec<_>>());
        }
    }
}
