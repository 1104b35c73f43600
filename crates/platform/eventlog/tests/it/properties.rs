//! What holds for any history and any interleaving.

use std::sync::Arc;

use futures::future::join_all;
use proptest::prelude::*;
use testkit::conformance::event_log::toy::{Account, AccountEvent, AccountId, Toy};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Any interleaving of appenders over some streams: versions without gaps, balances never below zero, and the read model
    /// is what the streams say.
    #[test]
    fn any_interleaving_of_appenders(steps in prop::collection::vec((0..4_usize, -3..6_i64), 1..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("as stored");
        runtime.block_on(async {
            let toy = Arc::new(Toy::new(testkit::memory().await).await);
            let ids: Vec<AccountId> = (0..4).map(|_| AccountId::new()).collect();
            let calls = steps.iter().map(|(stream, cents)| {
                let (toy, id, cents) = (Arc::clone(&toy), ids[*stream], *cents);
                tokio::spawn(async move { toy.pay(id, cents).await.is_ok() })
            });
            join_all(calls).await;
            let rows = toy.rows("toy_balances").await;
            for id in ids {
                let stream = toy.log.stream(toy.actor.workspace, &format!("toy.account.{id}"), 0).await.expect("as stored");
                let versions: Vec<u64> = stream.iter().map(|event| event.version).collect();
                assert_eq!(versions, (1..=stream.len() as u64).collect::<Vec<_>>());
                let (account, _) = toy.log.get::<Account>(toy.actor.workspace, id).await.expect("as stored");
                assert!(account.balance >= 0);
                let row = rows.iter().find(|(account, ..)| *account == id.to_string());
                assert_eq!(row.map_or(0, |(_, cents, _)| *cents), account.balance);
            }
        });
    }
}

proptest! {
    /// Replay of any accepted history never panics, and says what the history says.
    #[test]
    fn replay_is_the_sum_of_what_happened(cents in prop::collection::vec(any::<i32>(), 0..50)) {
        let mut account = Account::default();
        for cents in &cents {
            kernel::Aggregate::apply(&mut account, &AccountEvent::Paid { cents: i64::from(*cents) });
        }
        prop_assert_eq!(account.balance, cents.iter().map(|cents| i64::from(*cents)).sum::<i64>());
    }
}
