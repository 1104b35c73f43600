//! Token buckets by the generic cell rate algorithm, as a pure function.
//!
//! Source: ITU-T I.371 (03/2004), annex A, the virtual scheduling algorithm: a cell at time `t` conforms unless
//! `t < TAT − τ`; then `TAT = max(t, TAT) + T`. Here a cell is a token, `T` the time in which one token comes back, and
//! `τ = T × (burst − 1)`, so that a full bucket gives `burst` tokens at once; a request for several tokens is that many
//! cells, all or none. One moment per bucket is the whole state.
//!
//! All in whole microseconds, which a double keeps exactly until the year 2255, so that a script in another language
//! can compute the same.

use std::time::Duration;

use kernel::Timestamp;

use crate::CacheError;

/// So many in such a time, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    interval_micros: i64,
    burst: u32,
}

/// `T` below this would lose more than a hundredth by rounding to microseconds.
const MIN_INTERVAL_MICROS: i64 = 100;

/// The longest time in which an empty bucket fills.
const MAX_FILL_MICROS: i64 = 366 * 86_400 * 1_000_000;

impl Limit {
    /// `count` tokens come back in `period`, evenly; at most `burst` are there at once. The time for one token is rounded
    /// up to a microsecond: never more than `count`, and at most 1 % less.
    ///
    /// # Errors
    /// [`CacheError::BadLimit`] for a zero, for more than 10,000 a second, or a bucket that takes over 366 days to fill.
    pub fn new(count: u32, period: Duration, burst: u32) -> Result<Self, CacheError> {
        let bad = CacheError::BadLimit { count, period, burst };
        if count == 0 || burst == 0 {
            return Err(bad);
        }
        let interval_micros = period.as_nanos().div_ceil(u128::from(count) * 1_000);
        let interval_micros = i64::try_from(interval_micros).unwrap_or(i64::MAX);
        let fill = interval_micros.saturating_mul(i64::from(burst));
        if interval_micros < MIN_INTERVAL_MICROS || fill > MAX_FILL_MICROS {
            return Err(bad);
        }
        Ok(Self { interval_micros, burst })
    }

    /// `T`, in microseconds: the time in which one token comes back.
    #[must_use]
    pub fn interval_micros(self) -> i64 {
        self.interval_micros
    }

    /// How many tokens a full bucket has.
    #[must_use]
    pub fn burst(self) -> u32 {
        self.burst
    }
}

/// What became of a request for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether the tokens were taken: all that were asked for, or none.
    pub allowed: bool,
    /// How many are there now.
    pub remaining: u32,
    /// When the same request would be allowed, if nobody else asks. `None` where it was allowed, or asks for more than
    /// the bucket holds.
    pub retry_after: Option<Duration>,
    /// When the bucket is full again.
    pub reset_after: Duration,
}

/// A decision, and the bucket's next state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// For who asked.
    pub decision: Decision,
    /// `TAT`. A bucket is full from this moment on, and then needs no state.
    pub full_at: Timestamp,
}

/// Takes `cost` tokens from the bucket that is full at `full_at`; `None` is a bucket that nobody has used.
///
/// A cost of zero looks without taking. A moment further away than an empty bucket needs, as after a clock was put back
/// or a limit changed, counts as an empty bucket.
#[must_use]
pub fn gcra(full_at: Option<Timestamp>, now: Timestamp, limit: Limit, cost: u32) -> Outcome {
    let Limit { interval_micros, burst } = limit;
    let fill = interval_micros * i64::from(burst);
    let tat = full_at.unwrap_or(now).clamp(now, Timestamp(now.0.saturating_add(fill)));
    // How long the bucket needs to be full, before and after.
    let missing = tat.0 - now.0;
    let wanted = missing.saturating_add(interval_micros.saturating_mul(i64::from(cost)));
    let allowed = wanted <= fill;
    let missing = if allowed { wanted } else { missing };
    let retry_after = (!allowed && cost <= burst).then(|| duration(wanted - fill));
    let remaining = u32::try_from((fill - missing) / interval_micros).unwrap_or(u32::MAX);
    let decision = Decision { allowed, remaining, retry_after, reset_after: duration(missing) };
    Outcome { decision, full_at: Timestamp(now.0.saturating_add(missing)) }
}

