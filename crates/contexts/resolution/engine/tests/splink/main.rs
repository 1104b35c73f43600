//! EM beside Splink's: the same patterns and the same u give the same m and the same share of matches.
//!
//! `sessions.json` holds what Splink 5.0.0 estimated on `fake_1000` and on the first 10,000 records of `historical_50k`, run
//! until it stood still (tolerance 1e-12): for each session the columns that were blocked on, u and m of the others by level,
//! the share of matches, and how often each pattern of levels occurs among the blocked pairs.

use resolution_engine::{
    compare::{Ladder, Pattern, Test},
    train::{Parameters, PatternCounts, maximise},
};
use serde::Deserialize;

/// Our EM adds ten matches that behave as usual to what it sees, Splink adds none: in a session of some hundred pairs they are
/// seen. Absolute, in probability.
const FEW_PAIRS: f64 = 0.02;
const MANY_PAIRS: f64 = 0.001;

#[derive(Deserialize)]
struct Session {
    set: String,
    block_on: Vec<String>,
    columns: Vec<String>,
    share: f64,
    pairs: u64,
    u: Vec<Vec<f64>>,
    m: Vec<Vec<f64>>,
    patterns: Vec<Vec<u64>>,
}

/// A ladder with so many levels that are not missing; which tests they stand for plays no part.
fn ladder(column: usize, levels: usize) -> Ladder {
    let tests = (1..levels).map(|rung| if rung == 1 { Test::Exact } else { Test::Prefix(1) }).collect();
    Ladder { column, partner: None, tests, silent_when: Vec::new(), given: Vec::new(), term_weight: 0.0 }
}

fn counts(patterns: &[Vec<u64>]) -> PatternCounts {
    let pattern = |row: &Vec<u64>| {
        let (count, levels) = row.split_last().expect("a count");
        let level = |(at, level): (usize, &u64)| (at, u8::try_from(*level).expect("a level"));
        let pattern =
            levels.iter().enumerate().map(level).fold(Pattern::default(), |all, (at, level)| all.with(at, level));
        (pattern, *count)
    };
    PatternCounts(patterns.iter().map(pattern).collect())
}

#[test]
fn m_and_the_share_of_matches_are_those_of_splink() {
    let sessions: Vec<Session> = serde_json::from_str(include_str!("sessions.json")).expect("sessions");
    assert_eq!(sessions.len(), 4);
    for session in sessions {
        let name = format!("{} blocked on {:?}", session.set, session.block_on);
        let ladders: Vec<Ladder> = session.u.iter().enumerate().map(|(at, u)| ladder(at, u.len())).collect();
        let with_null = |levels: &Vec<f64>| std::iter::once(0.0).chain(levels.iter().copied()).collect::<Vec<f64>>();
        let start = Parameters::start(&ladders, session.u.iter().map(with_null).collect(), 1e-4);
        let counts = counts(&session.patterns);
        assert_eq!(counts.pairs(), session.pairs, "{name}");
        let found = maximise(&start, &counts, &[]);
        let tolerance = if session.pairs < 1_000 { FEW_PAIRS } else { MANY_PAIRS };
        #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
        let share = found.matches / session.pairs as f64;
        assert!((share - session.share).abs() < tolerance, "{name}: {share} for {}", session.share);
        for ((column, m), expected) in session.columns.iter().zip(&found.m).zip(&session.m) {
            for (level, (m, expected)) in m.iter().skip(1).zip(expected).enumerate() {
                assert!((m - expected).abs() < tolerance, "{name}: {column}, level {}: {m} for {expected}", level + 1);
            }
        }
    }
}
