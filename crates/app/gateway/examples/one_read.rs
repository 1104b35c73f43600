//! A server to be measured: one JSON read behind every layer (`/api/v1/things`), and the same handler on a plain router
//! (`PLAIN=1`). Prints its address and its process id. How it is measured: `bench/api/README.md`.

use std::{env, io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Json, Router, routing::get};
use cache::MemoryLimits;
use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use futures::FutureExt as _;
use gateway::{Answers, Gates, Gateway, GatewaySettings, MIGRATIONS, Rate};
use http_edge::{Access, Authenticate, Authenticated, Credential, HttpError, Operation, listen, serve_on};
use kernel::{Actor, Permission, Source, SystemChance, SystemClock, UserId, Who, WorkspaceId};
use serde_json::{Value, json};
use sql::{Database, Settings};

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

async fn things() -> Json<Value> {
    Json(json!({ "items": [{ "id": "0199a3c0-0000-7000-8000-000000000001", "name": "first" }], "next_cursor": null }))
}

/// As `identity` does it with a token that it has seen before: a look into a map.
fn authenticate() -> Authenticate {
    let actor = Actor::new(WorkspaceId::new(), Who::User(UserId::new()), Permission::ALL);
    let known = Authenticated { actor, session: None, limit_key: "user:0199a3c0".into() };
    let all = Arc::new(std::collections::HashMap::from([("secret-token".to_owned(), known)]));
    Arc::new(move |credential: Credential| {
        let found = all.get(credential.expose()).cloned();
        async move { found.ok_or_else(|| HttpError::NobodyKnown.into()) }.boxed()
    })
}

async fn guarded(settings: &GatewaySettings) -> Result<Router, Box<dyn std::error::Error>> {
    let source = Source::system();
    let database = Database::open(&Settings::of("sqlite::memory:")).await?;
    database.migrate(MIGRATIONS.to_vec(), source.now()).await?;
    let master = MasterKeys::random(&SystemChance);
    let keys = KeyRing::new(Arc::new(MemoryKeyStore::default()), master, source.clone(), Limits::default());
    let gates = Gates {
        authenticate: authenticate(),
        limits: Arc::new(MemoryLimits::new(Arc::new(SystemClock), 100_000)),
        answers: Answers::new(database, keys, source.clone()),
        csrf_key: [7; 32].into(),
        source,
    };
    let read = Operation::get("list_things", "/api/v1/things", Access::Needs(Permission::EventsRead));
    Ok(Gateway::mount(settings, gates, &[read.by(things, &())])?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _metrics = telemetry::Metrics::install()?;
    let logs = telemetry::logs(telemetry::Format::Json, "info", std::io::stderr, Arc::new(SystemClock))?;
    telemetry::install_logs(logs)?;
    // As many as one bucket can have: every request is counted, none is refused.
    let rate = Rate { per_minute: 600_000, burst: 100_000_000 };
    let settings = GatewaySettings { per_address: rate, read: rate, ..GatewaySettings::default() };
    let router = match env::var("PLAIN") {
        Ok(_) => Router::new().route("/api/v1/things", get(things)),
        Err(_) => guarded(&settings).await?,
    };
    let address: SocketAddr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned()).parse()?;
    let listener = listen(address).await?;
    writeln!(std::io::stdout(), "{} {}", listener.local_addr()?, std::process::id())?;
    serve_on(listener, router, settings.wire()?, std::future::pending(), Duration::from_secs(1)).await;
    Ok(())
}
