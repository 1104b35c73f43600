//! How long to wait before the next attempt.

use std::time::Duration;

use crate::Policy;

/// The wait after so many failed attempts: twice as long each time, up to the most, of which chance takes up to a half, so
/// that what failed together does not come again together. Source: M. Brooker, "Exponential Backoff and Jitter", AWS
/// Architecture Blog, 2015 ("equal jitter"). `share` lies between 0 and 1.
pub(crate) fn delay(policy: &Policy, failed: u32, share: f64) -> Duration {
    let factor = 2_u32.checked_pow(failed.saturating_sub(1)).unwrap_or(u32::MAX);
    let whole = policy.first_delay.saturating_mul(factor).min(policy.most_delay);
    whole.mul_f64(0.5 + share.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> Policy {
        Policy { first_delay: Duration::from_millis(100), most_delay: Duration::from_mins(1), ..Policy::default() }
    }

    #[test]
    fn a_wait_doubles_up_to_the_most() {
        for (failed, millis) in [(0, 100), (1, 100), (2, 200), (3, 400), (10, 51_200), (11, 60_000), (u32::MAX, 60_000)]
        {
            assert_eq!(delay(&policy(), failed, 1.0), Duration::from_millis(millis), "{failed}");
            assert_eq!(delay(&policy(), failed, 0.0), Duration::from_millis(millis / 2), "{failed}");
        }
    }

    proptest! {
        #[test]
        fn chance_takes_at_most_a_half(failed: u32, share in 0.0..1.0_f64) {
            let (least, most) = (delay(&policy(), failed, 0.0), delay(&policy(), failed, 1.0));
            prop_assert!((least..=most).contains(&delay(&policy(), failed, share)));
        }
    }
}
