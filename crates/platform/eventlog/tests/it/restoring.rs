//! A log in another cluster than the one that it was written in.

use std::time::Duration;

use sql::{Scope, Sql, SqlError, args};
use testkit::conformance::event_log::toy::{AccountId, Toy};

/// The ids of transactions begin anew in another cluster: what they were before means nothing there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_restored_into_another_cluster_goes_on() {
    for far in ["1000000000", "-1000000000"] {
        let Some(place) = testkit::postgres().await else { return };
        let toy = Toy::new(place).await;
        let id = AccountId::new();
        for _ in 0..3 {
            toy.pay(id, 1).await.expect("stored");
        }
        toy.seal().await;
        toy.pay(id, 1).await.expect("stored before the backup, and not sealed");
        for sql in [
            format!("UPDATE events SET txid = txid + {far}"),
            format!("UPDATE sealer SET cluster = 'another', low = low + {far}, high = high + {far}"),
        ] {
            let done: Result<u64, SqlError> =
                toy.place.database.write(Scope::System, move |tx| Box::pin(tx.execute(Sql::made(sql), args![]))).await;
            done.expect("as it comes out of a backup");
        }
        toy.pay(id, 1).await.expect("stored after it");
        for _ in 0..500 {
            toy.log.seal_all().await.expect("sealed");
            if toy.log.head().await.expect("read") == 5 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let all = toy.log.after(0, 10).await.expect("read");
        assert_eq!(all.len(), 5, "{far}");
        assert!(all.iter().map(|event| event.position).eq(1..=5), "{far}");
        assert_eq!(toy.log.verify().await.expect("read").broken, None);
    }
}
