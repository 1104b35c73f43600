//! Nothing of a subject comes after its end: what keeps a process that remembers an erased key from writing with it.
//!
//! A process remembers keys for some seconds ([`crypto::Limits::expiry_ms`]), also those that another one erases meanwhile. An
//! event that it sealed behind [`crate::SubjectEvent::SubjectErased`] would be opened by its read models, and nobody would purge
//! what they write. So whoever stores personal fields looks, in the same transaction, whether the end of their subject was
//! told, and on PostgreSQL holds off those who are about to tell it: all events of a subject are numbered before its end.

use std::collections::BTreeSet;

use crypto::CryptoError;
use kernel::{Aggregate as _, SubjectId, WorkspaceId};
use sql::{Dialect, Scope, Sql, Tx, Value, args};
use xxhash_rust::xxh3::xxh3_64;

use crate::{EventLog, LogError, Recorded, Subject};

/// Locks that the subjects of a workspace share: PostgreSQL has room for some thousands in all, and a load of many subjects
/// takes each.
const LOCKS: u64 = 256;
/// Subjects of one question.
const AT_ONCE: usize = 100;

/// What is held while the end of this subject is told, and shared while something of it is stored.
pub(crate) fn erasure_lock(workspace: WorkspaceId, subject: &str) -> i64 {
    let place = xxh3_64(subject.as_bytes()) % LOCKS;
    xxh3_64(format!("{workspace} {} {place}", Subject::STREAM).as_bytes()).cast_signed()
}

impl EventLog {
    /// Refuses to store personal fields of subjects whose end was told. It is not told then before the transaction has ended.
    ///
    /// # Errors
    /// [`CryptoError::SubjectErased`]; this process no longer remembers the key then. Other [`LogError`]s of the database.
    pub(crate) async fn refuse_erased(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        subjects: &BTreeSet<SubjectId>,
    ) -> Result<(), LogError> {
        if tx.dialect() == Dialect::Postgres {
            // In one order everywhere, and before the question, which then sees what was told before.
            let locks: BTreeSet<i64> = subjects.iter().map(|one| erasure_lock(workspace, &one.to_string())).collect();
            let before = tx.enter(Scope::System);
            for lock in locks {
                tx.execute("SELECT pg_advisory_xact_lock_shared($1)", args![lock]).await?;
            }
            tx.enter(before);
        }
        let subjects: Vec<SubjectId> = subjects.iter().copied().collect();
        for some in subjects.chunks(AT_ONCE) {
            if let Some(row) = tx.optional(ends_of(some.len()), some.iter().map(stream_of).collect()).await? {
                let told: String = row.get(0)?;
                let erased = some.iter().copied().find(|one| stream_of(one) == Value::from(told.as_str()));
                let subject = erased.unwrap_or(some[0]);
                self.0.keys.forget(workspace, &[subject]);
                return Err(CryptoError::SubjectErased { subject }.into());
            }
        }
        Ok(())
    }

    /// Drops the keys of subjects whose end is among these events: whoever reads the log hears of it before the keys expire.
    pub(crate) fn hear_erasures(&self, events: &[Recorded]) {
        for event in events.iter().filter(|event| event.category() == Subject::STREAM) {
            if let Ok(subject) = event.instance().parse() {
                self.0.keys.forget(event.workspace, &[SubjectId(subject)]);
            }
        }
    }
}

fn ends_of(subjects: usize) -> Sql {
    let marks: Vec<String> = (0..subjects).map(|at| format!("${}", at + 2)).collect();
    Sql::made(format!("SELECT stream FROM events WHERE workspace_id = $1 AND stream IN ({}) LIMIT 1", marks.join(",")))
}

fn stream_of(subject: &SubjectId) -> Value {
    Value::from(format!("{}.{subject}", Subject::STREAM))
}
