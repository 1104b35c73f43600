//! A ladder at work: on which level a pair of texts stands.

use super::{
    Ladder, Test,
    prepare::{self, Prepared},
};
use crate::{
    column::{Column, NULL},
    text::{damerau_levenshtein, damerau_levenshtein_bytes, jaro_winkler, jaro_winkler_bytes},
};

/// Characters of a stem that tells anything.
const SHORTEST_STEM: usize = 3;

/// A ladder made ready for the texts of its column.
#[derive(Debug)]
pub(super) struct Comparator<'a> {
    pub(super) ladder: &'a Ladder,
    pub(super) column: &'a Column,
    prepared: Prepared,
}

/// What several tests of a ladder ask of one pair.
#[derive(Default)]
struct Seen {
    most_similar: Option<f32>,
    jaro: Option<f32>,
    distance: Option<usize>,
    words: Option<f32>,
    trigrams: Option<f32>,
}

impl<'a> Comparator<'a> {
    pub(super) fn of(ladder: &'a Ladder, column: &'a Column, partner: Option<&Column>) -> Self {
        Self { ladder, column, prepared: Prepared::of(&ladder.tests, column, partner) }
    }

    /// The level of two texts; `partners` are the texts of the partner column on either side.
    #[inline]
    pub(super) fn level(&self, (a, b): (u32, u32), partners: Option<(u32, u32)>) -> u8 {
        if a == NULL || b == NULL {
            return 0;
        }
        let mut level = 1;
        if a == b && matches!(self.ladder.tests.first(), Some(Test::Exact)) {
            return level;
        }
        let mut seen = Seen::default();
        for test in &self.ladder.tests {
            if self.passes(*test, (a, b), partners, &mut seen) {
                return level;
            }
            level += 1;
        }
        level
    }

    fn passes(&self, test: Test, (a, b): (u32, u32), partners: Option<(u32, u32)>, seen: &mut Seen) -> bool {
        let prepared = &self.prepared;
        match test {
            Test::Exact => a == b,
            Test::Swapped => partners.is_some_and(|(left, right)| {
                let (mine, other) = (prepared.in_partner[a as usize], prepared.in_partner[b as usize]);
                mine != NULL && other != NULL && mine == right && other == left
            }),
            Test::Nickname => prepared.share_name(a, b),
            Test::JaroWinkler(least) => {
                *seen.most_similar.get_or_insert_with(|| prepared.most_similar(a, b)) >= least
                    && *seen.jaro.get_or_insert_with(|| self.jaro(a, b)) >= least
            }
            Test::DamerauLevenshtein(most) => {
                !prepared.too_far(a, b, most)
                    && *seen.distance.get_or_insert_with(|| self.distance(a, b)) <= usize::from(most)
            }
            Test::Words(least) => {
                *seen.words.get_or_insert_with(|| prepared.words.cosine(a as usize, b as usize)) >= least
            }
            Test::Trigrams(least) => {
                *seen.trigrams.get_or_insert_with(|| prepared.trigrams.cosine(a as usize, b as usize)) >= least
            }
            Test::WordOverlap(least) => prepared.overlap(a, b) >= least,
            Test::SharedWords(least) => prepared.shared_words(a, b) >= u16::from(least),
            Test::LocalPart => {
                prepared.locals[a as usize] != 0 && prepared.locals[a as usize] == prepared.locals[b as usize]
            }
            Test::DayMonthSwapped => prepared.days(a, b).is_some_and(|(x, y)| x.is_swapped(y)),
            Test::TwoOfThree => prepared.days(a, b).is_some_and(|(x, y)| x.shares_two(y)),
            Test::Days(most) => prepared.days(a, b).is_some_and(|(x, y)| x.days_from(y) <= most),
            Test::Ratio(least) => prepared.numbers(a, b).is_some_and(|(x, y)| prepare::ratio(x, y) >= least),
            Test::Kilometres(most) => prepared.kilometres(a, b).is_some_and(|distance| distance <= most),
            Test::Initial | Test::Truncated | Test::Prefix(_) | Test::Suffix(_) => self.shares_part(test, a, b),
        }
    }

    /// As exact as a bound is written: 0.8 as a bound is a little more than 0.8 in more digits, and many pairs of short texts
    /// lie on such a bound.
    #[expect(clippy::cast_possible_truncation, reason = "the precision of the bound")]
    fn jaro(&self, a: u32, b: u32) -> f32 {
        let similarity = match self.prepared.short(a, b) {
            Some((x, y)) => jaro_winkler_bytes(x, y),
            None => jaro_winkler(self.column.values.text(a), self.column.values.text(b)),
        };
        similarity as f32
    }

