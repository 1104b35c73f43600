//! `identity_workspaces`, `identity_members`, `identity_invitations`, `identity_roles`: workspaces as they are now.

use eventlog::{LogError, Projection, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use sql::{Value, args};

use super::sealed;
use crate::domain::WorkspaceEvent;

/// Written with the fact: a new member may come in at once, and a removed one may not any more.
pub(crate) struct Workspaces;

const TABLES: &[Table] = &[
    Table {
        name: "identity_workspaces",
        sql: "CREATE TABLE {identity_workspaces} (workspace_id UUID NOT NULL, name TEXT NOT NULL, created_at BIGINT NOT NULL,
                archived BOOLEAN NOT NULL, requires_factor BOOLEAN NOT NULL, PRIMARY KEY (workspace_id));
              CREATE UNIQUE INDEX {identity_workspaces}_name ON {identity_workspaces} (name)",
    },
    Table {
        name: "identity_members",
        sql: "CREATE TABLE {identity_members} (workspace_id UUID NOT NULL, user_id UUID NOT NULL, role TEXT NOT NULL,
                since BIGINT NOT NULL, PRIMARY KEY (workspace_id, user_id));
              CREATE INDEX {identity_members}_user ON {identity_members} (user_id)",
    },
    Table {
        name: "identity_invitations",
        sql: "CREATE TABLE {identity_invitations} (workspace_id UUID NOT NULL, invitation_id UUID NOT NULL, email TEXT NOT NULL,
                role TEXT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (workspace_id, invitation_id))",
    },
    Table {
        name: "identity_roles",
        sql: "CREATE TABLE {identity_roles} (workspace_id UUID NOT NULL, role TEXT NOT NULL, permissions TEXT NOT NULL,
                PRIMARY KEY (workspace_id, role))",
    },
];

impl Projection for Workspaces {
    fn name(&self) -> &'static str {
        "identity.workspaces"
    }

    fn version(&self) -> u32 {
        2
    }

    fn streams(&self) -> &'static [&'static str] {
        &["identity.workspace"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            let fact = model.open::<WorkspaceEvent>(event).await?;
            let (sql, values) = written(event, fact)?;
            model.execute(sql, values).await?;
            Ok(())
        }
        .boxed()
    }
}

fn written(event: &Recorded, fact: WorkspaceEvent) -> Result<(&'static str, Vec<Value>), LogError> {
    use WorkspaceEvent as E;
    Ok(match fact {
        E::WorkspaceCreated { name, .. } => (
            "INSERT INTO {identity_workspaces} (workspace_id, name, created_at, archived, requires_factor)
             VALUES ($1, $2, $3, FALSE, FALSE)",
            args![name, event.occurred_at],
        ),
        E::WorkspaceRenamed { name } => {
            ("UPDATE {identity_workspaces} SET name = $2 WHERE workspace_id = $1", args![name])
        }
        E::WorkspaceArchived => ("UPDATE {identity_workspaces} SET archived = TRUE WHERE workspace_id = $1", args![]),
        E::SecondFactorRuled { required } => {
            ("UPDATE {identity_workspaces} SET requires_factor = $2 WHERE workspace_id = $1", args![required])
        }
        E::MemberAdded { user, role } => (
            "INSERT INTO {identity_members} (workspace_id, user_id, role, since) VALUES ($1, $2, $3, $4)",
            args![user.0, role, event.occurred_at],
        ),
        E::RoleChanged { user, role } => {
            ("UPDATE {identity_members} SET role = $3 WHERE workspace_id = $1 AND user_id = $2", args![user.0, role])
        }
        E::MemberRemoved { user } => {
            ("DELETE FROM {identity_members} WHERE workspace_id = $1 AND user_id = $2", args![user.0])
        }
        E::MemberInvited { invitation, role, expires_at, .. } => (
            "INSERT INTO {identity_invitations} (workspace_id, invitation_id, email, role, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
            args![invitation.0, sealed(event, "email")?, role, expires_at],
        ),
        E::InvitationAccepted { invitation, .. } | E::InvitationRevoked { invitation } => {
            ("DELETE FROM {identity_invitations} WHERE workspace_id = $1 AND invitation_id = $2", args![invitation.0])
        }
        E::RoleDefined { role, permissions } => (
            "INSERT INTO {identity_roles} AS r (workspace_id, role, permissions) VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, role) DO UPDATE SET permissions = excluded.permissions",
            args![role, permissions.join(" ")],
        ),
        E::RoleDropped { role } => ("DELETE FROM {identity_roles} WHERE workspace_id = $1 AND role = $2", args![role]),
    })
}
