//! What changed between two model documents, in bits where both know them.

use std::path::Path;

use resolution_engine::{compare::Ladder, train::prior_weight};
use serde::Serialize;

use super::{BlockingRule, Comparison, Model, Odds};
use crate::{ResolutionError, parts::level_in_words};

/// Weights that differ by less, in bits, are the same to anybody who reads them.
const LEAST: f64 = 0.1;

/// Two models, one beside the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelDifference {
    /// The prior in bits, where it differs.
    pub prior: Option<Change<f64>>,
    /// The threshold in bits, where it differs.
    pub threshold: Option<Change<f64>>,
    /// Columns that only the later model reads.
    pub columns_added: Vec<String>,
    /// Columns that only the earlier model reads.
    pub columns_gone: Vec<String>,
    /// Levels whose weight differs, or that only one of the two has.
    pub levels: Vec<LevelChange>,
    /// Levels that weigh the same.
    pub same: u64,
    /// Blocking rules that only the later model has.
    pub rules_added: Vec<String>,
    /// Blocking rules that only the earlier model has.
    pub rules_gone: Vec<String>,
}

/// A figure before and after; none where a model does not say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change<T> {
    /// In the earlier model.
    pub before: Option<T>,
    /// In the later one.
    pub after: Option<T>,
}

/// The weight of a level in either model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelChange {
    /// The column.
    pub column: String,
    /// The level in words.
    pub agreement: String,
    /// Whether each model has the level.
    pub has: (bool, bool),
    /// Its weight in bits.
    pub weight: Change<f64>,
}

/// Compares two model documents.
///
/// # Errors
/// Where one of them cannot be read or breaks a rule.
pub fn diff_models(before: &Path, after: &Path) -> Result<ModelDifference, ResolutionError> {
    Ok(difference(&Model::read(before)?, &Model::read(after)?))
}

fn difference(before: &Model, after: &Model) -> ModelDifference {
    let names = |model: &Model| model.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let rules = |model: &Model| model.blocking.iter().map(in_words).collect::<Vec<_>>();
    let only = |of: &[String], not: &[String]| of.iter().filter(|name| !not.contains(name)).cloned().collect();
    let (columns, rules) = ((names(before), names(after)), (rules(before), rules(after)));
    let all: Vec<LevelChange> = levels(before, after);
    let (changed, same): (Vec<LevelChange>, Vec<LevelChange>) =
        all.into_iter().partition(|level| level.has != (true, true) || differs(level.weight));
    let bits = |model: &Model| model.prior.map(prior_weight);
    let prior = Change { before: bits(before), after: bits(after) };
    let threshold = Change { before: before.threshold.map(f64::from), after: after.threshold.map(f64::from) };
    ModelDifference {
        prior: differs(prior).then_some(prior),
        threshold: differs(threshold).then_some(threshold),
        columns_added: only(&columns.1, &columns.0),
        columns_gone: only(&columns.0, &columns.1),
        same: same.len() as u64,
        levels: changed,
        rules_added: only(&rules.1, &rules.0),
        rules_gone: only(&rules.0, &rules.1),
    }
}

fn differs(change: Change<f64>) -> bool {
    match (change.before, change.after) {
        (Some(before), Some(after)) => (before - after).abs() >= LEAST,
        (before, after) => before.is_some() != after.is_some(),
    }
}

/// The levels of both models: those of the earlier in its order, and then what only the later has.
fn levels(before: &Model, after: &Model) -> Vec<LevelChange> {
    let (old, new): (Vec<_>, Vec<_>) = (weights(before), weights(after));
    let find = |all: &[Weighed], wanted: &Weighed| {
        all.iter().find(|(column, level, _)| (column, level) == (&wanted.0, &wanted.1)).map(|(.., weight)| *weight)
    };
    let change = |known: &Weighed| {
        let (was, is) = (find(&old, known), find(&new, known));
        LevelChange {
            column: known.0.clone(),
            agreement: known.1.clone(),
            has: (was.is_some(), is.is_some()),
            weight: Change { before: was.flatten(), after: is.flatten() },
        }
    };
    let added = new.iter().filter(|level| find(&old, level).is_none());
    old.iter().chain(added).map(change).collect()
}

/// A column, a level in words, and its weight in bits where it is known.
type Weighed = (String, String, Option<f64>);

fn weights(model: &Model) -> Vec<Weighed> {
    let bits = |odds: &Odds| Some((odds.m? / odds.u?).log2());
    let of = |comparison: &Comparison| {
        let tests = comparison.levels.iter().map(|level| level.test).collect();
        let ladder =
            Ladder { column: 0, partner: None, tests, silent_when: Vec::new(), given: Vec::new(), term_weight: 0.0 };
        let odds = comparison.levels.iter().map(|level| &level.odds).chain([&comparison.otherwise]);
        let weighed = |(at, odds): (u8, &Odds)| (comparison.column.clone(), level_in_words(&ladder, at), bits(odds));
        (1_u8..).zip(odds).map(weighed).collect::<Vec<_>>()
    };
    model.comparisons.iter().flat_map(of).collect()
}

fn in_words(rule: &BlockingRule) -> String {
    rule.keys.iter().map(|key| crate::blocks::key_in_words(key.key, &key.column)).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "
version: 1
name: m
columns: [{name: a, headers: [a], kind: label}]
comparisons:
- column: a
  levels: [{test: exact, odds: {m: 0.8, u: 0.1}}]
  otherwise: {m: 0.2, u: 0.9}
blocking: [{keys: [{column: a, key: exact}]}]
prior: 0.01
";

    #[test]
    fn only_what_changed_is_told() {
        let before: Model = serde_saphyr::from_str(MODEL).expect("a model");
        assert_eq!(difference(&before, &before).levels, []);
        let text = MODEL.replace("m: 0.8, u: 0.1", "m: 0.8, u: 0.2").replace("key: exact", "key: {prefix: 2}")
            + "threshold: -2.0\n";
        let after: Model = serde_saphyr::from_str(&text).expect("a model");
        let found = difference(&before, &after);
        assert_eq!((found.same, found.levels.len(), found.prior), (1, 1, None));
        assert_eq!((found.levels[0].weight.before, found.levels[0].weight.after), (Some(3.0), Some(2.0)));
        assert_eq!(found.threshold, Some(Change { before: None, after: Some(-2.0) }));
        assert_eq!((found.rules_gone, found.rules_added), (vec!["a".to_owned()], vec!["first 2 of a".to_owned()]));
    }
}
