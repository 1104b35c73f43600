//! Budgets of requests: who is counted how, and what the caller is told of it.
//!
//! Buckets belong to `platform/cache`; here they get their names. A store of limits that does not answer stops guesses at
//! secrets, which nothing else slows down, and nothing else: that everybody is refused would be the larger harm.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use cache::{CacheError, Decision, Limit, Limits};
use http_edge::{Budget, Charge, Payer, Problem};

use crate::{GatewayError, GatewaySettings, address, settings::Rate};

// Source: draft-ietf-httpapi-ratelimit-headers-06, 3: a quota, what is left of it, and the seconds until it is whole again.
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const MINUTE: Duration = Duration::from_mins(1);

/// The budgets of one gateway.
#[derive(Debug)]
pub(crate) struct Rates {
    store: Arc<dyn Limits>,
    per_address: Bucket,
    /// In the order of [`Budget::ALL`].
    budgets: [Bucket; 4],
}

/// One kind of bucket.
#[derive(Debug)]
struct Bucket {
    name: &'static str,
    limit: Limit,
    quota: HeaderValue,
    policy: HeaderValue,
}

/// Who is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted<'a> {
    Address(Option<IpAddr>),
    Caller(&'a str),
}

/// What the caller is told of a budget.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    quota: HeaderValue,
    policy: HeaderValue,
    remaining: u32,
    reset_s: u64,
}

impl Bucket {
    fn new(name: &'static str, rate: Rate) -> Result<Self, GatewayError> {
        let limit = Limit::new(rate.per_minute, MINUTE, rate.burst)
            .map_err(|error| GatewayError::BadSetting { setting: name, why: error.to_string() })?;
        let fill_micros = limit.interval_micros().unsigned_abs() * u64::from(rate.burst);
        let fill_s = fill_micros.div_ceil(1_000_000).max(1);
        let policy = format!("{};w={fill_s}", rate.burst);
        // Digits and `;w=` are a header's value.
        let policy = HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("1"));
        Ok(Self { name, limit, quota: HeaderValue::from(rate.burst), policy })
    }
}

impl Rates {
    pub(crate) fn new(store: Arc<dyn Limits>, settings: &GatewaySettings) -> Result<Self, GatewayError> {
        let budget = |budget: Budget| {
            let rate = match budget {
                Budget::Read => settings.read,
                Budget::Write => settings.write,
                Budget::Heavy => settings.heavy,
                Budget::SignIn => settings.sign_in,
            };
            Bucket::new(budget.name(), rate)
        };
        let [read, write, heavy, sign_in] = Budget::ALL.map(budget);
        let per_address = Bucket::new("per_address", settings.per_address)?;
        Ok(Self { store, per_address, budgets: [read?, write?, heavy?, sign_in?] })
    }

    /// Counts a request of this address.
    pub(crate) async fn of_address(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        let bucket = &self.per_address;
        let Ok(decision) = self.take(bucket, Counted::Address(address)).await else { return Ok(()) };
        if decision.allowed { Ok(()) } else { Err(refusal(bucket, decision)) }
    }

    /// Counts a request on a budget. What was left is told whether it was taken or refused.
    pub(crate) async fn of_budget(
        &self,
        budget: Budget,
        who: Counted<'_>,
        told: &mut Option<Told>,
    ) -> Result<(), Problem> {
        let bucket = &self.budgets[budget as usize];
        let decision = match self.take(bucket, who).await {
            Ok(decision) => decision,
            Err(error) if budget == Budget::SignIn => return Err(error.into()),
            Err(_) => return Ok(()),
        };
        *told = Some(Told {
            quota: bucket.quota.clone(),
            policy: bucket.policy.clone(),
            remaining: decision.remaining,
            reset_s: seconds(decision.reset_after),
        });
        if decision.allowed { Ok(()) } else { Err(refusal(bucket, decision)) }
    }

    async fn take(&self, bucket: &Bucket, who: Counted<'_>) -> Result<Decision, CacheError> {
        let mut name = String::with_capacity(64);
        name.push_str("gateway.");
        name.push_str(bucket.name);
        name.push(':');
        match who {
            Counted::Address(ip) => address::counted(&mut name, ip),
            Counted::Caller(key) => name.push_str(key),
        }
        let taken = self.store.take(&name, bucket.limit, 1).await;
        taken.inspect_err(|error| tracing::warn!(%error, "could not count a request"))
    }
}

/// Budgets for what runs several operations in one request: each is taken from the same buckets as over REST.
///
/// # Errors
/// [`GatewayError::BadSetting`]
pub fn charge(settings: &GatewaySettings, limits: Arc<dyn Limits>) -> Result<Charge, GatewayError> {
    let rates = Arc::new(Rates::new(limits, settings)?);
    Ok(Arc::new(move |budget, payer| {
        let rates = Arc::clone(&rates);
        Box::pin(async move {
            let who = match &payer {
                Payer::Address(address) => Counted::Address(*address),
                Payer::Caller(key) => Counted::Caller(key),
            };
            rates.of_budget(budget, who, &mut None).await
        })
    }))
}

fn refusal(bucket: &Bucket, decision: Decision) -> Problem {
    let wait = decision.retry_after.unwrap_or(decision.reset_after);
    GatewayError::TooOften { budget: bucket.name }.problem().with_retry_after(seconds(wait).max(1))
}

fn seconds(wait: Duration) -> u64 {
    wait.as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)
}

impl Told {
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.quota);
        headers.insert(POLICY, self.policy);
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, self.reset_s.into());
    }
}
