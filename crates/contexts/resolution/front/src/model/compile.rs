//! From a document to what the engine takes, and what was learnt back into the document.

use resolution_engine::{
    block::{Part, Rule},
    compare::{Ladder, Test},
    train::Parameters,
};

use super::{BlockingKey, BlockingRule, Comparison, Model, Odds};

/// A model over the columns that a file has.
#[derive(Debug)]
pub struct Compiled {
    /// One a comparison that can be made.
    pub ladders: Vec<Ladder>,
    /// The comparisons of the document that these are.
    pub comparisons: Vec<usize>,
    /// Blocking rules whose columns are all there.
    pub rules: Vec<Rule>,
    /// Probabilities, where the document knows all of them.
    pub parameters: Option<Parameters>,
}

/// Makes a model ready for the columns of these names, in this order.
#[must_use]
pub fn compile(model: &Model, columns: &[&str]) -> Compiled {
    let place = |name: &str| columns.iter().position(|column| *column == name);
    let kept: Vec<usize> =
        (0..model.comparisons.len()).filter(|at| place(&model.comparisons[*at].column).is_some()).collect();
    let compared = |name: &str| kept.iter().position(|at| model.comparisons[*at].column == name);
    let ladder = |comparison: &Comparison| {
        let partner = comparison.swaps_with.as_deref().and_then(place);
        let tests: Vec<Test> = comparison.levels.iter().map(|level| level.test).collect();
        Ladder {
            column: place(&comparison.column).unwrap_or(0),
            partner,
            silent_when: swapped_by(model, &comparison.column, &compared),
            given: comparison.given.iter().filter_map(|name| compared(name)).collect(),
            term_weight: comparison.rarity,
            tests,
        }
    };
    let ladders: Vec<Ladder> = kept.iter().map(|at| ladder(&model.comparisons[*at])).collect();
    let rule = |rule: &BlockingRule| {
        let part = |key: &BlockingKey| place(&key.column).map(|column| Part { column, key: key.key });
        let parts = rule.keys.iter().map(part).collect::<Option<Vec<Part>>>()?;
        Some(Rule { parts, max_block: rule.largest_block })
    };
    let rules = model.blocking.iter().filter_map(rule).collect();
    let parameters = model.is_trained().then(|| parameters(model, &kept, &ladders)).flatten();
    Compiled { ladders, comparisons: kept, rules, parameters }
}

/// A column whose partner says that both were swapped has nothing to add.
fn swapped_by(model: &Model, column: &str, compared: &dyn Fn(&str) -> Option<usize>) -> Vec<(usize, u8)> {
    let partners = model.comparisons.iter().filter(|other| other.swaps_with.as_deref() == Some(column));
    let level = |other: &Comparison| {
        let rung = other.levels.iter().position(|level| level.test == Test::Swapped)?;
        Some((compared(&other.column)?, u8::try_from(rung + 1).ok()?))
    };
    partners.filter_map(level).collect()
}

fn parameters(model: &Model, kept: &[usize], ladders: &[Ladder]) -> Option<Parameters> {
    let odds = |comparison: &Comparison| -> Vec<Odds> {
        comparison.levels.iter().map(|level| level.odds.clone()).chain([comparison.otherwise.clone()]).collect()
    };
    let with_null = |of: &dyn Fn(&Odds) -> f64, odds: &[Odds]| {
        std::iter::once(0.0).chain(odds.iter().map(of)).collect::<Vec<f64>>()
    };
    let mut parameters = Parameters { m: Vec::new(), u: Vec::new(), u_given: Vec::new(), prior: model.prior? };
    for (at, ladder) in kept.iter().zip(ladders) {
        let odds = odds(&model.comparisons[*at]);
        let u = with_null(&|odds| odds.u.unwrap_or(1.0), &odds);
        parameters.m.push(with_null(&|odds| odds.m.unwrap_or(1.0), &odds));
        let tier = |tier: usize| with_null(&|odds| odds.u_given.get(tier).copied().or(odds.u).unwrap_or(1.0), &odds);
        parameters.u_given.push((0..ladder.given.len()).map(tier).collect());
        parameters.u.push(u);
    }
    Some(parameters)
}

/// The document with what was learnt for the columns of these names.
#[must_use]
pub fn write_back(model: &Model, columns: &[&str], compiled: &Compiled, parameters: &Parameters) -> Model {
    let mut learnt = model.clone();
    learnt.columns.retain(|column| columns.contains(&column.name.as_str()));
    for column in &mut learnt.columns {
        column.beyond.retain(|name| columns.contains(&name.as_str()));
    }
    learnt.comparisons = compiled.comparisons.iter().map(|at| model.comparisons[*at].clone()).collect();
    for (at, comparison) in learnt.comparisons.iter_mut().enumerate() {
        comparison.given.retain(|name| columns.contains(&name.as_str()));
        comparison.swaps_with = comparison.swaps_with.take().filter(|name| columns.contains(&name.as_str()));
        let odds = |level: usize| Odds {
            m: Some(parameters.m[at][level]),
            u: Some(parameters.u[at][level]),
            u_given: parameters.u_given[at].iter().map(|tier| tier[level]).collect(),
        };
        let last = comparison.levels.len() + 1;
        for (rung, level) in comparison.levels.iter_mut().enumerate() {
            level.odds = odds(rung + 1);
        }
        comparison.otherwise = odds(last);
    }
    let key = |part: &Part| BlockingKey { column: columns[part.column].to_owned(), key: part.key };
    let rule = |rule: &Rule| BlockingRule { keys: rule.parts.iter().map(key).collect(), largest_block: rule.max_block };
    learnt.blocking = compiled.rules.iter().map(rule).collect();
    learnt.prior = Some(parameters.prior);
    learnt
}