    fn distance(&self, a: u32, b: u32) -> usize {
        if let Some((x, y)) = self.prepared.short(a, b) {
            return damerau_levenshtein_bytes(x, y);
        }
        let (x, y) = (self.column.values.text(a), self.column.values.text(b));
        damerau_levenshtein(x, y, usize::MAX).unwrap_or(usize::MAX)
    }

    /// Tests that look at the start or the end of the texts.
    fn shares_part(&self, test: Test, a: u32, b: u32) -> bool {
        if let Some((x, y)) = self.prepared.short(a, b) {
            return part_of(test, x, y);
        }
        let letters = |id: u32| self.column.values.text(id).chars().collect::<Vec<char>>();
        part_of(test, &letters(a), &letters(b))
    }
}

fn part_of<T: PartialEq>(test: Test, x: &[T], y: &[T]) -> bool {
    let shorter = x.len().min(y.len());
    match test {
        Test::Initial => shorter == 1 && x[0] == y[0],
        Test::Truncated => shorter >= SHORTEST_STEM && x[..shorter] == y[..shorter],
        Test::Prefix(length) => shorter >= usize::from(length) && x[..usize::from(length)] == y[..usize::from(length)],
        Test::Suffix(length) => {
            shorter >= usize::from(length) && x[x.len() - usize::from(length)..] == y[y.len() - usize::from(length)..]
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ladder(tests: Vec<Test>) -> Ladder {
        Ladder { column: 0, partner: None, tests, silent_when: Vec::new(), given: Vec::new(), term_weight: 0.0 }
    }

    /// The level of two texts.
    fn level(tests: Vec<Test>, a: &str, b: &str) -> u8 {
        let column: Column = [a, b].into_iter().collect();
        let ladder = ladder(tests);
        Comparator::of(&ladder, &column, None).level((column.ids[0], column.ids[1]), None)
    }

    #[test]
    fn each_test_says_what_its_name_says() {
        let passes = |test: Test, a: &str, b: &str| level(vec![test], a, b) == 1;
        let cases = [
            (Test::Exact, "ann", "ann", "anne"),
            (Test::JaroWinkler(0.7), "ab", "ac", "bc"),
            // The first is exactly on the bound, which has more digits than it was written with.
            (Test::JaroWinkler(0.92), "ééééééé", "ééaééééééa", "bbbbbbb"),
            (Test::SharedWords(2), "ann bob cid", "bob dan ann", "bob dan eve"),
            (Test::Nickname, "bill", "william", "margaret"),
            (Test::Initial, "j", "john", "mark"),
            (Test::Truncated, "katherine", "kath", "kate"),
            (Test::Prefix(3), "tq138df", "tq1", "tq2"),
            (Test::Suffix(7), "3102461501", "2461501", "2461502"),
            (Test::LocalPart, "a.b@x.org", "a.b@y.com", "b.a@x.org"),
            (Test::DayMonthSwapped, "1971-06-04", "1971-04-06", "1971-04-07"),
            (Test::TwoOfThree, "1971-06-04", "1971-06-24", "1971-07-24"),
            (Test::Days(10), "1971-06-04", "1971-06-14", "1971-06-15"),
            (Test::Ratio(0.9), "100", "91", "89"),
            (Test::Kilometres(400.0), "51.5,-0.1", "48.9,2.4", "40.4,-3.7"),
            (Test::WordOverlap(1.0), "golden house", "the golden house", "golden home"),
            (Test::DamerauLevenshtein(1), "smith", "smiht", "smyhd"),
        ];
        for (test, a, yes, no) in cases {
            assert!(passes(test, a, yes) && passes(test, yes, a), "{test:?} {a} {yes}");
            assert!(!passes(test, a, no) && !passes(test, no, a), "{test:?} {a} {no}");
        }
        assert_eq!((level(vec![Test::Exact], "", "x"), level(vec![Test::Exact], "y", "x")), (0, 2));
    }

    proptest! {
        /// The sketches must never turn down a pair that passes.
        #[test]
        fn short_cuts_change_nothing(a in "[a-dé]{1,26}", b in "[a-dé]{1,26}") {
            for least in [0.7_f32, 0.82, 0.92] {
                #[expect(clippy::cast_possible_truncation, reason = "the precision of the bound")]
                let similarity = jaro_winkler(&a, &b) as f32;
                prop_assert_eq!(level(vec![Test::JaroWinkler(least)], &a, &b) == 1, similarity >= least);
            }
            for most in [1_u8, 2, 3] {
                let expected = strsim::osa_distance(&a, &b) <= usize::from(most);
                prop_assert_eq!(level(vec![Test::DamerauLevenshtein(most)], &a, &b) == 1, expected);
            }
        }
    }
}
