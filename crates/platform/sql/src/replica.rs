//! A server for reads that may be a little old, which may be away.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::PgPool;
use tokio::time::Instant;

/// How long a replica that did not answer is left alone.
const REST: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) pool: PgPool,
    /// It did not answer, and is not asked before this moment.
    rests_until: Mutex<Option<Instant>>,
}

impl Replica {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, rests_until: Mutex::default() }
    }

    pub(crate) fn rests(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    pub(crate) fn rest(&self) {
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + REST);
    }
}
