//! Any order of writing, erasing, rotating, failing and waiting, in two processes: what was not erased stays readable,
//! what was erased is gone, and what was stored is written again byte for byte.

use std::sync::Arc;

use crypto::KeyRing;
use futures::executor::block_on;
use kernel::{Personal, SubjectId};
use proptest::prelude::*;

use crate::{
    faults::Faulty,
    setting::{Setting, read, subjects, write},
};

const SUBJECTS: usize = 6;

#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Erase(usize),
    RotateWorkspace,
    RotateMaster,
    Restart,
    Wait,
}

/// In which process, how many calls of the store succeed (`None`: all), and what.
type Move = (usize, Option<i64>, Step);

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let step = prop_oneof![
        6 => (0..SUBJECTS).prop_map(Step::Write),
        1 => (0..SUBJECTS).prop_map(Step::Erase),
        2 => Just(Step::RotateWorkspace),
        2 => Just(Step::RotateMaster),
        1 => Just(Step::Restart),
        1 => Just(Step::Wait),
    ];
    prop::collection::vec((0..2_usize, prop::option::weighted(0.3, 0..6_i64), step), 1..25)
}

struct World {
    setting: Setting,
    store: Arc<Faulty>,
    rings: [KeyRing; 2],
    subjects: Vec<SubjectId>,
    /// Sealed values of each subject, and whether it was erased for certain.
    texts: Vec<(Vec<String>, bool)>,
}

impl World {
    fn new() -> Self {
        let store = Faulty::new();
        let setting = Setting::on(store.clone());
        let rings = [setting.ring_under("ab"), setting.ring_under("ba")];
        let texts = vec![(Vec::new(), false); SUBJECTS];
        Self { setting, store, rings, subjects: subjects(SUBJECTS), texts }
    }

    async fn make(&mut self, (process, succeed, step): Move) {
        let (ring, workspace) = (self.rings[process].clone(), self.setting.workspace);
        self.store.fail_after(succeed.unwrap_or(-1));
        match step {
            Step::Write(at) => {
                let value = Personal::of(self.subjects[at], at.to_string());
                if let Ok(text) = write(&ring, workspace, &value).await {
                    self.texts[at].0.push(text);
                }
            }
            Step::Erase(at) => self.texts[at].1 |= ring.erase(workspace, &self.subjects[at..=at]).await.is_ok(),
            Step::RotateWorkspace => drop(ring.rotate_workspace_key(workspace).await),
            Step::RotateMaster => drop(ring.rotate_master().await),
            Step::Restart => self.rings[process] = self.setting.ring_under(["ab", "ba"][process]),
            Step::Wait => self.setting.expire(),
        }
        self.store.fail_after(-1);
    }

    /// What every ring must find; a ring that was not told may remember an erased key, so `fresh` asks first.
    async fn check(&self, rings: &[&KeyRing]) {
        let workspace = self.setting.workspace;
        for (at, (texts, erased)) in self.texts.iter().enumerate() {
            for (ring, text) in rings.iter().flat_map(|ring| texts.iter().map(move |text| (ring, text))) {
                let expected = (!erased).then(|| at.to_string());
                assert_eq!(read(ring, workspace, text).await.expect("an answer"), expected);
                let value: Personal<String> =
                    ring.reading(workspace, || serde_json::from_str(text)).await.expect("keys").expect("JSON");
                assert_eq!(&write(ring, workspace, &value).await.expect("JSON"), text);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_lost_and_nothing_comes_back(moves in moves()) {
        let mut world = World::new();
        block_on(async {
            for step in moves {
                world.make(step).await;
                world.check(&[&world.setting.ring_under("ab")]).await;
            }
            world.setting.expire();
            world.check(&world.rings.each_ref()).await;
        });
    }
}
