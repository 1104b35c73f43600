//! The front door: operations in, a router with every layer around them out.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use axum::Router;
use cache::Limits;
use http_edge::{Authenticate, Operation};
use kernel::Source;
use telemetry::Secret;

use crate::{
    Answers, GatewayError, GatewaySettings, Target,
    address::Proxies,
    body::Bounds,
    cors::Cors,
    csrf::Csrf,
    figures,
    guard::Guard,
    intake::Intake,
    place::{Place, Plan, Way},
    rate::Rates,
    request_id::Ids,
    security::Security,
    settings::millis,
};

/// What the gateway is given: who knows callers, where requests are counted, and where answers are kept.
#[derive(Clone)]
pub struct Gates {
    /// Whose a credential is.
    pub authenticate: Authenticate,
    /// Where requests are counted: of this process, or one that several share.
    pub limits: Arc<dyn Limits>,
    /// Where answers to requests with an `Idempotency-Key` are kept.
    pub answers: Answers,
    /// Binds tokens against CSRF to sessions. The same in every process and after a restart, or pages have to load again.
    pub csrf_key: Secret<[u8; 32]>,
    /// Time and chance.
    pub source: Source,
}

impl fmt::Debug for Gates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gates")
    }
}

/// What the layers of all paths share.
pub(crate) struct Shared {
    pub(crate) ids: Ids,
    pub(crate) intake: Intake,
    pub(crate) proxies: Proxies,
    pub(crate) cors: Cors,
    pub(crate) security: Security,
    pub(crate) rates: Rates,
    pub(crate) csrf: Csrf,
    pub(crate) authenticate: Authenticate,
    pub(crate) answers: Answers,
    pub(crate) max_kept_bytes: u64,
    pub(crate) body: Bounds,
}

/// The edge of the product.
#[derive(Debug, Clone, Copy)]
pub struct Gateway;

impl Gateway {
    /// A router that holds every request to the layers and gives it to its operation's handler in this process. Figures are
    /// those of the recorder that is installed when a route first answers.
    ///
    /// # Errors
    /// [`GatewayError::BadSetting`], or [`GatewayError::SamePlace`] for two operations with one method and path.
    pub fn mount(settings: &GatewaySettings, gates: Gates, operations: &[Operation]) -> Result<Router, GatewayError> {
        Self::mount_to(settings, gates, operations, |operation| Target::new(operation.route()))
    }

    /// The same, where `target` says who does an operation: a pool of other processes, for example.
    ///
    /// # Errors
    /// As [`Gateway::mount`].
    pub fn mount_to(
        settings: &GatewaySettings,
        gates: Gates,
        operations: &[Operation],
        target: impl Fn(&Operation) -> Target,
    ) -> Result<Router, GatewayError> {
        figures::describe();
        let shared = Arc::new(share(settings, gates)?);
        let mut places: BTreeMap<String, (&'static str, Vec<Way>)> = BTreeMap::new();
        for operation in operations {
            let (path, ways) = places.entry(shape(operation.path())).or_insert((operation.path(), Vec::new()));
            let taken = ways.iter().find(|way| way.method == *operation.method());
            if taken.is_some() || *path != operation.path() {
                let first = taken.or(ways.first()).map(|way| way.plan.id.to_owned()).unwrap_or_default();
                return Err(GatewayError::SamePlace { first, second: operation.id().to_owned() });
            }
            ways.push(Way::new(operation, target(operation), plan(operation, settings)));
        }
        let mut router = Router::new();
        for (path, ways) in places.into_values() {
            let place = Arc::new(Place::new(path, ways));
            router = router.route_service(path, Guard { shared: Arc::clone(&shared), place });
        }
        Ok(router.fallback_service(Guard { shared, place: Arc::new(Place::nowhere()) }))
    }
}

fn share(settings: &GatewaySettings, gates: Gates) -> Result<Shared, GatewayError> {
    let Gates { authenticate, limits, answers, csrf_key, source } = gates;
    Ok(Shared {
        ids: Ids::new(&source),
        intake: Intake::new(settings),
        proxies: Proxies::parse(&settings.trusted_proxies)?,
        cors: Cors::new(&settings.cors_origins)?,
        security: Security::new(settings)?,
        rates: Rates::new(limits, settings)?,
        csrf: Csrf::new(csrf_key.expose(), source.chance),
        authenticate,
        answers,
        max_kept_bytes: settings.max_kept_answer_bytes.into(),
        body: Bounds {
            bytes: settings.max_body_bytes,
            within: millis(settings.body_timeout_ms),
            depth: settings.max_json_depth,
        },
    })
}

fn plan(operation: &Operation, settings: &GatewaySettings) -> Plan {
    let usual: Duration = millis(settings.timeout_ms);
    Plan {
        id: operation.id(),
        access: operation.access(),
        budget: operation.draws_on(),
        is_secret: operation.is_secret(),
        is_once: operation.is_once(),
        is_recognising: operation.is_recognising(),
        is_stream: operation.is_stream(),
        max_body_bytes: operation.max_body_bytes().unwrap_or(settings.max_body_bytes),
        timeout: operation.timeout().unwrap_or(usual),
    }
}

/// A path without the names of its parts: two that differ in those alone are one place.
fn shape(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
