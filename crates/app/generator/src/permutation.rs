//! A shuffle that needs no memory: a keyed bijection of `0..size`.
//!
//! A balanced Feistel network over the next even number of bits, walked until the result is in range ("cycle walking":
//! J. Black and P. Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). The domain is at most four times the size,
//! so a walk takes less than four steps on average.
//! *Absent on purpose*: secrecy. It hides order from a reader of the data, not from an attacker.

use crate::dice::Dice;

const ROUNDS: usize = 4;

/// A bijection of `0..size`.
pub(crate) struct Permutation {
    size: u64,
    half_bits: u32,
    keys: [u64; ROUNDS],
}

impl Permutation {
    /// Takes its keys from the dice.
    pub(crate) fn new(size: u64, dice: &mut Dice) -> Self {
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        let keys = std::array::from_fn(|_| dice.bits());
        Self { size, half_bits: bits.div_ceil(2).max(1), keys }
    }

    /// Where `index` goes; `index` must be below the size.
    pub(crate) fn at(&self, index: u64) -> u64 {
        debug_assert!(index < self.size, "index outside the permutation");
        let mut place = self.cross(index);
        while place >= self.size {
            place = self.cross(place);
        }
        place
    }

    fn cross(&self, index: u64) -> u64 {
        let mask = (1_u64 << self.half_bits) - 1;
        let (mut left, mut right) = (index >> self.half_bits, index & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (mix(right ^ key) & mask));
        }
        left << self.half_bits | right
    }
}

/// The finaliser of `SplitMix64` (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Subject;

    #[test]
    fn every_place_once() {
        for size in [1_u64, 2, 3, 4, 5, 17, 256, 1_000, 4_097] {
            let shuffle = Permutation::new(size, &mut Dice::new(size, Subject::Sales, 0));
            let mut seen: Vec<u64> = (0..size).map(|index| shuffle.at(index)).collect();
            let fixed = seen.iter().zip(0..).filter(|(place, index)| **place == *index).count();
            assert!(size < 100 || fixed < 10, "{fixed} of {size} stay where they are");
            seen.sort_unstable();
            assert_eq!(seen, (0..size).collect::<Vec<_>>());
        }
    }
}
