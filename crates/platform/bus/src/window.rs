//! The facts of one subscriber that are in memory: which may be handled now, and how far all before is finished.
//!
//! Invariants: two facts of one stream are never at work at the same time, and they start in their order; the prefix never
//! passes a fact that is not finished. Pure: knows neither time nor the database.

use std::collections::{BTreeSet, HashMap, VecDeque};

use eventlog::Recorded;
use kernel::WorkspaceId;

/// A stream of one workspace.
pub(crate) type Key = (WorkspaceId, String);

/// The stream of an event.
pub(crate) fn key(event: &Recorded) -> Key {
    (event.workspace, event.stream.clone())
}

#[derive(Debug, Default)]
pub(crate) struct Window {
    /// All up to this position was read from the log.
    read: u64,
    /// Positions that are not finished.
    open: BTreeSet<u64>,
    lanes: HashMap<Key, Lane>,
    /// Streams that have a fact to start with and none at work.
    ready: VecDeque<Key>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Recorded>,
    working: bool,
}

impl Window {
    /// Empty, where all up to `position` is finished.
    pub(crate) fn at(position: u64) -> Self {
        Self { read: position, ..Self::default() }
    }

    /// Up to where the log was read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Facts that are not finished.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// Bytes of the facts that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// All up to this position is finished.
    pub(crate) fn prefix(&self) -> u64 {
        self.open.first().map_or(self.read, |first| first - 1)
    }

    /// The log was read up to here.
    pub(crate) fn pass(&mut self, position: u64) {
        self.read = self.read.max(position);
    }

    /// Takes a fact in. They come in the order of their positions.
    pub(crate) fn admit(&mut self, event: Recorded) {
        self.pass(event.position);
        self.open.insert(event.position);
        self.bytes += size(&event);
        let key = key(&event);
        let lane = self.lanes.entry(key.clone()).or_default();
        if !lane.working && lane.waiting.is_empty() {
            self.ready.push_back(key);
        }
        lane.waiting.push_back(event);
    }

    /// A fact whose stream has none at work; it is at work from now on.
    pub(crate) fn start(&mut self) -> Option<Recorded> {
        let key = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(&key)?;
        let event = lane.waiting.pop_front()?;
        lane.working = true;
        self.bytes -= size(&event);
        Some(event)
    }

    /// The fact at work is finished.
    pub(crate) fn finish(&mut self, key: Key, position: u64) {
        self.open.remove(&position);
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        lane.working = false;
        if lane.waiting.is_empty() {
            self.lanes.remove(&key);
        } else {
            self.ready.push_back(key);
        }
    }

    /// The fact at work failed: takes out those that wait behind it. None of them counts as finished, until [`Self::close`]
    /// says that they are kept elsewhere.
    pub(crate) fn take_rest(&mut self, key: &Key) -> VecDeque<Recorded> {
        let rest = self.lanes.remove(key).map(|lane| lane.waiting).unwrap_or_default();
        self.bytes -= rest.iter().map(size).sum::<usize>();
        rest
    }

    /// These are kept elsewhere.
    pub(crate) fn close(&mut self, positions: impl IntoIterator<Item = u64>) {
        for position in positions {
            self.open.remove(&position);
        }
    }
}

