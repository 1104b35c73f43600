//! Explanations: what speaks for and against a pair.

use kernel::ProductError;

use crate::bench::{Bench, people, unwatched};

#[test]
fn the_parts_add_up_to_the_weight() {
    let (bench, rows) = (Bench::new(), people());
    let request = bench.people(&rows);
    let explain = |a: &str, b: &str| unwatched(|watch| resolution::explain(&request, (a, b), watch));
    for (a, b, same) in [("r0", "r1", true), ("r0", "r9", false)] {
        let found = explain(a, b).expect("an explanation");
        let sum: f32 = found.prior + found.parts.iter().map(|part| part.weight + part.rarity).sum::<f32>();
        assert!((sum - found.weight).abs() < 1e-3, "{found:?}");
        assert_eq!(found.same_cluster, same, "{found:?}");
        assert_eq!(found.weight > 0.0, same);
        assert_eq!(found.grouped.last().map(|step| step.merged), Some(same));
        let other = explain(b, a).expect("an explanation");
        assert!((other.weight - found.weight).abs() < 1e-6, "the same both ways");
    }
    let error = explain("r0", "nobody").expect_err("no such record");
    assert_eq!(error.code(), "resolution.no_such_record");
}
