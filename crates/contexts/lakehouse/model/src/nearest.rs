//! The name that a mistyped name was probably meant to be.

use std::cmp::Reverse;

/// Edits that are still taken for a slip, a third of the name's length and at least this many.
const ALWAYS_FORGIVEN: usize = 2;

/// The most similar of `known`, if it is similar enough to be worth saying; the first of several.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest_many(name, known, 1).pop()
}

/// Up to `limit` similar names, the most similar first. A name that contains the other counts as similar.
pub(crate) fn nearest_many<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let allowed = ALWAYS_FORGIVEN.max(name.chars().count() / 3);
    let mut scored: Vec<(usize, Reverse<usize>, &str)> = known
        .into_iter()
        .filter_map(|candidate| {
            let edits = distance(name, candidate);
            let contains = name.len() >= 3 && (candidate.contains(name) || name.contains(candidate));
            (edits <= allowed || contains) // A letter left out is the commoner slip, so the longer name goes first.
                .then_some((edits, Reverse(candidate.len()), candidate))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().take(limit).map(|(.., candidate)| candidate.to_owned()).collect()
}

/// Levenshtein's distance in characters, with a swap of neighbours as one edit ("optimal string alignment").
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = vec![i; right.len() + 1];
        for j in 1..=right.len() {
            let change = last[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = change.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits_and_swaps() {
        let cases = [("", "", 0), ("a", "", 1), ("sales", "sale", 1), ("tpye", "type", 1), ("kitten", "sitting", 3)];
        for (left, right, edits) in cases {
            assert_eq!(distance(left, right), edits, "{left} {right}");
            assert_eq!(distance(right, left), edits, "{right} {left}");
        }
    }

    #[test]
    fn only_similar_names_are_suggested() {
        let known = ["not_null", "unique", "in_range", "sales", "sales_raw"];
        assert_eq!(nearest("not_nul", known), Some("not_null".into()));
        assert_eq!(nearest("zzzzzz", known), None);
        assert_eq!(nearest("colums", ["column", "columns"]), Some("columns".into()));
        assert_eq!(nearest_many("sale", known, 5), ["sales", "sales_raw"]);
    }
}
