//! Reading streams as they are and as they were, in shapes of long ago.

use eventlog::LogError;
use kernel::Timestamp;
use sql::{Scope, SqlError, args};

use super::toy::{Account, AccountId, Toy};
use crate::{Place, conformance::rules::rules};

rules!(
    a_stream_at_any_time,
    the_past_has_no_gaps_where_clocks_differ,
    a_snapshot_of_another_shape_is_as_none,
    older_shapes_are_brought_up,
    a_newer_shape_is_refused
);

async fn a_stream_at_any_time(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    let mut moments = Vec::new();
    // Past a snapshot, which must not be taken for the past.
    for cents in 1..=12 {
        toy.pay(id, cents).await.expect("stored");
        moments.push(toy.log.source().now());
        toy.clock.advance_micros(1_000_000);
    }
    for (at, expected) in moments.iter().zip([1, 3, 6, 10, 15]) {
        let (account, _) = toy.log.get_as_of::<Account>(toy.actor.workspace, id, *at).await.expect("read");
        assert_eq!(account.balance, expected);
    }
    let before = Timestamp(moments[0].0 - 1);
    assert_eq!(toy.log.get_as_of::<Account>(toy.actor.workspace, id, before).await.expect("read").1, 0);
}

/// The clock of the process that stores second is behind.
async fn the_past_has_no_gaps_where_clocks_differ(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    let start = toy.log.source().now().0;
    for (cents, ahead) in [(1, 10), (2, 30), (4, -15), (8, 40)] {
        toy.clock.advance_micros(ahead);
        toy.pay(id, cents).await.expect("stored");
    }
    // They bear 10, 40, 25 and 65.
    for (ahead, expected) in [(9, (0, 0)), (10, (1, 1)), (25, (1, 1)), (39, (1, 1)), (40, (7, 3)), (65, (15, 4))] {
        let at = Timestamp(start + ahead);
        let (account, version) = toy.log.get_as_of::<Account>(toy.actor.workspace, id, at).await.expect("read");
        assert_eq!((account.balance, version), expected, "{ahead}");
    }
}

async fn a_snapshot_of_another_shape_is_as_none(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    for _ in 0..12 {
        toy.pay(id, 2).await.expect("stored");
    }
    let changed: Result<u64, SqlError> = toy
        .place
        .database
        .write(Scope::System, move |tx| {
            let update = "UPDATE snapshots SET state_version = state_version + 1, state = $1";
            Box::pin(tx.execute(update, args![br#"{"owner":null,"balance":1000000}"#.to_vec()]))
        })
        .await;
    assert_eq!(changed.expect("as another version has left it"), 1);
    let (account, version) = toy.log.get::<Account>(toy.actor.workspace, id).await.expect("read");
    assert_eq!((account.balance, version), (24, 12));
}

/// Writes a row as an older or newer version of the product would have done.
async fn store_raw(toy: &Toy, id: AccountId, schema_version: i64, payload: &'static str) {
    let stored: Result<u64, SqlError> = toy
        .place
        .database
        .write(Scope::Workspace(toy.actor.workspace), move |tx| {
            let insert =
                "INSERT INTO events (workspace_id, stream, version, event_id, type, schema_version, payload, actor,
                 correlation_id, occurred_at, recorded_at) VALUES ($1, $2, 1, $3, 'paid', $4, $5, 'system', $3, 0, 0)";
            let stream = format!("toy.account.{id}");
            Box::pin(tx.execute(insert, args![stream, AccountId::new().0, schema_version, payload.as_bytes()]))
        })
        .await;
    stored.expect("stored");
}

async fn older_shapes_are_brought_up(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    store_raw(&toy, id, 1, r#"{"type":"paid","units":3}"#).await;
    assert_eq!(toy.pay(id, 5).await.expect("stored"), 2);
    let (account, version) = toy.log.get::<Account>(toy.actor.workspace, id).await.expect("read");
    assert_eq!((account.balance, version), (305, 2));
}

async fn a_newer_shape_is_refused(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    store_raw(&toy, id, 3, r#"{"type":"paid","millicents":3}"#).await;
    let refused = toy.log.get::<Account>(toy.actor.workspace, id).await.expect_err("unknown shape");
    assert!(matches!(refused, LogError::Newer { found: 3, known: 2, .. }), "{refused:?}");
}
