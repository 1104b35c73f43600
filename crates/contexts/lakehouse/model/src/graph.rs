//! Who reads whom, over everything that is a table: bronze tables of sources, models, rejects tables.
//!
//! Invariants: the graph has no circle; an asset stands after all that it reads in [`Graph::topological`].
//! Deliberately absent: columns (lineage comes from plans, in the engine) and any idea of time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;

use crate::{AssetName, ModelError};

/// What makes an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// The bronze table of a source: made by loading files.
    Source,
    /// Made by a model's SQL.
    Model,
    /// Rows that a model set aside: made together with that model, its only parent.
    Rejects,
}

/// One asset of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The asset.
    pub name: AssetName,
    /// What makes it.
    pub kind: AssetKind,
}

/// All assets of a project and who reads whom.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    order: Vec<Node>,
    parents: BTreeMap<AssetName, Vec<AssetName>>,
    children: BTreeMap<AssetName, Vec<AssetName>>,
}

/// One asset reads another: `(what is read, who reads it)`.
pub(crate) type Edge = (AssetName, AssetName);

impl Graph {
    /// Puts `nodes` in order. `edges` must hold; `wishes` (a rule of the second looks at the first) are kept
    /// where that makes no circle, so that most checks find their other table already made.
    /// Edges from or to names that are no node are left out.
    ///
    /// # Errors
    /// [`ModelError::Cycle`].
    pub(crate) fn new(
        nodes: &BTreeMap<AssetName, AssetKind>,
        edges: &[Edge],
        wishes: &[Edge],
    ) -> Result<Self, ModelError> {
        let mut graph = Self::default();
        for (parent, child) in edges {
            if nodes.contains_key(parent) && nodes.contains_key(child) {
                insert_sorted(graph.parents.entry(child.clone()).or_default(), parent);
                insert_sorted(graph.children.entry(parent.clone()).or_default(), child);
            }
        }
        if let Some(path) = graph.find_cycle(nodes) {
            return Err(ModelError::Cycle { path });
        }
        let mut before = graph.parents.clone();
        for (earlier, later) in wishes {
            let known = nodes.contains_key(earlier) && nodes.contains_key(later);
            if known && !reaches(&before, earlier, later) {
                insert_sorted(before.entry(later.clone()).or_default(), earlier);
            }
        }
        graph.order = sort(nodes, &before);
        Ok(graph)
    }

    /// Every asset, after all that it reads; ties in the order of names.
    #[must_use]
    pub fn topological(&self) -> &[Node] {
        &self.order
    }

    /// What `name` reads directly, in the order of names; empty for an unknown name.
    #[must_use]
    pub fn parents(&self, name: &AssetName) -> &[AssetName] {
        self.parents.get(name).map_or(&[], Vec::as_slice)
    }

    /// Who reads `name` directly, in the order of names; empty for an unknown name.
    #[must_use]
    pub fn children(&self, name: &AssetName) -> &[AssetName] {
        self.children.get(name).map_or(&[], Vec::as_slice)
    }

    /// What `name` reads, directly or through others, without itself. `depth` limits the steps; `None` goes all the way.
    #[must_use]
    pub fn ancestors(&self, name: &AssetName, depth: Option<usize>) -> BTreeSet<AssetName> {
        walk(&self.parents, name, depth)
    }

    /// Who reads `name`, directly or through others, without itself. `depth` limits the steps; `None` goes all the way.
    #[must_use]
    pub fn descendants(&self, name: &AssetName, depth: Option<usize>) -> BTreeSet<AssetName> {
        walk(&self.children, name, depth)
    }

    /// Follows parents from every node; the first circle met, in reading order (`a` is read by the next, and so on).
    fn find_cycle(&self, nodes: &BTreeMap<AssetName, AssetKind>) -> Option<Vec<AssetName>> {
        let mut done = BTreeSet::new();
        for start in nodes.keys() {
            // A walk on the heap: a long chain of models must not overflow the stack.
            let mut path = vec![(start, 0)];
            while let Some((name, next)) = path.last_mut() {
                let Some(parent) = self.parents(name).get(*next).filter(|_| !done.contains(*name)) else {
                    done.insert(*name);
                    path.pop();
                    continue;
                };
                *next += 1;
                if let Some(at) = path.iter().position(|(on_path, _)| *on_path == parent) {
                    let mut circle: Vec<_> = path[at..].iter().map(|(name, _)| (*name).clone()).collect();
                    circle.push(parent.clone());
                    return Some(circle);
                }
                path.push((parent, 0));
            }
        }
        None
    }
}

fn insert_sorted(names: &mut Vec<AssetName>, name: &AssetName) {
    if let Err(at) = names.binary_search(name) {
        names.insert(at, name.clone());
    }
}

/// Breadth first along `links`, so that the depth of an asset is its shortest distance.
fn walk(links: &BTreeMap<AssetName, Vec<AssetName>>, start: &AssetName, depth: Option<usize>) -> BTreeSet<AssetName> {
    let mut found = BTreeSet::new();
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((name, steps)) = queue.pop_front() {
        if depth.is_some_and(|depth| steps >= depth) {
            continue;
        }
        for next in links.get(name).into_iter().flatten() {
            if next != start && found.insert(next.clone()) {
                queue.push_back((next, steps + 1));
            }
        }
    }
    found
}

/// Whether `from` comes (through `before`) after `to`, or is it.
fn reaches(before: &BTreeMap<AssetName, Vec<AssetName>>, from: &AssetName, to: &AssetName) -> bool {
    from == to || walk(before, from, None).contains(to)
}

/// Kahn's algorithm with an ordered set of the ready nodes.
fn sort(nodes: &BTreeMap<AssetName, AssetKind>, before: &BTreeMap<AssetName, Vec<AssetName>>) -> Vec<Node> {
    let mut waits: BTreeMap<&AssetName, usize> =
        nodes.keys().map(|name| (name, before.get(name).map_or(0, Vec::len))).collect();
    let mut after: BTreeMap<&AssetName, Vec<&AssetName>> = BTreeMap::new();
    for (later, earlier) in before {
        for name in earlier {
            after.entry(name).or_default().push(later);
        }
    }
    let mut ready: BTreeSet<&AssetName> = waits.iter().filter(|(_, count)| **count == 0).map(|(n, _)| *n).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(name) = ready.pop_first() {
        order.push(Node { name: name.clone(), kind: nodes[name] });
        for later in after.get(name).into_iter().flatten() {
            if let Some(count) = waits.get_mut(later) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(later);
                }
            }
        }
    }
    order
}