fn size(event: &Recorded) -> usize {
    event.payload.len() + event.fact.as_ref().map_or(0, |(_, fact)| fact.len())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use eventlog::EventId;
    use kernel::Timestamp;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    pub(crate) fn event(position: u64, stream: &str, version: u64) -> Recorded {
        Recorded {
            position,
            workspace: WorkspaceId(Uuid::from_u128(1)),
            stream: stream.to_owned(),
            version,
            event_id: EventId(Uuid::from_u128(u128::from(position))),
            kind: "Done".to_owned(),
            schema_version: 1,
            payload: br#"{"type":"Done"}"#.to_vec(),
            fact: Some(("Happened".to_owned(), br#"{"type":"Happened","size":1.50}"#.to_vec())),
            actor: "system".to_owned(),
            correlation_id: Uuid::from_u128(2),
            causation_id: None,
            traceparent: None,
            occurred_at: Timestamp(1_323_435_000_123_456),
            recorded_at: Timestamp(1_323_435_000_123_457),
        }
    }

    #[test]
    fn streams_go_side_by_side_and_each_in_its_order() {
        let mut window = Window::at(10);
        for (position, stream) in [(11, "a"), (13, "a"), (14, "b")] {
            window.admit(event(position, stream, position));
        }
        window.pass(20);
        assert_eq!((window.prefix(), window.open(), window.read()), (10, 3, 20));
        let started: Vec<u64> = std::iter::from_fn(|| window.start()).map(|event| event.position).collect();
        assert_eq!(started, [11, 14]);
        window.finish(key(&event(14, "b", 0)), 14);
        assert_eq!((window.prefix(), window.start()), (10, None));
        window.finish(key(&event(11, "a", 0)), 11);
        assert_eq!((window.prefix(), window.start().map(|event| event.position)), (12, Some(13)));
        window.finish(key(&event(13, "a", 0)), 13);
        assert_eq!((window.prefix(), window.open(), window.bytes(), window.lanes.len()), (20, 0, 0, 0));
    }

    #[test]
    fn what_is_put_aside_is_finished_only_once_it_is_kept() {
        let mut window = Window::at(0);
        (1..=3).for_each(|position| window.admit(event(position, "a", position)));
        assert_eq!(window.start().map(|event| event.position), Some(1));
        let rest: Vec<u64> = window.take_rest(&key(&event(1, "a", 1))).iter().map(|event| event.position).collect();
        assert_eq!((rest.as_slice(), window.prefix(), window.bytes()), ([2, 3].as_slice(), 0, 0));
        assert_eq!(window.start(), None);
        window.close(rest);
        window.close([1]);
        assert_eq!((window.prefix(), window.open()), (3, 0));
    }

    proptest! {
        /// Any order of reading, starting, finishing and failing.
        #[test]
        fn order_and_prefix_hold(streams in prop::collection::vec((0_u8..4, any::<bool>()), 1..40),
                                 steps in prop::collection::vec((0_u8..4, any::<prop::sample::Index>()), 0..200)) {
            let (mut window, mut waiting) = (Window::at(0), streams.iter().enumerate());
            let mut working: Vec<Recorded> = Vec::new();
            let mut last: BTreeMap<String, u64> = BTreeMap::new();
            let mut unfinished: BTreeSet<u64> = (1..=streams.len() as u64).collect();
            for (step, at) in steps {
                match step {
                    0 => if let Some((index, (stream, heard))) = waiting.next() {
                        let position = index as u64 + 1;
                        if *heard {
                            window.admit(event(position, &stream.to_string(), position));
                        } else {
                            window.pass(position);
                            unfinished.remove(&position);
                        }
                    },
                    1 => if let Some(event) = window.start() {
                        prop_assert!(working.iter().all(|other| other.stream != event.stream));
                        let before = last.insert(event.stream.clone(), event.position);
                        prop_assert!(before < Some(event.position));
                        working.push(event);
                    },
                    _ if working.is_empty() => {}
                    2 => {
                        let event = working.swap_remove(at.index(working.len()));
                        unfinished.remove(&event.position);
                        window.finish(key(&event), event.position);
                    }
                    _ => {
                        let event = working.swap_remove(at.index(working.len()));
                        let rest: Vec<u64> = window.take_rest(&key(&event)).iter().map(|each| each.position).collect();
                        prop_assert!(window.prefix() < event.position);
                        last.extend(rest.last().map(|last| (event.stream.clone(), *last)));
                        for position in rest.into_iter().chain([event.position]) {
                            unfinished.remove(&position);
                            window.close([position]);
                        }
                    }
                }
                let read = window.read();
                let expected = unfinished.first().map_or(read, |first| (first - 1).min(read));
                prop_assert_eq!(window.prefix(), expected);
                let waiting: usize = window.lanes.values().map(|lane| lane.waiting.len()).sum();
                prop_assert_eq!(waiting + working.len(), window.open());
            }
        }
    }
}
