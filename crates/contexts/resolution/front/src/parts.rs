//! The weight of a pair taken apart: what each comparison adds, in words and bits.

use resolution_engine::{
    compare::{Comparisons, Ladder, Pattern, Test},
    score::Scorer,
    train::agreeing,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What one comparison adds to the weight of a pair.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct Part {
    /// The column.
    pub column: String,
    /// The first record's text in standard form; empty where it has none.
    pub left: String,
    /// The second record's.
    pub right: String,
    /// How they agree, in words.
    pub agreement: String,
    /// Bits for agreeing like this.
    pub weight: f32,
    /// Bits for the rarity of what they agree on.
    pub rarity: f32,
}

/// A frozen model over records, to look at pairs with.
pub(crate) struct View<'a> {
    pub(crate) names: &'a [&'a str],
    pub(crate) comparisons: &'a Comparisons<'a>,
    pub(crate) ladders: &'a [Ladder],
    pub(crate) scorer: &'a Scorer<'a>,
}

impl View<'_> {
    /// What each comparison adds to the weight of a pair with this pattern.
    pub(crate) fn parts(&self, (x, y): (u32, u32), pattern: Pattern) -> Vec<Part> {
        let part = |at: usize| {
            let level = pattern.level(at);
            let given = agreeing(self.ladders, at, pattern);
            let rarity = if given == 0 { self.scorer.term_weight(at, level, x) } else { 0.0 };
            Part { weight: self.scorer.weight_given(at, level, given), rarity, ..self.unweighed((x, y), at, level) }
        };
        (0..self.comparisons.len()).map(part).collect()
    }

    fn unweighed(&self, pair: (u32, u32), at: usize, level: u8) -> Part {
        unweighed(self.comparisons, self.names, pair, (at, level))
    }
}

/// How two records compare, in words, and no bits for it yet.
pub(crate) fn unweighed(
    comparisons: &Comparisons<'_>,
    names: &[&str],
    (x, y): (u32, u32),
    (at, level): (usize, u8),
) -> Part {
    let (column, ladder) = (comparisons.column(at), comparisons.ladder(at));
    let text = |place: u32| column.values.text(column.ids[place as usize]).to_owned();
    Part {
        column: names[ladder.column].to_owned(),
        left: text(x),
        right: text(y),
        agreement: level_in_words(ladder, level),
        weight: 0.0,
        rarity: 0.0,
    }
}

/// A level of a ladder in words.
pub(crate) fn level_in_words(ladder: &Ladder, level: u8) -> String {
    in_words(ladder.tests.get(usize::from(level).wrapping_sub(1)), level)
}

/// A level in words.
fn in_words(test: Option<&Test>, level: u8) -> String {
    match (test, level) {
        (_, 0) => "says nothing".to_owned(),
        (None, _) => "differ".to_owned(),
        (Some(test), _) => match test {
            Test::Exact => "equal".to_owned(),
            Test::Nickname => "forms of one name".to_owned(),
            Test::Initial => "an initial".to_owned(),
            Test::Swapped => "swapped with the other name".to_owned(),
            Test::Truncated => "one begins with the other".to_owned(),
            Test::JaroWinkler(least) => format!("Jaro-Winkler at least {least}"),
            Test::DamerauLevenshtein(most) => format!("at most {most} edits apart"),
            Test::Words(least) => format!("word cosine at least {least}"),
            Test::Trigrams(least) => format!("trigram cosine at least {least}"),
            Test::WordOverlap(least) => format!("at least {:.0} % of the words shared", 100.0 * least),
            Test::SharedWords(1) => "a word shared".to_owned(),
            Test::SharedWords(least) => format!("at least {least} words shared"),
            Test::Prefix(length) => format!("same first {length}"),
            Test::Suffix(length) => format!("same last {length}"),
            Test::LocalPart => "same before the @".to_owned(),
            Test::DayMonthSwapped => "day and month swapped".to_owned(),
            Test::TwoOfThree => "two of year, month, day".to_owned(),
            Test::Days(most) => format!("at most {most} days apart"),
            Test::Ratio(least) => format!("smaller at least {:.0} % of the greater", 100.0 * least),
            Test::Kilometres(most) => format!("at most {most} km apart"),
        },
    }
}
