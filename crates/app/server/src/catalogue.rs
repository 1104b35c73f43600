//! The API as documents: its description, and who may do what. No project and no database is needed.

use std::{path::Path, sync::Arc};

use crypto::{ClosedKeyStore, KeyRing, Limits, MasterKeys};
use eventlog::EventLog;
use gateway::{Matrix, Role, permissions_matrix};
use http_edge::{Operation, document};
use identity::{Identity, built_in_roles};
use jobs::Jobs;
use kernel::{Source, SystemChance, WorkspaceId};
use sql::{Database, Settings};
use tokio::runtime::Handle;

use crate::{failure::Failure, wiring};

/// What is there for nobody but to be described: operations over an empty database in memory.
async fn operations() -> Result<Vec<Operation>, Failure> {
    let source = Source::system();
    let database = Database::open(&Settings::of("sqlite::memory:")).await?;
    let keys = MasterKeys::random(&SystemChance);
    let ring = KeyRing::new(Arc::new(ClosedKeyStore), keys, source.clone(), Limits::default());
    let log = EventLog::new(database, ring, source, Vec::new());
    let jobs = Jobs::new(log.clone());
    let identity = Arc::new(Identity::open(log.clone(), jobs.clone(), identity::Settings::default())?);
    Ok(wiring::operations((&log, &jobs), &identity, &Handle::current(), (Path::new("."), WorkspaceId::new())))
}

/// The API's description, `OpenAPI` 3.1 as JSON, as a server serves it at `/api/openapi.json`.
///
/// # Errors
/// Those of a database in memory.
pub async fn openapi() -> Result<String, Failure> {
    let mut operations = operations().await?;
    // The pages that show the document are no part of it.
    operations
        .retain(|operation| operation.path().starts_with("/api/v1/") || operation.path().starts_with("/.well-known/"));
    Ok(format!("{:#}", document(wiring::ABOUT, &operations)))
}

/// The schema of GraphQL, in its own language.
///
/// # Errors
/// As [`openapi`].
pub async fn graphql() -> Result<String, Failure> {
    Ok(graphql::sdl(&operations().await?)?)
}

/// Who may do what: built-in role × operation.
///
/// # Errors
/// As [`openapi`].
pub async fn permissions() -> Result<Matrix, Failure> {
    let mut operations = operations().await?;
    operations.extend(wiring::pages(&operations));
    let roles = built_in_roles().map(|(name, held)| Role { name: name.to_owned(), permissions: held.to_vec() });
    Ok(permissions_matrix(&operations, &roles.collect::<Vec<_>>()))
}
