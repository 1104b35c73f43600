//! Purge: what is over goes, each hour: links and questions that have ended, sessions a day after their end.
//!
//! Invariant: what goes opens nothing, whether it is there or not; so it may run twice, and late. A batch at a time, so that nobody
//! waits for it.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Cron, Failure, Handler, KindLimits};
use kernel::Timestamp;
use sql::args;

use crate::{INSTALLATION, Identity, IdentityError, config::micros};

pub(crate) const PURGE: &str = "identity.purge";

/// Once an hour, not at its beginning, where everything else is done.
const EACH_HOUR: &str = "17 * * * *";
/// Sessions are kept so long after their end, so that a list that was just looked at does not change its meaning.
const KEPT: Duration = Duration::from_hours(24);
/// Rows that one transaction deletes.
const AT_ONCE: u32 = 1_000;

const LINKS: &str = "DELETE FROM identity_links WHERE workspace_id = $1 AND hash IN
     (SELECT hash FROM identity_links WHERE workspace_id = $1 AND expires_at <= $2 LIMIT $3)";
const CHALLENGES: &str = "DELETE FROM identity_challenges WHERE workspace_id = $1 AND challenge_id IN
     (SELECT challenge_id FROM identity_challenges WHERE workspace_id = $1 AND expires_at <= $2 LIMIT $3)";
const SESSIONS: &str = "DELETE FROM identity_sessions WHERE workspace_id = $1 AND session_id IN
     (SELECT session_id FROM identity_sessions
      WHERE workspace_id = $1 AND (ends_at <= $2 OR revoked_at <= $2 OR used_at <= $3) LIMIT $4)";

pub(crate) struct Purge {
    pub(crate) session_idle: Duration,
}

impl Handler for Purge {
    fn kind(&self) -> &'static str {
        PURGE
    }

    fn limits(&self) -> KindLimits {
        KindLimits { concurrency: Some(1), ..KindLimits::default() }
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move { Ok(self.purge(&context).await?) }.boxed()
    }
}

impl Purge {
    async fn purge(&self, context: &Context) -> Result<(), IdentityError> {
        let log = context.facts();
        let now = log.source().now();
        let ended = Timestamp(now.0.saturating_sub(micros(KEPT)));
        let unused = Timestamp(ended.0.saturating_sub(micros(self.session_idle)));
        let over = [
            (LINKS, args![now, AT_ONCE]),
            (CHALLENGES, args![now, AT_ONCE]),
            (SESSIONS, args![ended, unused, AT_ONCE]),
        ];
        let mut gone = 0;
        for (delete, values) in over {
            while !context.is_cancelled() {
                let (tenant, values) = (log.database().tenant(INSTALLATION), values.clone());
                let deleted: u64 = tenant
                    .write::<_, IdentityError, _>(move |tx| {
                        async move { Ok(tx.execute(delete, values).await?) }.boxed()
                    })
                    .await?;
                gone += deleted;
                if deleted < u64::from(AT_ONCE) {
                    break;
                }
            }
        }
        context.log(&format!("{gone} rows"));
        Ok(())
    }
}

impl Identity {
    /// Makes sure that it is done each hour; said again, it changes nothing.
    pub(crate) async fn schedule_purge(&self) -> Result<(), IdentityError> {
        let jobs = &self.inner.jobs;
        let cron: Cron = EACH_HOUR.parse()?;
        Ok(jobs.schedule(PURGE, &cron, jobs.job(INSTALLATION, PURGE, &()).await?).await?)
    }
}
