//! What the product is made of: plain lists that one can read. A context is mounted by adding its lines here: what it gives to
//! the server, and its operations.

use std::{path::Path, sync::Arc, time::Duration};

use api::Spine;
use config::Config;
use contracts::lakehouse::ReadAssets;
use eventlog::EventLog;
use gateway::{GatewaySettings, MIGRATIONS, Rate, TlsFiles, reference};
use http_edge::{About, OldestTls, Operation};
use identity::{Identity, IdentityError, Mailer, Outbox, PasswordSettings, Settings, Smtp, Sso};
use jobs::Jobs;
use kernel::{SystemClock, WorkspaceId};
use lakehouse_http::ServedProject;
use modules::{Module, Parts};
use outbound::Outbound;
use tokio::runtime::Handle;

use crate::{failure::Failure, resolver::Resolution, tables::Tables, workspace};

const DAY: Duration = Duration::from_hours(24);

/// What the API's description says of the whole.
pub(crate) const ABOUT: About = About {
    title: "Gray Ghost",
    version: env!("CARGO_PKG_VERSION"),
    description: "Sign in by `POST /api/v1/sessions`, or make a key, and send it as `Authorization: Bearer …`. Either is bound to \
        one workspace. Lists are `{\"items\": […], \"next_cursor\": …}`; refusals are problem details (RFC 9457) with a `code` \
        that `grayghost explain CODE` tells more of. A `POST` with the header `Idempotency-Key` may be sent again.",
};

/// The contexts.
fn modules(config: &Config, project: &Path, workspace: WorkspaceId) -> Result<Vec<Module>, Failure> {
    Ok(vec![
        lakehouse::module(project, workspace, Arc::new(SystemClock), Arc::new(Resolution)),
        resolution_http::module(&(Arc::new(served(project, workspace)) as Arc<dyn ReadAssets>)),
        identity::module(&identity_settings(config), mailer(config, project)?),
        Module { name: "gateway", migrations: MIGRATIONS, ..Module::default() },
    ])
}

/// By SMTP where a server is named, into a folder otherwise.
fn mailer(config: &Config, project: &Path) -> Result<Arc<dyn Mailer>, Failure> {
    Ok(match Tables::read(project)?.identity.smtp {
        Some(settings) => Arc::new(Smtp::new(&settings).map_err(IdentityError::from)?),
        None => Arc::new(Outbox::at(&config.identity.outbox)),
    })
}

/// The providers that people may sign in by.
///
/// # Errors
/// Those of the settings.
pub(crate) fn sso(config: &Config, project: &Path) -> Result<Sso, Failure> {
    let tables = Tables::read(project)?;
    let outbound = Outbound::new(tables.outbound)?;
    Ok(Sso::new(&tables.identity.oidc, &outbound, &identity_settings(config).public_url)
        .map_err(IdentityError::from)?)
}

/// Everything that the contexts of a project give, and the tables of the spine. Those of the keys stand apart.
///
/// # Errors
/// [`Failure::NoWorkspace`] when the project's workspace can be neither read nor made.
pub fn parts(config: &Config, project: &Path) -> Result<Parts, Failure> {
    Ok(Module::all(&modules(config, project, workspace::read_or_make(project)?)?))
}

/// The project, as other contexts and callers read it.
fn served(project: &Path, workspace: WorkspaceId) -> ServedProject {
    let root = project.to_owned();
    ServedProject { root, workspace, clock: Arc::new(SystemClock), resolver: Arc::new(Resolution) }
}

/// Every operation of the API, over the project of this workspace.
pub(crate) fn operations(
    (log, jobs): (&EventLog, &Jobs),
    identity: &Arc<Identity>,
    compute: &Handle,
    (project, workspace): (&Path, WorkspaceId),
) -> Vec<Operation> {
    let served = served(project, workspace);
    let assets: Arc<dyn ReadAssets> = Arc::new(served.clone());
    let parts = [
        identity_http::operations(identity),
        Spine::of(log, jobs).operations(),
        lakehouse_http::Served::new(served, (log, jobs), compute.clone()).operations(),
        resolution_http::Served::new(assets, log, jobs).operations(),
    ];
    parts.into_iter().flatten().collect()
}

/// The API's description and the page that shows it, and the pages that links in mails lead to.
pub(crate) fn pages(operations: &[Operation]) -> Vec<Operation> {
    reference(ABOUT, operations).into_iter().chain(identity_http::pages()).collect()
}

/// Identity as the settings say.
pub(crate) fn identity_settings(config: &Config) -> Settings {
    let set = &config.identity;
    Settings {
        public_url: set.public_url.clone().unwrap_or_else(|| own_address(config)),
        mail_from: set.mail_from.clone(),
        access_ttl: Duration::from_millis(set.access_token_ms),
        session_idle: DAY * set.session_idle_days,
        session_longest: DAY * set.session_longest_days,
        invitation_ttl: DAY * set.invitation_days,
        open_sign_up: set.open_sign_up,
        link_ttl: Duration::from_millis(set.link_ms),
        passwords: PasswordSettings {
            memory_kib: set.password_memory_kib,
            passes: set.password_passes,
            least_score: u8::try_from(set.password_strength).unwrap_or(u8::MAX),
            breached: set.breached_passwords_file.clone(),
            ..PasswordSettings::default()
        },
        ..Settings::default()
    }
}

/// Where this process is reached when nobody says otherwise.
#[must_use]
pub fn own_address(config: &Config) -> String {
    let scheme = if config.gateway.tls_certificate_file.is_some() { "https" } else { "http" };
    let mut address = config.server.listen;
    if address.ip().is_unspecified() {
        // A link to "any address" leads nowhere.
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("{scheme}://{address}")
}

/// The gateway as the settings say.
pub(crate) fn gateway_settings(config: &Config) -> GatewaySettings {
    let set = &config.gateway;
    let rate = |per_minute, burst| Rate { per_minute, burst };
    let files = set.tls_certificate_file.clone().zip(set.tls_key_file.clone());
    let oldest = if set.tls_oldest == "1.2" { OldestTls::V1_2 } else { OldestTls::V1_3 };
    GatewaySettings {
        tls: files.map(|(certificate_file, key_file)| TlsFiles { certificate_file, key_file, oldest }),
        behind_tls: set.behind_tls,
        trusted_proxies: set.trusted_proxies.clone(),
        cors_origins: set.cors_origins.clone(),
        max_connections: set.max_connections,
        header_timeout_ms: set.header_timeout_ms,
        body_timeout_ms: set.body_timeout_ms,
        timeout_ms: set.timeout_ms,
        max_body_bytes: set.max_body_bytes,
        per_address: rate(set.address_per_minute, set.address_burst),
        read: rate(set.read_per_minute, set.read_burst),
        write: rate(set.write_per_minute, set.write_burst),
        heavy: rate(set.heavy_per_minute, set.heavy_burst),
        sign_in: rate(set.sign_in_per_minute, set.sign_in_burst),
        ..GatewaySettings::default()
    }
}
