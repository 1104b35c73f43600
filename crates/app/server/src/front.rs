//! The front door of a process: its operations behind the gateway, and who a credential belongs to.
//!
//! Invariant: the process listens before there is anything to open; until then whoever knocks is told that it starts.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use cache::{Limits, MemoryLimits};
use config::Config;
use futures::FutureExt;
use gateway::{Answers, Gates, Gateway};
use graphql::{Edge, GraphQl};
use http_edge::{Authenticate, Authenticated, Credential, HttpError, Problem};
use identity::{INSTALLATION, Identity, Via};
use kernel::WorkspaceId;
use telemetry::Secret;
use tokio::runtime::Handle;
use tower::ServiceExt;

use crate::{backends::Backends, failure::Failure, tables::Tables, wiring};

/// Name of a project's workspace.
pub(crate) const DEFAULT: &str = "default";
/// Buckets of requests that are kept in one process: a full one takes some 200 bytes.
const MOST_BUCKETS: usize = 200_000;

/// The router that every request without another target is given to, once it is there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Door(Arc<OnceLock<Router>>);

impl Door {
    /// From now on.
    pub(crate) fn open(&self, router: Router) {
        // There is one start of a process; a second router would be the same.
        let _ = self.0.set(router);
    }

    pub(crate) async fn answer(self, request: Request) -> Response {
        match self.0.get() {
            Some(router) => router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
            None => Problem::from(HttpError::Starting).with_retry_after(1).into_response(),
        }
    }
}

/// What a process that serves the API has.
pub(crate) struct Front {
    pub(crate) identity: Arc<Identity>,
    pub(crate) router: Router,
    /// The link by which the first owner is made, while there is none.
    pub(crate) set_up: Option<Secret<String>>,
}

impl Front {
    pub(crate) async fn new(
        (config, project): (&Config, &Path),
        backends: &Backends,
        compute: &Handle,
        workspace: WorkspaceId,
    ) -> Result<Self, Failure> {
        let source = backends.log.source();
        let limits: Arc<dyn Limits> = Arc::new(MemoryLimits::new(Arc::clone(&source.clock), MOST_BUCKETS));
        let (log, jobs) = (backends.log.clone(), backends.jobs.clone());
        let identity = Identity::open_with(log, jobs, wiring::identity_settings(config), Arc::clone(&limits))?;
        let identity = Arc::new(identity.with_sso(wiring::sso(config, project)?));
        let set_up = identity.first_start(workspace, DEFAULT).await?;
        let keys = backends.log.keys();
        let gates = Gates {
            authenticate: authenticate(&identity),
            limits,
            answers: Answers::new(backends.log.database().clone(), keys.clone(), source.clone()),
            csrf_key: keys.hmac(INSTALLATION, "gateway.csrf", b"sessions").await?.into(),
            source: source.clone(),
        };
        let settings = wiring::gateway_settings(config);
        let mut operations =
            wiring::operations((&backends.log, &backends.jobs), &identity, compute, (project, workspace));
        let edge = Edge {
            authenticate: Arc::clone(&gates.authenticate),
            charge: gateway::charge(&settings, gates.limits.clone())?,
        };
        let graphql = GraphQl::new(Tables::read(project)?.graphql, edge, &operations)?;
        operations.extend(wiring::pages(&operations));
        operations.extend(graphql.operations());
        let router = Gateway::mount(&settings, gates, &operations)?;
        Ok(Self { identity, router, set_up })
    }
}

fn authenticate(identity: &Arc<Identity>) -> Authenticate {
    let identity = Arc::clone(identity);
    Arc::new(move |credential: Credential| {
        let identity = Arc::clone(&identity);
        async move {
            let known = identity.authenticate(credential.expose()).await.map_err(|error| Problem::of(&error))?;
            let session = match (&credential, known.via) {
                (Credential::Session(_), Via::Session(session)) => Some(session.to_string().into()),
                // A key has no business in a cookie, which browsers send unasked.
                (Credential::Session(_), Via::Key(_)) => return Err(HttpError::NobodyKnown.into()),
                (Credential::Bearer(_), _) => None,
            };
            Ok(Authenticated { actor: known.actor.clone(), session, limit_key: known.actor.who.to_string().into() })
        }
        .boxed()
    })
}