/// Whole microseconds, rounded down; what does not fit is the most.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(count: u32, seconds: u64, burst: u32) -> Limit {
        Limit::new(count, Duration::from_secs(seconds), burst).unwrap()
    }

    /// The annex's virtual scheduling algorithm, for one cell, in its own words.
    #[derive(Default)]
    struct VirtualScheduling {
        tat: Option<i64>,
    }

    impl VirtualScheduling {
        fn conforms(&mut self, t: i64, increment: i64, tolerance: i64) -> bool {
            let tat = self.tat.unwrap_or(t);
            if t < tat - tolerance {
                return false;
            }
            self.tat = Some(t.max(tat) + increment);
            true
        }
    }

    /// The annex's other form, the continuous-state leaky bucket.
    #[derive(Default)]
    struct LeakyBucket {
        content: i64,
        last_conforming: i64,
    }

    impl LeakyBucket {
        fn conforms(&mut self, t: i64, increment: i64, tolerance: i64) -> bool {
            let content = (self.content - (t - self.last_conforming)).max(0);
            if content > tolerance {
                return false;
            }
            (self.content, self.last_conforming) = (content + increment, t);
            true
        }
    }

    #[test]
    fn a_bucket_of_three_at_one_a_second() {
        let limit = limit(60, 60, 3);
        let s = |tenths: u64| Duration::from_millis(tenths * 100);
        // At this tenth of a second, this many tokens: allowed, left, again after, full after (in tenths).
        let steps = [
            (0, 1, true, 2, None, 10),
            (0, 2, true, 0, None, 30),
            (0, 1, false, 0, Some(10), 30),
            (5, 1, false, 0, Some(5), 25),
            (10, 0, true, 1, None, 20),
            (10, 2, false, 1, Some(10), 20),
            (10, 1, true, 0, None, 30),
            (35, 4, false, 2, None, 5),
            (40, 3, true, 0, None, 30),
            (900, 0, true, 3, None, 0),
        ];
        let mut full_at = None;
        for (tenth, cost, allowed, remaining, retry, reset) in steps {
            let now = Timestamp(1_000_000_000 + tenth * 100_000);
            let outcome = gcra(full_at, now, limit, cost);
            let expected = Decision { allowed, remaining, retry_after: retry.map(s), reset_after: s(reset) };
            assert_eq!(outcome.decision, expected, "{cost} at {tenth}");
            full_at = Some(outcome.full_at);
        }
    }

    #[test]
    fn limits_are_rounded_up_and_bounded() {
        let new = |count, micros, burst| Limit::new(count, Duration::from_micros(micros), burst).ok();
        let interval = |count, micros| new(count, micros, 1).map(Limit::interval_micros);
        assert_eq!(interval(3, 1_000_000), Some(333_334));
        assert_eq!((interval(10_000, 1_000_000), interval(10_102, 1_000_000)), (Some(100), None));
        assert_eq!((new(0, 1_000_000, 1), new(1, 1_000_000, 0), new(1, 0, 1)), (None, None, None));
        let year = 366 * 86_400 * 1_000_000;
        assert!(new(1, year, 1).is_some() && new(1, year + 1, 1).is_none() && new(1, year, 2).is_none());
        assert!(Limit::new(1, Duration::MAX, u32::MAX).is_err());
    }

    #[test]
    fn a_clock_put_back_makes_nobody_wait_longer_than_an_empty_bucket() {
        let limit = limit(1, 1, 5);
        let later = gcra(None, Timestamp(1_000_000_000_000), limit, 5);
        let outcome = gcra(Some(later.full_at), Timestamp(0), limit, 1);
        assert_eq!(outcome.decision.retry_after, Some(Duration::from_secs(1)));
    }

    proptest! {
        #[test]
        fn the_decisions_are_those_of_both_forms_of_the_standard(
            count in 1_u32..200, burst in 1_u32..20, gaps in prop::collection::vec(0_i64..200_000, 1..200),
        ) {
            let limit = limit(count, 1, burst);
            let (increment, tolerance) = (limit.interval_micros(), limit.interval_micros() * i64::from(burst - 1));
            let (mut scheduling, mut bucket) = (VirtualScheduling::default(), LeakyBucket::default());
            let (mut now, mut full_at) = (1_700_000_000_000_000_i64, None);
            bucket.last_conforming = now;
            for gap in gaps {
                now += gap;
                let outcome = gcra(full_at, Timestamp(now), limit, 1);
                full_at = Some(outcome.full_at);
                prop_assert_eq!(outcome.decision.allowed, scheduling.conforms(now, increment, tolerance));
                prop_assert_eq!(outcome.decision.allowed, bucket.conforms(now, increment, tolerance));
            }
        }

        #[test]
        fn several_tokens_are_as_many_cells_at_one_moment(burst in 1_u32..20, costs in prop::collection::vec((0_i64..3_000_000, 1_u32..10), 1..60)) {
            let limit = limit(2, 1, burst);
            let (mut now, mut full_at) = (0, None);
            for (gap, cost) in costs {
                now += gap;
                let outcome = gcra(full_at, Timestamp(now), limit, cost);
                let (mut single, mut all) = (full_at, true);
                for _ in 0..cost {
                    let one = gcra(single, Timestamp(now), limit, 1);
                    (single, all) = (Some(one.full_at), all && one.decision.allowed);
                }
                prop_assert_eq!(outcome.decision.allowed, all);
                if all {
                    prop_assert_eq!(Some(outcome.full_at), single);
                }
                full_at = Some(outcome.full_at);
            }
        }

        #[test]
        fn what_a_decision_announces_comes_true_to_the_microsecond(
            missing in 0_i64..5_000_000, burst in 1_u32..10, cost in 0_u32..12,
        ) {
            let limit = limit(2, 1, burst);
            let (now, at) = (1_000_i64, |micros: i64| Timestamp(1_000 + micros));
            let state = Some(at(missing));
            let outcome = gcra(state, Timestamp(now), limit, cost);
            let Decision { allowed, remaining, retry_after, reset_after } = outcome.decision;
            prop_assert_eq!(allowed || cost > burst, retry_after.is_none());
            if let Some(retry) = retry_after.map(micros) {
                let allowed_at = |when| gcra(Some(outcome.full_at), at(when), limit, cost).decision.allowed;
                prop_assert!(allowed_at(retry) && !allowed_at(retry - 1));
            }
            let take = |cost| gcra(Some(outcome.full_at), Timestamp(now), limit, cost).decision.allowed;
            prop_assert!(take(remaining) && !take(remaining + 1));
            let reset = micros(reset_after);
            let left = |when| gcra(Some(outcome.full_at), at(when), limit, 0).decision;
            prop_assert_eq!((left(reset).remaining, left(reset).reset_after), (burst, Duration::ZERO));
            prop_assert!(reset == 0 || left(reset - 1).remaining < burst);
        }

        #[test]
        fn no_state_overflows(full_at: Option<i64>, now: i64, cost: u32, burst in 1_u32..1_000) {
            let outcome = gcra(full_at.map(Timestamp), Timestamp(now), limit(1, 3_600, burst), cost);
            prop_assert!(outcome.decision.remaining <= burst && outcome.full_at >= Timestamp(now));
        }
    }
}
