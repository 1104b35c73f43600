//! The client: judges, calls, follows, cuts.

use std::{error::Error, fmt, fs, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Certificate, Client, Method, Response,
    header::{AUTHORIZATION, COOKIE, LOCATION},
    redirect::Policy,
};
use url::{Host, Url};

use crate::{
    Answer, Call, OutboundError, OutboundSettings,
    allowed::Allowed,
    names::{LookUp, Names, of_the_system},
};

/// Who we say we are.
const USER_AGENT: &str = concat!("grayghost/", env!("CARGO_PKG_VERSION"));
/// A connection that waits for another call; its name is looked up anew after that.
const IDLE: Duration = Duration::from_secs(30);

/// Makes calls. Clones share its connections.
#[derive(Clone)]
pub struct Outbound {
    client: Client,
    allowed: Arc<Allowed>,
    settings: Arc<OutboundSettings>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Outbound {
    /// A client that keeps to these settings.
    ///
    /// # Errors
    /// [`OutboundError::BadAllow`]; [`OutboundError::Tls`] where neither the system nor the settings have certificates.
    pub fn new(settings: OutboundSettings) -> Result<Self, OutboundError> {
        Self::with_names(settings, of_the_system())
    }

    /// The same, over another way to look names up.
    pub(crate) fn with_names(settings: OutboundSettings, look_up: LookUp) -> Result<Self, OutboundError> {
        let allowed = Arc::new(Allowed::read(&settings.allow)?);
        let names = Names { allowed: Arc::clone(&allowed), look_up };
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .dns_resolver(Arc::new(names))
            .connect_timeout(millis(settings.connect_timeout_ms))
            .pool_idle_timeout(IDLE)
            .user_agent(USER_AGENT);
        let path = settings.ca_file.clone();
        let failed = |source: Box<dyn Error + Send + Sync>| OutboundError::Tls { path: path.clone(), source };
        if let Some(path) = &path {
            let pem = fs::read(path).map_err(|error| failed(Box::new(error)))?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| failed(Box::new(error)))?;
            if certificates.is_empty() {
                return Err(failed("it holds no certificate".into()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|error| failed(Box::new(error)))?;
        Ok(Self { client, allowed, settings: Arc::new(settings) })
    }

    /// Makes a call and takes its answer whole.
    ///
    /// # Errors
    /// [`OutboundError::BadUrl`], [`OutboundError::Refused`], [`OutboundError::Redirects`], [`OutboundError::TooLarge`],
    /// [`OutboundError::TimedOut`], [`OutboundError::Unreachable`].
    #[tracing::instrument(name = "outbound.send", skip_all, fields(host = call.url.host_str()), err(level = "debug"))]
    pub async fn send(&self, call: Call) -> Result<Answer, OutboundError> {
        let limit = millis(self.settings.timeout_ms);
        let host = host_of(&call.url);
        tokio::time::timeout(limit, self.follow(call)).await.unwrap_or(Err(OutboundError::TimedOut { host, limit }))
    }

    /// Whether this URL may be called, as far as can be said without looking its name up.
    ///
    /// # Errors
    /// [`OutboundError::BadUrl`], [`OutboundError::Refused`].
    pub fn judge(&self, url: &Url) -> Result<(), OutboundError> {
        let bad = |why| Err(OutboundError::BadUrl { host: host_of(url), why });
        match url.scheme() {
            "https" => {}
            "http" if self.settings.allow_http => {}
            "http" => return bad("it is not HTTPS, and `outbound.allow_http` is off"),
            _ => return bad("only HTTPS is called"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return bad("it holds a name or a password");
        }
        let address = match url.host() {
            // Judged when it is looked up.
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            None => return bad("it names no host"),
        };
        match self.allowed.refuses(None, address) {
            Some(kind) => Err(OutboundError::Refused { host: host_of(url), kind }),
            None => Ok(()),
        }
    }

    async fn follow(&self, mut call: Call) -> Result<Answer, OutboundError> {
        let most = self.settings.max_redirects;
        for _ in 0..=most {
            self.judge(&call.url)?;
            let request = self.client.request(call.method.clone(), call.url.clone());
            let request = request.headers(call.headers.clone()).body(call.body.clone());
            let response = request.send().await.map_err(|error| failed(&call.url, error))?;
            let follows =
                most > 0 && matches!(call.method, Method::GET | Method::HEAD) && response.status().is_redirection();
            let Some(location) = response.headers().get(LOCATION).filter(|_| follows) else {
                return self.take(&call.url, response).await;
            };
            let next = location.to_str().ok().and_then(|location| call.url.join(location).ok());
            let next = next.ok_or_else(|| OutboundError::Redirects { host: host_of(&call.url), most })?;
            if next.origin() != call.url.origin() {
                call.headers.remove(AUTHORIZATION);
                call.headers.remove(COOKIE);
            }
            call.url = next;
        }
        Err(OutboundError::Redirects { host: host_of(&call.url), most })
    }

    async fn take(&self, url: &Url, mut response: Response) -> Result<Answer, OutboundError> {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let most_bytes = u64::from(self.settings.max_answer_bytes);
        let too_large = |size: u64| size > most_bytes;
        let refusal = || OutboundError::TooLarge { host: host_of(url), most_bytes };
        if response.content_length().is_some_and(too_large) {
            return Err(refusal());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(url, error))? {
            let size = body.len().saturating_add(chunk.len());
            if too_large(u64::try_from(size).unwrap_or(u64::MAX)) {
                return Err(refusal());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: Bytes::from(body) })
    }
}

/// Why reqwest gave up. Its errors hold whole URLs, which are taken out.
fn failed(url: &Url, error: reqwest::Error) -> OutboundError {
    let error = error.without_url();
    let mut next: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = next {
        if let Some(OutboundError::Refused { kind, .. }) = cause.downcast_ref() {
            return OutboundError::Refused { host: host_of(url), kind };
        }
        next = cause.source();
    }
    OutboundError::Unreachable { host: host_of(url), source: Box::new(error) }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("it").to_owned()
}

fn millis(count: u32) -> Duration {
    Duration::from_millis(count.into())
}

#[cfg(test)]
mod tests;
