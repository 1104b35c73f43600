//! When each tag was last invalidated, in the order of one counter.
//!
//! An answer remembers the counter as its load began. It is fresh as long as none of its tags was invalidated since, so
//! an invalidation needs no list of keys, and reaches loads that run at its moment, whose tags nobody knows yet.
//!
//! Invariant: bounded, and never forgetful. When the oldest mark makes room, everything loaded before it counts as
//! outdated: too much is loaded again, never too little.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use kernel::WorkspaceId;

use crate::Tag;

/// A moment in the order of invalidations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Moment(u64);

type Owned = (WorkspaceId, Tag);

#[derive(Debug, Default)]
struct State {
    now: Moment,
    /// Everything that began before this moment is outdated.
    floor: Moment,
    by_tag: HashMap<Owned, Moment>,
    by_moment: BTreeMap<Moment, Owned>,
}

#[derive(Debug)]
pub(crate) struct Marks {
    most: usize,
    state: RwLock<State>,
}

impl Marks {
    /// Remembers at least one and at most `most` tags.
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), state: RwLock::default() }
    }

    /// After every invalidation that has returned, before every later one.
    pub(crate) fn now(&self) -> Moment {
        self.read().now
    }

    /// Outdates what carries the tag and began before this call returns.
    pub(crate) fn invalidate(&self, workspace: WorkspaceId, tag: &Tag) {
        let mut guard = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        state.now = Moment(state.now.0 + 1);
        let owned = (workspace, tag.clone());
        if let Some(earlier) = state.by_tag.insert(owned.clone(), state.now) {
            state.by_moment.remove(&earlier);
        }
        state.by_moment.insert(state.now, owned);
        if state.by_tag.len() > self.most
            && let Some((moment, owned)) = state.by_moment.pop_first()
        {
            state.by_tag.remove(&owned);
            state.floor = moment;
        }
    }

    /// Whether nothing outdated what was loaded from `begun` on with these tags.
    pub(crate) fn is_fresh(&self, workspace: WorkspaceId, tags: &[Tag], begun: Moment) -> bool {
        let state = self.read();
        let outdated = |tag: &Tag| state.by_tag.get(&(workspace, tag.clone())).is_some_and(|marked| *marked > begun);
        tags.is_empty() || begun >= state.floor && !tags.iter().any(outdated)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(number: u8) -> Tag {
        Tag::new("profile", number)
    }

    #[test]
    fn what_began_before_an_invalidation_is_outdated_and_what_began_after_is_fresh() {
        let (marks, workspace, other) = (Marks::new(10), WorkspaceId::new(), WorkspaceId::new());
        let before = marks.now();
        marks.invalidate(workspace, &tag(1));
        let after = marks.now();
        let fresh = |workspace, tags: &[Tag], begun| marks.is_fresh(workspace, tags, begun);
        assert!(!fresh(workspace, &[tag(2), tag(1)], before), "one tag of two is enough");
        assert!(fresh(workspace, &[tag(1)], after));
        assert!(fresh(workspace, &[tag(2)], before), "another tag");
        assert!(fresh(other, &[tag(1)], before), "another workspace");
    }

    #[test]
    fn a_forgotten_mark_outdates_all_that_is_older_except_what_has_no_tags() {
        let (marks, workspace) = (Marks::new(2), WorkspaceId::new());
        let begun = marks.now();
        for number in 1..=3 {
            marks.invalidate(workspace, &tag(number));
        }
        assert!(!marks.is_fresh(workspace, &[tag(9)], begun), "nobody knows whether tag 9 was the one forgotten");
        assert!(marks.is_fresh(workspace, &[], begun));
        assert!(marks.is_fresh(workspace, &[tag(9)], marks.now()));
    }

    proptest! {
        /// Against a model that forgets nothing.
        #[test]
        fn bounded_marks_are_never_fresher_than_a_full_list(steps in prop::collection::vec((0_u8..6, 0_u8..6), 1..60)) {
            let (marks, workspace) = (Marks::new(3), WorkspaceId::new());
            let mut model: Vec<u8> = Vec::new();
            let mut loads: Vec<(usize, Moment, u8)> = Vec::new();
            for (invalidated, loaded) in steps {
                loads.push((model.len(), marks.now(), loaded));
                marks.invalidate(workspace, &tag(invalidated));
                model.push(invalidated);
                prop_assert!(marks.read().by_tag.len() <= 3 && marks.read().by_moment.len() == marks.read().by_tag.len());
                for (since, begun, number) in &loads {
                    let outdated = model[*since..].contains(number);
                    prop_assert!(!(outdated && marks.is_fresh(workspace, &[tag(*number)], *begun)));
                }
                prop_assert!(marks.is_fresh(workspace, &[tag(loaded)], marks.now()));
            }
        }
    }
}
