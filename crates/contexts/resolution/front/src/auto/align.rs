//! Which column of one file holds what which column of another does, whatever the two are called.

use hashbrown::HashSet;
use resolution_engine::column::Column;
use strsim::jaro_winkler;

use super::{Profile, profile::sample};
use crate::standard::{Kind, words};

/// Distinct texts of a column that are looked at.
const SAMPLE: usize = 3_000;
/// Columns that are less alike than this are not paired.
const LEAST: f64 = 0.35;

/// Headers that different people give to the same thing.
const SYNONYMS: [&[&str]; 9] = [
    &["title", "name", "product", "product name", "item", "label"],
    &["manufacturer", "brand", "maker", "vendor", "make"],
    &["modelno", "model", "model number", "mpn", "part number", "sku"],
    &["description", "descr", "details", "text", "summary"],
    &["authors", "author", "creator", "creators"],
    &["venue", "journal", "booktitle", "conference", "publication"],
    &["year", "date", "published"],
    &["address", "addr", "street", "street address"],
    &["phone", "telephone", "tel", "phone number"],
];

/// A column on offer: its header, its values and what they look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'a> {
    /// Header.
    pub(super) name: &'a str,
    /// Values as received.
    pub(super) column: &'a Column,
    /// What they look like.
    pub(super) profile: &'a Profile,
}

/// Pairs of columns, each column in at most one, the most alike first: places in `left` and `right`.
pub(super) fn align(left: &[Offer<'_>], right: &[Offer<'_>]) -> Vec<(usize, usize)> {
    let samples = |side: &[Offer<'_>]| side.iter().map(|offer| vocabulary(offer.column)).collect::<Vec<_>>();
    let (left_words, right_words) = (samples(left), samples(right));
    let mut scored: Vec<(f64, usize, usize)> = Vec::new();
    for (i, a) in left.iter().enumerate() {
        for (j, b) in right.iter().enumerate() {
            if let (Some(kind_a), Some(kind_b)) = (a.profile.kind, b.profile.kind)
                && may_pair(kind_a, kind_b)
            {
                let alike = 0.6 * header(a.name, b.name)
                    + 0.25 * overlap(&left_words[i], &right_words[j])
                    + 0.15 * f64::from(u8::from(kind_a == kind_b));
                scored.push((alike, i, j));
            }
        }
    }
    scored.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let (mut used_left, mut used_right) = (HashSet::new(), HashSet::new());
    scored.retain(|(alike, i, j)| {
        let free = *alike >= LEAST && !used_left.contains(i) && !used_right.contains(j);
        if free {
            used_left.insert(*i);
            used_right.insert(*j);
        }
        free
    });
    let mut pairs: Vec<(usize, usize)> = scored.into_iter().map(|(_, i, j)| (i, j)).collect();
    pairs.sort_unstable();
    pairs
}

/// Texts may meet texts, numbers numbers.
fn may_pair(a: Kind, b: Kind) -> bool {
    let class = |kind: Kind| match kind {
        Kind::Date | Kind::Email | Kind::Phone | Kind::Postcode => kind as u8 + 10,
        Kind::Number | Kind::Code | Kind::Identifier => 1,
        _ => 0,
    };
    a == b
        || class(a) == class(b)
        || matches!((a, b), (Kind::Identifier | Kind::Code, _) | (_, Kind::Identifier | Kind::Code))
}

/// 1 for one header or two of a kind, less for similar ones.
fn header(a: &str, b: &str) -> f64 {
    let (a, b) = (words(&a.replace('_', " ")), words(&b.replace('_', " ")));
    if a == b {
        return 1.0;
    }
    if SYNONYMS.iter().any(|known| known.contains(&a.as_str()) && known.contains(&b.as_str())) {
        return 0.9;
    }
    let similarity = jaro_winkler(&a, &b);
    if similarity > 0.85 { similarity * 0.8 } else { 0.0 }
}

fn vocabulary(column: &Column) -> HashSet<u64> {
    sample(column, SAMPLE)
        .flat_map(|text| {
            words(text).split(' ').map(|word| xxhash_rust::xxh3::xxh3_64(word.as_bytes())).collect::<Vec<_>>()
        })
        .collect()
}

/// Share of the smaller vocabulary that the other has.
#[expect(clippy::cast_precision_loss, reason = "some thousand words")]
fn overlap(a: &HashSet<u64>, b: &HashSet<u64>) -> f64 {
    a.intersection(b).count() as f64 / a.len().min(b.len()).max(1) as f64
}
