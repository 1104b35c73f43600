//! Damerau–Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and swaps of neighbours,
//! no part of the text edited twice.
//!
//! Source: H. Hyyrö, *A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances*, Nordic Journal of
//! Computing 10, 2003; one machine word holds a column of the matrix, so texts of at most 64 bytes cost one pass.

const WORD_BITS: usize = 64;

/// The distance, or `None` where it is greater than `most`.
#[must_use]
pub fn damerau_levenshtein(a: &str, b: &str, most: usize) -> Option<usize> {
    let distance = if a.is_ascii() && b.is_ascii() {
        if a.len().abs_diff(b.len()) > most {
            return None;
        }
        damerau_levenshtein_bytes(a.as_bytes(), b.as_bytes())
    } else {
        let a: Vec<char> = a.chars().collect();
        let b: Vec<char> = b.chars().collect();
        by_rows(&a, &b)
    };
    (distance <= most).then_some(distance)
}

/// The distance of ASCII texts.
#[must_use]
pub(crate) fn damerau_levenshtein_bytes(a: &[u8], b: &[u8]) -> usize {
    // The pattern goes into the word.
    let (pattern, text) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    match pattern.len() {
        0 => text.len(),
        1..=WORD_BITS => in_a_word(pattern, text),
        _ => by_rows(a, b),
    }
}

fn in_a_word(pattern: &[u8], text: &[u8]) -> usize {
    let mut places = [0_u64; 128];
    for (i, byte) in pattern.iter().enumerate() {
        places[usize::from(byte & 0x7f)] |= 1 << i;
    }
    let last = 1_u64 << (pattern.len() - 1);
    let (mut up, mut down, mut diagonal, mut before) = (u64::MAX, 0_u64, 0_u64, 0_u64);
    let mut distance = pattern.len();
    for byte in text {
        let here = places[usize::from(byte & 0x7f)];
        let swapped = ((!diagonal & here) << 1) & before;
        diagonal = (((here & up).wrapping_add(up)) ^ up) | here | down | swapped;
        let right_up = down | !(diagonal | up);
        let right_down = diagonal & up;
        distance += usize::from(right_up & last != 0);
        distance -= usize::from(right_down & last != 0);
        let carried = (right_up << 1) | 1;
        up = (right_down << 1) | !(diagonal | carried);
        down = carried & diagonal;
        before = here;
    }
    distance
}

fn by_rows<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut above_that: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut row = vec![0; b.len() + 1];
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..=b.len() {
            let substituted = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substituted.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(above_that[j - 2] + 1);
            }
        }
        std::mem::swap(&mut above_that, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_examples() {
        let cases: [(&str, &str, usize, Option<usize>); 6] = [
            ("smith", "smiht", 1, Some(1)),
            ("ca", "abc", 9, Some(3)),
            ("", "abc", 3, Some(3)),
            ("1960-01-02", "1960-02-01", 2, Some(2)),
            ("kitten", "sitting", 2, None),
            ("müller", "mueller", 2, Some(2)),
        ];
        for (a, b, most, expected) in cases {
            assert_eq!(damerau_levenshtein(a, b, most), expected, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn equals_the_reference(a in "[a-cé]{0,80}", b in "[a-c]{0,80}") {
            prop_assert_eq!(damerau_levenshtein(&a, &b, 200), Some(strsim::osa_distance(&a, &b)));
        }

        #[test]
        fn in_ascii_too(a in "[a-c]{0,70}", b in "[a-c]{0,70}", most in 0_usize..5) {
            let expected = strsim::osa_distance(&a, &b);
            prop_assert_eq!(damerau_levenshtein(&a, &b, most), (expected <= most).then_some(expected));
        }
    }
}
