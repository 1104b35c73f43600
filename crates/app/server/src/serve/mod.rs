//! One server process: from its settings to an orderly end.
//!
//! It listens before it opens anything, so that a second server on the same address harms nothing, and probes are answered
//! while tables are made.

mod checks;
mod figures;
mod supervise;

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, extract::Request};
use config::{Config, Loaded, LogFormat, Role};
use http_edge::{Ended, Health};
use kernel::SystemClock;
use telemetry::{Format, Metrics};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    backends::Backends,
    compute::Compute,
    failure::Failure,
    front::{Door, Front},
    roles::Stage,
    stop::Stop,
    wiring, workspace,
};

/// What roles may take beyond the time that their work has to finish: they give back what they hold.
const GIVE_BACK: Duration = Duration::from_secs(2);

/// Sends the log to standard error, as the settings say.
///
/// # Errors
/// When the process has one already.
pub fn start_logs(config: &Config) -> Result<(), Failure> {
    let format = match config.log.format {
        LogFormat::Pretty => Format::Pretty,
        LogFormat::Json => Format::Json,
    };
    telemetry::install_logs(telemetry::logs(format, &config.log.level, io::stderr, Arc::new(SystemClock))?)?;
    Ok(())
}

/// A server that is ready: what an operator must read, and no log may keep.
#[derive(Debug)]
pub struct Started<'a> {
    /// Where it is reached on this machine.
    pub base: String,
    /// The link by which the first owner is made, while there is none.
    pub set_up: Option<&'a str>,
}

/// Serves until somebody asks to stop. `tell` is called once, when it is ready.
///
/// # Errors
/// When the address is taken, or something that the server stands on cannot be opened.
pub async fn run(loaded: Loaded, project: &Path, stop: &Stop, tell: &dyn Fn(&Started<'_>)) -> Result<(), Failure> {
    let mut config = loaded.config;
    let metrics = config.telemetry.metrics.then(Metrics::install).transpose()?;
    let (ask, asked) = watch::channel(false);
    let health = Health::default();
    let door = Door::default();
    let (http, address) = start_http(&config, (&health, metrics.clone(), door.clone()), asked.clone()).await?;
    // Port 0 has become one that links can name.
    config.server.listen = address;
    let config = Arc::new(config);
    let backends = tokio::select! {
        biased;
        () = stop.asked() => return Ok(()),
        opened = Backends::open(&config, project) => opened?,
    };
    let workspace = workspace::read_or_make(project)?;
    let compute = Compute::start()?;
    let front = match config.server.roles.contains(&Role::Api) {
        true => Some(Front::new((&config, project), &backends, &compute.handle, workspace).await?),
        false => None,
    };
    // Without the role `api` there is nothing behind the paths of health.
    let nothing = || Router::new().fallback(http_edge::no_route);
    door.open(front.as_ref().map_or_else(nothing, |front| front.router.clone()));
    let stage =
        Stage { backends: backends.clone(), config: Arc::clone(&config), compute: compute.handle.clone(), stop: asked };
    checks::register(&health, &stage);
    let mut parts = supervise::start(&stage);
    parts.spawn(figures::keep(stage, metrics));
    health.started();
    let (database, roles) = (&config.database.url, config.server.roles.iter().map(|role| role.word()));
    let roles = roles.collect::<Vec<_>>().join(",");
    tracing::info!(%workspace, %database, roles, "ready: {roles} on {database}, workspace {workspace}");
    let set_up = front.as_ref().and_then(|front| front.set_up.as_ref()).map(|link| link.expose().as_str());
    tell(&Started { base: wiring::own_address(&config), set_up });

    stop.asked().await;
    tracing::info!("stopping: no new requests and no new jobs; a second signal leaves at once");
    health.stopping();
    ask.send_replace(true);
    end(http, parts, Duration::from_millis(config.server.shutdown_timeout_ms)).await;
    if let Some(front) = front {
        front.identity.flush_audit().await;
    }
    backends.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn start_http(
    config: &Config,
    (health, metrics, door): (&Health, Option<Metrics>, Door),
    mut asked: watch::Receiver<bool>,
) -> Result<(JoinHandle<Ended>, SocketAddr), Failure> {
    let listener = http_edge::listen(config.server.listen).await?;
    let address = listener.local_addr().unwrap_or(config.server.listen);
    let wire = wiring::gateway_settings(config).wire()?;
    let scheme = if wire.tls.is_some() { "https" } else { "http" };
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening on {scheme}://{address}");
    let through = move |request: Request| door.clone().answer(request);
    let router: Router = health.routes().merge(http_edge::figures(metrics)).fallback(through);
    let shutdown = async move {
        // Fails only when the server is gone, which is a stop too.
        let _ = asked.wait_for(|is_asked| *is_asked).await;
    };
    let timeout = Duration::from_millis(config.server.shutdown_timeout_ms);
    Ok((tokio::spawn(http_edge::serve_on(listener, router, wire, shutdown, timeout)), address))
}

/// Waits for requests and roles, for as long as they may take, and says who was cut off.
async fn end(http: JoinHandle<Ended>, mut parts: JoinSet<()>, timeout: Duration) {
    let began = Instant::now();
    match http.await {
        Ok(ended @ Ended::Drained) => tracing::info!("{ended}"),
        Ok(ended @ Ended::GaveUp { .. }) => tracing::warn!("{ended}"),
        Err(error) => tracing::error!(error = %error, "the HTTP server broke off: {error}"),
    }
    let left = (timeout + GIVE_BACK).saturating_sub(began.elapsed());
    let all = async { while parts.join_next().await.is_some() {} };
    if tokio::time::timeout(left, all).await.is_err() {
        let cut = parts.len();
        tracing::warn!(
            cut,
            "{cut} roles did not stop in time and were cut off; what they held comes back when its lease ends"
        );
    }
}
