//! A PostgreSQL server that vanishes without a word: nothing it should have answered is waited for without end, and the
//! connections to it are not kept.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt, future::join_all};
use sql::{Database, Scope, Settings, SqlError, args};
use testkit::Place;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::Barrier,
};

use crate::{count_up, counter, new_counter, prepared};

/// Far more than the limits below, far less than TCP takes to give up (a quarter of an hour, or never).
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a transaction may take; enough for a loaded machine.
const LIMIT: Duration = Duration::from_secs(3);

/// Stands between a pool and its server, and can swallow what passes: no byte more, and no end.
#[derive(Default)]
struct Proxy {
    accepted: AtomicUsize,
    /// Connections with a lower number are dead.
    alive_from: AtomicUsize,
    /// Everything is swallowed once a commit has passed.
    after_commit: AtomicBool,
}

impl Proxy {
    /// The server of this place by way of a proxy, with so many connections and some seconds for a transaction.
    async fn before(place: &Place, max_connections: u32) -> (Arc<Self>, Database) {
        let (before, rest) = place.settings.url.rsplit_once('@').expect("an address with a user");
        let (server, name) = rest.split_once('/').expect("an address with a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let proxy = Arc::new(Self::default());
        tokio::spawn(Arc::clone(&proxy).serve(listener, server.to_owned()));
        let url = format!("{before}@127.0.0.1:{port}/{name}");
        let settings = Settings { transaction_timeout: LIMIT, max_connections, ..Settings::of(url) };
        // A loaded machine may take longer than that for its first connection.
        loop {
            match Database::open(&settings).await {
                Ok(database) => return (proxy, database),
                Err(error) => assert!(matches!(error, SqlError::Unavailable(_)), "{error:?}"),
            }
        }
    }

    async fn serve(self: Arc<Self>, listener: TcpListener, server: String) {
        while let Ok((client, _)) = listener.accept().await {
            let number = self.accepted.fetch_add(1, Ordering::SeqCst);
            let server = TcpStream::connect(&server).await.expect("PostgreSQL answers");
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            tokio::spawn(Arc::clone(&self).pump(number, from_client, to_server));
            tokio::spawn(Arc::clone(&self).pump(number, from_server, to_client));
        }
    }

    async fn pump(self: Arc<Self>, number: usize, mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf) {
        let mut buffer = vec![0; 16_384];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            if number < self.alive_from.load(Ordering::SeqCst) {
                // Neither end hears of it.
                std::future::pending::<()>().await;
            }
            let commits = buffer[..read].windows(6).any(|word| word == b"COMMIT");
            if to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
            // The first is what the client asks, the second what the server answers: that has passed by now.
            if commits && buffer[0] == b'C' && self.after_commit.swap(false, Ordering::SeqCst) {
                self.vanish();
            }
        }
    }

    /// The server is gone for all who are connected; for those who connect from now on there is another one.
    fn vanish(&self) {
        self.alive_from.store(self.accepted.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("waited for somebody who is gone")
}

/// Writes until it is written: a connection that is being closed has to be gone first, and who held the row as well.
async fn goes_on(database: &Database) {
    in_time(async {
        loop {
            match database.write::<i64, SqlError, _>(Scope::System, |tx| count_up(tx, "a").boxed()).await {
                Ok(_) => return,
                Err(SqlError::Unavailable(_) | SqlError::TimedOut { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    })
    .await;
}

async fn place() -> Option<Place> {
    let place = prepared(testkit::postgres().await?).await;
    new_counter(&place, "a").await;
    Some(place)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_begin_that_nobody_answers_is_told_and_the_next_is_well() {
    let Some(place) = place().await else { return };
    let (proxy, database) = Proxy::before(&place, 4).await;
    let together = Arc::new(Barrier::new(4));
    let idle = join_all((0..4).map(|_| {
        let together = Arc::clone(&together);
        database.read::<bool, SqlError, _>(Scope::System, move |_| {
            async move { Ok(together.wait().await.is_leader()) }.boxed()
        })
    }));
    assert!(in_time(idle).await.into_iter().all(|read| read.is_ok()), "four at once are connected");
    proxy.vanish();
    let lost = in_time(database.write::<i64, SqlError, _>(Scope::System, |tx| count_up(tx, "a").boxed())).await;
    assert!(matches!(lost, Err(SqlError::Unavailable(_))), "{lost:?}");
    // The other three were connected to the same server: nobody has to find that out again.
    let next = in_time(database.write::<i64, SqlError, _>(Scope::System, |tx| count_up(tx, "a").boxed())).await;
    assert_eq!((next.expect("another connection"), counter(&place, "a").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_nobody_answers_has_an_unknown_outcome() {
    let Some(place) = place().await else { return };
    let (proxy, database) = Proxy::before(&place, 1).await;
    let gone = Arc::clone(&proxy);
    let lost = database.write::<i64, SqlError, _>(Scope::System, |tx| {
        async move {
            let value = count_up(tx, "a").await;
            gone.vanish();
            value
        }
        .boxed()
    });
    let lost = in_time(lost).await;
    assert!(matches!(lost, Err(SqlError::Unknown(_))), "{lost:?}");
    // The server heard no COMMIT, and ends by itself what holds the row.
    goes_on(&database).await;
    assert_eq!(counter(&place, "a").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_nobody_answers_changes_no_outcome() {
    let Some(place) = place().await else { return };
    let (proxy, database) = Proxy::before(&place, 1).await;
    let gone = Arc::clone(&proxy);
    let refused = database.write::<i64, SqlError, _>(Scope::System, |tx| {
        async move {
            count_up(tx, "a").await?;
            gone.vanish();
            Err(SqlError::Unique)
        }
        .boxed()
    });
    let refused = in_time(refused).await;
    assert!(matches!(refused, Err(SqlError::Unique)), "{refused:?}");
    goes_on(&database).await;
    let gone = Arc::clone(&proxy);
    let read = database.read::<i64, SqlError, _>(Scope::System, |tx| {
        async move {
            let value = tx.one("SELECT value FROM counters", args![]).await?.get(0);
            gone.vanish();
            value
        }
        .boxed()
    });
    assert_eq!(in_time(read).await.expect("it had its answer"), 1);
    goes_on(&database).await;
    assert_eq!(counter(&place, "a").await, 2);
}

/// A pool asks a connection that comes back whether it lives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_given_back_and_dead_is_given_up() {
    let Some(place) = place().await else { return };
    let (proxy, database) = Proxy::before(&place, 1).await;
    proxy.after_commit.store(true, Ordering::SeqCst);
    let written = in_time(database.write::<i64, SqlError, _>(Scope::System, |tx| count_up(tx, "a").boxed())).await;
    assert_eq!(written.expect("it was answered"), 1);
    goes_on(&database).await;
    assert_eq!(counter(&place, "a").await, 2);
}
