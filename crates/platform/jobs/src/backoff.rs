//! How long to wait before the next attempt.

use std::time::Duration;

/// Waits grow twofold from `first` to at most `most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    /// Before the second attempt.
    pub first: Duration,
    /// Never longer.
    pub most: Duration,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_hours(1) }
    }
}

impl BackOff {
    /// The wait after `failed` attempts: `d/2 + share·d/2`, where `d = min(most, first·2^(failed−1))` and `share` is chance
    /// in [0, 1). "Equal jitter" of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    #[must_use]
    pub fn wait(self, failed: u64, share: f64) -> Duration {
        let doublings = u32::try_from(failed.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let full = self.first.saturating_mul(factor).min(self.most);
        full / 2 + (full / 2).mul_f64(share.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let back_off = BackOff { first: Duration::from_secs(2), most: Duration::from_mins(1) };
        let waits = [0, 1, 2, 3, 5, 6, 40, u64::MAX].map(|failed| back_off.wait(failed, 0.0).as_secs());
        assert_eq!(waits, [1, 1, 2, 4, 16, 30, 30, 30]);
        assert_eq!(back_off.wait(2, 0.5), Duration::from_secs(3));
    }

    proptest! {
        #[test]
        fn chance_moves_a_wait_between_a_half_and_the_whole(failed in 1_u64..80, share in 0.0..1.0_f64) {
            let back_off = BackOff::default();
            let (least, wait, most) = (back_off.wait(failed, 0.0), back_off.wait(failed, share), back_off.wait(failed, 1.0));
            prop_assert!(least <= wait && wait <= most && most <= back_off.most);
            prop_assert_eq!(least * 2, most);
        }
    }
}
