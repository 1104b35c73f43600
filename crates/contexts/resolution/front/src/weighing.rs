//! What a pair is weighed by: probabilities, and how rare each text is.

use resolution_engine::{
    column::{Column, NULL},
    compare::{Comparisons, Ladder},
    score::Scorer,
    train::{self, Parameters},
};

/// How many usual things are added when the rarity of a text is counted.
const USUAL_THINGS: f64 = 20.0;
/// u of equality is at least this: what has never been seen by chance may be.
const LEAST_U: f64 = 1e-7;

/// All that a weight depends on beside the two records.
#[derive(Debug, Default)]
pub(crate) struct Weighing {
    pub(crate) parameters: Parameters,
    pub(crate) frequencies: Vec<Frequency>,
}

impl Weighing {
    /// Weighs pairs of records whose comparisons these are.
    pub(crate) fn scorer<'a>(&self, comparisons: &'a Comparisons<'a>, ladders: &'a [Ladder]) -> Scorer<'a> {
        Scorer::new(comparisons, ladders, &self.parameters, &|at, id| {
            self.frequencies[at].share(id, self.parameters.u[at][1])
        })
    }
}

/// How many things have each text of a column, and how many have any.
#[derive(Debug)]
pub(crate) struct Frequency {
    counts: Vec<u32>,
    total: f64,
}

impl Frequency {
    /// Counts records: before there are groups.
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    pub(crate) fn of_records(column: &Column) -> Self {
        let count = |id| if id == NULL { 0 } else { column.values.count(id) };
        Self { counts: column.values.ids().map(count).collect(), total: column.values.filled() as f64 }
    }

    /// Counts things, not records: a name that one person has ten times is as rare as it is. `members` are groups and their
    /// records, by group.
    pub(crate) fn of_things(column: &Column, members: &[(u32, u32)]) -> Self {
        let mut counts = vec![0; column.values.len()];
        let mut ids: Vec<u32> = Vec::new();
        for group in members.chunk_by(|a, b| a.0 == b.0) {
            ids.clear();
            ids.extend(group.iter().map(|(_, record)| column.ids[*record as usize]).filter(|id| *id != NULL));
            ids.sort_unstable();
            ids.dedup();
            for id in &ids {
                counts[*id as usize] += 1;
            }
        }
        let total = counts.iter().map(|count| f64::from(*count)).sum();
        Self { counts, total }
    }

    /// Share of the things that have a text, some added that have it as often as things usually share one.
    fn share(&self, id: u32, usual: f64) -> f64 {
        (f64::from(self.counts[id as usize]) + 0.5 + USUAL_THINGS * usual) / (self.total + 0.5 + USUAL_THINGS)
    }

    /// Probability that two things drawn at random have the same text.
    pub(crate) fn chance(&self) -> f64 {
        let equal: f64 = self.counts.iter().map(|count| f64::from(*count)).map(|n| n * (n - 1.0)).sum();
        train::chance(equal / 2.0, (self.total * (self.total - 1.0) / 2.0).max(0.0)).max(LEAST_U)
    }
}
