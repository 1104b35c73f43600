//! The most similar texts of another set, by inverted index: only texts that share a word or trigram are looked at.

use rayon::prelude::*;

use super::Vectors;
use crate::column::Column;

/// Units that more records than this share are left out while looking, and counted when similarity is computed.
const FREQUENT: usize = 500;
/// How many times `k` are looked at exactly.
const SPARE: usize = 4;

/// One view of the texts of both sets: vectors of a column.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The column.
    pub column: &'a Column,
    /// Vectors of its distinct texts.
    pub vectors: &'a Vectors,
}

/// Two records and how similar their texts are, averaged over the views, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Record of the first set.
    pub a: u32,
    /// Record of the second set.
    pub b: u32,
    /// Mean cosine.
    pub similarity: f32,
}

/// For every record of either set its `k` nearest of the other, each pair once, ascending. The first `first` records are the
/// one set, the rest the other.
#[must_use]
pub fn nearest(views: &[View<'_>], first: u32, k: usize) -> Vec<Near> {
    let rows = views.first().map_or(0, |view| u32::try_from(view.column.ids.len()).unwrap_or(u32::MAX));
    let mut pairs: Vec<(u32, u32)> = look(views, (0, first), (first, rows), k);
    pairs.extend(look(views, (first, rows), (0, first), k).into_iter().map(|(b, a)| (a, b)));
    pairs.sort_unstable();
    pairs.dedup();
    pairs.into_par_iter().map(|(a, b)| Near { a, b, similarity: similarity(views, a, b) }).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a few views")]
fn similarity(views: &[View<'_>], a: u32, b: u32) -> f32 {
    let cosine = |view: &View<'_>| {
        let ids = &view.column.ids;
        view.vectors.cosine(ids[a as usize] as usize, ids[b as usize] as usize)
    };
    views.iter().map(cosine).sum::<f32>() / views.len().max(1) as f32
}

/// Postings: for each unit the records that have it, with its weight.
struct Index {
    starts: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

impl Index {
    fn of(view: &View<'_>, (from, to): (u32, u32)) -> Self {
        let mut starts = vec![0_usize; view.vectors.units() + 1];
        let each = |take: &mut dyn FnMut(u32, usize, f32)| {
            for record in from..to {
                for (unit, weight) in view.vectors.of_text(view.column.ids[record as usize] as usize) {
                    take(record, unit as usize, weight);
                }
            }
        };
        each(&mut |_, unit, _| starts[unit + 1] += 1);
        for unit in 1..starts.len() {
            starts[unit] += starts[unit - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0.0); starts.last().copied().unwrap_or(0)];
        each(&mut |record, unit, weight| {
            entries[next[unit]] = (record, weight);
            next[unit] += 1;
        });
        Self { starts, entries }
    }

    fn of_unit(&self, unit: u32) -> &[(u32, f32)] {
        let unit = unit as usize;
        &self.entries[self.starts[unit]..self.starts[unit + 1]]
    }
}

fn look(views: &[View<'_>], asking: (u32, u32), asked: (u32, u32), k: usize) -> Vec<(u32, u32)> {
    let indexes: Vec<Index> = views.par_iter().map(|view| Index::of(view, asked)).collect();
    let room = (asked.1 - asked.0) as usize;
    (asking.0..asking.1)
        .into_par_iter()
        .map_init(
            || (vec![0.0_f32; room], Vec::<u32>::new()),
            |(sums, touched), a| {
                for (view, index) in views.iter().zip(&indexes) {
                    for (unit, weight) in view.vectors.of_text(view.column.ids[a as usize] as usize) {
                        let postings = index.of_unit(unit);
                        if postings.len() > FREQUENT {
                            continue;
                        }
                        for (b, other) in postings {
                            let sum = &mut sums[(b - asked.0) as usize];
                            if *sum == 0.0 {
                                touched.push(*b);
                            }
                            *sum += weight * other;
                        }
                    }
                }
                best(views, a, (sums, touched), asked.0, k)
            },
        )
        .flatten_iter()
        .collect()
}

/// The `k` nearest of what was touched; clears both for the next record.
fn best(
    views: &[View<'_>],
    a: u32,
    (sums, touched): (&mut [f32], &mut Vec<u32>),
    from: u32,
    k: usize,
) -> Vec<(u32, u32)> {
    let sum = |b: u32| sums[(b - from) as usize];
    let spare = (k * SPARE).min(touched.len());
    if spare < touched.len() {
        touched.select_nth_unstable_by(spare, |x, y| sum(*y).total_cmp(&sum(*x)).then(x.cmp(y)));
    }
    let mut exact: Vec<(f32, u32)> = touched[..spare].iter().map(|b| (similarity(views, a, *b), *b)).collect();
    exact.sort_unstable_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
    for b in touched.drain(..) {
        sums[(b - from) as usize] = 0.0;
    }
    exact.into_iter().take(k).map(|(_, b)| (a, b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Unit;

    #[test]
    fn each_finds_its_like_in_the_other_set() {
        let column: Column =
            ["sony camera w100", "canon printer", "lamp", "canon color printer", "camera sony w100 black", "chair"]
                .into_iter()
                .collect();
        let vectors = Vectors::of(column.values.texts(), Unit::Word);
        let found = nearest(&[View { column: &column, vectors: &vectors }], 3, 1);
        assert_eq!(found.iter().map(|near| (near.a, near.b)).collect::<Vec<_>>(), [(0, 4), (1, 3)]);
        assert!(found.iter().all(|near| near.similarity > 0.5));
    }
}
