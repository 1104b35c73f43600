//! The context through its front door, on both databases.

use std::sync::Arc;

use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::EventLog;
use jobs::{Jobs, Settings, Worker};
use kernel::{
    Actor, ErrorKind, ManualClock, Permission, Personal, ProductError, SeededChance, Source, SubjectId, Timestamp, Who,
    WorkspaceId,
};
use testkit::Place;

use crate::{BookId, LendBook, Library, LibraryError, module, queries::ListLoansRow};

struct Test {
    library: Library,
    worker: Worker,
    clock: Arc<ManualClock>,
}

impl Test {
    async fn new(place: &Place) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(0)));
        let source = Source { clock: Arc::<ManualClock>::clone(&clock), chance: Arc::new(SeededChance::new(1)) };
        place
            .database
            .migrate([eventlog::MIGRATIONS, jobs::MIGRATIONS].concat(), Timestamp(0))
            .await
            .expect("migrated");
        let (store, master) = (Arc::new(MemoryKeyStore::default()), MasterKeys::random(&*source.chance));
        let keys = KeyRing::new(store, master, source.clone(), Limits::default());
        let log = EventLog::new(place.database.clone(), keys, source, module::inline());
        log.prepare().await.expect("prepared");
        let jobs = Jobs::new(log.clone());
        let worker = Worker::new(jobs.clone(), module::handlers(&log), Settings::default());
        Self { library: Library { log, jobs }, worker, clock }
    }

    async fn loans(&self, actor: &Actor) -> Vec<ListLoansRow> {
        self.library.list_loans(actor).await.expect("listed")
    }
}

fn librarian() -> Actor {
    Actor::new(WorkspaceId::new(), Who::System, [Permission::LakehouseRun, Permission::LakehouseRead])
}

fn lend(id: BookId, reader: &str) -> LendBook {
    LendBook { id, reader: Personal::of(SubjectId::new(), reader.to_owned()) }
}

testkit::on_both!(
    a_book_is_listed_as_soon_as_it_is_lent_and_its_reader_is_reminded_once,
    refusals_carry_a_kind_and_a_code,
    another_workspace_sees_nothing
);

async fn a_book_is_listed_as_soon_as_it_is_lent_and_its_reader_is_reminded_once(place: Place) {
    let (test, ann, id) = (Test::new(&place).await, librarian(), BookId::new());
    test.library.lend_book(&ann, lend(id, "Ann")).await.expect("lent");
    let row = ListLoansRow { book: id.to_string(), lent_at: Timestamp(0), reminded: false };
    assert_eq!(test.loans(&ann).await, std::slice::from_ref(&row));
    assert_eq!(test.worker.drain().await.expect("done"), 0, "it is not late yet");
    test.clock.advance_micros(28 * 24 * 3_600 * 1_000_000);
    assert_eq!(test.worker.drain().await.expect("done"), 1);
    assert_eq!(test.loans(&ann).await, [ListLoansRow { reminded: true, ..row }]);
    assert_eq!(test.worker.drain().await.expect("done"), 0);
}

async fn refusals_carry_a_kind_and_a_code(place: Place) {
    let (test, ann, id) = (Test::new(&place).await, librarian(), BookId::new());
    test.library.lend_book(&ann, lend(id, "Ann")).await.expect("lent");
    let say = |error: LibraryError| (error.kind(), error.code());
    let refused = test.library.lend_book(&ann, lend(id, "Eve")).await.expect_err("refused");
    assert_eq!(say(refused), (ErrorKind::Conflict, "library.lent"));
    let nobody = Actor::new(ann.workspace, Who::System, []);
    let refused = test.library.lend_book(&nobody, lend(BookId::new(), "Eve")).await.expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    assert_eq!(test.loans(&ann).await.len(), 1);
}

async fn another_workspace_sees_nothing(place: Place) {
    let (test, ann) = (Test::new(&place).await, librarian());
    test.library.lend_book(&ann, lend(BookId::new(), "Ann")).await.expect("lent");
    assert_eq!(test.loans(&librarian()).await, []);
}
