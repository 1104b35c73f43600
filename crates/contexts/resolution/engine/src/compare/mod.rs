//! Comparison ladders: on which rung a pair of values agrees.
//!
//! A ladder is a list of tests; the first that a pair of values passes is the level of the pair, one that passes none is on
//! the last level, a pair with a missing value on level 0. Each comparison takes four bits of a [`Pattern`], so that a pair
//! of records is one number whatever its texts were.

mod comparator;
mod date;
mod prepare;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::column::{Column, NULL};
use comparator::Comparator;
pub use date::Day;

/// Comparisons of a model at most: what fits in a [`Pattern`].
pub const MAX_COMPARISONS: usize = 16;
/// Tests of a ladder at most: four bits, less the levels for a missing value and for no agreement.
pub const MAX_TESTS: usize = 14;

/// What must hold for a pair of values to be on a rung.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The same text.
    Exact,
    /// Two forms of one given name, such as `bill` and `william`.
    Nickname,
    /// One is the first letter of the other.
    Initial,
    /// Each equals the value of the partner column on the other side, as when given name and surname were swapped.
    Swapped,
    /// One of the two texts begins with the other, at least three characters long.
    Truncated,
    /// Jaro–Winkler similarity at least this.
    JaroWinkler(f32),
    /// Damerau–Levenshtein distance at most this.
    DamerauLevenshtein(u8),
    /// TF-IDF cosine of words at least this.
    Words(f32),
    /// TF-IDF cosine of character trigrams at least this.
    Trigrams(f32),
    /// Share of the words of the smaller set that the other has, at least this.
    WordOverlap(f32),
    /// Words that both have, at least this many: of a list, the items that both hold.
    SharedWords(u8),
    /// The same first characters, this many.
    Prefix(u8),
    /// The same last characters, this many.
    Suffix(u8),
    /// The same part before the `@`.
    LocalPart,
    /// Day and month swapped.
    DayMonthSwapped,
    /// The same year and month, or month and day, or year and day.
    TwoOfThree,
    /// Days apart at most this.
    Days(u32),
    /// Smaller number divided by the greater at least this, both of one sign.
    Ratio(f32),
    /// Great-circle distance of two `latitude,longitude` at most this many kilometres.
    Kilometres(f32),
}

/// How one column, or two together, is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// Which column.
    pub column: usize,
    /// The column whose values may stand in this one's place; for [`Test::Swapped`].
    pub partner: Option<usize>,
    /// Tests, from the strongest agreement down.
    pub tests: Vec<Test>,
    /// This comparison says nothing about a pair for which another comparison is on this level: `(comparison, level)`.
    pub silent_when: Vec<(usize, u8)>,
    /// Comparisons whose agreement makes this one's likely by itself, even for different things: an e-mail address is made
    /// of the name, a postcode lies in one town.
    pub given: Vec<usize>,
    /// How far the rarity of an agreed text counts, 0 to 1.
    pub term_weight: f32,
}

impl Ladder {
    /// Number of levels: missing, one a test, none.
    pub fn levels(&self) -> usize {
        self.tests.len() + 2
    }

    /// Whether a level means that the two texts are one, but for spelling.
    pub fn agrees(&self, level: u8) -> bool {
        let test = usize::from(level).checked_sub(1).and_then(|at| self.tests.get(at));
        match test {
            Some(Test::JaroWinkler(least)) => *least >= 0.88,
            Some(Test::DamerauLevenshtein(most)) => *most <= 1,
            Some(Test::Exact | Test::Nickname | Test::Swapped | Test::Initial) => true,
            _ => false,
        }
    }
}

/// The levels of a pair of records, four bits a comparison, the first comparison lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Pattern(pub u64);

impl Pattern {
    /// The level of a comparison.
    #[must_use]
    pub fn level(self, comparison: usize) -> u8 {
        (self.0 >> (4 * comparison) & 0xf) as u8
    }

    /// With the level of a comparison that had none.
    #[must_use]
    pub fn with(self, comparison: usize, level: u8) -> Self {
        Self(self.0 | u64::from(level) << (4 * comparison))
    }
}

/// All comparisons of a model over one set of records.
#[derive(Debug)]
pub struct Comparisons<'a> {
    comparators: Vec<Comparator<'a>>,
    /// Ids of all compared columns and their partners, record by record: one cache line a record.
    grid: Vec<u32>,
    width: usize,
    partners: Vec<Option<usize>>,
}

impl<'a> Comparisons<'a> {
    /// Makes ladders ready for the records of these columns, which all have the same length.
    pub fn prepare(ladders: &'a [Ladder], columns: &'a [Column]) -> Self {
        let comparators: Vec<Comparator<'_>> = ladders
            .par_iter()
            .map(|ladder| {
                let partner = ladder.partner.map(|partner| &columns[partner]);
                let column = &columns[ladder.column];
                Comparator::of(ladder, column, partner)
            })
            .collect();
        let mut shown: Vec<usize> = ladders.iter().map(|ladder| ladder.column).collect();
        let partners = ladders
            .iter()
            .map(|ladder| {
                ladder.partner.map(|partner| {
                    shown.iter().position(|column| *column == partner).unwrap_or_else(|| {
                        shown.push(partner);
                        shown.len() - 1
                    })
                })
            })
            .collect();
        let (width, rows) = (shown.len(), columns.first().map_or(0, |column| column.ids.len()));
        let mut grid = vec![NULL; width * rows];
        for (place, column) in shown.iter().enumerate() {
            for (row, id) in columns[*column].ids.iter().enumerate() {
                grid[row * width + place] = *id;
            }
        }
        Self { comparators, grid, width, partners }
    }

    /// Number of comparisons.
    pub fn len(&self) -> usize {
        self.comparators.len()
    }

    /// Whether nothing is compared.
    pub fn is_empty(&self) -> bool {
        self.comparators.is_empty()
    }

    /// The ladder of a comparison.
    pub fn ladder(&self, comparison: usize) -> &Ladder {
        self.comparators[comparison].ladder
    }

    /// The column of a comparison.
    pub fn column(&self, comparison: usize) -> &Column {
        self.comparators[comparison].column
    }

    /// The id that a record has in the column of a comparison.
    #[inline]
    pub fn id(&self, record: u32, comparison: usize) -> u32 {
        self.grid[record as usize * self.width + comparison]
    }

    /// On which levels two records agree. The same whichever comes first.
    #[inline]
    pub fn pattern(&self, a: u32, b: u32) -> Pattern {
        let left = &self.grid[a as usize * self.width..][..self.width];
        let right = &self.grid[b as usize * self.width..][..self.width];
        let mut pattern = Pattern::default();
        for (place, comparator) in self.comparators.iter().enumerate() {
            let partners = self.partners[place].map(|partner| (left[partner], right[partner]));
            pattern = pattern.with(place, comparator.level((left[place], right[place]), partners));
        }
        for (place, comparator) in self.comparators.iter().enumerate() {
            let silent = comparator.ladder.silent_when.iter().any(|(other, level)| pattern.level(*other) == *level);
            if silent {
                pattern = Pattern(pattern.0 & !(0xf << (4 * place)));
            }
        }
        pattern
    }
}
