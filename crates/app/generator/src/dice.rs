//! Chance, the same on every machine.
//!
//! *Invariant*: everything drawn is a function of (seed, subject, index) and of the order of draws, so that one record
//! can be made without making those before it.
//! *Absent on purpose*: floating point, and the ranges of `rand`, whose algorithm may change between versions.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of chance is for. Two subjects never share a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    PeoplePlan = 1,
    Household = 2,
    Person = 3,
    PersonRecord = 4,
    CompanyPlan = 5,
    CompanyGroup = 6,
    Company = 7,
    CompanyRecord = 8,
    Catalogue = 9,
    Sales = 10,
    Accounts = 11,
    Buyers = 12,
}

/// One stream of chance.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one subject's member `index`.
    pub(crate) fn new(seed: u64, subject: Subject, index: u64) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(subject as u64).to_le_bytes());
        key[16..24].copy_from_slice(&index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Any 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number in `0..limit`; 0 when the limit is 0. The bias of multiply-and-shift is below `limit / 2^32`.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(limit)) >> 32) as u32
    }

    /// The same as a signed number, for days and quantities; `limit` is at most `i32::MAX`.
    pub(crate) fn steps(&mut self, limit: u32) -> i32 {
        self.below(limit).cast_signed()
    }

    /// `0` to `9`.
    pub(crate) fn digit(&mut self) -> char {
        self.pick(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    }

    /// A whole number in `low..=high`.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True in so many of a thousand cases.
    pub(crate) fn per_mille(&mut self, share: u32) -> bool {
        self.below(1_000) < share
    }

    /// Low numbers more often: the product of two uniform numbers, whose density at share x of the range is -ln x.
    pub(crate) fn skewed(&mut self, limit: u32) -> u32 {
        let first = u64::from(self.0.next_u32());
        let second = u64::from(self.0.next_u32());
        ((((first * second) >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// One of the list, each as likely.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(length(list)) as usize]
    }

    /// One of the list, the front more often.
    pub(crate) fn pick_common<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.skewed(length(list)) as usize]
    }

    /// One of the table, as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, table: &[(u32, T)]) -> T {
        let mut left = self.below(table.iter().map(|(weight, _)| weight).sum());
        for (weight, value) in table {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        table[table.len() - 1].1
    }

    /// A number whose distribution is given by points (per mille of cases, value), ascending from 0 to 1000, with straight
    /// lines between them.
    pub(crate) fn quantile(&mut self, points: &[(u32, u32)]) -> u32 {
        let at = self.below(1_000);
        for pair in points.windows(2) {
            let ((from, low), (to, high)) = (pair[0], pair[1]);
            if at < to {
                return low + (high - low) * (at - from) / (to - from);
            }
        }
        points[points.len() - 1].1
    }

    /// Replaces each `#` of the pattern by a digit and each `@` by a capital letter.
    pub(crate) fn fill(&mut self, pattern: &str) -> String {
        // Letters that postcodes use: those that are misread for others are left out.
        const LETTERS: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";
        let filled = pattern.chars().map(|sign| match sign {
            '#' => self.digit(),
            '@' => char::from(self.pick(LETTERS)),
            other => other,
        });
        filled.collect()
    }
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_and_apart() {
        let draw = |seed, subject, index| Dice::new(seed, subject, index).bits();
        assert_eq!(draw(7, Subject::Person, 3), draw(7, Subject::Person, 3));
        assert_ne!(draw(7, Subject::Person, 3), draw(8, Subject::Person, 3));
        assert_ne!(draw(7, Subject::Person, 3), draw(7, Subject::Person, 4));
        assert_ne!(draw(7, Subject::Person, 3), draw(7, Subject::Company, 3));
    }

    #[test]
    fn weights_and_quantiles_hold_on_average() {
        let mut dice = Dice::new(1, Subject::Sales, 0);
        let (mut heavy, mut low, mut front) = (0, 0, 0);
        for _ in 0..10_000 {
            heavy += u32::from(dice.weighted(&[(9, true), (1, false)]));
            low += u32::from(dice.quantile(&[(0, 0), (500, 10), (1_000, 100)]) < 10);
            front += u32::from(dice.skewed(100) < 10);
        }
        assert!((8_800..9_200).contains(&heavy), "{heavy}");
        assert!((4_800..5_200).contains(&low), "{low}");
        // The integral of -ln x from 0 to 0.1 is 0.33.
        assert!((3_100..3_500).contains(&front), "{front}");
    }
}
