//! Chance as a parameter, so that tests and replays are exact.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// Where random bytes come from.
pub trait Chance: fmt::Debug + Send + Sync {
    /// Overwrites all of `bytes`. Whoever makes keys or nonces must be given a source that nobody can foresee.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's source; fit for keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

/// The operating system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("could not draw random bytes from the operating system")]
pub struct NoChance(#[source] getrandom::Error);

impl SystemChance {
    /// Draws once. To be called when the process starts: where it succeeds, later draws do too (getrandom(2) fails on a
    /// kernel or a sandbox without it, not from time to time).
    ///
    /// # Errors
    /// [`NoChance`] where the system has no source.
    pub fn check() -> Result<(), NoChance> {
        getrandom::fill(&mut [0; 1]).map_err(NoChance)
    }
}

impl Chance for SystemChance {
    /// Ends the process when the source fails, which [`SystemChance::check`] makes sure of at the start. Bytes that
    /// others can foresee would open what they seal, and a panic would let a server go on without its source.
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// The same bytes for the same seed and the same order of calls; for tests and simulations. **Not secret**: eight
/// bytes of it tell all that follow.
///
/// `SplitMix64`: a counter through a mixing function. Source: Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014.
#[derive(Debug)]
pub struct SeededChance(AtomicU64);

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededChance {
    /// A source that starts at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let mut mixed = self.0.fetch_add(GOLDEN_GAMMA, Ordering::Relaxed).wrapping_add(GOLDEN_GAMMA);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw<const N: usize>(chance: &dyn Chance) -> [u8; N] {
        let mut bytes = [0; N];
        chance.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_gives_the_published_numbers() {
        // First outputs for the seed 1234567, as listed on rosettacode.org, "Pseudo-random numbers/Splitmix64".
        let chance = SeededChance::new(1_234_567);
        for expected in [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            assert_eq!(u64::from_le_bytes(draw(&chance)), expected);
        }
    }

    #[test]
    fn every_byte_is_overwritten_whatever_the_length() {
        for length in 0..40 {
            let (mut first, mut second) = (vec![0; length], vec![0xff; length]);
            SeededChance::new(9).fill(&mut first);
            SeededChance::new(9).fill(&mut second);
            assert_eq!(first, second);
        }
    }

    #[test]
    fn seeds_and_calls_differ() {
        let chance = SeededChance::new(1);
        let first: [u8; 16] = draw(&chance);
        assert_ne!(first, draw(&chance));
        assert_ne!(first, draw(&SeededChance::new(2)));
        assert_eq!(first, draw(&SeededChance::new(1)));
    }

    #[test]
    fn the_system_gives_bytes_that_differ() {
        SystemChance::check().unwrap();
        assert_ne!(draw::<16>(&SystemChance), draw::<16>(&SystemChance));
    }
}
