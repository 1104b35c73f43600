//! One server process: from its settings to an orderly end.
//!
//! It listens before it opens anything, so that a second server on the same address harms nothing, and probes are answered
//! while tables are made.

mod checks;
mod figures;
mod supervise;

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use config::{Config, Loaded, LogFormat};
use http_edge::{Ended, Health};
use kernel::SystemClock;
use telemetry::{Format, Metrics};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{backends::Backends, failure::Failure, roles::Stage, stop::Stop, workspace};

/// What roles may take beyond the time that their work has to finish: they give back what they hold.
const GIVE_BACK: Duration = Duration::from_secs(2);

/// Sends the log to standard error, as the settings say.
///
/// # Errors
/// When the process has one already.
pub(crate) fn start_logs(config: &Config) -> Result<(), Failure> {
    let format = match config.log.format {
        LogFormat::Pretty => Format::Pretty,
        LogFormat::Json => Format::Json,
    };
    telemetry::install_logs(telemetry::logs(format, &config.log.level, io::stderr, Arc::new(SystemClock))?)?;
    Ok(())
}

/// Serves until somebody asks to stop.
///
/// # Errors
/// When the address is taken, or something that the server stands on cannot be opened.
pub(crate) async fn run(loaded: Loaded, project: &Path, stop: &Stop) -> Result<(), Failure> {
    let config = Arc::new(loaded.config);
    let metrics = config.telemetry.metrics.then(Metrics::install).transpose()?;
    let (ask, asked) = watch::channel(false);
    let health = Health::default();
    let http = start_http(&config, (&health, metrics.clone()), asked.clone()).await?;
    let backends = tokio::select! {
        biased;
        () = stop.asked() => return Ok(()),
        opened = Backends::open(&config, project) => opened?,
    };
    let workspace = workspace::read_or_make(project)?;
    let stage = Stage { backends: backends.clone(), config: Arc::clone(&config), stop: asked };
    checks::register(&health, &stage);
    let mut parts = supervise::start(&stage);
    parts.spawn(figures::keep(stage, metrics));
    health.started();
    let (database, roles) = (&config.database.url, config.server.roles.iter().map(|role| role.word()));
    let roles = roles.collect::<Vec<_>>().join(",");
    tracing::info!(%workspace, %database, roles, "ready: {roles} on {database}, workspace {workspace}");

    stop.asked().await;
    tracing::info!("stopping: no new requests and no new jobs; a second signal leaves at once");
    health.stopping();
    ask.send_replace(true);
    end(http, parts, Duration::from_millis(config.server.shutdown_timeout_ms)).await;
    backends.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn start_http(
    config: &Config,
    (health, metrics): (&Health, Option<Metrics>),
    mut asked: watch::Receiver<bool>,
) -> Result<JoinHandle<Ended>, Failure> {
    let listener = http_edge::listen(config.server.listen).await?;
    let address = listener.local_addr().unwrap_or(config.server.listen);
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening on http://{address}");
    let router: Router = health.routes().merge(http_edge::figures(metrics)).fallback(http_edge::no_route);
    let shutdown = async move {
        // Fails only when the server is gone, which is a stop too.
        let _ = asked.wait_for(|is_asked| *is_asked).await;
    };
    let timeout = Duration::from_millis(config.server.shutdown_timeout_ms);
    Ok(tokio::spawn(http_edge::serve(listener, router, shutdown, timeout)))
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
