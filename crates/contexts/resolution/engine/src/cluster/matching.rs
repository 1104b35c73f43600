//! One-to-one links between two sets that have no duplicates of their own.

use hashbrown::HashSet;

use crate::score::Edge;

/// Takes links from the heaviest down, each only while neither of its records is taken (unique mapping clustering).
/// Links of equal weight are taken in the order of their records.
#[must_use]
pub fn best_links(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.sort_unstable_by(|x, y| y.weight.total_cmp(&x.weight).then(x.a.cmp(&y.a)).then(x.b.cmp(&y.b)));
    let mut taken: HashSet<u32> = HashSet::new();
    edges.retain(|edge| {
        let free = !taken.contains(&edge.a) && !taken.contains(&edge.b);
        if free {
            taken.insert(edge.a);
            taken.insert(edge.b);
        }
        free
    });
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_linked_once_the_heaviest_first() {
        let edge = |a, b, weight| Edge { a, b, weight };
        let links = best_links(vec![edge(0, 5, 3.0), edge(0, 6, 9.0), edge(1, 6, 8.0), edge(1, 5, 1.0)]);
        assert_eq!(links, [edge(0, 6, 9.0), edge(1, 5, 1.0)]);
    }
}
