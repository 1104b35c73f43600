//! One order of the records that depends on what they hold and on nothing else.
//!
//! Samples, ties and sums of fractions depend on an order. Were it that of the file, the same records in another order could
//! be grouped differently; so every run sorts them first by a hash of their texts. Records with the same texts are
//! interchangeable.

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::{block::Sides, column::Column};

/// Puts the records of these columns into that order, each side for itself, and gives for each place the record that was
/// taken there.
pub fn reorder(columns: &mut [Column], sides: Sides) -> Vec<u32> {
    let rows = columns.first().map_or(0, |column| column.ids.len());
    let mut hashes = vec![0_u64; rows];
    for column in columns.iter() {
        let of_value: Vec<u64> = column.values.texts().map(|text| xxh3_64(text.as_bytes())).collect();
        for (hash, id) in hashes.iter_mut().zip(&column.ids) {
            *hash = (hash.rotate_left(17) ^ of_value[*id as usize]).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
    let count = u32::try_from(rows).unwrap_or(u32::MAX);
    let first = match sides {
        Sides::Within => count,
        Sides::Between(first) => first,
    };
    let mut order: Vec<u32> = (0..count).collect();
    order.par_sort_unstable_by_key(|record| (*record >= first, hashes[*record as usize], *record));
    columns.par_iter_mut().for_each(|column| *column = column.reordered(&order));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_file_does_not_matter() {
        let column = |texts: &[&'static str]| -> Column { texts.iter().copied().collect() };
        let mut one = [column(&["b", "a", "c", "a"]), column(&["1", "", "3", "4"])];
        let mut other = [column(&["a", "c", "a", "b"]), column(&["4", "3", "", "1"])];
        reorder(&mut one, Sides::Within);
        reorder(&mut other, Sides::Within);
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.ids, other.ids);
            assert!(one.values.texts().eq(other.values.texts()));
        }
    }
}
