//! Connected components of a graph of records.

use crate::score::Edge;

/// The components of these edges: their records, ascending, and the edges inside each. In the order of their smallest record.
#[must_use]
pub fn components(edges: &[Edge]) -> Vec<(Vec<u32>, Vec<Edge>)> {
    // By record, its place among those that have an edge; looking it up must not cost a search an edge.
    let rows = edges.iter().map(|edge| edge.a.max(edge.b) as usize + 1).max().unwrap_or(0);
    let mut place_of = vec![usize::MAX; rows];
    for edge in edges {
        place_of[edge.a as usize] = 0;
        place_of[edge.b as usize] = 0;
    }
    let mut records: Vec<u32> = Vec::new();
    for (record, place) in (0_u32..).zip(&mut place_of).filter(|(_, place)| **place == 0) {
        *place = records.len();
        records.push(record);
    }
    let mut forest = Forest::new(records.len());
    let placed: Vec<(usize, usize)> =
        edges.iter().map(|edge| (place_of[edge.a as usize], place_of[edge.b as usize])).collect();
    for (a, b) in &placed {
        forest.join(*a, *b);
    }
    let mut found: Vec<(Vec<u32>, Vec<Edge>)> = Vec::new();
    let mut number = vec![usize::MAX; records.len()];
    for (at, record) in records.iter().enumerate() {
        let root = forest.root(at);
        if number[root] == usize::MAX {
            number[root] = found.len();
            found.push((Vec::new(), Vec::new()));
        }
        found[number[root]].0.push(*record);
    }
    for (edge, (a, _)) in edges.iter().zip(&placed) {
        found[number[forest.root(*a)]].1.push(*edge);
    }
    found
}

/// Disjoint sets with path halving, the smaller root on top.
struct Forest(Vec<usize>);

impl Forest {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_hang_together_are_one_component() {
        let edge = |a, b| Edge { a, b, weight: 1.0 };
        let found = components(&[edge(4, 9), edge(1, 2), edge(2, 4), edge(5, 7)]);
        let members: Vec<Vec<u32>> = found.iter().map(|(members, _)| members.clone()).collect();
        assert_eq!(members, [vec![1, 2, 4, 9], vec![5, 7]]);
        assert_eq!(found.iter().map(|(_, edges)| edges.len()).collect::<Vec<_>>(), [3, 1]);
    }
}
