//! Jaro–Winkler similarity on bytes or characters, in bit masks.
//!
//! Source: W. E. Winkler, *String Comparator Metrics and Enhanced Decision Rules in the Fellegi–Sunter Model of Record
//! Linkage*, 1990; prefix weight 0.1 over at most four characters, applied at any Jaro value, as `strsim` does
//! (`DuckDB`, and so Splink, gives it from a Jaro value of 0.7 on).

/// Characters beyond this many take the plain path: one mask of 64 bits marks what is already matched.
const MASK_CHARS: usize = 64;
const PREFIX_WEIGHT: f64 = 0.1;
const PREFIX_CHARS: usize = 4;

/// Jaro–Winkler similarity in 0 to 1; 1 for two empty texts.
#[must_use]
pub fn jaro_winkler(a: &str, b: &str) -> f64 {
    if a.is_ascii() && b.is_ascii() {
        return winkler(a.as_bytes(), b.as_bytes());
    }
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    winkler(&a, &b)
}

/// The same for texts of one byte a character.
#[must_use]
pub(crate) fn jaro_winkler_bytes(a: &[u8], b: &[u8]) -> f64 {
    winkler(a, b)
}

fn winkler<T: PartialEq + Copy>(a: &[T], b: &[T]) -> f64 {
    let jaro = jaro(a, b);
    let prefix = a.iter().zip(b).take(PREFIX_CHARS).take_while(|(x, y)| x == y).count();
    #[expect(clippy::cast_precision_loss, reason = "at most four")]
    let prefix = prefix as f64;
    jaro + PREFIX_WEIGHT * prefix * (1.0 - jaro)
}

#[expect(clippy::cast_precision_loss, reason = "lengths of texts are far below 2^52")]
fn jaro<T: PartialEq + Copy>(a: &[T], b: &[T]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let window = (a.len().max(b.len()) / 2).saturating_sub(1);
    let (matches, out_of_order) =
        if a.len() <= MASK_CHARS && b.len() <= MASK_CHARS { masked(a, b, window) } else { flagged(a, b, window) };
    if matches == 0 {
        return 0.0;
    }
    let found = matches as f64;
    let transpositions = (out_of_order / 2) as f64;
    (found / a.len() as f64 + found / b.len() as f64 + (found - transpositions) / found) / 3.0
}

/// Matches and how many of them stand in another order, for texts of at most 64 characters.
fn masked<T: PartialEq + Copy>(a: &[T], b: &[T], window: usize) -> (usize, usize) {
    let (mut in_a, mut in_b) = (0_u64, 0_u64);
    for (i, x) in a.iter().enumerate() {
        let from = i.saturating_sub(window);
        let to = (i + window + 1).min(b.len());
        for (j, y) in b.iter().enumerate().take(to).skip(from) {
            if x == y && in_b >> j & 1 == 0 {
                in_a |= 1 << i;
                in_b |= 1 << j;
                break;
            }
        }
    }
    let matches = in_a.count_ones() as usize;
    let mut out_of_order = 0;
    let (mut left, mut right) = (in_a, in_b);
    while left != 0 {
        let (i, j) = (left.trailing_zeros() as usize, right.trailing_zeros() as usize);
        out_of_order += usize::from(a[i] != b[j]);
        left &= left - 1;
        right &= right - 1;
    }
    (matches, out_of_order)
}

fn flagged<T: PartialEq + Copy>(a: &[T], b: &[T], window: usize) -> (usize, usize) {
    let mut taken = vec![false; b.len()];
    let mut from_a = Vec::new();
    for (i, x) in a.iter().enumerate() {
        let from = i.saturating_sub(window);
        let to = (i + window + 1).min(b.len());
        if let Some(j) = (from..to).find(|&j| !taken[j] && b[j] == *x) {
            taken[j] = true;
            from_a.push(*x);
        }
    }
    let from_b = b.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(y, _)| y);
    let out_of_order = from_a.iter().zip(from_b).filter(|(x, y)| x != y).count();
    (from_a.len(), out_of_order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_examples() {
        for (a, b, expected) in
            [("martha", "marhta", 0.9611), ("dwayne", "duane", 0.84), ("dixon", "dicksonx", 0.8133), ("", "a", 0.0)]
        {
            assert!((jaro_winkler(a, b) - expected).abs() < 1e-4, "{a} {b} {}", jaro_winkler(a, b));
        }
    }

    proptest! {
        #[test]
        fn equals_the_reference(a in "[a-dé]{0,90}", b in "[a-dé]{0,90}") {
            let expected = strsim::jaro(&a, &b);
            let plain: (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert!((jaro(&plain.0, &plain.1) - expected).abs() < 1e-12);
        }

        #[test]
        fn is_the_same_both_ways_for_equal_texts(a in "\\PC{0,20}") {
            prop_assert!((jaro_winkler(&a, &a) - 1.0).abs() < 1e-12);
        }
    }
}
