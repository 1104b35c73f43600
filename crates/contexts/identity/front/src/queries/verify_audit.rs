//! Verify audit: whether the audit is what was written. The log's chain is compared link by link, and the list that people read with
//! the log, entry by entry.
//!
//! Invariant: an entry that was changed, cut out or put in, in the log or in the list, is told. Whoever can rewrite the whole database
//! can rewrite the chain too: keep [`AuditReport::head`] where they cannot.

use std::{collections::HashMap, fmt::Write as _};

use identity_model::Audit;
use kernel::{Actor, Aggregate as _, Permission, Who, WorkspaceId};
use ring::digest::{SHA256, digest};
use sql::args;
use uuid::Uuid;

use crate::{Identity, IdentityError};

/// Events or rows that are read at once.
const AT_ONCE: u32 = 2_000;
/// Troubles that are told at most.
const MOST_TROUBLES: usize = 100;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Events of the whole log whose links were compared.
    pub events: u64,
    /// Entries of the workspace that are in the log.
    pub entries: u64,
    /// The workspace's last link: the number of its events, and the hash in hexadecimal digits. `None` without events.
    pub head: Option<(u64, String)>,
    /// Events that are not sealed yet, which a running server does within a moment: they are not compared.
    pub pending: u64,
    /// What is wrong, in words, a hundred at most; empty where the audit is what was written.
    pub troubles: Vec<String>,
}

impl AuditReport {
    fn trouble(&mut self, text: String) {
        if self.troubles.len() < MOST_TROUBLES {
            self.troubles.push(text);
        }
    }
}

impl Identity {
    /// Verifies the audit of a workspace: the actor's own, or any for the system. Holds some 60 bytes an entry.
    ///
    /// # Errors
    /// Forbidden without `audit:read`; [`IdentityError::NotFound`] for another workspace; those of the database. What is wrong
    /// with the audit is no error but an answer.
    #[tracing::instrument(name = "identity.verify_audit", skip_all, err(level = "debug"))]
    pub async fn verify_audit(&self, actor: &Actor, workspace: WorkspaceId) -> Result<AuditReport, IdentityError> {
        actor.require(Permission::AuditRead)?;
        if actor.workspace != workspace && actor.who != Who::System {
            return Err(IdentityError::NotFound { what: "workspace" });
        }
        self.flush_audit().await;
        let log = &self.inner.log;
        // What is young is left out only where somebody else's transaction is still under way.
        log.seal_all().await?;
        let verified = log.verify().await?;
        let head = verified.heads.get(&workspace).map(|(number, hash)| (*number, hex(hash)));
        let mut report = AuditReport {
            events: verified.events,
            entries: 0,
            head,
            pending: log.pending().await?,
            troubles: Vec::new(),
        };
        if let Some(broken) = verified.broken {
            report.trouble(format!("at position {} of the log: {}", broken.position, broken.reason));
        }
        let in_log = self.entries_of(workspace, verified.events).await?;
        report.entries = in_log.len() as u64;
        self.compare(workspace, in_log, &mut report).await?;
        Ok(report)
    }

    /// The SHA-256 of every entry's payload, by the entry's id.
    async fn entries_of(&self, workspace: WorkspaceId, until: u64) -> Result<HashMap<Uuid, [u8; 32]>, IdentityError> {
        let (mut after, mut found) = (0, HashMap::new());
        while after < until {
            for event in self.inner.log.after(after, AT_ONCE).await? {
                if event.workspace == workspace
                    && event.category() == Audit::STREAM
                    && let Ok(id) = event.instance().parse()
                {
                    found.insert(id, hash(&event.payload));
                }
            }
            after += u64::from(AT_ONCE);
        }
        Ok(found)
    }

    async fn compare(
        &self,
        workspace: WorkspaceId,
        mut in_log: HashMap<Uuid, [u8; 32]>,
        report: &mut AuditReport,
    ) -> Result<(), IdentityError> {
        let select = "SELECT entry_id, payload FROM identity_audit WHERE workspace_id = $1 AND entry_id > $2
             ORDER BY entry_id LIMIT $3";
        let tenant = self.inner.log.database().tenant(workspace);
        let mut after = Uuid::nil();
        loop {
            let rows = tenant.all(select, args![after, AT_ONCE]).await?;
            for row in &rows {
                after = row.get(0)?;
                match in_log.remove(&after) {
                    Some(expected) if expected == hash(&row.get::<Vec<u8>>(1)?) => {}
                    Some(_) => report.trouble(format!("entry {after} of the list is not what the log has")),
                    // One that was written since is in the log by now.
                    None if self.is_in_log(workspace, after).await? => {}
                    None => report.trouble(format!("entry {after} of the list was never written to the log")),
                }
            }
            if rows.len() < AT_ONCE as usize {
                break;
            }
        }
        let mut missing: Vec<_> = in_log.into_keys().collect();
        missing.sort_unstable();
        for id in missing {
            report.trouble(format!("entry {id} is missing from the list"));
        }
        Ok(())
    }

    async fn is_in_log(&self, workspace: WorkspaceId, entry: Uuid) -> Result<bool, IdentityError> {
        let stream = format!("{}.{entry}", Audit::STREAM);
        Ok(!self.inner.log.stream(workspace, &stream, 0).await?.is_empty())
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
