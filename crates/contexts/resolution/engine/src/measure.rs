//! How good a grouping is beside the truth: pairs and B-cubed.
//!
//! B-cubed: A. Bagga and B. Baldwin, *Entity-Based Cross-Document Coreferencing Using the Vector Space Model*, 1998.

use hashbrown::HashMap;
use serde::Serialize;

/// Precision, recall and their harmonic mean, each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Quality {
    /// Share of what was found that is true.
    pub precision: f64,
    /// Share of what is true that was found.
    pub recall: f64,
    /// Harmonic mean.
    pub f1: f64,
}

impl Quality {
    /// Of shares; a share of nothing is 0.
    #[must_use]
    pub fn of(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        let f1 = if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 };
        Self { precision, recall, f1 }
    }

    /// Of counts: found and true, found, true.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
    pub fn of_counts(both: u64, found: u64, truth: u64) -> Self {
        Self::of(both as f64 / found.max(1) as f64, both as f64 / truth.max(1) as f64)
    }
}

/// Both measures of one grouping.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Over pairs of records in one group.
    pub pairwise: Quality,
    /// Over records: how much of a record's group is right.
    pub b_cubed: Quality,
}

/// Compares two groupings of the same records, each given as one number a record.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of records")]
pub fn measure(found: &[u32], truth: &[u32]) -> Measured {
    let count = |of: &[u32]| {
        let mut sizes: HashMap<u32, u64> = HashMap::new();
        for group in of {
            *sizes.entry(*group).or_default() += 1;
        }
        sizes
    };
    let (in_found, in_truth) = (count(found), count(truth));
    let mut in_both: HashMap<(u32, u32), u64> = HashMap::new();
    for (f, t) in found.iter().zip(truth) {
        *in_both.entry((*f, *t)).or_default() += 1;
    }
    let pairs = |sizes: &mut dyn Iterator<Item = u64>| -> u64 { sizes.map(|n| n * (n - 1) / 2).sum() };
    let pairwise = Quality::of_counts(
        pairs(&mut in_both.values().copied()),
        pairs(&mut in_found.values().copied()),
        pairs(&mut in_truth.values().copied()),
    );
    let (mut precision, mut recall) = (0.0, 0.0);
    let mut shared: Vec<(&(u32, u32), &u64)> = in_both.iter().collect();
    shared.sort_unstable();
    for ((f, t), n) in shared {
        precision += (n * n) as f64 / in_found[f] as f64;
        recall += (n * n) as f64 / in_truth[t] as f64;
    }
    let records = found.len().max(1) as f64;
    Measured { pairwise, b_cubed: Quality::of(precision / records, recall / records) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_by_hand() {
        // Found {1,2,3} {4,5}; true {1,2} {3,4,5}: 2 of 4 found pairs are true, 2 of 4 true pairs are found.
        let measured = measure(&[1, 1, 1, 2, 2], &[7, 7, 8, 8, 8]);
        assert_eq!(measured.pairwise, Quality::of(0.5, 0.5));
        let expected = (2.0 / 3.0 + 2.0 / 3.0 + 1.0 / 3.0 + 1.0 + 1.0) / 5.0;
        assert!((measured.b_cubed.precision - expected).abs() < 1e-12);
        assert!((measured.b_cubed.recall - (1.0 + 1.0 + 1.0 / 3.0 + 2.0 / 3.0 + 2.0 / 3.0) / 5.0).abs() < 1e-12);
    }
}
