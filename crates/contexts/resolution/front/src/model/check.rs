//! What can be wrong with a model document: all of it at once.

use resolution_engine::{
    block::Key,
    compare::{MAX_COMPARISONS, MAX_TESTS, Test},
};

use super::{Comparison, Model, Odds, VERSION};
use crate::resolve::MOST_WEIGHT;

impl Model {
    /// What is wrong with it, a sentence each; nothing where it can be used.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.version != VERSION {
            found.push(format!("version {} is not known; this program knows version {VERSION}", self.version));
        }
        if self.comparisons.is_empty() || self.comparisons.len() > MAX_COMPARISONS {
            found.push(format!("it has {} comparisons; 1 to {MAX_COMPARISONS} are possible", self.comparisons.len()));
        }
        if let Some(threshold) = self.threshold.filter(|bits| !(bits.is_finite() && *bits <= MOST_WEIGHT)) {
            found.push(format!("the threshold {threshold} is not a number of at most {MOST_WEIGHT}"));
        }
        if self.prior.is_some_and(|prior| !(prior > 0.0 && prior < 1.0)) {
            found.push("the prior is not between 0 and 1".to_owned());
        }
        self.mistakes_of_columns(&mut found);
        for comparison in &self.comparisons {
            self.mistakes_of_comparison(comparison, &mut found);
        }
        self.mistakes_of_blocking(&mut found);
        let known = self.comparisons.iter().flat_map(odds).filter(|odds| odds.m.is_some() && odds.u.is_some()).count();
        let begun = self.comparisons.iter().flat_map(odds).any(|odds| odds.m.is_some() || odds.u.is_some());
        let all = self.comparisons.iter().flat_map(odds).count();
        if begun && (known < all || self.prior.is_none()) {
            found.push(format!(
                "{known} of {all} levels have m and u, and the prior is {}: give all of them or none",
                if self.prior.is_some() { "there" } else { "missing" }
            ));
        }
        found
    }

    fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    fn mistakes_of_columns(&self, found: &mut Vec<String>) {
        for (at, column) in self.columns.iter().enumerate() {
            if self.columns[..at].iter().any(|other| other.name == column.name) {
                found.push(format!("the column `{}` stands there twice", column.name));
            }
            if let Some(name) = column.beyond.iter().find(|name| !self.has_column(name)) {
                found.push(format!("the column `{}` is beyond `{name}`, which is not under `columns`", column.name));
            }
        }
    }

    fn mistakes_of_comparison(&self, comparison: &Comparison, found: &mut Vec<String>) {
        let (name, levels) = (&comparison.column, comparison.levels.len());
        if levels == 0 || levels > MAX_TESTS {
            found.push(format!("comparison `{name}` has {levels} levels; 1 to {MAX_TESTS} are possible"));
        }
        let named = std::iter::once(name).chain(&comparison.swaps_with).chain(&comparison.given);
        for other in named.filter(|other| !self.has_column(other)) {
            found.push(format!("comparison `{name}` names the column `{other}`, which is not under `columns`"));
        }
        if comparison.levels.iter().any(|level| level.test == Test::SharedWords(0)) {
            found.push(format!("comparison `{name}` asks for no shared word, which any two texts have"));
        }
        if !(0.0..=1.0).contains(&comparison.rarity) {
            found.push(format!("comparison `{name}` has a rarity that is not between 0 and 1"));
        }
        let shares = odds(comparison).flat_map(|odds| odds.m.iter().chain(&odds.u).chain(&odds.u_given));
        if shares.into_iter().any(|share| !(*share > 0.0 && *share <= 1.0)) {
            found.push(format!("comparison `{name}` has a probability that is not above 0 and at most 1"));
        }
    }

    fn mistakes_of_blocking(&self, found: &mut Vec<String>) {
        for (number, rule) in (1..).zip(&self.blocking) {
            for key in rule.keys.iter().filter(|key| !self.has_column(&key.column)) {
                found.push(format!(
                    "blocking rule {number} names the column `{}`, which is not under `columns`",
                    key.column
                ));
            }
            if rule.keys.iter().any(|key| matches!(key.key, Key::Prefix(0) | Key::Suffix(0) | Key::Word(0))) {
                found.push(format!("blocking rule {number} has a key of length 0"));
            }
            if rule.keys.is_empty() {
                found.push(format!(
                    "blocking rule {number} has no key; `compare_all` says up to how many pairs all are compared"
                ));
            }
            if rule.keys.iter().filter(|key| key.key.is_multiple()).count() > 1 {
                found.push(format!("blocking rule {number} has more than one key of `word` or `deletion`"));
            }
        }
    }
}

fn odds(comparison: &Comparison) -> impl Iterator<Item = &Odds> {
    comparison.levels.iter().map(|level| &level.odds).chain([&comparison.otherwise])
}
